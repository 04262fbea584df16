package bot_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// withFallback has only "ops" told by rules, and "second" in its place.
func (r *rig) withFallback() {
	r.t.Helper()
	r.receiver("second", rules.Inactive)
	r.config.Receivers[0].Fallback = "second"
	for i := range r.config.Bot.Rules {
		r.config.Bot.Rules[i].Notify = []string{"ops"}
	}
	r.open()
}

// Nobody can mend a receiver that is not there any more.
func TestTheWordThatAReceiverCannotBeToldEndsWithTheReceiver(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.withFallback()
	failing(r.hooks["ops"], notifytest.Status(http.StatusUnauthorized, ""), 100)
	r.run(monday.Add(9 * hour))
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "receiver-dead"))
	r.open()
	r.run(monday.Add(10 * hour))
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "receiver-dead"), "it is there still")

	r.config.Receivers = r.config.Receivers[1:]
	r.rules(silent())
	r.open()
	r.run(monday.Add(11 * hour))
	require.Equal(t, []string{"fired", "withdrawn"}, r.reasonsOf("second", "receiver-dead"))
	r.open()
	r.run(monday.Add(12 * hour))
	require.Equal(t, []string{"fired", "withdrawn"}, r.reasonsOf("second", "receiver-dead"))
}

// after returns how long after alerts fired a receiver was first tried, by alert.
func (r *rig) after(receiver, rule string) (all []time.Duration) {
	r.t.Helper()
	tried := map[string]bool{}
	attempts, err := r.store.Outbox.Attempts(r.t.Context(), "")
	require.NoError(r.t, err)
	for _, attempt := range attempts {
		for id := range attempt.Versions {
			if tried[id] || attempt.Receiver != receiver {
				continue
			}
			tried[id] = true
			alerts, err := r.store.Alerts(r.t.Context(), store.AlertFilter{Match: muting.Match{Alert: id}})
			require.NoError(r.t, err)
			if alerts[0].Rule == rule {
				all = append(all, attempt.Started.Sub(alerts[0].FiredAt))
			}
		}
	}
	return all
}

// What is reminded of, or changes otherwise, has waited all the same.
func TestRemindersDoNotHideThatAReceiverCannotBeTold(t *testing.T) {
	spec := silent()
	spec.Remind = []time.Duration{20 * time.Minute}
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, spec)
	r.withFallback()
	failing(r.hooks["ops"], notifytest.Status(http.StatusInternalServerError, ""), 10_000)
	r.run(monday.Add(10 * hour))
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "receiver-dead"))
	waited := r.now.Sub(r.delivery("ops", "silent-device").Alert.FiredAt)
	require.Greater(t, r.delivery("ops", "silent-device").Alert.Version, int64(4))
	standing, err := r.store.Standing(t.Context(), r.now)
	require.NoError(t, err)
	require.InDelta(t, waited, standing.Queues["ops"].Oldest, float64(time.Minute))
	r.run(monday.Add(3*day + 9*hour))
	attempts, err := r.store.Outbox.Attempts(t.Context(), "")
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(attempts, func(a outbox.Attempt) bool { return a.Receiver == "ops" && a.Status == outbox.GivenUp }))
}

func TestAFallbackIsToldOnTheMinuteAndFromThenOnAtOnce(t *testing.T) {
	second := outage(2, monday.Add(6*hour), 2*day)
	second.Devices = second.Devices[1:]
	r := newRig(t, 4, []notehubtest.Incident{outage(1, monday.Add(2*hour), 2*day), second}, silent())
	r.withFallback()
	failing(r.hooks["ops"], notifytest.Status(http.StatusInternalServerError, ""), 1000)
	r.run(monday.Add(14 * hour))
	after := r.after("second", "silent-device")
	require.Len(t, after, 2)
	require.GreaterOrEqual(t, after[0], 30*time.Minute)
	require.Less(t, after[0], 31*time.Minute)
	require.Less(t, after[1], time.Minute)
}

