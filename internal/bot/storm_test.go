package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/deliver"
	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// outage is the first n sensors going silent.
func outage(n int, start time.Time, lasts time.Duration) notehubtest.Incident {
	incident := notehubtest.Incident{Kind: notehubtest.Silence, Start: start, Duration: lasts}
	for _, d := range sensors(n) {
		incident.Devices = append(incident.Devices, d.UID)
	}
	return incident
}

// bodies returns what the receiver "ops" took, message by message.
func (r *rig) bodies() (bodies []webhook.Body) {
	r.t.Helper()
	for _, request := range r.hooks["ops"].Requests() {
		if !request.Taken {
			continue
		}
		var body webhook.Body
		require.NoError(r.t, json.Unmarshal(request.Body, &body))
		bodies = append(bodies, body)
	}
	return bodies
}

func TestManyAlertsOfOneRuleShareAMessage(t *testing.T) {
	r := newRig(t, 30, []notehubtest.Incident{outage(8, monday.Add(2*hour), 20*hour)}, silent())
	r.run(monday.Add(12 * hour))
	bodies := r.bodies()
	require.Len(t, bodies, 1)
	require.Len(t, bodies[0].Data.Alerts, 8)
	r.hourly().run(monday.Add(3 * day))
	for _, body := range r.bodies() {
		require.Equal(t, bodies[0].Data.Message, body.Data.Message, "the same message is kept true")
	}
	r.requireTruth("ops")
}

func TestAFewAlertsOfOneRuleAreMessagesOfTheirOwn(t *testing.T) {
	r := newRig(t, 30, []notehubtest.Incident{outage(5, monday.Add(2*hour), 20*hour)}, silent())
	r.run(monday.Add(12 * hour))
	require.Len(t, r.bodies(), 5)
}

// alike returns rules that say the same under other names.
func alike(n int) (specs []rules.Spec) {
	for i := range n {
		spec := silent()
		spec.Name = fmt.Sprintf("silent-%02d", i)
		specs = append(specs, spec)
	}
	return specs
}

func TestBeyondTheHourlyCapThereAreDigests(t *testing.T) {
	r := newRig(t, 30, []notehubtest.Incident{outage(1, monday.Add(2*hour), 2*day)}, alike(25)...)
	r.run(monday.Add(9 * hour))
	bodies := r.bodies()
	require.Len(t, bodies, 21)
	for _, body := range bodies[:20] {
		require.Len(t, body.Data.Alerts, 1)
	}
	require.Len(t, bodies[20].Data.Alerts, 5, "what was too much shares a digest")
	r.hourly().run(monday.Add(5 * day))
	r.requireTruth("ops")
}

func TestDigestsKeepTheirDistance(t *testing.T) {
	r := newRig(t, 30, []notehubtest.Incident{outage(1, monday.Add(2*hour), 2*day)}, alike(25)...)
	r.run(monday.Add(8*hour + 5*time.Minute))
	require.Len(t, r.bodies(), 21)
	posted := r.now
	another := rules.Key{Rule: "another", Subject: "this"}.Inactive()
	another, _ = another.Raise(rules.Critical, rules.Texts{Subject: "this"}, r.now)
	require.NoError(t, r.store.Decide(t.Context(), store.Decision{
		Alerts: []*rules.Alert{&another}, Show: map[string][]string{another.ID: {"ops"}}, Now: r.now,
	}))
	r.run(r.now.Add(time.Minute))
	require.Len(t, r.bodies(), 21)
	r.run(posted.Add(11 * time.Minute))
	require.Len(t, r.bodies(), 22, "it comes by itself when its time has come")
}

func TestTheWorstIsLastToGoIntoADigest(t *testing.T) {
	specs := alike(25)
	specs[24].When[0].Level = rules.Critical
	r := newRig(t, 30, []notehubtest.Incident{outage(1, monday.Add(2*hour), 2*day)}, specs...)
	r.run(monday.Add(9 * hour))
	require.Equal(t, "silent-24", r.bodies()[0].Data.Rule)
}

