package bot_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store/database"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// A stopwatch is domain time that a test moves.
type stopwatch struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*time.Timer]time.Time
}

func (s *stopwatch) read() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stopwatch) timer(until time.Time) *time.Timer {
	s.mu.Lock()
	defer s.mu.Unlock()
	timer := time.NewTimer(time.Hour)
	if !until.After(s.now) {
		timer.Reset(0)
	}
	s.timers[timer] = until
	return timer
}

// pass moves the time and fires what is due then.
func (s *stopwatch) pass(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(by)
	for timer, until := range s.timers {
		if !until.After(s.now) {
			delete(s.timers, timer)
			timer.Reset(0)
		}
	}
}

// A journal is a log that is written while it is read.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *journal) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

// times returns how often the log says something.
func (r *journal) times(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.text.String(), what)
}

// While the database cannot be used, nothing is asked or posted that cannot be recorded. The log says so rarely, the default
// receivers are notified once, and afterwards all goes on.
func TestOutage(t *testing.T) {
	r := newRig(t, 1, []notehubtest.Incident{flood(monday.Add(hour), 2*day)}, events("1000"))
	r.receiver("on-call", rules.Critical)
	r.config.Bot.DefaultReceivers = []string{"ops", "on-call", "of old rules"}
	watch, log := &stopwatch{now: monday, timers: map[*time.Timer]time.Time{}}, new(journal)
	r.config.Bot.Clock, r.config.Bot.Machine = bot.Clock{Now: watch.read, Timer: watch.timer}, watch.read
	r.config.Bot.Log = slog.New(slog.NewTextHandler(log, nil))
	r.open()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.watch.Run(ctx)
	}()
	defer stop()
	soon(t, func() bool { return log.times("msg=polled") == 1 }, "the first poll")
	soon(t, func() bool { return len(r.told("ops")) == 1 }, "what is watched")
	for _, name := range []string{"ops", "on-call"} {
		soon(t, func() bool {
			_, due, err := r.store.Work.NextDue(t.Context(), work.Receiver, name)
			return err == nil && !due
		}, "that it is recorded")
	}
	require.NoError(t, r.watch.Outage())

	const cannot, again = "the database cannot be used", "the database can be used again"
	storetest.TakeAway(t, r.database)
	asked := r.asked(notehubtest.Events)
	soon(t, func() bool {
		watch.pass(time.Minute)
		return r.watch.Outage() != nil
	}, "work fails")
	soon(t, func() bool {
		watch.pass(10 * time.Second)
		return len(r.told("on-call")) == 1
	}, "default receivers are notified")
	soon(t, func() bool { return len(r.told("ops")) == 2 }, "all of them")
	require.Equal(t, told{"fired", "firing", "critical", "database-unavailable", "notewatch"}, r.told("ops")[1])
	first := r.taken("on-call")[0]
	cause := database.Moved
	if storetest.OnPostgres() {
		cause = database.NoServer
	}
	require.Equal(t, "notewatch cannot use its database, and sends no alert until it can: "+string(cause), first.Summary)
	require.Contains(t, first.Advice, cause.Advice()+". notewatch then goes on by itself.")
	passed := 0
	soon(t, func() bool {
		watch.pass(time.Minute)
		passed++
		return passed > 180 && log.times("level=ERROR msg=\""+cannot) >= 2
	}, "said again")
	require.Less(t, log.times(cannot), 10, "in three hours")
	require.Zero(t, log.times("serving work"), "this is not said by each loop")
	require.Equal(t, asked, r.asked(notehubtest.Events), "Notehub is not asked for what cannot be kept")
	require.Len(t, r.told("ops"), 2)

	storetest.PutBack(t, r.database)
	soon(t, func() bool {
		watch.pass(10 * time.Second)
		return len(r.told("ops")) == 3 && len(r.told("on-call")) == 2
	}, "its end")
	require.NoError(t, r.watch.Outage())
	require.Equal(t, 1, log.times(again))
	last := r.taken("on-call")[1]
	require.Equal(t, "resolved", last.Reason)
	require.Equal(t, first.ID, last.ID)
	require.Equal(t, "notewatch can use its database again, and sends what has changed meanwhile", last.Summary)

	stop()
	<-done
	r.now, r.config.Bot.Clock = watch.read(), bot.Clock{Now: r.clock, Timer: r.timer}
	r.open()
	r.run(r.now.Add(time.Hour))
	require.Equal(t, []string{"reported", "fired", "resolved", "fired"}, r.reasons("ops"), "what has happened meanwhile")
}

// What cannot be saved is no failure of Notehub.
func TestOutageInAPoll(t *testing.T) {
	r := newRig(t, 1, nil, events("1000"))
	r.run(monday)
	release, turned := make(chan struct{}), make(chan error, 1)
	r.hub.Fail(notehubtest.Fault{Endpoint: notehubtest.Events, Kind: notehubtest.Slow, Times: 1, Release: release})
	r.timer(monday.Add(hour))
	asked := r.asked(notehubtest.Events)
	go func() {
		_, err := r.watch.Turn(t.Context())
		turned <- err
	}()
	soon(t, func() bool { return r.asked(notehubtest.Events) > asked }, "Notehub is asked")
	storetest.TakeAway(t, r.database)
	close(release)
	require.ErrorAs(t, <-turned, new(*database.UnavailableError))
	require.Error(t, r.watch.Outage())
	storetest.PutBack(t, r.database)
	state, err := r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.Zero(t, state.Failures)
}
