package bot_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/notify/notifytest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// lateFlood is a flood in the last minutes of monday of which the last poll of that day knows nothing.
func lateFlood(r *rig) {
	r.run(monday.Add(day - 10*time.Minute))
	r.now = monday.Add(day + 10*time.Minute)
	r.run(monday.Add(day + 3*hour))
}

func TestWhatIsRevisedIsMutedToo(t *testing.T) {
	incident := flood(monday.Add(day-9*time.Minute), 8*time.Minute)
	t.Run("told", func(t *testing.T) {
		r := newRig(t, 2, []notehubtest.Incident{incident}, events("200")).hourly()
		lateFlood(r)
		require.Equal(t, []string{"revised"}, r.reasons("ops"))
	})
	t.Run("shadow", func(t *testing.T) {
		trial := events("200")
		trial.Shadow = true
		r := newRig(t, 2, []notehubtest.Incident{incident}, trial).hourly()
		lateFlood(r)
		require.Empty(t, r.told("ops"))
		require.Contains(t, r.delivery("ops", "event-spike").Detail, "shadow mode")
	})
	t.Run("silence", func(t *testing.T) {
		r := newRig(t, 2, []notehubtest.Incident{incident}, events("200")).hourly()
		r.hush(muting.Match{}, 5*day)
		lateFlood(r)
		require.Empty(t, r.told("ops"))
	})
}

func TestARuleOnTrialSilencesNobody(t *testing.T) {
	one := silent()
	one.When[0].Expr, one.For, one.Unless = "device.silent_hours > 24", 30*time.Minute, "fleet-silent"
	fleet := rules.Spec{Name: "fleet-silent", Shadow: true, Each: rules.EachProject, When: []rules.Condition{
		{Level: rules.Critical, Expr: "project.silent_pct > 50"},
	}}
	r := newRig(t, 6, []notehubtest.Incident{outage(4, monday.Add(2*hour), 5*day)}, one, fleet)
	r.hourly().run(monday.Add(3 * day))
	require.Equal(t, 4, count(r.reasonsOf("ops", "silent-device"), "fired"))
}

// A receiver that was not there when an alert ended is told so when it is back.
func TestAReceiverThatIsBackHearsTheEnd(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour)}, silent()).hourly()
	r.receiver("second", rules.Inactive)
	r.rules(silent())
	r.open()
	r.run(monday.Add(12 * hour))
	both := r.config.Receivers
	r.config.Receivers = both[:1]
	r.rules(silent())
	r.open()
	r.run(monday.Add(30 * hour))
	r.config.Receivers = both
	r.rules(silent())
	r.open()
	r.run(monday.Add(31 * hour))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("second"))
}

// To a receiver that is told from critical on, an alert that falls to warning is over, once.
func TestBelowItsLevelAnAlertIsOverOnce(t *testing.T) {
	spec := rules.Spec{Name: "fleet", Each: rules.EachProject, Remind: []time.Duration{4 * hour}, When: []rules.Condition{
		{Level: rules.Warning, Expr: "project.silent_pct > 20"}, {Level: rules.Critical, Expr: "project.silent_pct > 50"},
	}}
	first, second := outage(1, monday.Add(2*hour), 4*day), outage(2, monday.Add(2*hour), 3*day)
	second.Devices = second.Devices[1:]
	r := newRig(t, 3, []notehubtest.Incident{first, second}, spec)
	r.receiver("pager", rules.Critical)
	r.rules(spec)
	r.hourly().run(monday.Add(8 * day))
	require.Greater(t, count(r.reasons("ops"), "reminded"), 15)
	ends := 0
	for _, a := range r.told("pager") {
		if a.State == "resolved" {
			ends++
		}
	}
	require.Equal(t, 1, ends)
}

func TestALowerLevelOfAReceiverTakesEffectAtOnce(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
	r.config.Receivers[0].From = rules.Critical
	r.open()
	r.run(monday.Add(12 * hour))
	require.Empty(t, r.told("ops"))
	r.config.Receivers[0].From = rules.Warning
	r.open()
	r.run(r.now.Add(time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
}

func TestAFallbackIsToldWhatAReceiverRefuses(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
	r.receiver("second", rules.Inactive)
	r.config.Bot.Rules[0].Notify = []string{"ops"}
	r.config.Receivers[0].Fallback = "second"
	r.open()
	failing(r.hooks["ops"], notifytest.Status(http.StatusBadRequest, ""), 10)
	r.run(monday.Add(12 * hour))
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "silent-device"))
	require.Empty(t, r.reasonsOf("second", "receiver-dead"), "it refused a message, not all")
}

func TestOperatorsAreToldWhatAReceiverWithoutFallbackRefuses(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
	r.receiver("second", rules.Inactive)
	r.config.Bot.DefaultReceivers = []string{"ops", "second"}
	r.config.Bot.Rules[0].Notify = []string{"ops"}
	r.open()
	r.run(monday.Add(hour))
	failing(r.hooks["ops"], notifytest.Status(http.StatusBadRequest, ""), 10)
	r.run(monday.Add(12 * hour))
	require.Equal(t, []string{"reported"}, r.reasonsOf("second", "message-refused"))
}

// poisoned is a receiver that fails whenever it is told of one device.
type poisoned struct {
	notify.Receiver
	device *string
}

