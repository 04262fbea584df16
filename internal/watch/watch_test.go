package watch_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/database"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/internal/watch/watchtest"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

const (
	project = "app:2606f411-dea6-44a0-9743-1130f57d77d8"
	token   = "a-token"
)

var monday = time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)

// A scene is a simulated Notehub with one device, which is silent from 02:00 on, a database, and webhook receivers. Both clocks stand still
// unless the test moves them. The rule fires for the device at 08:00.
type scene struct {
	t      *testing.T
	mu     sync.Mutex
	now    time.Time // on both clocks
	hub    *notehubtest.Server
	store  *store.Store
	hooks  map[string]*notifytest.Webhook // by receiver
	config watch.Config
}

func newScene(t *testing.T, receivers ...string) *scene {
	t.Helper()
	t.Parallel()
	s := &scene{t: t, now: monday, hooks: map[string]*notifytest.Webhook{}}
	devices := notehubtest.Fleet(1, 1, monday.AddDate(-1, 0, 0), []notehubtest.Share{{Archetype: notehubtest.HourlySensor, Weight: 1}})
	s.hub = notehubtest.New(notehubtest.Config{Now: s.clock, Token: token, Seed: 1, Projects: []notehubtest.Project{{
		UID: project, Name: "cold-chain", Devices: devices,
		Incidents: []notehubtest.Incident{
			{Kind: notehubtest.Silence, Devices: []string{devices[0].UID}, Start: monday.Add(2 * time.Hour), Duration: 48 * time.Hour},
		},
	}}})
	client := watchtest.Client(t, s.hub, token)
	var err error
	s.store, err = store.Open(t.Context(), storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.store.Close()) })
	rule := watchtest.Compile(t, rules.Spec{
		Name: "silent", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: "device.silent_hours > 6"}},
	})
	s.config = watch.Config{
		Sleep: func(_ context.Context, d time.Duration) { s.pass(d) },
		Bot: bot.Config{
			Store:    s.store,
			Accounts: []bot.Account{{Name: "acme", Client: client, PerMinute: 1e6}},
			Projects: []bot.Project{{UID: project, Name: "cold-chain", Account: "acme"}},
			Rules:    []bot.Rule{{Rule: rule, Notify: receivers}},
			Clock:    bot.Clock{Now: s.clock, Timer: func(time.Time) *time.Timer { return time.NewTimer(time.Hour) }},
			Machine:  s.clock,
			Log:      slog.New(slog.DiscardHandler),
		},
	}
	for _, name := range receivers {
		hook, receiver := watchtest.Webhook(t, name)
		s.hooks[name] = hook
		s.config.Receivers = append(s.config.Receivers, receiver)
	}
	return s
}

func (s *scene) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *scene) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// at moves both clocks.
func (s *scene) at(hour time.Duration) { s.pass(monday.Add(hour).Sub(s.clock())) }

func (s *scene) start() *watch.Watch {
	s.t.Helper()
	w, err := watch.New(s.t.Context(), s.config)
	require.NoError(s.t, err)
	return w
}

func (s *scene) turn(w *watch.Watch) (next time.Time) {
	s.t.Helper()
	next, err := w.Turn(s.t.Context())
	require.NoError(s.t, err)
	return next
}

// took returns what a receiver took, a line for each alert: rule and event.
func (s *scene) took(receiver string) (all []string) {
	for _, request := range s.hooks[receiver].Requests() {
		if !request.Taken {
			continue
		}
		var body webhook.Body
		if err := json.Unmarshal(request.Body, &body); err != nil {
			s.t.Error(err)
		}
		for _, a := range body.Data.Alerts {
			all = append(all, body.Data.Rule+" "+a.Reason)
		}
	}
	return all
}

func (s *scene) polls() (times int) {
	for _, request := range s.hub.Requests() {
		if request.Endpoint == notehubtest.Devices {
			times++
		}
	}
	return times
}

// due returns when a piece of work is due; zero is never.
func (s *scene) due(kind work.Kind, key string) time.Time {
	due, _, err := s.store.Work.NextDue(s.t.Context(), kind, key)
	require.NoError(s.t, err)
	return due
}

// A turn does what is due, in this order: it polls, and delivers what that found. It returns when something is due next.
func TestATurnGoesDownTheWholeLine(t *testing.T) {
	s := newScene(t, "team")
	w := s.start()
	require.Equal(t, monday.Add(bot.DefaultInterval), s.turn(w))
	require.Empty(t, s.took("team"))
	polls := s.polls()
	s.at(10 * time.Minute)
	require.Equal(t, monday.Add(bot.DefaultInterval), s.turn(w))
	require.Equal(t, polls, s.polls(), "nothing was due")

	s.at(9 * time.Hour)
	require.Equal(t, monday.Add(9*time.Hour+bot.DefaultInterval), s.turn(w))
	require.Equal(t, []string{"silent fired"}, s.took("team"))
	require.True(t, s.due(work.Receiver, "team").IsZero(), "a receiver is due when something happens")
}

// A receiver that is left out of a turn may be served apart from it.
func TestATurnLeavesOutReceivers(t *testing.T) {
	s := newScene(t, "team", "slow")
	w := s.start()
	s.at(9 * time.Hour)
	_, err := w.Turn(t.Context(), "slow")
	require.NoError(t, err)
	require.Equal(t, []string{"silent fired"}, s.took("team"))
	require.Empty(t, s.took("slow"))
	_, err = w.Serve(t.Context(), work.Receiver, "slow")
	require.NoError(t, err)
	require.Equal(t, []string{"silent fired"}, s.took("slow"))
}

