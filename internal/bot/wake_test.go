package bot_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// stand lets the bot of a rig run while time stands still, so that nothing goes on but what it is woken for.
func (r *rig) stand() *bot.Bot {
	r.t.Helper()
	r.config.Bot.Clock.Timer = func(time.Time) *time.Timer { return time.NewTimer(time.Hour) }
	r.open()
	ctx, stop := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.watch.Run(ctx)
	}()
	r.t.Cleanup(func() {
		stop()
		<-done
	})
	return r.bot
}

// soon waits for what a bot does at once.
func soon(t *testing.T, done func() bool, what string) {
	t.Helper()
	require.Eventually(t, done, time.Minute, 5*time.Millisecond, what)
}

// hears reports whether the newest thing that "ops" took has a reason.
func (r *rig) hears(reason rules.Event) func() bool {
	return func() bool {
		taken := r.taken("ops")
		return len(taken) > 0 && taken[len(taken)-1].Reason == string(reason)
	}
}

func TestWhatPeopleDoShowsAtOnce(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent(), budget("100000"))
	r.run(monday.Add(12*hour + 5*time.Minute))
	b, ctx := r.stand(), t.Context()
	a := r.delivery("ops", "silent-device").Alert

	s := muting.Silence{ID: bot.NewSilenceID(), Match: muting.Match{Alert: a.ID}, Start: r.now, By: "amy", Because: "moving"}
	require.NoError(t, b.Silence(ctx, s))
	soon(t, r.hears(rules.Muted), "a silence")
	taken := r.taken("ops")
	require.Equal(t, "silenced until the alert ends by amy: moving", taken[len(taken)-1].Mute)

	ok, err := b.Unsilence(ctx, s.ID, "ben")
	require.NoError(t, err)
	require.True(t, ok)
	soon(t, r.hears(rules.Unmuted), "its end")
	taken = r.taken("ops")
	require.Contains(t, taken[len(taken)-1].Detail, "silence ended by ben")
	ok, err = b.Unsilence(ctx, s.ID, "cem")
	require.NoError(t, err)
	require.False(t, ok)

	ok, err = b.Acknowledge(ctx, a, "amy")
	require.NoError(t, err)
	require.True(t, ok)
	soon(t, r.hears(rules.Acknowledged), "who has it")
	ok, err = b.Unacknowledge(ctx, a, "ben")
	require.NoError(t, err)
	require.True(t, ok)
	soon(t, r.hears(rules.Unacknowledged), "that nobody has it")
	taken = r.taken("ops")
	require.Contains(t, taken[len(taken)-1].Detail, "unacknowledged by ben")

	polls := r.asked(notehubtest.Events)
	requests, already, err := b.Schedule().Refresh(ctx)
	require.NoError(t, err)
	require.False(t, already)
	require.Positive(t, requests)
	soon(t, func() bool { return r.asked(notehubtest.Events) > polls }, "a poll")

	all, err := r.store.Transitions(ctx, a.ID)
	require.NoError(t, err)
	var who []string
	for _, transition := range all {
		who = append(who, string(transition.Reason)+" "+transition.By)
	}
	require.Equal(t, []string{"fired ", "muted amy", "unmuted ben", "acknowledged amy", "unacknowledged ben"}, who)
	past, err := r.store.SilencesSince(ctx, monday)
	require.NoError(t, err)
	require.Len(t, past, 1)
	require.Equal(t, "ben", past[0].EndedBy)
}

