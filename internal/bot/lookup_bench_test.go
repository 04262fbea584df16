package bot_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/history"
	"notewatch/internal/lookup"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// BenchmarkLookup asks for the usage of a device, the ten devices that used most in 30 days, and the open alerts, in turn,
// of 100,000 devices with 35 days: while nothing else happens, while a bot polls them, and while it makes the first poll of
// the next day. It reports the 95th percentiles of the time to an answer, and how many times those beside polls are the one
// without. A poll is all that there is to one: requests for usage and the device list, which the same process answers and
// which are a good part of the work, what they bring decoded and stored, every device evaluated by three rules, and the
// alerts of a few in a hundred committed.
func BenchmarkLookup(b *testing.B) {
	devices := 100_000
	if testing.Short() {
		devices = 10_000
	}
	for b.Loop() {
		l := newLarge(b, devices)
		require.NoError(b, l.poll(monday.Add(13*hour))) // what is stored is now as Notehub has it
		quiet := l.alone(90)
		cycle := l.beside(monday.Add(22 * hour))
		midnight := l.beside(monday.Add(day + hour))
		b.ReportMetric(quiet, "quiet-p95-ms")
		b.ReportMetric(cycle, "cycle-p95-ms")
		b.ReportMetric(cycle/quiet, "cycle/quiet")
		b.ReportMetric(midnight, "midnight-p95-ms")
		b.ReportMetric(midnight/quiet, "midnight/quiet")
		b.ReportMetric(0, "ns/op")
	}
}

// A large scene is a bot of many devices, and a reader to ask about them.
type large struct {
	testing.TB
	watch   *watch.Watch
	reader  *lookup.Reader
	devices []notehubtest.Device
	mu      sync.Mutex
	now     time.Time
}

func (l *large) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *large) timer(until time.Time) *time.Timer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.now) {
		l.now = until
	}
	return time.NewTimer(0)
}

// newLarge returns a scene in which the days up to the one before yesterday are stored.
func newLarge(b testing.TB, n int) *large {
	l := &large{TB: b, now: monday.Add(13 * hour), devices: sensors(n)}
	var some []string
	for _, d := range l.devices[:n/100] {
		some = append(some, d.UID)
	}
	hub := notehubtest.New(notehubtest.Config{
		Now: l.clock, Token: token, Seed: 1,
		Projects: []notehubtest.Project{{UID: project, Name: "cold-chain", Devices: l.devices, Incidents: []notehubtest.Incident{
			{Kind: notehubtest.Silence, Devices: some, Start: monday.Add(14 * hour), Duration: 2 * day},
		}}},
	})
	address, stop, err := hub.Start()
	require.NoError(b, err)
	b.Cleanup(stop)
	client, err := notehub.New(notehub.Config{BaseURL: address, Token: secret.New(token)})
	require.NoError(b, err)
	db := l.stored()
	var mine []bot.Rule
	var ruled []*rules.Rule
	selective := budget("1150")
	selective.Where = "device.age_days > 1"
	for _, spec := range []rules.Spec{silent(), busy(), selective, blind()} {
		rule, problems := rules.Compile(spec)
		require.Empty(b, problems)
		mine, ruled = append(mine, bot.Rule{Rule: rule, Notify: []string{}}), append(ruled, rule)
	}
	l.watch, err = watch.New(b.Context(), watch.Config{Bot: bot.Config{
		Store:    db,
		Accounts: []bot.Account{{Name: "acme", Client: client, PerMinute: 6}},
		Projects: []bot.Project{{UID: project, Name: "cold-chain", Account: "acme"}},
		Rules:    mine,
		Clock:    bot.Clock{Now: l.clock, Timer: l.timer},
		Machine:  time.Now,
		Log:      slog.New(slog.DiscardHandler),
	}})
	require.NoError(b, err)
	l.reader = lookup.New(lookup.Config{
		Store: db, Projects: []lookup.Project{{UID: project, Name: "cold-chain", Account: "acme"}}, Rules: ruled, Now: l.clock,
	})
	return l
}

