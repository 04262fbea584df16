package bot_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/rules"
)

// withFallback has only "ops" told by rules, and "second" in its place.
func (r *rig) withFallback() {
	r.t.Helper()
	r.receiver("second", rules.Inactive)
	r.config.Receivers[0].Fallback = "second"
	for i := range r.config.Rules {
		r.config.Rules[i].Notify = []string{"ops"}
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
