package bot_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/internal/watch/watchtest"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

const (
	project = "app:2606f411-dea6-44a0-9743-1130f57d77d8"
	token   = "a-token"
)

// monday is a Monday, 00:00 UTC, in the middle of a month.
var monday = time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)

// A rig is a bot on a simulated Notehub, a real database and a real webhook receiver, in driven time.
type rig struct {
	t       *testing.T
	ticking sync.Mutex
	now     time.Time // domain; guarded by ticking while a bot runs, as machine is
	machine time.Time
	project notehubtest.Project

	organizations []notehubtest.Organization
	allowed       int // requests a minute by Notehub

	hub      *notehubtest.Server
	client   *notehub.Client
	database string
	store    *store.Store
	hooks    map[string]*notifytest.Webhook // by receiver
	config   watch.Config
	watch    *watch.Watch
	bot      *bot.Bot
}

// newRig returns a rig at the start of monday with n hourly sensors, one receiver "ops" and the given rules. The test runs
// beside others.
func newRig(t *testing.T, n int, incidents []notehubtest.Incident, specs ...rules.Spec) *rig {
	t.Helper()
	t.Parallel()
	r := &rig{t: t, now: monday, machine: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), hooks: map[string]*notifytest.Webhook{}, allowed: 7}
	r.database = storetest.Database(t)
	r.project = notehubtest.Project{UID: project, Name: "cold-chain", Devices: sensors(n), Incidents: incidents}
	r.serve()
	r.config.Sleep = r.sleep
	r.config.Bot = bot.Config{
		Accounts: []bot.Account{{Name: "acme", Client: r.client, PerMinute: 4}},
		Projects: []bot.Project{{UID: project, Name: "cold-chain", Account: "acme"}},
		Clock:    bot.Clock{Now: r.clock, Timer: r.timer},
		Machine:  r.machineClock,
		Log:      slog.New(slog.DiscardHandler),
	}
	r.receiver("ops", rules.Inactive)
	r.rules(specs...)
	r.open()
	return r
}

// sensors are devices alike: hourly sensors with 24 events a day.
func sensors(n int) []notehubtest.Device {
	return notehubtest.Fleet(1, n, monday.AddDate(-1, 0, 0), []notehubtest.Share{{Archetype: notehubtest.HourlySensor, Weight: 1}})
}

// serve starts the simulated Notehub with projects; none are r.project as it is now.
func (r *rig) serve(projects ...notehubtest.Project) {
	if projects == nil {
		projects = []notehubtest.Project{r.project}
	}
	r.hub = notehubtest.New(notehubtest.Config{
		Now: r.clock, Token: token, Seed: 1, RequestsPerMinute: r.allowed,
		Projects: projects, Organizations: r.organizations,
	})
	r.client = watchtest.Client(r.t, r.hub, token)
	for i := range r.config.Bot.Accounts {
		r.config.Bot.Accounts[i].Client = r.client
	}
}

// clock is the domain time, for several goroutines.
func (r *rig) clock() time.Time {
	r.ticking.Lock()
	defer r.ticking.Unlock()
	return r.now
}

// machineClock is the machine time, for several goroutines.
func (r *rig) machineClock() time.Time {
	r.ticking.Lock()
	defer r.ticking.Unlock()
	return r.machine
}

// sleep lets machine time pass at once.
func (r *rig) sleep(_ context.Context, d time.Duration) {
	r.ticking.Lock()
	defer r.ticking.Unlock()
	r.machine = r.machine.Add(d)
}

// timer lets time pass at once.
func (r *rig) timer(until time.Time) *time.Timer {
	r.ticking.Lock()
	defer r.ticking.Unlock()
	if until.After(r.now) {
		r.now = until
	}
	return time.NewTimer(0)
}

// receiver adds a webhook receiver.
func (r *rig) receiver(name string, from rules.Level) {
	hook, receiver := watchtest.Webhook(r.t, name)
	receiver.From = from
	r.hooks[name] = hook
	r.config.Receivers = append(r.config.Receivers, receiver)
}

// rules replaces the rules; all receivers are told.
func (r *rig) rules(specs ...rules.Spec) {
	r.t.Helper()
	var names []string
	for _, receiver := range r.config.Receivers {
		names = append(names, receiver.Name)
	}
	r.config.Bot.Rules = nil
	for _, spec := range specs {
		r.config.Bot.Rules = append(r.config.Bot.Rules, bot.Rule{Rule: watchtest.Compile(r.t, spec), Notify: names})
	}
}

// open starts the bot on the database, as a new process would.
func (r *rig) open() {
	r.t.Helper()
	if r.store != nil {
		require.NoError(r.t, r.store.Close())
	}
	var err error
	r.store, err = store.OpenToMigrate(r.t.Context(), r.database)
	require.NoError(r.t, err)
	opened := r.store
	r.t.Cleanup(func() { _ = opened.Close() })
	require.NoError(r.t, r.store.ReleaseAll(r.t.Context()))
	r.config.Bot.Store = r.store
	r.watch, err = watch.New(r.t.Context(), r.config)
	require.NoError(r.t, err)
	r.bot = r.watch.Bot
}

// hourly makes the bot poll every hour, for tests over many days.
func (r *rig) hourly() *rig { return r.every(hour) }

// every opens the bot again and makes it poll at an interval.
func (r *rig) every(interval time.Duration) *rig {
	r.config.Bot.Interval = interval
	r.open()
	return r
}

