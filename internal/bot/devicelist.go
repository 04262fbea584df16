package bot

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/evaluate"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// deviceList returns the device list of a project. It is kept in memory between polls as long as the stored one is the same.
func (b *Bot) deviceList(ctx context.Context, project string) (*usage.DeviceList, error) {
	version, _, err := b.store.Usage.ListVersion(ctx, project)
	if err != nil {
		return nil, err
	}
	if known, ok := b.lists.Load(project); ok && known.(*usage.DeviceList).Version == version {
		return known.(*usage.DeviceList), nil
	}
	list, err := b.store.Usage.DeviceList(ctx, project)
	if err == nil {
		b.lists.Store(project, list)
	}
	return list, err
}

// look loads the data of a project as of now.
func (b *Bot) look(ctx context.Context, p Project, state store.Project, now time.Time) (*env.ProjectData, error) {
	list, err := b.deviceList(ctx, p.UID)
	if err != nil {
		return nil, err
	}
	at := b.projectAt(p, state, now)
	if at.Born, err = b.store.Usage.Born(ctx, p.UID); err != nil {
		return nil, err
	}
	if b.evaluates(rules.EachRoute) {
		if at.Routes, err = b.store.Usage.Routes(ctx, p.UID); err != nil {
			return nil, err
		}
	}
	if b.evaluates(rules.EachFleet) {
		if at.Fleets, err = env.FleetNames(ctx, b.store.Usage, p.UID); err != nil {
			return nil, err
		}
	}
	if b.reads.FleetNames || slices.ContainsFunc(b.windows, func(w muting.Window) bool { return w.Match.Fleet != "" }) {
		if at.Labels, err = env.FleetLabels(ctx, b.store.Usage, p.UID); err != nil {
			return nil, err
		}
	}
	if at.Silences.Read(b.reads.Objects) {
		if at.Silences, err = env.CountSilence(ctx, b.store.Usage, p.UID, list); err != nil {
			return nil, err
		}
	}
	if b.reads.Objects.Read("plan.auto_topup") {
		if at.Assured, err = env.FleetsAssured(ctx, b.store.Usage, p.UID); err != nil {
			return nil, err
		}
	}
	if at.Bills, err = b.billsOf(ctx, state, now); err != nil {
		return nil, err
	}
	if at.Bill, err = at.Bills.Of(ctx, rules.DayOf(now)); err != nil {
		return nil, err
	}
	return b.source(p).Data(at, list), nil
}

// LastPoll returns the data of a project as of its last successful poll, for questions about all its subjects. ok is false if there was none.
func (b *Bot) LastPoll(ctx context.Context, project string) (data *env.ProjectData, ok bool, err error) {
	p, _, err := b.project(project)
	if err != nil {
		return nil, false, err
	}
	state, err := b.store.Project(ctx, project)
	if err != nil || state.PolledAt.IsZero() {
		return nil, false, err
	}
	data, err = b.look(ctx, p, state, state.PolledAt.UTC())
	return data, err == nil, err
}

// evaluates reports whether a rule is about subjects of a scope.
func (b *Bot) evaluates(scope rules.Scope) bool {
	return slices.ContainsFunc(b.rules, func(r Rule) bool { return r.Spec.Each == scope })
}

// within returns a function that finds the fleets of a device, for rules that are muted by rules about fleets, and for silences and mute
// windows of fleets.
func (b *Bot) within(ctx context.Context, project string, mutes muting.Sources) (muting.Fleets, error) {
	if !b.evaluates(rules.EachFleet) && !mutes.NamesFleets() {
		return nil, nil
	}
	list, err := b.deviceList(ctx, project)
	if err != nil {
		return nil, err
	}
	var labels map[string]string
	if mutes.NamesFleets() {
		labels, err = env.FleetLabels(ctx, b.store.Usage, project)
	}
	return func(_, device string) []string {
		if place, ok := list.Find(device); ok {
			return evaluate.NamesOfFleets(list.At(place).Fleets, labels)
		}
		return nil
	}, err
}

// source returns the source of the data of a project.
func (b *Bot) source(p Project) env.Source {
	return env.Source{Usage: b.store.Usage, Period: b.periodOf(p.UID), Objects: b.reads.Objects}
}

// projectAt returns the state of a project at an instant, without its devices.
func (b *Bot) projectAt(p Project, state store.Project, now time.Time) env.Project {
	return env.Project{UID: p.UID, Name: p.Name, State: state, Every: b.schedule.Interval(p.Account), Now: now, Satellite: p.Satellite}
}
