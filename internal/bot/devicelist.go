package bot

import (
	"context"
	"time"

	"notewatch/internal/store"
)

// A deviceList is the device list of a project as it is stored. It is read by several goroutines and never changed.
type deviceList struct {
	version int64          // of the stored list
	readAt  time.Time      // zero: it was never read
	devices []store.Device // in the order of their ordinals
	index   map[string]int // of devices, by UID
}

// newDeviceList makes a list of devices in the order of their ordinals.
func newDeviceList(version int64, readAt time.Time, devices []store.Device) *deviceList {
	l := &deviceList{version: version, readAt: readAt, devices: devices, index: make(map[string]int, len(devices))}
	for i, d := range devices {
		l.index[d.UID] = i
	}
	return l
}

// device returns a listed device; nil is that the subject is none.
func (l *deviceList) device(subject string) *store.Device {
	if i, ok := l.index[subject]; ok {
		return &l.devices[i]
	}
	return nil
}

// deviceList returns the device list of a project. It stays in memory between polls as long as the stored one is the same.
func (b *Bot) deviceList(ctx context.Context, project string) (*deviceList, error) {
	version, _, err := b.Store.ListVersion(ctx, project)
	if err != nil {
		return nil, err
	}
	if known, ok := b.lists.Load(project); ok && known.(*deviceList).version == version {
		return known.(*deviceList), nil
	}
	devices, readAt, err := b.Store.Devices(ctx, project)
	if err != nil {
		return nil, err
	}
	list := newDeviceList(version, readAt, devices)
	b.lists.Store(project, list)
	return list, nil
}