// run lets the bot work until an instant.
func (r *rig) run(until time.Time) {
	r.t.Helper()
	watchtest.RunUntil(r.t, r.watch, until, r.clock, func(to time.Time) { r.timer(to) })
}

// show serves a receiver.
func (r *rig) show(ctx context.Context, receiver string) error {
	_, err := r.watch.Serve(ctx, work.Receiver, receiver)
	return err
}

// A told is one state of an alert that a receiver took.
type told struct {
	Reason, State, Level, Rule, Subject string
}

// told returns what a receiver took, in order.
func (r *rig) told(receiver string) []told {
	r.t.Helper()
	var all []told
	for _, a := range r.taken(receiver) {
		all = append(all, told{a.Reason, a.State, a.Level, a.Rule, a.Subject.Name})
	}
	return all
}

// A taken is an alert as a receiver took it.
type taken struct {
	webhook.Alert
	Rule string
}

// taken returns the alerts that a receiver took, in order.
func (r *rig) taken(receiver string) []taken {
	r.t.Helper()
	var all []taken
	for _, request := range r.hooks[receiver].Requests() {
		if !request.Taken {
			continue
		}
		var body webhook.Body
		require.NoError(r.t, json.Unmarshal(request.Body, &body))
		for _, a := range body.Data.Alerts {
			all = append(all, taken{a, body.Data.Rule})
		}
	}
	return all
}

// requireTruth checks that the last word of a receiver on every alert is what the database says, that no version was taken
// twice, that what it was not told has a reason, and that nothing is left to show.
func (r *rig) requireTruth(receiver string) {
	r.t.Helper()
	last := map[string]taken{}
	for _, a := range r.taken(receiver) {
		require.Greater(r.t, a.Version, last[a.ID].Version, "alert %s of %s", a.ID, a.Rule)
		last[a.ID] = a
	}
	deliveries := storetest.Deliveries(r.t, r.store, receiver)
	known := map[string]bool{}
	for _, d := range deliveries {
		a := d.Alert
		known[a.ID] = true
		if d.Message == "" {
			require.NotEmpty(r.t, d.Detail, "alert %s of %s was not told, and nobody knows why", a.ID, a.Rule)
			require.Zero(r.t, last[a.ID].Version)
			continue
		}
		require.Equal(r.t, a.Version, last[a.ID].Version, "alert %s of %s", a.ID, a.Rule)
		require.Equal(r.t, string(a.State), last[a.ID].State)
		require.Equal(r.t, a.Level.String(), last[a.ID].Level)
		delete(last, a.ID)
	}
	require.Empty(r.t, last, "told, but not in the database")
	alerts, err := r.store.Alerts(r.t.Context(), store.AlertFilter{})
	require.NoError(r.t, err)
	for _, a := range alerts {
		require.True(r.t, known[a.ID] || a.Version == 0 || a.Project == "", "alert %s of %s was forgotten", a.ID, a.Rule)
	}
	waiting, err := r.store.Outbox.Undelivered(r.t.Context(), receiver)
	require.NoError(r.t, err)
	require.Empty(r.t, waiting)
}

// asked returns how often an endpoint was asked.
func (r *rig) asked(endpoint notehubtest.Endpoint) (times int) {
	for _, request := range r.hub.Requests() {
		if request.Endpoint == endpoint {
			times++
		}
	}
	return times
}

// events is a day rule, live is a live one, budget a period rule.
func events(over string) rules.Spec {
	return rules.Spec{
		Name: "event-spike", Each: rules.EachDevice, Show: "events.today",
		When: []rules.Condition{{Level: rules.Warning, Expr: "events.today > " + over}},
	}
}

func silent() rules.Spec {
	return rules.Spec{
		Name: "silent-device", Each: rules.EachDevice, Show: "device.silent_hours",
		When: []rules.Condition{{Level: rules.Warning, Expr: "device.silent_hours > 6"}},
	}
}

func budget(limit string) rules.Spec {
	return rules.Spec{
		Name: "event-budget", Each: rules.EachDevice, Limit: limit, Show: "events.used",
		When: []rules.Condition{
			{Level: rules.Warning, Expr: "events.used > 0.8 * limit"},
			{Level: rules.Critical, Expr: "events.used > limit"},
		},
	}
}

func blind() rules.Spec {
	return rules.Spec{
		Name: "watcher-blind", Each: rules.EachProject,
		When: []rules.Condition{{Level: rules.Critical, Expr: "poll.age_minutes > max(90, 3 * poll.every_minutes) || poll.failures >= 3"}},
	}
}

// flood is one event each two seconds on the first sensor.
func flood(start time.Time, lasts time.Duration) notehubtest.Incident {
	return notehubtest.Incident{Kind: notehubtest.EventFlood, Devices: []string{sensors(1)[0].UID}, Start: start, Duration: lasts}
}

// silence is the first sensor going silent.
func silence(start time.Time, lasts time.Duration) notehubtest.Incident {
	return notehubtest.Incident{Kind: notehubtest.Silence, Devices: []string{sensors(1)[0].UID}, Start: start, Duration: lasts}
}

// reasons returns the reasons of what a receiver took.
func (r *rig) reasons(receiver string) []string {
	var reasons []string
	for _, a := range r.told(receiver) {
		reasons = append(reasons, a.Reason)
	}
	return slices.Clip(reasons)
}
