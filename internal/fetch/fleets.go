package fetch

import (
	"cmp"
	"context"
	"errors"
	"math"

	"notewatch/internal/store/usage"
	"notewatch/notehub"
	"notewatch/rules"
)

// nameFleets updates the names of the fleets. They are only for display, so a poll continues without them.
func (p *poll) nameFleets(ctx context.Context, devices *usage.DeviceList) error {
	fleets, failure, err := p.fleets(ctx)
	if err != nil {
		return err
	}
	if failure == nil {
		p.known.nameless = false
		if fleets, err = p.withUsed(ctx, fleets, devices); err != nil {
			return err
		}
		return p.usage.SaveFleets(ctx, p.given.Project, fleets)
	}
	if !p.known.nameless {
		p.known.nameless = true
		p.log.Warn("reading the fleets: they are shown by the names they had, or by their UIDs", "project", p.given.Project, "err", failure)
	}
	return nil
}

// withUsed adds the stored fleets that Notehub no longer lists but that devices are in, because their names are still valid.
func (p *poll) withUsed(ctx context.Context, fleets []usage.Fleet, devices *usage.DeviceList) ([]usage.Fleet, error) {
	stored, err := p.usage.Fleets(ctx, p.given.Project)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for d := range devices.All() {
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

// fleets reads all fleets. failure is Notehub's refusal, or the problem of its answer: if more is wrong, the next request shows it.
func (p *poll) fleets(ctx context.Context) (fleets []usage.Fleet, failure, err error) {
	err = p.given.Request(ctx, func(ctx context.Context) error {
		fleets = nil
		failure = p.given.Client.Fleets(ctx, p.given.Project, func(fleet notehub.Fleet) error {
			f := usage.Fleet{
				UID: fleet.UID, Name: cmp.Or(fleet.Label, fleet.UID), Assured: truthOf(fleet.ConnectivityAssurance), WatchdogMinutes: math.NaN(),
			}
			if fleet.WatchdogMinutes.Known && fleet.WatchdogMinutes.N >= 0 {
				f.WatchdogMinutes = float64(fleet.WatchdogMinutes.N)
			}
			fleets = append(fleets, f)
			return nil
		})
		if errors.Is(failure, notehub.ErrRateLimited) {
			return failure // the caller logs it
		}
		return nil
	})
	if inner := errors.Unwrap(failure); inner != nil {
		failure = inner // without the name of what was read
	}
	if err == nil {
		err = ctx.Err()
	}
	return fleets, failure, err
}

// truthOf returns a truth of Notehub as one of rules.
func truthOf(t notehub.Truth) rules.Truth {
	switch {
	case !t.Known:
		return rules.NoData
	case t.True:
		return rules.True
	}
	return rules.False
}