func TestAFallbackIsToldWhatAReceiverCannotBe(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent()).hourly()
	r.receiver("second", rules.Inactive)
	r.config.Receivers[0].Fallback = "second"
	for i := range r.config.Bot.Rules {
		r.config.Bot.Rules[i].Notify = []string{"ops"}
	}
	r.open()
	failing(r.hooks["ops"], notifytest.Status(http.StatusGone, ""), 5)
	r.run(monday.Add(11*hour + 50*time.Minute))
	told := r.told("second")
	require.Len(t, told, 2)
	require.ElementsMatch(t, []string{"receiver-dead", "silent-device"}, []string{told[0].Rule, told[1].Rule})
	for _, a := range r.taken("second") {
		if a.Rule == "silent-device" {
			require.Contains(t, a.Detail, "sent here because ops is unreachable")
		}
	}
	r.run(monday.Add(4 * day))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"), "it works again")
	require.Equal(t, 2, count(r.reasons("second"), "resolved"), "the alert, and the word that ops cannot be told")
	r.requireTruth("second")
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

func TestAFallbackIsToldAfterHalfAnHourOfTryingInVain(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.receiver("second", rules.Inactive)
	r.config.Receivers[0].Fallback = "second"
	for i := range r.config.Bot.Rules {
		r.config.Bot.Rules[i].Notify = []string{"ops"}
	}
	r.open()
	failing(r.hooks["ops"], notifytest.Status(http.StatusBadGateway, ""), 12)
	r.run(monday.Add(8*hour + 20*time.Minute))
	require.Empty(t, r.told("second"))
	r.run(monday.Add(10 * hour))
	require.Equal(t, 1, count(r.reasonsOf("second", "silent-device"), "fired"))
	r.run(monday.Add(14 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"), "and ops is told all the same, once it can be")
	require.Equal(t, []string{"fired", "resolved"}, r.reasonsOf("second", "receiver-dead"))
}

// reasonsOf returns the reasons of what a receiver took of one rule.
func (r *rig) reasonsOf(receiver, rule string) (reasons []string) {
	for _, a := range r.told(receiver) {
		if a.Rule == rule {
			reasons = append(reasons, a.Reason)
		}
	}
	return reasons
}

func TestAReceiverThatIsGoneIsClosedUntilItIsBack(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent()).hourly()
	r.receiver("second", rules.Inactive)
	r.rules(silent())
	r.open()
	r.run(monday.Add(12 * hour))
	both := r.config.Receivers
	r.config.Receivers = both[:1]
	r.rules(silent())
	r.open()
	r.run(monday.Add(13 * hour))
	require.Equal(t, delivery.Removed, r.delivery("second", "silent-device").State)
	r.config.Receivers = both
	r.rules(silent())
	r.open()
	r.run(monday.Add(4 * day))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("second"))
}

func TestAProjectSaysWhoIsToldOfRulesThatDoNot(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent(), budget("1e6"))
	r.receiver("second", rules.Inactive)
	r.rules(silent(), budget("1e6"))
	r.config.Bot.Projects[0].Notify = []string{"second"}
	r.config.Bot.Rules[0].Notify = nil
	r.open()
	r.run(monday.Add(12 * hour))
	require.Empty(t, r.told("ops"))
	require.Equal(t, []string{"fired"}, r.reasons("second"))
}

