package webhook

import (
	"encoding/json"
	"math"
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/internal/post"
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
		alerts := fixture.Several(fixture.Fuzzed(name, text, value, state, reason), n)
		requireBodyHolds(t, text, alerts)
		for _, name := range Formats() {
			format, err := newLayout(name, text, text)
			require.NoError(t, err)
			request, err := format(fixture.FuzzedMessage("m", text, alerts...), handle{Posted: "m-0", Ref: text})
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

func requireBodyHolds(t *testing.T, text string, alerts []notify.Alert) {
	body, err := post.Encode(bodyOf(fixture.FuzzedMessage("m", text, alerts...)))
	require.NoError(t, err)
	require.True(t, utf8.Valid(body))
	var decoded Body
	require.NoError(t, json.Unmarshal(body, &decoded))
	require.Len(t, decoded.Data.Alerts, len(alerts))
}

func TestEveryRequestHasADeadline(t *testing.T) {
	fixture.RequireDeadline(t, func(client *http.Client) notify.Receiver {
		receiver, err := New(Config{URL: secret.New("https://h.example/")})
		require.NoError(t, err)
		receiver.poster.Client = client
		return receiver
	})
}
