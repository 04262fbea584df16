package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"notewatch/internal/store"
	"notewatch/notehub"
)

// relist brings the device list and the fleets up to date and returns the devices. Before that, stored are the devices.
func (f fetcher) relist(ctx context.Context, stored []store.Device) ([]store.Device, error) {
	devices, err := f.list(ctx)
	if err == nil {
		err = f.doubt(ctx, stored, devices)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the device list: %w", err)
	}
	if err := f.nameFleets(ctx, devices); err != nil {
		return nil, fmt.Errorf("reading the fleets: %w", err)
	}
	return devices, f.Store.SaveDevices(ctx, f.project, devices, f.now)
}

// maxPages is how many pages a device list may have. Not even one day of more devices would fit into an answer of usage.
const maxPages = notehub.MaxLimit / notehub.MaxPageSize

// list reads the whole device list. A device that Notehub lists twice is one device, as listed last.
func (f fetcher) list(ctx context.Context) ([]store.Device, error) {
	var devices []store.Device
	index := map[string]int{} // of devices, by UID
	for page, more := 1, true; more; page++ {
		if page > maxPages {
			return nil, fmt.Errorf("%w: it has more than %d pages of devices", notehub.ErrInvalidAnswer, maxPages)
		}
		before := len(devices)
		err := f.do(ctx, func(ctx context.Context) (err error) {
			more, err = f.account.Client.Devices(ctx, f.project, page, notehub.MaxPageSize, func(d notehub.Device) error {
				if i, again := index[d.UID]; again {
					devices[i] = listed(d)
					return nil
				}
				index[d.UID] = len(devices)
				devices = append(devices, listed(d))
				return nil
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		if more && len(devices) == before {
			return nil, fmt.Errorf("%w: page %d of devices brings no new device, and says that there are more", notehub.ErrInvalidAnswer, page)
		}
	}
	return devices, nil
}

// A lostError says that a device list lacks more than half of the stored devices and was read once. It is no data then:
// people seldom delete a fleet, and to believe it by mistake withdraws every alert.
type lostError struct{ lost, stored int }

func (e lostError) Error() string {
	return fmt.Sprintf("Notehub lists %d of %d devices no longer: they and their alerts stay until a second reading confirms it", e.lost, e.stored)
}

// confirmTime is the longest time to the second reading of a device list that lost most devices.
const confirmTime = 10 * time.Minute

// doubt returns a lostError for a device list that lost more than half of the stored devices, unless the reading before
// said about the same: that as many of them are left, give or take a tenth of all.
func (f fetcher) doubt(ctx context.Context, stored, read []store.Device) error {
	kept := common(stored, read)
	lost := len(stored) - kept
	if 2*lost <= len(stored) {
		return nil
	}
	before, err := f.Store.ListDoubt(ctx, f.project)
	if err != nil {
		return err
	}
	if !before.At.IsZero() && max(kept-before.Kept, before.Kept-kept) <= len(stored)/10 {
		f.Log.Warn("a second reading of the device list confirms that most devices are gone", "project", f.project, "lost", lost, "of", len(stored))
		return nil
	}
	if err := f.Store.DoubtList(ctx, f.project, store.ListDoubt{At: f.now, Kept: kept}); err != nil {
		return err
	}
	return lostError{lost, len(stored)}
}

// common returns how many devices are in both lists.
func common(some, others []store.Device) (n int) {
	uids := make(map[string]bool, len(others))
	for _, d := range others {
		uids[d.UID] = true
	}
	for _, d := range some {
		if uids[d.UID] {
			n++
		}
	}
	return n
}

// listed converts a line of the device list.
func listed(d notehub.Device) store.Device {
	return store.Device{
		UID: d.UID, Name: cmp.Or(d.SerialNumber, d.UID), SKU: d.SKU, Product: d.Product, Firmware: d.FirmwareNotecard,
		Fleets: d.Fleets, Voltage: d.Voltage, Disabled: d.Disabled,
		Provisioned: d.Provisioned, LastActivity: d.LastActivity,
	}
}

// nameFleets brings the names of the fleets up to date. They are only for people to read: a poll goes on without them.
func (f fetcher) nameFleets(ctx context.Context, devices []store.Device) error {
	fleets, failure, err := f.fleets(ctx)
	if err != nil {
		return err
	}
	if failure == nil {
		f.nameless.Delete(f.project)
		if fleets, err = f.withUsed(ctx, fleets, devices); err != nil {
			return err
		}
		return f.Store.SaveFleets(ctx, f.project, fleets)
	}
	if _, logged := f.nameless.LoadOrStore(f.project, true); !logged {
		f.Log.Warn("reading the fleets: they are shown by the names they had, or by their UIDs", "project", f.project, "err", failure)
	}
	return nil
}

// withUsed adds the stored fleets that Notehub no longer lists, as long as devices are in them: their names are still good.
func (f fetcher) withUsed(ctx context.Context, fleets []store.Fleet, devices []store.Device) ([]store.Fleet, error) {
	stored, err := f.Store.Fleets(ctx, f.project)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, d := range devices {
		for _, uid := range d.Fleets {
			used[uid] = true
		}
	}
	for _, fleet := range fleets {
		delete(used, fleet.UID)
	}
	for _, fleet := range stored {
		if used[fleet.UID] {
			fleets = append(fleets, fleet)
		}
	}
	return fleets, nil
}

// fleets reads all fleets. failure is what Notehub says against that, or what is wrong with its answer: if more is wrong
// than that, the next request shows it.
func (f fetcher) fleets(ctx context.Context) (fleets []store.Fleet, failure, err error) {
	err = f.do(ctx, func(ctx context.Context) error {
		fleets = nil
		failure = f.account.Client.Fleets(ctx, f.project, func(fleet notehub.Fleet) error {
			fleets = append(fleets, store.Fleet{UID: fleet.UID, Name: cmp.Or(fleet.Label, fleet.UID)})
			return nil
		})
		failure = unnamed(failure)
		if errors.Is(failure, notehub.ErrRateLimited) {
			return failure // and so do waits
		}
		return nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return fleets, failure, err
}
