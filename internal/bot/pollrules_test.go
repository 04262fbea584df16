package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// hang lets Notehub answer no request for usage of events until release is called.
func (r *rig) hang() (release func()) {
	released := make(chan struct{})
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Slow, Endpoint: notehubtest.Events, Times: 1, Release: released})
	return func() { close(released) }
}

// Nobody watches while a poll hangs, and that is known as soon as if it had failed.
func TestAPollThatHangsIsReportedOnTime(t *testing.T) {
	r := newRig(t, 2, nil, events("500"), blind())
	r.run(monday.Add(12*hour + time.Minute))
	started := monday.Add(12*hour + 15*time.Minute)
	r.timer(started)
	release := r.hang()
	asked := r.asked(notehubtest.Events)
	polled := make(chan error)
	go func() {
		_, err := r.watch.Turn(t.Context())
		polled <- err
	}()
	soon(t, func() bool { return r.asked(notehubtest.Events) > asked }, "a poll that hangs")

	for range 50 {
		next, err := r.watch.Serve(t.Context(), work.PollRules, project)
		require.NoError(t, err)
		require.False(t, next.IsZero())
		require.NoError(t, r.show(t.Context(), "ops"))
		r.timer(next)
	}
	require.Greater(t, r.clock().Sub(started), 2*hour)
	open, err := r.store.OpenAlerts(t.Context(), project)
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, "watcher-blind", open[0].Rule)
	blindSince := monday.Add(12*hour + 90*time.Minute)
	require.True(t, open[0].FiredAt.After(blindSince) && open[0].FiredAt.Before(blindSince.Add(6*time.Minute)), open[0].FiredAt)

	release()
	require.NoError(t, <-polled)
	r.run(r.now.Add(hour))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"))
	require.Zero(t, r.state().Failures)
	r.requireTruth("ops")
}

// The projects of another account are polled meanwhile.
func TestAPollThatHangsHoldsUpNoOtherAccount(t *testing.T) {
	r := newRig(t, 2, nil, events("500"))
	other := r.project
	other.UID = "app:other"
	r.config.Bot.Accounts = append(r.config.Bot.Accounts, bot.Account{Name: "other", PerMinute: 4})
	r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: other.UID, Name: "other", Account: "other"})
	r.serve(r.project, other)
	r.open()
	r.run(monday.Add(12*hour + time.Minute))
	polled := func(uid string) time.Time {
		state, err := r.store.Project(t.Context(), uid)
		require.NoError(t, err)
		return state.PolledAt
	}
	before := polled(project)
	defer r.hang()()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.watch.Run(ctx)
	}()
	longAfter := func(uid string) bool { return polled(uid).Sub(before) > 2*hour }
	soon(t, func() bool { return longAfter(project) || longAfter(other.UID) }, "polls of the project that does not hang")
	require.NotEqual(t, longAfter(project), longAfter(other.UID))
	stop()
	<-done
}

// What a rule about polling muted is not muted for longer than it fires.
func TestWhatARuleAboutPollingMutedIsShownWhenItResolves(t *testing.T) {
	quiet := silent()
	quiet.Unless = "watcher-blind"
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(8*hour), 40*hour)}, quiet, blind())
	r.run(monday.Add(12*hour + time.Minute))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError})
	r.run(monday.Add(20*hour + time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.hub.ClearFaults()
	r.run(monday.Add(20*hour + 16*time.Minute))
	require.ElementsMatch(t, []told{
		{"fired", "firing", "critical", "watcher-blind", "cold-chain"},
		{"resolved", "resolved", "critical", "watcher-blind", "cold-chain"},
		{"unmuted", "firing", "warning", "silent-device", "hourly-sensor-1"},
	}, r.told("ops"))
}

func TestARuleAboutPollingMayBeAboutDevices(t *testing.T) {
	each := blind()
	each.Name, each.Each = "unwatched", rules.EachDevice
	r := newRig(t, 2, nil, events("500"), each)
	r.run(monday.Add(12*hour + time.Minute))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError})
	r.run(monday.Add(15*hour + time.Minute))
	require.ElementsMatch(t, []told{
		{"fired", "firing", "critical", "unwatched", "hourly-sensor-1"},
		{"fired", "firing", "critical", "unwatched", "hourly-sensor-2"},
	}, r.told("ops"))
	r.hub.ClearFaults()
	r.run(monday.Add(16 * hour))
	require.Equal(t, []string{"fired", "fired", "resolved", "resolved"}, r.reasons("ops"))
	r.requireTruth("ops")
}

// Rules about polling and other rules are evaluated apart. Neither evaluation loses what the other has stored.
func TestRulesAboutPollingAndOthersAreJudgedApart(t *testing.T) {
	r := newRig(t, 2, nil, events("500"), blind())
	r.run(monday.Add(2 * hour))
	judged, err := r.store.Meanings(t.Context(), project)
	require.NoError(t, err)
	require.Len(t, judged, 2)
	for name, j := range judged {
		require.True(t, j.Since.Before(monday.Add(time.Minute)), name)
	}
	r.rules(events("500"))
	r.open()
	r.run(monday.Add(3 * hour))
	judged, err = r.store.Meanings(t.Context(), project)
	require.NoError(t, err)
	require.Equal(t, []string{"event-spike"}, keys(judged))
}

func keys(judged map[string]store.RuleMeaning) (names []string) {
	for name := range judged {
		names = append(names, name)
	}
	return names
}

// Nobody polls while notewatch or the machine is down. After that the first polls come before the rules about polling.
func TestATimeWithoutNotewatchIsNoFailureOfPolls(t *testing.T) {
	for name, restart := range map[string]bool{"restarted": true, "suspended": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2, nil, events("500"), blind())
			r.run(monday.Add(12*hour + time.Minute))
			r.now = r.now.Add(8 * hour)
			if restart {
				r.open()
			}
			resumed := r.now
			next, err := r.watch.Serve(t.Context(), work.PollRules, project)
			require.NoError(t, err)
			require.Equal(t, resumed.Add(15*time.Minute), next.UTC())
			r.run(resumed.Add(hour))
			require.Empty(t, r.told("ops"))
		})
	}
}

// A first poll that hangs after a restart is reported all the same.
func TestAPollThatHangsAfterARestartIsReported(t *testing.T) {
	r := newRig(t, 2, nil, events("500"), blind())
	r.run(monday.Add(12*hour + time.Minute))
	r.now = r.now.Add(8 * hour)
	r.open()
	for range 2 {
		next, err := r.watch.Serve(t.Context(), work.PollRules, project)
		require.NoError(t, err)
		r.timer(next)
	}
	require.NoError(t, r.show(t.Context(), "ops"))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
}

// Where the request budget allows a poll every two hours only, that is no outage.
func TestALongIntervalIsNoOutage(t *testing.T) {
	r := newRig(t, 2, nil, events("500"), blind())
	r.config.Bot.Accounts[0].PerMinute = 0.02
	r.open()
	r.run(monday.Add(48 * hour))
	every := r.bot.Schedule().Interval(r.config.Bot.Accounts[0].Name)
	require.Greater(t, every, 90*time.Minute)
	require.Empty(t, r.told("ops"))
	lines := strings.Join(r.explain("watcher-blind").Lines(words.Figure), "\n")
	require.Contains(t, lines, fmt.Sprintf("poll.every_minutes %g", every.Minutes()))
}
