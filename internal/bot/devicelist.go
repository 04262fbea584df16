package bot

import (
	"context"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/store"
)

// deviceList returns the device list of a project. It stays in memory between polls as long as the stored one is the same.
func (b *Bot) deviceList(ctx context.Context, project string) (*store.DeviceList, error) {
	version, _, err := b.store.ListVersion(ctx, project)
	if err != nil {
		return nil, err
	}
	if known, ok := b.lists.Load(project); ok && known.(*store.DeviceList).Version == version {
		return known.(*store.DeviceList), nil
	}
	list, err := b.store.DeviceList(ctx, project)
	if err == nil {
		b.lists.Store(project, list)
	}
	return list, err
}

// look gathers what the store knows of a project as of now.
func (b *Bot) look(ctx context.Context, p Project, state store.Project, now time.Time) (*env.ProjectData, error) {
	list, err := b.deviceList(ctx, p.UID)
	if err != nil {
		return nil, err
	}
	return b.source().Data(b.projectAt(p, state, now), list), nil
}

// source is where the data of projects is read.
func (b *Bot) source() env.Source {
	return env.Source{Store: b.store, Period: b.period}
}

// projectAt is how things are with a project at an instant, but for its devices.
func (b *Bot) projectAt(p Project, state store.Project, now time.Time) env.Project {
	return env.Project{UID: p.UID, Name: p.Name, State: state, Every: b.every(p), Now: now}
}