// Many people may ask and press at once while the bot runs: none of them is turned away, and what is shown in the end is
// what they left behind.
func TestManyPeopleAtOnce(t *testing.T) {
	r, message := silentStorm(t)
	b, ctx := r.stand(), t.Context()
	_, members, err := r.store.Outbox.Members(ctx, message)
	require.NoError(t, err)
	a := members[0].Alert
	var wg sync.WaitGroup
	for _, act := range []func(who string) error{
		func(who string) error {
			s := muting.Silence{ID: bot.NewSilenceID(), Match: muting.Match{Rule: a.Rule}, Start: r.now, End: r.now.Add(hour), By: who}
			if err := b.Silence(ctx, s); err != nil {
				return err
			}
			ended, err := b.Unsilence(ctx, s.ID, who)
			if err == nil && !ended {
				err = errors.New("somebody else ended the silence of " + who)
			}
			return err
		},
		func(who string) error { _, err := b.Acknowledge(ctx, a, who); return err },
		func(who string) error { _, err := b.Unacknowledge(ctx, a, who); return err },
		func(who string) error { _, err := b.AcknowledgeMessage(ctx, message, who); return err },
		func(who string) error { _, err := b.UnacknowledgeMessage(ctx, message, who); return err },
		func(string) error { _, _, err := b.Schedule().Refresh(ctx); return err },
		func(string) error { _, err := b.Explain(ctx, a.Rule, a.Project, a.Subject); return err },
	} {
		for _, who := range []string{"amy", "ben", "cem", "dee"} {
			wg.Go(func() {
				if err := act(who); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()

	soon(t, func() bool {
		muted, _, muting := r.store.Work.NextDue(ctx, work.Mute, "") // first: its turn may leave something to tell
		waiting, err := r.store.Outbox.Undelivered(ctx, "ops")
		return err == nil && muting == nil && len(waiting) == 0 && (muted.IsZero() || muted.After(r.now))
	}, "the last of it")
	r.requireTruth("ops")
	history, err := r.store.Transitions(ctx, a.ID)
	require.NoError(t, err)
	for i, transition := range history {
		require.EqualValues(t, i+1, transition.Version, "each change is one step")
	}
	_, members, err = r.store.Outbox.Members(ctx, message)
	require.NoError(t, err)
	for _, m := range members {
		require.Equal(t, rules.Mute{}, m.Alert.Mute, "all silences were ended")
	}
}

// A command beside the process that runs has it tell what came of it within seconds.
func TestWhatOtherProcessesDoShowsSoon(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.run(monday.Add(12 * hour))
	r.stand()
	other, err := store.Open(t.Context(), r.database)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	beside := bot.New(bot.Config{Store: other, Clock: r.config.Bot.Clock, Machine: r.config.Bot.Machine, Log: r.config.Bot.Log})
	ok, err := beside.Acknowledge(t.Context(), r.delivery("ops", "silent-device").Alert, "amy")
	require.NoError(t, err)
	require.True(t, ok)
	soon(t, r.hears(rules.Acknowledged), "who has it")
	s := muting.Silence{ID: bot.NewSilenceID(), Match: muting.Match{Rule: "silent-device"}, Start: r.now, End: r.now.Add(hour), By: "amy"}
	require.NoError(t, beside.Silence(t.Context(), s))
	soon(t, r.hears(rules.Muted), "a silence")
}

// A look whether work is due writes nothing, so it does not wait for anybody who writes.
func TestALookWhetherWorkIsDueWritesNothing(t *testing.T) {
	storetest.NeedsSQLite(t)
	r := newRig(t, 2, nil, silent())
	r.run(monday.Add(hour))
	db, err := sql.Open("sqlite", r.database+"?_txlock=immediate")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	writing, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	next, err := r.watch.Turn(t.Context())
	require.NoError(t, err)
	require.True(t, next.After(r.now))
	require.NoError(t, writing.Rollback())
}

// What mutes an alert goes on doing so when somebody takes it on.
func TestTakingOnDoesNotUnmute(t *testing.T) {
	trial := silent()
	trial.Shadow = true
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, trial)
	r.run(monday.Add(12 * hour))
	a := r.delivery("ops", "silent-device").Alert
	beside := bot.New(bot.Config{Store: r.store, Clock: r.config.Bot.Clock, Machine: r.config.Bot.Machine, Log: r.config.Bot.Log})
	ok, err := beside.Acknowledge(t.Context(), a, "amy")
	require.NoError(t, err)
	require.True(t, ok)
	r.run(monday.Add(13 * hour))
	require.Empty(t, r.told("ops"))
	a = r.delivery("ops", "silent-device").Alert
	require.Equal(t, rules.ByShadow, a.Mute.Kind)
	require.Equal(t, "amy", a.Ack.By)
}

func TestWhatIsOverIsNotSilenced(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 10*hour)}, silent())
	r.run(monday.Add(10 * hour))
	a := r.delivery("ops", "silent-device").Alert
	s := muting.Silence{ID: "s-1", Match: muting.Match{Alert: a.ID}, Start: r.now, By: "amy"}
	require.NoError(t, r.bot.Silence(t.Context(), s))
	r.run(monday.Add(day))
	require.Equal(t, []string{"fired", "muted", "resolved"}, r.reasons("ops"))
	ok, err := r.bot.Unsilence(t.Context(), s.ID, "amy")
	require.NoError(t, err)
	require.False(t, ok, "it is over with its alert")
	s.ID = "s-2"
	require.ErrorIs(t, r.bot.Silence(t.Context(), s), bot.ErrOver)
	s.Match.Alert = "nothing"
	require.ErrorIs(t, r.bot.Silence(t.Context(), s), bot.ErrOver)
	s.Match.Alert = ""
	require.Error(t, r.bot.Silence(t.Context(), s), "what nobody knows the end of must be one alert")
}

