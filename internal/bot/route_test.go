package bot_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/delivery"
	"notewatch/internal/secret"
	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/notify/pagerduty"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// route has rules tell other receivers from the next start on, which it makes.
func (r *rig) route(receivers ...string) {
	r.t.Helper()
	for i := range r.config.Bot.Rules {
		r.config.Bot.Rules[i].Notify = receivers
	}
	r.open()
}

// routed is a rig with the receivers ops and second in which one sensor is silent for 20 hours from 02:00 on, as far as 12:00.
// Only ops is told.
func routed(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour)}, silent())
	r.receiver("second", rules.Inactive)
	r.route("ops")
	r.run(monday.Add(12 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	return r
}

func TestAReceiverAddedLaterIsToldOfWhatFires(t *testing.T) {
	r := routed(t)
	r.route("ops", "second")
	r.run(monday.Add(12*hour + time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("second"), "before anything changes")
	r.open()
	r.run(monday.Add(2 * day))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("second"))
	r.requireTruth("ops")
	r.requireTruth("second")
}

func TestAChangedRouteLeadsAnAlertToOthers(t *testing.T) {
	r := routed(t)
	r.route("second")
	r.run(monday.Add(12*hour + time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("second"))
	require.Equal(t, []string{"fired", "withdrawn"}, r.reasons("ops"))
	gone := r.taken("ops")[1]
	require.Equal(t, "withdrawn", gone.State)
	require.Equal(t, delivery.ReroutedDetail, gone.Why)
	r.open()
	r.run(monday.Add(2 * day))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("second"))
	require.Equal(t, []string{"fired", "withdrawn"}, r.reasons("ops"), "what comes of it is nothing to those who were told before")
	require.Equal(t, delivery.Skipped, r.delivery("ops", "silent-device").State)
}

func TestTheRouteOfAProjectChangesToo(t *testing.T) {
	r := routed(t)
	r.config.Bot.Projects[0].Notify = []string{"ops"}
	r.route()
	r.run(monday.Add(12*hour + time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"), "it leads where it led before")
	r.config.Bot.Projects[0].Notify = []string{"second"}
	r.open()
	r.run(monday.Add(12*hour + 2*time.Minute))
	require.Equal(t, []string{"fired", "withdrawn"}, r.reasons("ops"))
	require.Equal(t, []string{"fired"}, r.reasons("second"))
}

// Each state that a receiver takes has a key of its own: a receiver that knows requests by it takes all of them.
func TestARouteThatGoesBackIsToldAgain(t *testing.T) {
	r := routed(t)
	for i, receivers := range [][]string{{"second"}, {"ops"}, {"second"}, {"ops"}} {
		r.route(receivers...)
		r.run(monday.Add(12*hour + time.Duration(i+1)*time.Minute))
	}
	require.Equal(t, []string{"fired", "withdrawn", "fired", "withdrawn", "fired"}, r.reasons("ops"))
	keys := map[string]bool{}
	for _, request := range r.hooks["ops"].Requests() {
		keys[request.Header.Get("Webhook-Id")] = true
	}
	require.Len(t, keys, 5)
	r.run(monday.Add(2 * day))
	require.Equal(t, "resolved", r.reasons("ops")[5])
	require.Equal(t, []string{"fired", "withdrawn", "fired", "withdrawn"}, r.reasons("second"))
}

func TestWhoWasNotToldYetHearsNothingOfAnAlertThatGoesElsewhere(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour)}, silent()).hourly()
	r.receiver("second", rules.Inactive)
	r.hush(muting.Match{}, 14*hour)
	r.route("ops")
	r.run(monday.Add(12 * hour))
	r.route("second")
	r.run(monday.Add(2 * day))
	require.Empty(t, r.reasons("ops"))
	require.Equal(t, delivery.ReroutedDetail, r.delivery("ops", "silent-device").Detail)
	require.Equal(t, []string{"unmuted", "resolved"}, r.reasons("second"))
}

// Whatever is shown because people are not told for now, what is no longer theirs is taken back. Others are not told either.
func TestWhatIsMutedIsTakenBack(t *testing.T) {
	r := routed(t)
	r.hush(muting.Match{}, 2*day)
	r.run(monday.Add(12*hour + time.Minute))
	r.route("second")
	r.run(monday.Add(2 * day))
	require.Equal(t, []string{"fired", "muted", "withdrawn"}, r.reasons("ops"))
	require.Empty(t, r.reasons("second"))
}

func TestWhatSomebodyHasIsTakenBack(t *testing.T) {
	r := routed(t)
	_, err := r.bot.Acknowledge(t.Context(), r.delivery("ops", "silent-device").Alert, "amy")
	require.NoError(t, err)
	r.run(monday.Add(12*hour + time.Minute))
	r.route("second")
	r.run(monday.Add(13 * hour))
	require.Equal(t, []string{"fired", "acknowledged", "withdrawn"}, r.reasons("ops"))
	require.Empty(t, r.reasons("second"), "somebody has it")
	r.run(monday.Add(2 * day))
	require.Equal(t, []string{"resolved"}, r.reasons("second"))
}

