package lookup_test

import (
	"cmp"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/metric"
)

const minute = time.Minute

var (
	now   = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) // half of a Tuesday, with 21.5 days of March to come
	today = rules.DayOf(now)
	long  = today - metric.HistoryDays
)

// Names hold what Slack, terminals and people who read from right to left stumble over.
const (
	ice    = "🧊 *ice* <!channel> `x` & co"
	hebrew = "מקפיא 7"
)

var (
	cold = lookup.Project{UID: "app:cold", Name: "cold-chain", Account: "acme"}
	lab  = lookup.Project{UID: "app:lab", Name: "lab", Account: "acme"}
	far  = lookup.Project{UID: "app:far", Name: "far-away", Account: "other"} // was never read
)

// A scene is a store with some projects in it: what each device used in a day, it used every day of the last 35, and half of
// it today.
type scene struct {
	testing.TB
	lookup.Config
}

func newScene(t testing.TB) *scene {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &scene{t, lookup.Config{
		Store:     s,
		Projects:  []lookup.Project{cold, lab, far},
		Accounts:  []lookup.Account{{Name: "acme", PerMinute: 4}, {Name: "other", PerMinute: 2}},
		Rules:     []*rules.Rule{rule(t, "data-budget", rules.EachDevice, "bytes.used", "20000"), rule(t, "busy", rules.EachProject, "events.today + sessions.d7", "100")},
		Receivers: []string{"team", "on-call"},
		Interval:  15 * minute,
		Now:       func() time.Time { return now },
	}}
}

// rule is a rule that fires where a figure is above a limit.
func rule(t testing.TB, name string, each rules.Scope, figure, limit string) *rules.Rule {
	t.Helper()
	r, problems := rules.Compile(rules.Spec{
		Name: name, Each: each, Limit: limit, When: []rules.Condition{{Level: rules.Warning, Expr: figure + " > limit"}},
	})
	require.Empty(t, problems)
	return r
}

// usual is the scene that most tests look at.
func usual(t testing.TB) *scene {
	s := newScene(t)
	s.read(cold, now,
		device("dev:864475000000001", "Freezer-1", 1000, 10, "fleet:prod"),
		device("dev:864475000000002", "freezer-2", 2000, 20, "fleet:prod"),
		device("dev:864475000000003", ice, 3000, 30, "fleet:lab"),
		device("dev:864475000000004", hebrew, 4000, 40, "fleet:prod", "fleet:lab"),
	)
	s.read(lab, now.Add(-10*minute), device("dev:999", "freezer-1", 500, 6))
	require.NoError(t, s.Store.Usage.SaveFleets(t.Context(), cold.UID, []usage.Fleet{{UID: "fleet:lab", Name: "lab"}, {UID: "fleet:prod", Name: "Production"}}))
	return s
}

// reader returns a reader for questions about the scene.
func (s *scene) reader() *lookup.Reader { return lookup.New(s.Config) }

// find returns what is called so.
func (s *scene) find(text string) lookup.Subject {
	s.Helper()
	subject, err := s.reader().Find(s.Context(), text)
	require.NoError(s, err, text)
	return subject
}

// A using is a device and what it uses in a day; NaN is no data.
type using struct {
	usage.Device
	bytes, events float64
}

func device(uid, name string, bytes, events float64, fleets ...string) using {
	return using{usage.Device{
		UID: uid, Name: name, SKU: "NOTE-WBNAW", Firmware: "7.2.2", Fleets: fleets, Voltage: 4.1,
		Provisioned: now.AddDate(-1, 0, 0), LastActivity: now.Add(-time.Hour),
	}, bytes, events}
}

// on returns what it used on a day.
func (u using) on(day rules.Day) storetest.Figures {
	share := 1.0
	if day == today {
		share = 0.5
	}
	figures := storetest.Unknown()
	figures[rules.Bytes], figures[rules.Events], figures[rules.Sessions] = share*u.bytes, share*u.events, share*2
	return figures
}

