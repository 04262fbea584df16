package notify

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

// FuzzRender checks that whatever outside text says, messages stay within Slack's limits, ping nobody, are valid UTF-8 and
// JSON, and do not steer a terminal.
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
		alert := Alert{
			ID: text, Changed: true, State: state, Reason: reason, Level: text, Was: name, Rule: text,
			Project: Named{UID: text, Name: name, URL: name}, Subject: Named{UID: name, Name: text, URL: "https://h.example/" + name},
			Summary: name, Advice: text, Detail: []string{text, name, text, text, text, text, text},
			Body: text + "\n" + name + "\n\t" + text, Drill: n%2 == 0, Mute: name, Ack: text,
			Figure: name, Unit: "B", Value: value, Peak: value, Limit: 1, Usual: value,
			Since: time.Unix(0, 0), FiredAt: time.Unix(60, 0), EndedAt: time.Unix(3600, 0), AsOf: time.Unix(3600, 0),
		}
		for i := range min(int(n), 30) {
			alert.Trend = append(alert.Trend, Point{Day: time.Unix(int64(i)*int64(n)*3600, 0), Value: value * float64(i)})
		}
		alerts := make([]Alert, max(n, 1))
		for i := range alerts {
			alerts[i] = alert
			alerts[i].Rule += strings.Repeat("x", i*int(n)/50) // a digest, if there are many
		}
		notification := Notification{ID: text, Alerts: alerts}
		requireSlackTakes(t, newSlackMessage(notification, alerts, ""))
		requireSlackTakes(t, slackFullList(notification))
		if note, ok := slackNoteOf(notification); ok {
			requireSlackTakes(t, slackMessage{text: note.text})
		}
		requireCalmTerminal(t, Notification{ID: text, Alerts: alerts[:1]}, 4+maxBody)
		if len(alerts) > 1 {
			requireCalmTerminal(t, notification, 6+MaxRules*(maxTopOfRule+3))
		}
		requireWebhookHolds(t, alerts)
	})
}

// ourLink is the only form in which a raw < may be seen.
var ourLink = regexp.MustCompile(`<https?://[^\s<>|]+\|[^<>]*>`)

func requireSlackTakes(t *testing.T, m slackMessage) {
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
	for _, shown := range append(stringsOf(t, blocks), append(stringsOf(t, attachments), m.text)...) {
		require.True(t, utf8.ValidString(shown))
		rest := ourLink.ReplaceAllString(shown, "")
		require.NotContains(t, rest, "<", "a link or mention that is not ours: %q", shown)
		require.NotContains(t, rest, ">", "%q", shown)
		requireNoControls(t, shown)
	}
}

// stringsOf returns all strings within a JSON value.
func stringsOf(t *testing.T, raw []byte) []string {
	var value any
	require.NoError(t, json.Unmarshal(raw, &value))
	var found []string
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case string:
			found = append(found, v)
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			for _, element := range v {
				walk(element)
			}
		}
	}
	walk(value)
	return found
}

func requireNoControls(t *testing.T, shown string) {
	steers := func(r rune) bool {
		return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d'
	}
	require.False(t, strings.ContainsFunc(shown, steers), "%q", shown)
}

func requireCalmTerminal(t *testing.T, n Notification, maxLines int) {
	var out strings.Builder
	_, err := NewTerminal(&out, false).Send(t.Context(), n, nil)
	require.NoError(t, err)
	require.True(t, utf8.ValidString(out.String()))
	requireNoControls(t, out.String())
	require.LessOrEqual(t, strings.Count(out.String(), "\n"), maxLines)
	require.Less(t, utf8.RuneCountInString(out.String()), 1000*maxLines)
}

func requireWebhookHolds(t *testing.T, alerts []Alert) {
	body, err := encode(webhookBody(Notification{Alerts: alerts}))
	require.NoError(t, err)
	require.True(t, utf8.Valid(body))
	var decoded WebhookBody
	require.NoError(t, json.Unmarshal(body, &decoded))
	require.Len(t, decoded.Data.Alerts, len(alerts))
}
