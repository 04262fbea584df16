package slack

import (
	"encoding/json"
	"math"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/notifytest"
)

// FuzzRender checks that whatever outside text says, messages stay within Slack's limits, ping nobody and are valid UTF-8 and
// JSON.
func FuzzRender(f *testing.F) {
	for _, text := range []string{
		"sensor-14", "", "<!channel>", "<!here|x>", "<@U012AB3CD>", "<#C0|general>", "<https://evil.example|click>", "&lt;!channel&gt;",
		"*bold* _it_ ~no~ `code` ```pre```", "a\x00b\x1b[31mred\x1b]0;title\a", "\u202egnp.exe", "\u2066x\u2069\ufeff\u00ad",
		"\xff\xfe\xc0\xaf", strings.Repeat("&", 5000), strings.Repeat("👩‍👩‍👧‍👦", 2000), "line\r\nbreak\u2028here", "@channel @here",
		"https://x.example/?a=<b>|c&d", "javascript:alert(1)", "|>", "```", "`<!here>`", "*", ">quote", "<!subteam^S012>", "limit",
		strings.Repeat("line\n", 500), strings.Repeat("<!channel>", 400),
	} {
		f.Add(text, text, 41.2e6, uint8(1), "firing", "fired")
		f.Add(text, "dev:1", math.NaN(), uint8(15), "resolved", "resolved")
		f.Add("dev:1", text, -1e300, uint8(3), "withdrawn", "withdrawn")
		f.Add(text, text, 7.0, uint8(40), "firing", "reported")
	}
	f.Fuzz(func(t *testing.T, name, text string, value float64, n uint8, state, reason string) {
		alert := fixture.Fuzzed(name, text, value, state, reason)
		alert.Drill = n%2 == 0
		for i := range min(int(n), 30) {
			alert.Trend = append(alert.Trend, notify.Point{Day: time.Unix(int64(i)*int64(n)*3600, 0), Value: value * float64(i)})
		}
		shown := fixture.FuzzedMessage(text, text, fixture.Several(alert, n)...)
		requireSlackTakes(t, newContent(shown, shown.Alerts, ""))
		requireSlackTakes(t, fullList(shown))
		if note, ok := noteAbout(shown); ok {
			requireSlackTakes(t, content{text: note.text})
		}
	})
}

// ourLink is the only form in which a raw < may be seen.
var ourLink = regexp.MustCompile(`<https?://[^\s<>|]+\|[^<>]*>`)

func requireSlackTakes(t *testing.T, m content) {
	blocks, err := json.Marshal(m.blockSet())
	require.NoError(t, err)
	attachments, err := json.Marshal(m.attachments)
	require.NoError(t, err)
	for _, a := range m.attachments {
		require.Regexp(t, "^#[0-9a-f]{6}$", a.Color)
	}
	require.Empty(t, notifytest.Message{Text: m.text, Blocks: blocks, Attachments: attachments}.Check("chat.update"))
	for _, layout := range m.layouts() {
		require.Empty(t, notifytest.Message{Text: layout.text}.Check("chat.update"))
	}
	for _, shown := range append(fixture.StringsOf(t, blocks), append(fixture.StringsOf(t, attachments), m.text)...) {
		require.True(t, utf8.ValidString(shown))
		rest := ourLink.ReplaceAllString(shown, "")
		require.NotContains(t, rest, "<", "a link or mention that is not ours: %q", shown)
		require.NotContains(t, rest, ">", "%q", shown)
		fixture.RequireNoControls(t, shown)
	}
}

func TestEveryRequestHasADeadline(t *testing.T) {
	fixture.RequireDeadline(t, func(client *http.Client) notify.Receiver {
		incoming, err := NewWebhook(WebhookConfig{URL: secret.New("https://hooks.slack.com/services/x")})
		require.NoError(t, err)
		incoming.poster.Client = client
		return incoming
	})
	fixture.RequireDeadline(t, func(client *http.Client) notify.Receiver {
		bot, err := NewBot(BotConfig{Token: secret.New("xoxb-1"), Channel: "C1", HTTP: client})
		require.NoError(t, err)
		return bot
	})
}