func TestRefreshSaysWhatItCosts(t *testing.T) {
	r := newRig(t, 2, nil, silent(), budget("1150"))
	refresh := func() (int, bool) {
		t.Helper()
		requests, already, err := r.bot.Schedule().Refresh(t.Context())
		require.NoError(t, err)
		return requests, already
	}
	requests, already := refresh()
	require.True(t, already, "the first poll is due")
	require.Zero(t, requests)

	r.run(monday.Add(5 * time.Minute))
	requests, already = refresh()
	require.False(t, already)
	require.Equal(t, 1, requests, "the device list is new: only the events are read")
	before := len(r.hub.Requests())
	r.run(r.now.Add(time.Second))
	require.Len(t, r.hub.Requests(), before+requests)
	_, already = refresh()
	require.True(t, already, "it has just been read")

	r.run(monday.Add(50 * time.Minute))
	r.timer(monday.Add(61 * time.Minute))
	requests, already = refresh()
	require.False(t, already)
	require.Equal(t, 3, requests, "the device list and the names of the fleets as well")
	before = len(r.hub.Requests())
	r.timer(r.now.Add(time.Minute))
	_, already = refresh()
	require.True(t, already, "somebody was faster")
	lease, ok, err := r.store.Work.Claim(t.Context(), work.Poll, project, r.now, r.machine)
	require.NoError(t, err)
	require.True(t, ok)
	_, already = refresh()
	require.True(t, already, "somebody is at it")
	require.NoError(t, r.store.Work.Complete(t.Context(), lease, r.now, r.now, 0))
	r.run(r.now.Add(time.Second))
	require.Len(t, r.hub.Requests(), before+requests)

	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError})
	r.timer(r.now.Add(2 * time.Minute))
	_, already = refresh()
	require.False(t, already)
	r.run(r.now.Add(time.Second))
	_, already = refresh()
	require.True(t, already, "that it was in vain is no reason to ask at once again")
	r.timer(r.now.Add(time.Minute))
	_, already = refresh()
	require.False(t, already, "but after a minute")
}

// Of several people who ask at once, one has the polls made, and the others are told that there is nothing to do.
func TestRefreshIsForWhoeverIsFirst(t *testing.T) {
	r := newRig(t, 2, nil, silent(), budget("1150"))
	r.run(monday.Add(5 * time.Minute))
	var wg sync.WaitGroup
	var first, requests atomic.Int64
	for range 8 {
		wg.Go(func() {
			n, already, err := r.bot.Schedule().Refresh(t.Context())
			if err != nil {
				t.Error(err)
			}
			if !already {
				first.Add(1)
			}
			requests.Add(int64(n))
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, first.Load())
	require.EqualValues(t, 1, requests.Load())
}