// read is a poll of a project that read its devices and what they used.
func (s *scene) read(p lookup.Project, at time.Time, devices ...using) {
	s.Helper()
	var list []usage.Device
	var rows []storetest.Usage
	for day := long; day <= rules.DayOf(at); day++ {
		total := storetest.Figures{}
		for _, d := range devices {
			figures := d.on(day)
			for _, i := range rules.PlainFigures() {
				total[i] += figures[i]
			}
			if day >= rules.DayOf(d.Provisioned) {
				rows = append(rows, storetest.Usage{Device: d.UID, Day: day, Figures: figures})
			}
		}
		rows = append(rows, storetest.Usage{Day: day, Figures: total})
	}
	for _, d := range devices {
		list = append(list, d.Device)
	}
	storetest.SaveDevices(s, s.Store, p.UID, list, at)
	s.use(p, rows...)
	s.poll(p, at, store.Project{PolledAt: at}, store.Decision{})
}

// use stores usage.
func (s *scene) use(p lookup.Project, rows ...storetest.Usage) {
	s.Helper()
	storetest.SaveUsage(s, s.Store, p.UID, rows, rules.Bytes, rules.Events, rules.Sessions)
}

// poll commits a poll that evaluated the rules. It is due again a quarter of an hour later.
func (s *scene) poll(p lookup.Project, at time.Time, state store.Project, decision store.Decision) {
	s.Helper()
	ctx := s.Context()
	require.NoError(s, s.Store.Work.AddWork(ctx, work.Poll, []string{p.UID}, at))
	require.NoError(s, s.Store.Work.MakeDue(ctx, work.Poll, p.UID, at))
	lease, ok, err := s.Store.Work.Claim(ctx, work.Poll, p.UID, at, at)
	require.NoError(s, err)
	require.True(s, ok)
	state.UID, decision.Now = p.UID, at
	commit := store.Commit{Decision: decision, Project: state, Due: at.Add(15 * minute), Meanings: map[string]store.RuleMeaning{}}
	period := s.Period
	for _, known := range s.Projects {
		if known.UID == p.UID {
			period = cmp.Or(known.Period, period)
		}
	}
	for _, r := range s.Rules {
		commit.Meanings[r.Spec.Name] = store.RuleMeaning{Hash: r.Meaning(r.PeriodIn(period)), Since: at}
	}
	require.NoError(s, s.Store.Commit(ctx, lease, commit))
}

// alert is one that fires for a device or, for "", a project.
func alert(id string, p lookup.Project, subject, name string) rules.Alert {
	return rules.Alert{
		ID: id, Rule: "data-budget", Project: p.UID, Subject: subject, Texts: rules.Texts{Subject: name, Project: p.Name},
		State: rules.Firing, Level: rules.Warning, Worst: rules.Warning, Version: 1, Reason: rules.Fired,
		Since: now.Add(-time.Hour), FiredAt: now.Add(-time.Hour), ChangedAt: now.Add(-time.Hour),
		Value: math.NaN(), Peak: math.NaN(), Limit: math.NaN(), Usual: math.NaN(),
	}
}

// over is an alert at its end.
func over(a rules.Alert) rules.Alert {
	a.State, a.Reason, a.EndedAt = rules.Withdrawn, rules.EventWithdrawn, now.Add(-minute)
	return a
}

// alerts commits alerts. For an hour a receiver has had to show the first of them.
func (s *scene) alerts(all ...rules.Alert) {
	s.Helper()
	state, err := s.Store.Project(s.Context(), cold.UID)
	require.NoError(s, err)
	var decided []*rules.Alert
	for i := range all {
		decided = append(decided, &all[i])
	}
	s.poll(cold, now, state, store.Decision{Alerts: decided})
	_, seq, err := s.Store.Silences(s.Context(), now)
	require.NoError(s, err)
	require.NoError(s, s.Store.Decide(s.Context(), store.Decision{
		Show: map[string][]string{"a1": {"team"}}, Silences: seq, Now: now.Add(-time.Hour),
	}))
}
