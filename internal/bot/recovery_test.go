package bot_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/rules"
)

// What is quiet may need no call at all: that it went well says nothing of a receiver that cannot be told.
func TestWhatIsQuietDoesNotShowThatAReceiverIsBack(t *testing.T) {
	outage := silence(monday.Add(5*hour), 2*day)
	outage.Devices = []string{sensors(2)[1].UID}
	floods := []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), flood(monday.Add(12*hour), 20*time.Minute), outage}
	r := newRig(t, 2, floods, budget("1150"), silent())
	r.receiver("second", rules.Inactive)
	r.config.Operators = []string{"second"}
	r.open()
	r.run(monday.Add(10 * hour))
	require.Equal(t, []string{"fired"}, r.reasonsOf("ops", "event-budget"))
	r.hush(rules.Match{Rule: "event-budget"}, 5*hour)
	r.run(monday.Add(10*hour + time.Minute))
	failing(r.hooks["ops"], notifytest.Status(http.StatusGone, ""), 100)
	r.run(monday.Add(14 * hour))
	require.Equal(t, rules.Critical, r.delivery("ops", "event-budget").Alert.Level, "it got worse in silence")
	require.True(t, r.delivery("ops", "silent-device").Dead)
	require.Equal(t, []string{"fired"}, r.reasonsOf("second", "receiver-dead"))
}

func TestAFigureThatCannotBeShownDoesNotShowThatAChannelIsBack(t *testing.T) {
	outage := silence(monday.Add(6*hour), 2*day)
	outage.Devices = []string{sensors(2)[1].UID}
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute), outage}, budget("1150"), silent())
	slack := r.slack()
	r.rules(budget("1150"), silent())
	for i := range r.config.Rules {
		r.config.Rules[i].Notify = []string{"team"}
	}
	r.config.Operators = []string{"ops"}
	r.config.Sleep = func(d time.Duration) { r.machine = r.machine.Add(d) }
	r.open()
	r.run(monday.Add(10 * hour))
	require.Len(t, slack.Messages("C1"), 1)
	for range 1000 {
		slack.Fail(notifytest.Code("not_in_channel"))
	}
	r.run(monday.Add(day))
	require.Len(t, slack.Messages("C1"), 1)
	require.Equal(t, []string{"fired"}, r.reasonsOf("ops", "receiver-dead"))
}

func TestTwoWhoRefuseEverythingAreNotToldOfEachOtherForEver(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day)}, silent())
	r.receiver("second", rules.Inactive)
	r.config.Operators = []string{"ops", "second"}
	r.open()
	for _, hook := range r.hooks {
		failing(hook, notifytest.Status(http.StatusBadRequest, ""), 300)
	}
	r.run(monday.Add(day))
	require.Less(t, len(r.hooks["ops"].Requests())+len(r.hooks["second"].Requests()), 10)
}