func (p poisoned) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	if n.Alerts[0].Subject.UID == *p.device {
		return nil, &notify.Error{Class: notify.Temporary, Status: http.StatusInternalServerError, Err: errors.New("status 500")}
	}
	return p.Receiver.Send(ctx, n, ref)
}

func TestAMessageThatNeverSucceedsDoesNotKeepOthersWaiting(t *testing.T) {
	later := outage(2, monday.Add(5*hour), 20*hour)
	later.Devices = later.Devices[1:]
	r := newRig(t, 4, []notehubtest.Incident{outage(1, monday.Add(2*hour), 20*hour), later}, silent()).hourly()
	device := ""
	r.config.Receivers[0].Receiver = poisoned{r.config.Receivers[0].Receiver, &device}
	r.open()
	r.run(monday.Add(14 * hour))
	require.Equal(t, []string{"fired", "fired"}, r.reasons("ops"))
	device = sensors(1)[0].UID
	r.run(monday.Add(30 * hour))
	require.Equal(t, []string{"fired", "fired", "resolved"}, r.reasons("ops"))
}

func TestAComplaintIsMadeOnceWhateverTheError(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
	r.receiver("second", rules.Inactive)
	r.config.Bot.DefaultReceivers = []string{"second"}
	r.config.Bot.Rules[0].Notify = []string{"ops"}
	r.open()
	for range 400 {
		r.hooks["ops"].Fail(notifytest.Status(http.StatusBadGateway, ""), notifytest.Cut(), notifytest.Status(http.StatusServiceUnavailable, ""))
	}
	r.hourly().run(monday.Add(2 * day))
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "receiver-dead"))
}

// decide stores an alert that no rule made.
func (r *rig) decide(a rules.Alert) rules.Alert {
	r.t.Helper()
	require.NoError(r.t, r.store.Decide(r.t.Context(), store.Decision{
		Alerts: []*rules.Alert{&a}, Show: map[string][]string{a.ID: {"ops"}}, Now: r.now,
	}))
	return a
}

// What was planned at the beginning of a turn is planned anew when there is something newer.
func TestALongTurnSendsNothingStale(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	raise := func(rule string, level rules.Level) rules.Alert {
		a, _ := rules.Key{Rule: rule, Subject: "x"}.Inactive().Raise(level, rules.Texts{Subject: "x"}, r.now)
		return r.decide(a)
	}
	var second rules.Alert
	first := true
	r.config.Receivers[0].Receiver = observed{r.config.Receivers[0].Receiver, func() {
		if first {
			first = false
			over, _ := second.Resolve(r.now)
			r.decide(over)
			raise("worse", rules.Critical)
		}
	}}
	r.open()
	raise("a", rules.Warning)
	second = raise("b", rules.Warning)
	raise("c", rules.Warning)
	r.run(r.now)
	require.Len(t, r.told("ops"), 4)
	require.Equal(t, "worse", r.told("ops")[1].Rule, "the worst first")
	require.NotContains(t, r.told("ops"), told{Reason: "fired", State: "firing", Level: "warning", Rule: "b", Subject: "x"})
	r.requireTruth("ops")
}

func TestWhatIsWrongWithNotewatchCanBeSilencedToo(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	r.hush(muting.Match{}, 5*hour)
	r.run(monday.Add(time.Minute))
	complaint := bot.SelfAlert{Rule: "rules-file", Subject: "rules.yaml", Level: rules.Warning, Summary: "not valid", Receivers: []string{"ops"}}
	require.NoError(t, r.bot.RaiseSelfAlert(t.Context(), complaint))
	r.run(monday.Add(4 * hour))
	require.Empty(t, r.told("ops"))
	r.run(monday.Add(6 * hour))
	require.Equal(t, []string{"unmuted"}, r.reasons("ops"))
}

func TestRedeliveryOfAMutedAlertPostsIt(t *testing.T) {
	for name, hushed := range map[string]time.Duration{"until it is told": 10 * hour, "until it is over": 10 * day} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent())
			slack := r.slack()
			r.rules(silent())
			r.hourly().run(monday.Add(12 * hour))
			r.hush(muting.Match{}, hushed)
			r.run(monday.Add(13 * hour))
			_, err := r.store.Outbox.Redeliver(t.Context(), r.delivery("team", "silent-device").Alert.ID, "team", r.now)
			require.NoError(t, err)
			r.run(monday.Add(8 * day))
			messages := slack.Messages("C1")
			require.Len(t, messages, 2)
			require.Contains(t, strings.SplitN(messages[1].Text, ":", 2)[0], "RESOLVED")
		})
	}
}

func TestASummaryWaitsForAPollThatIsDue(t *testing.T) {
	r := newRig(t, 3, nil, silent(), budget("1e6"))
	r.config.Bot.DefaultReceivers, r.config.Bot.Summary = []string{"ops"}, true
	r.hourly().run(monday.Add(9 * hour))
	r.now = monday.Add(16*day + 3*hour) // nobody watched for a while
	lease, ok, err := r.store.Work.Claim(t.Context(), work.Summary, "", r.now, r.machine)
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, r.bot.Summarize(t.Context(), lease))
	r.run(monday.Add(16*day + 6*hour))
	var last taken
	for _, a := range r.taken("ops") {
		if a.Rule == "weekly-summary" {
			last = a
		}
	}
	require.Contains(t, last.Body, "min ago")
	require.Contains(t, last.Body, "events: ")
	require.NotContains(t, last.Body, "no data")
}
