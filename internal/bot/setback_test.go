package bot_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/work"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/rules"
)

// A clock that was ahead for a while, and is set back, keeps nothing waiting: with a restart and without.
func TestNothingWaitsForAClockThatWasAhead(t *testing.T) {
	for name, c := range map[string]struct {
		ahead   time.Duration
		restart bool
	}{
		"2 hours":             {2 * hour, false},
		"2 hours, restarted":  {2 * hour, true},
		"400 days":            {400 * day, false},
		"400 days, restarted": {400 * day, true},
	} {
		t.Run(name, func(t *testing.T) {
			late := flood(monday.Add(day+5*hour), hour)
			r := newRig(t, 3, []notehubtest.Incident{late}, events("500"), blind())
			var logged bytes.Buffer
			r.config.Bot.Log = slog.New(slog.NewTextHandler(&logged, nil))
			r.hourly().run(monday.Add(day))
			require.Empty(t, r.told("ops"))

			r.now = r.now.Add(c.ahead)
			r.run(r.now.Add(2 * hour))
			require.NotContains(t, logged.String(), "the clock was set back")
			r.now = monday.Add(day + 2*hour)
			asked, lists := len(r.hub.Requests()), r.asked(notehubtest.Devices)
			if c.restart {
				r.open()
			}
			r.run(r.now.Add(time.Minute))
			require.Greater(t, len(r.hub.Requests()), asked, "polled at once")
			require.Greater(t, r.asked(notehubtest.Devices), lists, "and the device list is read again")
			require.Equal(t, 1, strings.Count(logged.String(), "the clock was set back"), "logged once")

			r.run(monday.Add(day + 8*hour))
			require.Contains(t, r.told("ops"), told{"fired", "firing", "warning", "event-spike", "hourly-sensor-1"})
			require.Equal(t, 1, strings.Count(logged.String(), "the clock was set back"))
			state, err := r.store.Project(t.Context(), project)
			require.NoError(t, err)
			require.False(t, r.watch.AwaitsPoll(state))
			require.Equal(t, rules.DayOf(r.now), state.RereadOn)
			known := r.events(sensors(1)[0].UID, rules.DayOf(monday), rules.DayOf(monday)+500)
			require.InDelta(t, 24, known[rules.DayOf(monday)], 1, "what the clock skipped is read")
			for day := range known {
				require.LessOrEqual(t, day, rules.DayOf(r.now), "nothing is known of days to come")
			}
			r.requireTruth("ops")
		})
	}
}

// Until a project has been polled again, notewatch is not ready.
func TestAClockThatWasSetBackAwaitsAPoll(t *testing.T) {
	r := newRig(t, 1, nil, events("500"))
	r.run(monday.Add(hour))
	r.now = r.now.Add(3 * hour)
	r.run(r.now)
	r.now = monday.Add(hour)
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError})
	awaits := func() bool {
		state, err := r.store.Project(t.Context(), project)
		require.NoError(t, err)
		return r.watch.AwaitsPoll(state)
	}
	require.False(t, awaits())
	r.run(r.now.Add(time.Minute))
	require.True(t, awaits())
	r.hub.ClearFaults()
	r.run(r.now.Add(hour))
	require.False(t, awaits())
}

// What a receiver waits for is no exception: retries, the hourly look at one that is unreachable, and digests.
func TestAReceiverDoesNotWaitForAClockThatWasAhead(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.run(monday.Add(7 * hour))
	r.now = r.now.Add(100 * day)
	r.hooks["ops"].Fail(notifytest.RateLimited("3600"))
	r.run(r.now.Add(10 * time.Minute))
	require.Empty(t, r.told("ops"))
	r.now = monday.Add(9 * hour)
	r.run(r.now.Add(time.Hour))
	require.NotEmpty(t, r.told("ops"))
	waiting, err := r.store.Outbox.Undelivered(t.Context(), "ops")
	require.NoError(t, err)
	require.Empty(t, waiting)
	due, held, err := r.store.Work.WorkState(t.Context(), work.Poll, project, r.machine)
	require.NoError(t, err)
	require.False(t, held)
	require.Less(t, due.Sub(r.now), hour)
}

// The work of a project that was removed waits as long as its interval allowed. That is no clock that was set back.
func TestAProjectThatWasRemovedIsNoClockThatWasSetBack(t *testing.T) {
	r := newRig(t, 1, nil, events("500"), blind())
	r.config.Bot.Interval = 6 * hour
	r.open()
	r.run(monday.Add(time.Hour))
	other := r.project
	other.UID = "app:other"
	r.serve(other)
	r.config.Bot.Interval, r.config.Bot.Projects[0].UID = 0, other.UID
	r.open()
	r.run(monday.Add(2 * hour))
	state, err := r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.False(t, r.watch.AwaitsPoll(state))
}
