package bot_test

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/delivery"
	"notewatch/internal/secret"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/notify/notifytest"
	notifyslack "notewatch/notify/slack"
	"notewatch/rules"
)

// failing plays one fault on every request for a long time.
func failing(hook *notifytest.Webhook, fault notifytest.Fault, times int) {
	for range times {
		hook.Fail(fault)
	}
}

func TestAReceiverThatWasDownIsToldTheNewestStateOnly(t *testing.T) {
	floods := []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), flood(monday.Add(11*hour), 20*time.Minute)}
	r := newRig(t, 2, floods, budget("1100")).hourly()
	r.receiver("second", rules.Inactive)
	r.rules(budget("1100"))
	r.open()
	failing(r.hooks["ops"], notifytest.Status(http.StatusInternalServerError, ""), 60)
	r.run(monday.Add(day))
	require.Equal(t, []string{"fired", "escalated"}, r.reasons("second"), "the other receiver notices nothing")
	require.Equal(t, []string{"escalated"}, r.reasons("ops"), "one truthful message instead of the backlog")
	require.Nil(t, r.taken("ops")[0].Was)
	r.requireTruth("second")
	waiting, err := r.store.Outbox.Undelivered(t.Context(), "ops")
	require.NoError(t, err)
	require.Empty(t, waiting)
}

func TestRepeatedAttemptsCarryTheSameKey(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), day)}, silent())
	r.hooks["ops"].Fail(notifytest.TakeAndCut(), notifytest.Status(http.StatusBadGateway, ""))
	r.run(monday.Add(12 * hour))
	requests := r.hooks["ops"].Requests()
	require.Len(t, requests, 3)
	for _, request := range requests {
		require.Equal(t, requests[0].Header.Get("Webhook-Id"), request.Header.Get("Webhook-Id"))
	}
}

func TestRetryAfterOfAReceiverIsObeyed(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), day)}, silent())
	r.hooks["ops"].Fail(notifytest.RateLimited("1800"))
	r.run(monday.Add(9 * hour))
	attempts, err := r.store.Outbox.Attempts(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, attempts, 2)
	require.GreaterOrEqual(t, attempts[1].Started.Sub(attempts[0].Ended), 30*time.Minute)
	require.Equal(t, outbox.Posted, attempts[1].Status)
}

func TestAChangeIsGivenUpAfterThreeDays(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 6*day)}, silent())
	failing(r.hooks["ops"], notifytest.Status(http.StatusInternalServerError, ""), 3000)
	r.hourly().run(monday.Add(5 * day))
	deliveries := storetest.Deliveries(t, r.store, "ops")
	require.Len(t, deliveries, 1)
	require.Equal(t, delivery.GivenUp, deliveries[0].State)
	require.Contains(t, deliveries[0].Error, "500")
	attempts, err := r.store.Outbox.Attempts(t.Context(), "")
	require.NoError(t, err)
	begun, i := attempts[0].Started, slices.IndexFunc(attempts, func(a outbox.Attempt) bool { return a.Status == outbox.GivenUp })
	require.GreaterOrEqual(t, attempts[i].Started.Sub(begun), 72*hour)
	require.Less(t, attempts[i].Started.Sub(begun), 73*hour)
	for i := 20; i < len(attempts); i++ {
		pause := attempts[i].Started.Sub(attempts[i-1].Started)
		require.GreaterOrEqual(t, pause, 5*time.Minute, "the pauses grow")
		require.Less(t, pause, 11*time.Minute, "but not for ever")
	}
}

func TestAPermanentErrorIsNotRepeatedSoonButTheNextChangeIsTried(t *testing.T) {
	spec := silent()
	spec.Remind = []time.Duration{20 * time.Minute}
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour)}, spec)
	r.hooks["ops"].Fail(notifytest.Status(http.StatusGone, ""))
	r.run(monday.Add(8*hour + 10*time.Minute))
	require.Len(t, r.hooks["ops"].Requests(), 1)
	r.run(monday.Add(8*hour + 40*time.Minute))
	require.Equal(t, []string{"reminded"}, r.reasons("ops"))
}

// How long a change is tried counts from the change, not from when its alert fired.
// A proxy says so while what is behind it restarts.
func TestOneAnswerThatNobodyListensGivesNothingUp(t *testing.T) {
	for _, status := range []int{http.StatusFound, http.StatusNotFound, http.StatusMethodNotAllowed} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), day)}, silent()).hourly()
			r.receiver("second", rules.Inactive)
			r.config.Bot.DefaultReceivers = []string{"second"}
			r.config.Bot.Rules[0].Notify = []string{"ops"}
			r.open()
			r.hooks["ops"].Fail(notifytest.Status(status, ""))
			r.run(monday.Add(12 * hour))
			require.Equal(t, []string{"fired"}, r.reasons("ops"))
			require.Empty(t, r.reasonsOf("second", "receiver-dead"), "it was no trouble worth a word")
		})
	}
}

func TestALateChangeOfAnOldAlertIsTriedAgain(t *testing.T) {
	long, short := sensors(2)[0].UID, sensors(2)[1].UID
	r := newRig(t, 3, []notehubtest.Incident{
		{Kind: notehubtest.Silence, Devices: []string{long}, Start: monday.Add(2 * hour), Duration: 20 * day},
		{Kind: notehubtest.Silence, Devices: []string{short}, Start: monday.Add(2 * hour), Duration: 6 * day},
	}, rules.Spec{Name: "fleet", Each: rules.EachProject, When: []rules.Condition{
		{Level: rules.Warning, Expr: "project.silent_pct > 20"}, {Level: rules.Critical, Expr: "project.silent_pct > 50"},
	}})
	r.hourly().run(monday.Add(5 * day))
	r.hooks["ops"].Fail(notifytest.Status(http.StatusServiceUnavailable, ""))
	r.run(monday.Add(8 * day))
	require.Equal(t, "deescalated", r.reasons("ops")[len(r.reasons("ops"))-1])
	r.requireTruth("ops")
}