// A message and an incident of a team that is not told any more do not stay red.
func TestAChangedRouteEndsMessagesAndIncidents(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour)}, silent()).hourly()
	slack, pager := r.slack(), notifytest.NewPagerDuty()
	t.Cleanup(pager.Close)
	onCall, err := pagerduty.New(pagerduty.Config{
		Name: "on-call", RoutingKey: secret.New(strings.Repeat("a1", 16)), URL: pager.URL, AllowPrivate: true,
	})
	require.NoError(t, err)
	r.config.Receivers = append(r.config.Receivers, deliver.Receiver{Name: "on-call", Receiver: onCall})
	r.route("team", "on-call")
	r.run(monday.Add(12 * hour))
	require.Equal(t, "triggered", pager.Incidents()[0].State)
	r.route("ops")
	r.run(monday.Add(13 * hour))
	require.Equal(t, "resolved", pager.Incidents()[0].State)
	require.Len(t, slack.Messages("C1"), 1)
	require.Contains(t, slack.Messages("C1")[0].Text, "WITHDRAWN")
	require.Contains(t, slack.Messages("C1")[0].Text, delivery.ReroutedDetail)

	r.route("team", "on-call")
	r.run(monday.Add(14 * hour))
	require.Len(t, slack.Messages("C1"), 1)
	require.Contains(t, slack.Messages("C1")[0].Text, "FIRING")
	require.Equal(t, "triggered", pager.Incidents()[len(pager.Incidents())-1].State)
	r.run(monday.Add(2 * day))
	require.Contains(t, slack.Messages("C1")[0].Text, "RESOLVED")
	for _, incident := range pager.Incidents() {
		require.Equal(t, "resolved", incident.State)
	}
}

// What notewatch says of itself, drills and what a fallback is told have no route that could change.
func TestARouteIsThatOfItsOwnAlerts(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour)}, silent())
	r.receiver("second", rules.Inactive)
	r.receiver("third", rules.Inactive)
	r.config.Receivers[0].Fallback = "second"
	r.config.Bot.DefaultReceivers = []string{"third"}
	failing(r.hooks["ops"], notifytest.Status(http.StatusGone, ""), 100)
	r.route("ops")
	r.run(monday.Add(12 * hour))
	require.Equal(t, "ops", r.delivery("second", "silent-device").For)
	_, _, err := r.bot.Drill(t.Context(), "silent-device", r.config.Bot.Projects[0])
	require.NoError(t, err)
	require.NoError(t, r.bot.RaiseSelfAlert(t.Context(), bot.SelfAlert{Rule: "rules-file", Subject: "rules.yaml", Receivers: []string{"third"}, Level: rules.Warning}))
	before := moves(r)
	r.open()
	require.Equal(t, before, moves(r), "nothing has changed")
	r.route("third")
	before["ops silent-device"], before["third silent-device"] = 1, 0
	require.Equal(t, before, moves(r))
}

// moves returns how often deliveries were turned, by receiver and rule; drills and selfAlerts go by what they are.
func moves(r *rig) map[string]int64 {
	all := map[string]int64{}
	for _, receiver := range r.config.Receivers {
		for _, d := range storetest.Deliveries(r.t, r.store, receiver.Name) {
			rule := d.Alert.Rule
			if d.Alert.Drill {
				rule = "drill"
			}
			all[receiver.Name+" "+rule] = d.Turns
		}
	}
	return all
}

// What a receiver shows as over is nothing that could be taken back.
func TestWhatIsShownAsOverIsNotTakenBack(t *testing.T) {
	r := routed(t)
	r.config.Receivers[0].From = rules.Critical
	r.open()
	_, err := r.bot.Acknowledge(t.Context(), r.delivery("ops", "silent-device").Alert, "amy")
	require.NoError(t, err)
	r.run(monday.Add(12*hour + time.Minute))
	require.Equal(t, "resolved", r.taken("ops")[1].State, "it is below the level of this receiver")
	r.route("second")
	r.run(monday.Add(2 * day))
	require.Equal(t, []string{"fired", "acknowledged"}, r.reasons("ops"))
}

func TestAReceiverThatIsBackKnowsWhyItWasNotNotified(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour)}, silent())
	r.receiver("second", rules.Inactive)
	r.hush(muting.Match{}, 14*hour)
	r.route("ops")
	r.run(monday.Add(12 * hour))
	r.route("second")
	r.run(monday.Add(12*hour + time.Minute))
	all := r.config.Receivers
	r.config.Receivers = all[1:]
	r.open()
	r.config.Receivers = all
	r.open()
	r.run(monday.Add(12*hour + 2*time.Minute))
	require.Equal(t, delivery.ReroutedDetail, r.delivery("ops", "silent-device").Detail)
}