func TestADrillTakesTheRealRouteWhateverIsSilenced(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	r.hush(muting.Match{}, day)
	alert, receivers, err := r.bot.Drill(t.Context(), "silent-device", r.config.Bot.Projects[0])
	require.NoError(t, err)
	require.Equal(t, []string{"ops"}, receivers)
	require.True(t, alert.Drill)
	r.run(monday.Add(time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	require.True(t, r.taken("ops")[0].Drill)
	r.run(monday.Add(30 * time.Minute))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"), "a drill ends by itself")
}

// What ends a drill is put down with it: whatever stops the process that raises it, none is left standing.
func TestADrillIsRaisedWithItsEnd(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	r.run(monday.Add(time.Minute))
	allow := refuse(t, r.database, "UPDATE ON work", "NEW.kind = 'mute'", "no end")
	_, _, err := r.bot.Drill(t.Context(), "silent-device", r.config.Bot.Projects[0])
	require.ErrorContains(t, err, "no end")
	open, err := r.store.Alerts(t.Context(), store.AlertFilter{Open: true})
	require.NoError(t, err)
	require.Empty(t, open)

	allow()
	_, _, err = r.bot.Drill(t.Context(), "silent-device", r.config.Bot.Projects[0])
	require.NoError(t, err)
	r.run(monday.Add(30 * time.Minute))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"))
}

// The process that read the last project may die before it has told anybody.
func TestOperatorsAreToldWhatIsWatchedByTheNextProcessAtTheLatest(t *testing.T) {
	r := newRig(t, 3, nil, silent())
	r.run(monday.Add(time.Minute))
	require.Empty(t, r.told("ops"))
	r.config.Bot.DefaultReceivers = []string{"ops"}
	r.open()
	r.run(monday.Add(2 * hour))
	require.Equal(t, []string{"reported"}, r.reasons("ops"))
	r.open()
	r.run(monday.Add(4 * hour))
	require.Len(t, r.told("ops"), 1)
}

func TestOperatorsAreToldWhatIsWatchedAndEveryWeekWhatWasUsed(t *testing.T) {
	r := newRig(t, 3, []notehubtest.Incident{outage(1, monday.Add(2*hour), 20*hour)}, silent(), budget("1e6"))
	r.config.Bot.DefaultReceivers, r.config.Bot.Summary = []string{"ops"}, true
	r.hourly().run(monday.Add(hour))
	require.Equal(t, "notewatch is watching 1 project, 3 devices, 2 rules", r.taken("ops")[0].Summary)
	r.run(monday.Add(15 * day))
	var summaries []taken
	for _, a := range r.taken("ops") {
		if a.Rule == "weekly-summary" {
			summaries = append(summaries, a)
		}
	}
	require.Len(t, summaries, 3, "three Mondays at 08:00 UTC")
	body := summaries[1].Body
	require.Contains(t, body, "cold-chain: 3 devices, 0 silent")
	require.Contains(t, body, "events: ")
	require.Contains(t, body, "1. ")
	require.Contains(t, body, "Fired this week: silent-device 1")
	require.Contains(t, body, "Not fired since notewatch began to evaluate them on Mon 15 Jun; test them with notewatch drill: event-budget")
	r.requireTruth("ops")
}

// What a batch has no more time for is sent in the next one.
func TestABatchThatTakesTooLongLeavesNothingBehind(t *testing.T) {
	r := newRig(t, 6, []notehubtest.Incident{outage(4, monday.Add(2*hour), 2*day)}, silent())
	r.config.Receivers[0].Batch = deliver.MaxBatch
	r.config.Receivers[0].Receiver = observed{r.config.Receivers[0].Receiver, func() { r.sleep(t.Context(), 15*time.Second) }}
	r.open()
	r.run(monday.Add(12 * hour))
	require.Len(t, r.bodies(), 4)
	r.requireTruth("ops")
	attempts, err := r.store.Outbox.Attempts(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, outbox.NotMade, attempts[2].Status)
}

// A batch ends with the first failure that is not of one message, and the rest is sent when it is tried again.
func TestABatchEndsWithTheReceiver(t *testing.T) {
	r := newRig(t, 6, []notehubtest.Incident{outage(4, monday.Add(2*hour), 2*day)}, silent())
	r.config.Receivers[0].Batch = deliver.MaxBatch
	r.open()
	r.hooks["ops"].Fail(notifytest.Status(http.StatusOK, ""), notifytest.Status(http.StatusServiceUnavailable, ""))
	r.run(monday.Add(12 * hour))
	require.Len(t, r.hooks["ops"].Requests(), 5, "one of them in vain")
	r.requireTruth("ops")
}
