package pagerduty

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/internal/post"
	"notewatch/notify/notifytest"
)

// FuzzEvent checks that whatever outside text says, PagerDuty takes the event.
func FuzzEvent(f *testing.F) {
	for _, text := range []string{
		"sensor-14", "", "a\r\nBcc: eve@example.net", "\r\n\r\nbody", "\x00\x1b[31m", "\u202egnp.exe", "\xff\xfe", "=?utf-8?q?=0D=0A?=",
		strings.Repeat("é", 2000), strings.Repeat("👩‍👩‍👧‍👦", 1000), "line\u2028here", strings.Repeat("x", 5000),
	} {
		f.Add(text, text, 41.2e6, uint8(1), "firing", "fired")
		f.Add(text, "dev:1", math.NaN(), uint8(150), "firing", "reminded")
		f.Add("dev:1", text, -1e300, uint8(3), "resolved", "reported")
	}
	f.Fuzz(func(t *testing.T, name, text string, value float64, n uint8, _, reason string) {
		alert := fixture.Fuzzed(name, text, value, "firing", reason)
		alert.Mute, alert.Ack = "", ""
		requirePagerDutyTakes(t, fixture.FuzzedMessage("msg_1", text, fixture.Several(alert, n)...))
	})
}

func requirePagerDutyTakes(t *testing.T, n notify.Notification) {
	described := event{RoutingKey: strings.Repeat("x", 32), Action: "trigger", DedupKey: n.ID}
	described.describe(n, n.Alerts)
	body, err := post.Encode(described)
	require.NoError(t, err)
	taken := notifytest.Event{Body: body}
	require.NoError(t, json.Unmarshal(body, &taken))
	require.Empty(t, taken.Check())
	for _, shown := range fixture.StringsOf(t, body) {
		require.True(t, utf8.ValidString(shown))
		fixture.RequireNoControls(t, shown)
	}
}

func TestEveryRequestHasADeadline(t *testing.T) {
	fixture.RequireDeadline(t, func(client *http.Client) notify.Receiver {
		receiver, err := New(Config{RoutingKey: secret.New("R0123456789ABCDEF0123456789ABCDE")})
		require.NoError(t, err)
		receiver.poster.Client = client
		return receiver
	})
}