func TestAReceiverIsToldFromItsLevelOn(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute)}, budget("1050"))
	r.receiver("pager", rules.Critical)
	r.rules(budget("1050"))
	r.hourly().run(monday.Add(20 * day))
	require.Equal(t, []string{"fired", "escalated", "period_ended"}, r.reasons("ops"))
	require.Equal(t, []string{"escalated", "period_ended"}, r.reasons("pager"))
}

func TestSlackShowsOneMessageAnAlertAndKeepsItTrue(t *testing.T) {
	slack := notifytest.NewSlack()
	t.Cleanup(slack.Close)
	sender, err := notifyslack.NewBot(notifyslack.BotConfig{Token: secret.New("xoxb-token"), Channel: "C1", APIURL: slack.URL})
	require.NoError(t, err)
	outages := []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour), silence(monday.Add(2*day), 20*hour)}
	r := newRig(t, 2, outages, silent()).hourly()
	r.config.Receivers = append(r.config.Receivers, deliver.Receiver{Name: "team", Receiver: sender})
	r.rules(silent())
	r.open()

	r.run(monday.Add(12 * hour))
	require.Len(t, slack.Messages("C1"), 1)
	require.Contains(t, slack.Messages("C1")[0].Text, "FIRING warning")
	r.run(monday.Add(30 * hour))
	require.Len(t, slack.Messages("C1"), 1, "the same message says that it is over")
	require.Contains(t, slack.Messages("C1")[0].Text, "RESOLVED")

	r.run(monday.Add(2*day + 12*hour))
	require.Len(t, slack.Messages("C1"), 2, "another episode is another message")
	slack.Delete("C1", slack.Messages("C1")[1].TS)
	r.run(monday.Add(4 * day))
	require.Len(t, slack.Messages("C1"), 2, "a message that somebody deleted is posted afresh")
	require.Contains(t, slack.Messages("C1")[1].Text, "RESOLVED")
}

func TestWhatWasGivenUpIsTriedAgainAtTheNextStart(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
	r.hooks["ops"].Fail(notifytest.Status(http.StatusUnauthorized, ""))
	r.run(monday.Add(8*hour + 40*time.Minute))
	require.Empty(t, r.reasons("ops"))
	require.Equal(t, delivery.GivenUp, r.delivery("ops", "silent-device").State)
	r.open()
	r.run(monday.Add(8*hour + 41*time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.requireTruth("ops")
}

// Work that is due but held by somebody else is looked at now and then, not without pause.
func TestRunDoesNotSpinOnWorkThatIsHeld(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	r.config.Receivers = nil
	r.open() // or the watch below would have other rules, and end the lease
	_, ok, err := r.store.Work.Claim(t.Context(), work.Poll, project, r.now, r.machine)
	require.NoError(t, err)
	require.True(t, ok)
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex // several loops wait
	var waits []time.Duration
	r.config.Bot.Clock = bot.Clock{Now: func() time.Time { return monday }, Timer: func(until time.Time) *time.Timer {
		mu.Lock()
		defer mu.Unlock()
		if until.Before(monday.Add(time.Minute)) {
			waits = append(waits, until.Sub(monday))
		}
		if len(waits) >= 3 {
			stop()
		}
		return time.NewTimer(0)
	}}
	held, err := watch.New(t.Context(), r.config)
	require.NoError(t, err)
	held.Run(ctx)
	for _, wait := range waits {
		require.GreaterOrEqual(t, wait, time.Second)
	}
}

// A project whose results cannot be stored does not keep the other projects of its account waiting.
func TestOneProjectsTroubleLeavesTheOthersAlone(t *testing.T) {
	r := newRig(t, 1, nil, blind())
	r.config.Bot.Projects = []bot.Project{{UID: "app:a", Name: "a", Account: "acme"}, {UID: project, Name: "b", Account: "acme"}}
	r.config.Receivers = nil
	r.open()
	refuse(t, r.database, "INSERT ON project", "NEW.uid = 'app:a'", "trouble")
	_, err := r.watch.Turn(t.Context())
	require.ErrorContains(t, err, "trouble")
	ctx, stop := context.WithCancel(t.Context())
	var turns atomic.Int64
	r.config.Bot.Clock.Timer = func(until time.Time) *time.Timer {
		if turns.Add(1) == 20 {
			stop()
		}
		return r.timer(until)
	}
	b, err := watch.New(t.Context(), r.config)
	require.NoError(t, err)
	b.Run(ctx)
	state, err := r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.False(t, state.PolledAt.IsZero())
}

// A message that is posted while the bot has to stop is recorded all the same.
func TestWhatIsPostedAtTheLastMomentIsRecorded(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
	ctx, stop := context.WithCancel(t.Context())
	r.config.Receivers[0].Receiver = stopping{r.config.Receivers[0].Receiver, stop}
	r.open()
	r.now = monday.Add(12 * hour)
	_, err := r.watch.Turn(ctx)
	require.ErrorIs(t, err, context.Canceled)
	r.open()
	r.run(monday.Add(13 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.requireTruth("ops")
}

// stopping is a receiver after which the bot has to stop.
type stopping struct {
	notify.Receiver
	stop func()
}

func (s stopping) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	defer s.stop()
	return s.Receiver.Send(ctx, n, ref)
}