// What somebody else is at is left to them, until their lease runs out.
func TestServeLeavesWorkToWhoHoldsIt(t *testing.T) {
	s := newScene(t, "team")
	w := s.start()
	_, ok, err := s.store.Work.Claim(t.Context(), work.Poll, project, s.clock(), s.clock())
	require.NoError(t, err)
	require.True(t, ok)
	next, err := w.Serve(t.Context(), work.Poll, project)
	require.NoError(t, err)
	require.Equal(t, monday, next, "it is due still")
	require.Zero(t, s.polls())
	s.pass(work.LeaseTime)
	_, err = w.Serve(t.Context(), work.Poll, project)
	require.NoError(t, err)
	require.Positive(t, s.polls())
}

// Trouble of our own with one piece of work keeps no other waiting, and is due again soon. Trouble of a receiver is no error: it is retried.
func TestTroubleKeepsNothingElseWaiting(t *testing.T) {
	s := newScene(t, "team", "broken")
	s.at(9 * time.Hour)
	s.hooks["broken"].Fail(notifytest.Status(http.StatusInternalServerError, ""))
	w := s.start()
	s.turn(w)
	require.Equal(t, []string{"silent fired"}, s.took("team"))
	require.True(t, s.due(work.Receiver, "broken").After(s.clock()), "it is retried after a pause")

	require.NoError(t, s.store.Work.AddWork(t.Context(), work.Receiver, []string{"unknown"}, s.clock()))
	s.pass(10 * time.Second)
	_, err := w.Serve(t.Context(), work.Receiver, "unknown", "broken")
	require.ErrorContains(t, err, `receiver "unknown" is not configured`)
	require.Equal(t, []string{"silent fired"}, s.took("broken"))
	require.Equal(t, s.clock().Add(10*time.Second), s.due(work.Receiver, "unknown"))
}

// A start makes due what other rules and receivers may change, once: polls keep their time. A watch that is attached changes nothing.
func TestAStartRegistersWork(t *testing.T) {
	s := newScene(t, "team", "ops")
	watch.Attach(s.config)
	require.True(t, s.due(work.Poll, project).IsZero())
	s.at(9 * time.Hour)
	s.turn(s.start())
	poll := s.due(work.Poll, project)
	watch.Attach(s.config)
	require.True(t, s.due(work.Receiver, "team").IsZero())

	s.pass(time.Minute)
	s.config.Receivers = s.config.Receivers[:1] // ops is no longer in the rules file
	s.config.Bot.Rules[0].Notify = []string{"team"}
	s.start()
	require.Equal(t, poll, s.due(work.Poll, project))
	require.Equal(t, s.clock(), s.due(work.Receiver, "team"))
	deliveries := storetest.Deliveries(t, s.store, "ops")
	require.Len(t, deliveries, 1)
	require.Equal(t, delivery.Removed, deliveries[0].State)
}

// run lets a watch run until the test ends, or until stop.
func (s *scene) run(w *watch.Watch) (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	s.t.Cleanup(stop)
	return stop
}

// soon waits for what a running watch does at once.
func (s *scene) soon(what string, done func() bool) {
	s.t.Helper()
	require.Eventually(s.t, done, time.Minute, 5*time.Millisecond, what)
}

// While it runs, a watch wakes the loop of a receiver when a poll has something new for it, and polls when people ask for that: no time
// passes here. When it is told to stop, it still serves the receivers that are due.
func TestRunWakesLoops(t *testing.T) {
	s := newScene(t, "team")
	w := s.start()
	stop := s.run(w)
	s.soon("the first poll", func() bool { return s.due(work.Poll, project).After(monday) })
	s.at(9 * time.Hour)
	_, _, err := w.Bot.Schedule().Refresh(t.Context())
	require.NoError(t, err)
	s.soon("a poll and what it found", func() bool { return len(s.took("team")) == 1 })
	s.soon("that it is recorded", func() bool { return s.due(work.Receiver, "team").IsZero() })

	alerts, err := s.store.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	a := alerts[0]
	a.Version++
	require.NoError(t, s.store.Decide(t.Context(), store.Decision{Alerts: []*rules.Alert{&a}, Now: s.clock()})) // without a signal
	stop()
	require.Len(t, s.took("team"), 2)
}

// A store that cannot be used is an outage, until the work that failed for that reason has been done. Nothing is asked of Notehub that could
// not be recorded.
func TestAnOutageEndsWhenTheWorkIsDone(t *testing.T) {
	s := newScene(t, "team")
	w := s.start()
	require.NoError(t, w.Outage())
	storetest.TakeAway(t, s.store.Path())
	_, err := w.Turn(t.Context())
	require.True(t, database.Unavailable(err), "%v", err)
	require.True(t, database.Unavailable(w.Outage()))
	require.Zero(t, s.polls())

	storetest.PutBack(t, s.store.Path())
	require.Error(t, w.Outage(), "as far as work has shown")
	s.turn(w)
	require.NoError(t, w.Outage())
	require.Positive(t, s.polls())
}

// Times that only a clock that was ahead can have written show that it was set back. Then nothing waits for it to get there.
func TestNothingWaitsForAClockThatWasSetBack(t *testing.T) {
	s := newScene(t, "team")
	s.at(72 * time.Hour)
	w := s.start()
	s.turn(w)
	s.at(0)
	s.turn(w)
	state, err := s.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.Equal(t, monday, state.PolledAt)
	require.False(t, w.AwaitsPoll(store.Project{PolledAt: monday.Add(time.Second)}))
	require.True(t, w.AwaitsPoll(store.Project{PolledAt: monday}), "it was polled before, or at that instant")
	require.Equal(t, monday.Add(bot.DefaultInterval), s.due(work.Poll, project))
}
