package bot

import (
	"context"

	"notewatch/internal/store"
)

// A deviceList is the device list of a project as it is stored. Several goroutines read it, and none changes it.
type deviceList struct {
	stored store.DeviceList
	index  map[string]int // of the devices, by UID
}

// device returns a listed device; nil is that the subject is none.
func (l *deviceList) device(subject string) *store.Device {
	if i, ok := l.index[subject]; ok {
		return &l.stored.Devices[i]
	}
	return nil
}

// deviceList returns the device list of a project. It stays in memory between polls as long as the stored one is the same.
func (b *Bot) deviceList(ctx context.Context, project string) (*deviceList, error) {
	version, _, err := b.Store.ListVersion(ctx, project)
	if err != nil {
		return nil, err
	}
	if known, ok := b.lists.Load(project); ok && known.(*deviceList).stored.Version == version {
		return known.(*deviceList), nil
	}
	stored, err := b.Store.DeviceList(ctx, project)
	if err != nil {
		return nil, err
	}
	return b.keepList(project, stored), nil
}

// keepList keeps the device list of a project in memory.
func (b *Bot) keepList(project string, stored store.DeviceList) *deviceList {
	list := &deviceList{stored: stored, index: make(map[string]int, len(stored.Devices))}
	for i, d := range stored.Devices {
		list.index[d.UID] = i
	}
	b.lists.Store(project, list)
	return list
}