// Whoever asks for more time than people may have to wait is known not to be told until then.
func TestAFallbackIsToldAtOnceWhenAReceiverAsksForLong(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.withFallback()
	r.hooks["ops"].Fail(notifytest.RateLimited("3600"))
	r.run(monday.Add(8*hour + 20*time.Minute))
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "silent-device"))
	r.run(monday.Add(8*hour + 50*time.Minute))
	require.Len(t, r.hooks["ops"].Requests(), 1, "and it is left alone for as long as it asked")
	r.run(monday.Add(10 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	require.Equal(t, []string{"fired", "resolved"}, r.reasonsOf("second", "receiver-dead"))
}

// What the receiver shows already is known to people there; that it got worse is not.
func TestAFallbackIsNotToldWhatTheReceiverShows(t *testing.T) {
	floods := []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), flood(monday.Add(12*hour), 20*time.Minute)}
	spec := budget("1150")
	spec.Remind = []time.Duration{time.Hour}
	r := newRig(t, 2, floods, spec)
	r.withFallback()
	r.run(monday.Add(10 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	failing(r.hooks["ops"], notifytest.Status(http.StatusGone, ""), 100)
	r.run(monday.Add(12 * hour))
	require.Equal(t, rules.Reminded, r.delivery("ops", "event-budget").Alert.Reason)
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "receiver-dead"))
	require.Empty(t, r.reasonsOf("second", "event-budget"))
	r.run(monday.Add(13 * hour))
	require.Equal(t, []string{"escalated"}, r.reasonsOf("second", "event-budget"))
}

func TestAFallbackIsNotToldWhatTheReceiverDoesNotWant(t *testing.T) {
	later := outage(2, monday.Add(6*hour), 2*day)
	later.Devices = later.Devices[1:]
	minor := silent()
	minor.Name, minor.When[0].Level = "minor", rules.Info
	r := newRig(t, 4, []notehubtest.Incident{outage(1, monday.Add(2*hour), 2*day), later}, silent(), minor)
	r.config.Receivers[0].From = rules.Warning
	r.withFallback()
	failing(r.hooks["ops"], notifytest.Status(http.StatusInternalServerError, ""), 1000)
	r.run(monday.Add(14 * hour))
	require.Len(t, r.reasonsOf("second", "silent-device"), 2)
	require.Empty(t, r.reasonsOf("second", "minor"))
}

// An answer that seemed final may have been a slip: somebody who mends it should not have to know of notewatch.
func TestWhatWasGivenUpIsLookedAtAgainEveryHour(t *testing.T) {
	r := newRig(t, 4, []notehubtest.Incident{outage(3, monday.Add(2*hour), 6*day)}, silent()).hourly()
	r.withFallback()
	failing(r.hooks["ops"], notifytest.Status(http.StatusUnauthorized, ""), 5)
	r.run(monday.Add(11*hour + 50*time.Minute))
	require.Len(t, r.hooks["ops"].Requests(), 4, "one an hour, however much waits")
	for _, d := range storetest.Deliveries(t, r.store, "ops") {
		require.Equal(t, delivery.GivenUp, d.State)
	}
	r.run(monday.Add(14 * hour))
	require.Equal(t, []string{"fired", "fired", "fired"}, r.reasons("ops"))
	require.Equal(t, []string{"fired", "resolved"}, r.reasonsOf("second", "receiver-dead"))
	r.requireTruth("ops")
	r.run(monday.Add(2 * day))
	require.Len(t, r.hooks["ops"].Requests(), 8, "and then there is nothing to look for")
}

// A process for each turn, as cron starts it, does not make every start a retry.
func TestARunByCronRetriesAnUnreachableReceiverOnceAnHour(t *testing.T) {
	for name, status := range map[string]int{"until it is fixed": http.StatusUnauthorized, "for a while": http.StatusInternalServerError} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
			r.config.Bot.Once = true
			failing(r.hooks["ops"], notifytest.Status(status, ""), 1000)
			r.run(monday.Add(10 * hour)) // which is known by then
			before := len(r.hooks["ops"].Requests())
			for range 16 {
				r.now = r.now.Add(15 * time.Minute)
				r.open()
				require.NoError(t, r.bot.Schedule().PollNow(t.Context()))
				_, err := r.watch.Turn(t.Context())
				require.NoError(t, err)
			}
			require.InDelta(t, 4, len(r.hooks["ops"].Requests())-before, 1)
		})
	}
}
