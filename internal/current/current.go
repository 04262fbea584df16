package current

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/internal/words"
	"notewatch/rules"
)

// A Reader reads what open alerts are worth as of the last poll.
type Reader struct {
	Store *store.Store
	Rules []*rules.Rule
	// Bills returns the bills of the account of a project as of an instant; nil if no rule reads costs.
	Bills func(ctx context.Context, project string, now time.Time) (*env.Bills, error)
	// Every returns the time between two polls of a project if one of some rules reads the state of polls; otherwise it may return 0.
	Every func(ctx context.Context, project string, some iter.Seq[*rules.Rule]) (time.Duration, error)
}

// A Project is a project with its settings.
type Project struct {
	UID, Name string
	Period    rules.PeriodSpec // of rules without their own
	Satellite env.Satellite    // allowance of each device
	Currency  string           // of amounts of money
}

// Update gives open alerts of a project, which are stored with the values of their newest event, the values as of its last poll: Value, Usual,
// AsOf, Peak and the texts. An alert keeps its stored values if the last poll failed or used another meaning of the rule, if the device is no
// longer listed, or if there is no data. It reads only the blocks of the subjects.
func (r *Reader) Update(ctx context.Context, p Project, alerts []*rules.Alert) error {
	if len(alerts) == 0 {
		return nil
	}
	c, err := r.lastPoll(ctx, p)
	if err != nil {
		return err
	}
	outdated := slices.DeleteFunc(alerts, func(a *rules.Alert) bool { return c.rules[a.Rule] == nil || !a.AsOf.Before(c.State.PolledAt) })
	if len(outdated) == 0 {
		return nil
	}
	if err := c.list(ctx, outdated); err != nil {
		return err
	}
	byPeriod := map[rules.PeriodSpec][]*rules.Alert{}
	for _, a := range outdated {
		period := c.rules[a.Rule].PeriodIn(p.Period)
		byPeriod[period] = append(byPeriod[period], a)
	}
	for period, some := range byPeriod {
		c.period = period
		if err := c.updateAlerts(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// UpdateOrganization is Update for open alerts of an organization, whose data is as of the newest poll of its projects. currency is that of
// amounts of money.
func (r *Reader) UpdateOrganization(ctx context.Context, data *env.ProjectData, currency string, alerts []*rules.Alert) error {
	evaluated, err := r.evaluated(ctx, data.UID, data.Spec())
	if err != nil {
		return err
	}
	c := &lastPoll{Project: data.Project, store: r.Store, rules: evaluated, currency: currency, without: data.Without()}
	for _, a := range alerts {
		rule := c.rules[a.Rule]
		if rule == nil || !a.AsOf.Before(data.Now) {
			continue
		}
		c.period = rule.PeriodIn(data.Spec())
		of := data.In(c.period)
		block, err := of.Read(ctx, of.Reader(rule.Reads.Members), of.Blocks(rules.EachOrganization)[0])
		if err != nil {
			return err
		}
		var seen rules.Env
		block.See(&seen, 0)
		c.updateSubject([]*rules.Alert{a}, data.Name, rules.NewView(&seen))
	}
	return nil
}

// updateAlerts gives open alerts of rules with the same period the values as of the poll.
func (c *lastPoll) updateAlerts(ctx context.Context, outdated []*rules.Alert) error {
	bySubject := map[string][]*rules.Alert{}
	for _, a := range outdated {
		bySubject[a.Subject] = append(bySubject[a.Subject], a)
	}
	if err := c.updateOthers(ctx, bySubject); err != nil {
		return err
	}
	byBlock := map[int][]outdatedSubject{}
	for uid, alerts := range bySubject {
		device := c.devices[uid]
		if device == nil && uid != "" {
			continue
		}
		block := 0
		if device != nil {
			block = device.Ordinal / history.BlockSize
		}
		byBlock[block] = append(byBlock[block], outdatedSubject{device, alerts})
	}
	for block, some := range byBlock {
		if err := c.update(ctx, block, some); err != nil {
			return err
		}
	}
	return nil
}

// An outdatedSubject is a listed device, or nil for the project, with its alerts.
type outdatedSubject struct {
	device *usage.Device
	alerts []*rules.Alert
}

// A lastPoll holds the data of a project as of its last poll.
type lastPoll struct {
	env.Project
	store    *store.Store
	period   rules.PeriodSpec
	rules    map[string]*rules.Rule   // those that the poll evaluated with their present meaning, by name
	devices  map[string]*usage.Device // requested listed devices, by UID
	currency string                   // of amounts of money
	without  string                   // projects that the values of an organization lack, in words
	groups   *env.Peers               // nil: not read yet
}

// lastPoll returns the last poll of a project. Without rules, it failed.
func (r *Reader) lastPoll(ctx context.Context, p Project) (*lastPoll, error) {
	c := &lastPoll{store: r.Store, rules: map[string]*rules.Rule{}}
	state, err := r.Store.Project(ctx, p.UID)
	if err != nil || state.PolledAt.IsZero() || state.Failures > 0 || state.Cause != store.None {
		return c, err
	}
	c.Project = env.Project{UID: p.UID, Name: p.Name, Now: state.PolledAt, State: state}
	c.Satellite, c.currency = p.Satellite, p.Currency
	if c.Bills, err = r.Bills(ctx, p.UID, state.PolledAt); err != nil {
		return c, err
	}
	if c.Bill, err = c.Bills.Of(ctx, rules.DayOf(state.PolledAt)); err != nil {
		return c, err
	}
	if c.rules, err = r.evaluated(ctx, p.UID, p.Period); err == nil {
		c.Every, err = r.Every(ctx, p.UID, maps.Values(c.rules))
	}
	return c, err
}

// evaluated returns the rules, by name, that the last evaluation of a project or organization used with their present meaning. period is that of
// rules without their own.
func (r *Reader) evaluated(ctx context.Context, uid string, period rules.PeriodSpec) (map[string]*rules.Rule, error) {
	meanings, err := r.Store.Meanings(ctx, uid)
	evaluated := map[string]*rules.Rule{}
	for _, rule := range r.Rules {
		if !rule.Reads.OnlyPoll() && meanings[rule.Spec.Name].Hash == rule.Meaning(rule.PeriodIn(period)) {
			evaluated[rule.Spec.Name] = rule
		}
	}
	return evaluated, err
}

// list reads the entries of the device list that the rules of alerts need.
func (c *lastPoll) list(ctx context.Context, alerts []*rules.Alert) (err error) {
	var uids []string
	var objects rules.Objects
	counts := false
	for _, a := range alerts {
		if rules.ScopeOf(a.Project, a.Subject) == rules.EachDevice {
			uids = append(uids, a.Subject)
		}
		counts = counts || c.rules[a.Rule].Reads.Counts
		objects = objects.With(c.rules[a.Rule].Reads.Objects)
		if c.rules[a.Rule].Reads.FleetNames && c.Labels == nil {
			if c.Labels, err = env.FleetLabels(ctx, c.store.Usage, c.UID); err != nil {
				return err
			}
		}
	}
	if c.Silences, err = env.SilencesOf(ctx, c.store.Usage, c.UID, objects); err != nil {
		return err
	}
	if counts {
		c.Counts, err = c.store.Usage.CountDevices(ctx, c.UID, env.SilentAfter)
	} else {
		c.Counts.ListedAt, err = c.store.Usage.Listed(ctx, c.UID)
	}
	if err != nil || len(uids) == 0 {
		return err
	}
	if c.Assured, err = env.FleetsAssured(ctx, c.store.Usage, c.UID); err != nil {
		return err
	}
	slices.Sort(uids)
	devices, err := c.store.Usage.DevicesOf(ctx, c.UID, slices.Compact(uids))
	c.devices = make(map[string]*usage.Device, len(devices))
	for i := range devices {
		c.devices[devices[i].UID] = &devices[i]
	}
	return err
}

// update updates the alerts of subjects in one block.
func (c *lastPoll) update(ctx context.Context, block int, subjects []outdatedSubject) error {
	reader := env.Reader{Usage: c.store.Usage, Project: c.UID, Period: c.period, Listed: c.Counts.ListedAt, Polled: c.State.PolledAt, Satellite: c.Satellite}
	members := make([]env.Member, len(subjects))
	for i, s := range subjects {
		if s.device == nil {
			var err error
			if c.Born, err = c.store.Usage.Born(ctx, c.UID); err != nil {
				return err
			}
		}
		members[i] = c.Member(s.device)
		for _, a := range s.alerts {
			reader.Wants = reader.Wants.With(c.rules[a.Rule].Reads.Members)
		}
	}
	if reader.Wants.Peers() {
		peers, err := c.peers(ctx)
		if err != nil {
			return err
		}
		reader.Peers = peers
	}
	metrics, err := reader.Block(ctx, block, members, rules.DayOf(c.Now))
	if err != nil {
		return err
	}
	for i, s := range subjects {
		c.updateSubject(s.alerts, c.name(s.device), rules.NewView(c.NewEnv(s.device, c.now(), metrics, i)))
	}
	return nil
}

// peers returns the groups of devices that are compared with each other.
func (c *lastPoll) peers(ctx context.Context) (*env.Peers, error) {
	if c.groups == nil {
		list, err := c.store.Usage.DeviceList(ctx, c.UID)
		if err != nil {
			return nil, err
		}
		c.groups = env.PeersOf(list)
	}
	return c.groups, nil
}

// updateOthers updates the alerts of fleets and routes.
func (c *lastPoll) updateOthers(ctx context.Context, bySubject map[string][]*rules.Alert) error {
	for uid, alerts := range bySubject {
		if scope := rules.ScopeOf(c.UID, uid); scope != rules.EachFleet && scope != rules.EachRoute {
			continue
		}
		q := env.Query{Project: c.UID, Name: c.Name, Subject: uid, Now: c.Now, Every: c.Every, Period: c.period, Bills: c.Bills, Satellite: c.Satellite}
		for _, a := range alerts {
			reads := c.rules[a.Rule].Reads
			q.Wants, q.Objects, q.Counts = q.Wants.With(reads.Members), q.Objects.With(reads.Objects), q.Counts || reads.Counts
		}
		seen, err := env.Look(ctx, c.store, q)
		if err != nil {
			return err
		}
		if seen.Listed() {
			c.updateSubject(alerts, seen.SubjectName(), rules.NewView(seen.Env))
		}
	}
	return nil
}

// updateSubject updates the alerts of a subject with the results of their rules.
func (c *lastPoll) updateSubject(alerts []*rules.Alert, name string, view *rules.View) {
	for _, a := range alerts {
		r := c.rules[a.Rule]
		now, ok := a.At(r, r.Eval(view), c.Now, c.now().Start)
		if !ok {
			continue
		}
		now.Texts = r.Texts(now, rules.Wording{
			Project: c.Name, Subject: name, Period: c.period, Now: c.Now, Format: c.figure, Length: words.Duration,
		})
		if now.Texts.Unit == rules.UnitMoney {
			now.Texts.Unit = c.currency
		}
		now.Texts = now.Texts.Qualified(c.without)
		*a = now
	}
}

// figure writes a value for people.
func (c *lastPoll) figure(value float64, unit string) string {
	if unit == rules.UnitMoney {
		unit = c.currency
	}
	return words.Figure(value, unit)
}

// now returns the period of the poll.
func (c *lastPoll) now() rules.Period { return c.period.Period(rules.DayOf(c.Now), c.Now) }

// name returns the name of a device; nil means the project.
func (c *lastPoll) name(device *usage.Device) string {
	if device == nil {
		return c.Name
	}
	return device.Name
}
