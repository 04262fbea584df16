package bot

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/sight"
	"notewatch/internal/store"
	"notewatch/rules"
)

// A fleet is what is known of a project at one instant: all that Envs are made of. Subject "" is the project.
type fleet struct {
	*Bot
	project Project
	state   store.Project
	now     time.Time
	today   rules.Day
	period  rules.Period
	devices []store.Device
	index   map[string]int // of devices, by UID
	counts  store.DeviceCounts
	closed  map[string]*[rules.FigureCount]rules.Closed // complete days before today, by subject
	current map[string]rules.Figures                    // today so far, by subject
	past    *sight.Ledger                               // all days, once something asks for them
}

// readable reports whether the last poll could read Notehub.
func (f *fleet) readable() bool { return f.state.Failures == 0 }

// look gathers what the store knows of a project as of now. It brings the summaries of closed days up to date first. After
// a poll that could not read Notehub, usage is left out: no rule that reads it is judged then.
func (b *Bot) look(ctx context.Context, p Project, state store.Project, now time.Time) (*fleet, error) {
	f := &fleet{Bot: b, project: p, state: state, now: now, today: rules.DayOf(now)}
	f.period = b.Period.Period(f.today, now)
	if err := f.listDevices(ctx); err != nil {
		return nil, err
	}
	if !f.readable() {
		return f, nil
	}
	if err := f.close(ctx); err != nil {
		return nil, err
	}
	rows, err := b.Store.Usage(ctx, p.UID, nil, f.today, f.today)
	if err != nil {
		return nil, err
	}
	f.current = make(map[string]rules.Figures, len(rows))
	for _, row := range rows {
		f.current[row.Device] = row.Figures
	}
	if b.reads.Series && !f.past.All() {
		err = f.remember(ctx, nil)
	}
	return f, err
}

// listDevices reads the device list and counts it.
func (f *fleet) listDevices(ctx context.Context) error {
	devices, listedAt, err := f.Store.Devices(ctx, f.project.UID)
	if err != nil {
		return err
	}
	f.devices = devices
	f.index = make(map[string]int, len(devices))
	for i, d := range devices {
		f.index[d.UID] = i
	}
	f.counts = f.count(listedAt)
	return nil
}

// close reads the summaries of closed days, and rebuilds those that are of another day or whose days have changed.
func (f *fleet) close(ctx context.Context) error {
	changed, err := f.Store.Changed(ctx, f.project.UID)
	if err != nil {
		return err
	}
	rows, err := f.Store.Closed(ctx, f.project.UID, f.today)
	if err != nil {
		return err
	}
	f.closed = make(map[string]*[rules.FigureCount]rules.Closed, len(f.devices)+1)
	have := map[string]int{}
	for _, row := range rows {
		current := row.PeriodStart == rules.DayOf(f.period.Start)
		if current && slices.Contains(f.reads.Figures, row.Figure) {
			f.put(row)
			have[row.Device]++
		}
	}
	for _, c := range changed {
		delete(have, c.Device)
	}
	var stale []string
	for _, subject := range f.everyone() {
		if have[subject] < len(f.reads.Figures) {
			stale = append(stale, subject)
		}
	}
	if len(stale) == 0 {
		return nil
	}
	return f.rebuild(ctx, stale)
}

func (f *fleet) put(row store.Closed) {
	if f.closed[row.Device] == nil {
		f.closed[row.Device] = new([rules.FigureCount]rules.Closed)
	}
	f.closed[row.Device][row.Figure] = row.Closed
}

// rebuild sums up the closed days of subjects again. Their past is kept: what changed may have to be judged again.
func (f *fleet) rebuild(ctx context.Context, subjects []string) error {
	if err := f.remember(ctx, subjects); err != nil {
		return err
	}
	rows := make([]store.Closed, 0, len(subjects)*len(f.reads.Figures))
	for _, subject := range subjects {
		for _, figure := range f.reads.Figures {
			row := store.Closed{
				Device: subject, Figure: figure, AsOf: f.today, PeriodStart: rules.DayOf(f.period.Start),
				Closed: f.past.Closed(f.born(subject), subject, figure, f.today),
			}
			rows = append(rows, row)
			f.put(row)
		}
	}
	return f.Store.SaveClosed(ctx, f.project.UID, rows)
}

// everyone returns all subjects: the project and its devices.
func (f *fleet) everyone() []string { return append(f.subjects(rules.EachDevice), "") }

// subjects returns the subjects of a scope.
func (f *fleet) subjects(scope rules.Scope) []string {
	if scope == rules.EachProject {
		return []string{""}
	}
	uids := make([]string, len(f.devices))
	for i, d := range f.devices {
		uids[i] = d.UID
	}
	return uids
}

// device returns a listed device; nil is that the subject is none.
func (f *fleet) device(subject string) *store.Device {
	if i, ok := f.index[subject]; ok {
		return &f.devices[i]
	}
	return nil
}

// born returns the first day that a subject existed, as far as that is known.
func (f *fleet) born(subject string) rules.Day {
	if d := f.device(subject); d != nil {
		return rules.DayOf(d.Provisioned)
	}
	return 0
}

// name returns what people call a subject.
func (f *fleet) name(subject string) string {
	if d := f.device(subject); d != nil {
		return d.Name
	}
	if subject == "" {
		return f.project.Name
	}
	return subject
}

// remember loads the past of more subjects; nil is all.
func (f *fleet) remember(ctx context.Context, subjects []string) error {
	past, err := f.load(ctx, subjects)
	if err != nil {
		return err
	}
	f.past = f.past.With(past)
	return nil
}

// load reads the days that an Env as of any of the last days may look back on.
func (f *fleet) load(ctx context.Context, subjects []string) (*sight.Ledger, error) {
	if len(subjects) > len(f.devices)/4 {
		subjects = nil
	}
	first := f.historyStart(f.historyStart(f.today - rereadDays))
	rows, err := f.Store.Usage(ctx, f.project.UID, subjects, first, f.today)
	if err != nil {
		return nil, err
	}
	return sight.NewLedger(f.Period, first, f.today, subjects, rows), nil
}
