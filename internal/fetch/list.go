package fetch

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"notewatch/internal/store/usage"
	"notewatch/notehub"
	"notewatch/rules"
)

// relist updates the device list and the fleets.
func (p *poll) relist(ctx context.Context) error {
	devices, err := p.listDevices(ctx)
	if err == nil {
		err = p.doubt(ctx, devices)
	}
	if err != nil {
		return fmt.Errorf("reading the device list: %w", err)
	}
	if err := p.nameFleets(ctx, devices); err != nil {
		return fmt.Errorf("reading the fleets: %w", err)
	}
	if err := p.usage.SaveDevices(ctx, p.given.Lease, devices, p.given.Now, p.given.List); err != nil {
		return err
	}
	p.given.List = devices
	p.index()
	return nil
}

// maxPages is the maximum number of pages of a device list: those of a million devices.
const maxPages = 100

// listDevices reads the whole device list. If Notehub lists a device twice, the last entry counts.
func (p *poll) listDevices(ctx context.Context) (*usage.DeviceList, error) {
	devices := usage.NewDeviceList()
	listed, err := p.lister(ctx)
	if err != nil {
		return nil, err
	}
	for page, more := 1, true; more; page++ {
		if page > maxPages {
			return nil, fmt.Errorf("%w: it has more than %d pages of devices", notehub.ErrInvalidAnswer, maxPages)
		}
		before := devices.Len()
		err := p.given.Request(ctx, func(ctx context.Context) (err error) {
			more, err = p.given.Client.Devices(ctx, p.given.Project, page, notehub.MaxPageSize, func(d notehub.Device) error {
				devices.Add(listed(d))
				return nil
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		if more && devices.Len() == before {
			return nil, fmt.Errorf("%w: page %d of devices brings no new device, and says that there are more", notehub.ErrInvalidAnswer, page)
		}
	}
	return devices, nil
}

// listed converts an entry of the device list.
func (p *poll) lister(ctx context.Context) (listed func(notehub.Device) usage.Device, err error) {
	plans, temperature, updating := p.objects.Read("plan."), p.objects.Read("device.temperature"), p.objects.Read("device.updating")
	var sims map[int][]usage.SIM
	if plans {
		if sims, err = p.usage.SIMs(ctx, p.given.Project); err != nil {
			return nil, err
		}
	}
	return func(line notehub.Device) usage.Device {
		d := usage.Device{
			UID: line.UID, Name: cmp.Or(line.SerialNumber, line.UID), SKU: line.SKU, Product: line.Product, Firmware: line.FirmwareNotecard,
			HostFirmware: line.FirmwareHost, Fleets: line.Fleets, Voltage: line.Voltage, Temperature: math.NaN(), Disabled: line.Disabled,
			Provisioned: line.Provisioned, LastActivity: line.LastActivity,
		}
		if d.Voltage == 0 { // as Notehub says of a voltage that it does not know
			d.Voltage = math.NaN()
		}
		if temperature {
			d.Temperature = line.Temperature
		}
		if updating {
			d.Updating = updatingOf(line.UpdateNotecard, line.UpdateHost)
		}
		if plans {
			before, cards := (*usage.Plan)(nil), []usage.SIM(nil)
			if place, ok := p.given.List.Find(line.UID); ok {
				before, cards = p.given.List.At(place).Plan, sims[p.given.List.Ordinal(place)]
			}
			d.Plan = planOf(line.SIMs, before, cards, p.today)
		}
		return d
	}, nil
}

// updatingOf reports whether any of two firmwares is being updated.
func updatingOf(notecard, host notehub.Update) rules.Truth {
	switch {
	case notecard.Running() || host.Running():
		return rules.True
	case notecard.Invalid || host.Invalid:
		return rules.NoData
	}
	return rules.False
}

// A ListError says that a device list lacks more than half of the stored devices and was read only once. It is no data then, because people
// seldom delete a fleet, and believing it by mistake would withdraw every alert.
type ListError struct{ lost, stored int }

// Error implements error.
func (e ListError) Error() string {
	return fmt.Sprintf("Notehub lists %d of %d devices no longer: they and their alerts stay until a second reading confirms it", e.lost, e.stored)
}

// ConfirmTime is the longest time until the second reading of a device list that lost most devices.
const ConfirmTime = 10 * time.Minute

// doubt returns a ListError for a device list that lost more than half of the stored devices, unless the last reading confirms it: the
// number of remaining devices differs by at most a tenth of all.
func (p *poll) doubt(ctx context.Context, read *usage.DeviceList) error {
	stored, kept := p.given.List.Len(), 0
	for place := range read.Len() {
		if _, ok := p.given.List.Find(read.UID(place)); ok {
			kept++
		}
	}
	lost := stored - kept
	if 2*lost <= stored {
		return nil
	}
	before, err := p.usage.ListDoubt(ctx, p.given.Project)
	if err != nil {
		return err
	}
	if !before.At.IsZero() && max(kept-before.Kept, before.Kept-kept) <= stored/10 {
		p.log.Warn("a second reading of the device list confirms that most devices are no longer listed", "project", p.given.Project, "lost", lost, "of", stored)
		return nil
	}
	if err := p.usage.DoubtList(ctx, p.given.Project, usage.ListDoubt{At: p.given.Now, Kept: kept}); err != nil {
		return err
	}
	return ListError{lost, stored}
}