// stored returns a store of the days up to the one before yesterday, which are read already.
func (l *large) stored() *store.Store {
	s, err := store.Open(l.Context(), filepath.Join(l.TempDir(), "notewatch.db"))
	require.NoError(l, err)
	var list []usage.Device
	for _, d := range l.devices {
		list = append(list, usage.Device{UID: d.UID, Name: d.Name, Fleets: d.Fleets, Provisioned: d.Provisioned})
	}
	storetest.SaveDevices(l, s, project, list, monday)
	lease, ok, err := s.Work.Claim(l.Context(), work.Poll, project, monday, time.Now())
	require.NoError(l, err)
	require.True(l, ok)
	today := rules.DayOf(monday)
	require.NoError(l, s.Usage.SaveReading(l.Context(), lease, l.past(today-metric.HistoryDays, today-2)))
	require.NoError(l, s.Commit(l.Context(), lease, store.Commit{
		Decision: store.Decision{Now: monday}, Project: store.Project{UID: project, PolledAt: monday, RereadOn: today}, Due: monday,
	}))
	l.Cleanup(func() { require.NoError(l, s.Close()) })
	return s
}

// past is what Notehub says of some days on which all devices did the same.
func (l *large) past(first, last rules.Day) usage.Reading {
	r := usage.Reading{First: first, Last: last, Today: last + 1}
	for figure, n := range map[rules.Figure]int64{rules.Bytes: 45792, rules.Events: 24, rules.EventsTotal: 48, rules.Platform: 24, rules.Sat: 0} {
		r.Figures = append(r.Figures, figure)
		total, _ := history.Value(n * int64(len(l.devices)))
		each, _ := history.Value(n)
		cells := append([]history.Cell{total}, slices.Repeat([]history.Cell{each}, len(l.devices))...)
		for day := first; day <= last; day++ {
			r.Columns = append(r.Columns, usage.Column{Figure: figure, Day: day, Cells: cells})
		}
	}
	return r
}

// poll polls as of an instant.
func (l *large) poll(at time.Time) error {
	l.timer(at)
	if err := l.watch.Bot.Schedule().PollNow(l.Context()); err != nil {
		return err
	}
	_, err := l.watch.Turn(l.Context())
	return err
}

// polled checks that a poll did all that there was to do.
func (l *large) polled(at time.Time) {
	state, err := l.watch.Config.Bot.Store.Project(l.Context(), project)
	require.NoError(l, err)
	require.Zero(l, state.Failures, state.Failure)
	require.Equal(l, rules.DayOf(at), rules.DayOf(state.PolledAt))
	_, count, err := l.reader.OpenAlerts(l.Context(), lookup.Subject{}, 1)
	require.NoError(l, err)
	require.Greater(l, count, len(l.devices)/200)
}

// alone returns the 95th percentile of the time to n answers, in milliseconds.
func (l *large) alone(n int) float64 {
	var took []time.Duration
	for i := range n {
		took = append(took, l.ask(i))
	}
	return percentile(took)
}

// beside returns the 95th percentile of the time to answers beside a poll, in milliseconds.
func (l *large) beside(at time.Time) float64 {
	done := make(chan error, 1)
	go func() { done <- l.poll(at) }()
	var took []time.Duration
	for {
		select {
		case err := <-done:
			require.NoError(l, err)
			l.polled(at)
			return percentile(took)
		default:
			took = append(took, l.ask(len(took)))
		}
	}
}

func percentile(took []time.Duration) float64 {
	slices.Sort(took)
	return took[len(took)*95/100].Seconds() * 1000
}

// ask asks one of three questions and returns how long the answer took.
func (l *large) ask(i int) time.Duration {
	began := time.Now()
	require.NoError(l, l.answer(l.Context(), i))
	return time.Since(began)
}

func (l *large) answer(ctx context.Context, i int) (err error) {
	switch i % 3 {
	case 0:
		subject, err := l.reader.Find(ctx, l.devices[i*7919%len(l.devices)].Name)
		if err == nil {
			_, err = l.reader.Usage(ctx, subject, lookup.Period)
		}
		return err
	case 1:
		_, err = l.reader.Top(ctx, lookup.TopQuery{N: 10, By: "bytes", Span: lookup.Month})
	default:
		_, _, err = l.reader.OpenAlerts(ctx, lookup.Subject{}, 30)
	}
	return err
}

// busy fires for a few devices of a hundred, other ones on each day.
func busy() rules.Spec {
	return rules.Spec{
		Name: "busy", Each: rules.EachDevice, Show: "bytes.yesterday",
		When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.yesterday > 90000"}},
	}
}
