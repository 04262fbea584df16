package notify

import (
	"encoding/json"
	"math"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzWebhookFormats checks that whatever outside text says, every format gives JSON, and one that is small where the other
// side wants that.
func FuzzWebhookFormats(f *testing.F) {
	for _, text := range []string{
		"", "sensor-14", `"`, `\`, "\x00\xff", "{{.}}", "```", "](javascript:alert(1))", "@everyone", "\u2028\u202e", "a\nb", "</script>",
	} {
		f.Add(text, text, 41.2e6, uint8(1), "firing", "fired")
		f.Add("dev:1", text, math.NaN(), uint8(9), "resolved", "resolved")
		f.Add(text, "dev:1", math.Inf(1), uint8(40), "resolved", "reported")
	}
	limits := map[string]int{"teams": 28_000, "ntfy": 8192, "discord": 24_000, "jsm": 64_000, "incidentio": 512_000, "grafana-irm": 64_000}
	f.Fuzz(func(t *testing.T, name, text string, value float64, n uint8, state, reason string) {
		alert := Alert{
			ID: text, Changed: true, State: state, Reason: reason, Level: text, Was: name, Rule: text,
			Project: Named{UID: text, Name: name, URL: name}, Subject: Named{UID: name, Name: text, URL: "https://h.example/" + name},
			Summary: name, Advice: text, Detail: []string{text, name}, Body: text + "\n" + name, Mute: name, Ack: text,
			Figure: name, Unit: "B", Value: value, Peak: value, Limit: 1, Usual: value,
			Since: time.Unix(0, 0), FiredAt: time.Unix(60, 0), EndedAt: time.Unix(3600, 0), AsOf: time.Unix(3600, 0),
		}
		alerts := make([]Alert, max(n, 1))
		for i := range alerts {
			alerts[i] = alert
		}
		for _, name := range Formats() {
			format, err := newWebhookFormat(name, text, text)
			require.NoError(t, err)
			request, err := format(Notification{ID: "m", Key: "m-1", Alerts: alerts}, webhookRef{Posted: "m-0", Ref: text})
			require.NoError(t, err)
			if request == nil {
				continue
			}
			require.True(t, json.Valid(request.body) && utf8.Valid(request.body), "%s: %s", name, request.body)
			if limit, ok := limits[name]; ok {
				require.LessOrEqual(t, len(request.body), limit, name)
			}
		}
	})
}
