package notify

import (
	"bytes"
	"encoding/json"
	"math"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/notify/notifytest"
)

// FuzzOnCall checks that whatever outside text says, PagerDuty takes the event, and a mail has the headers that it should
// have and no others.
func FuzzOnCall(f *testing.F) {
	for _, text := range []string{
		"sensor-14", "", "a\r\nBcc: eve@example.net", "\r\n\r\nbody", "\x00\x1b[31m", "\u202egnp.exe", "\xff\xfe", "=?utf-8?q?=0D=0A?=",
		strings.Repeat("é", 2000), strings.Repeat("👩‍👩‍👧‍👦", 1000), "line\u2028here", strings.Repeat("x", 5000),
	} {
		f.Add(text, text, 41.2e6, uint8(1), "firing", "fired")
		f.Add(text, "dev:1", math.NaN(), uint8(150), "firing", "reminded")
		f.Add("dev:1", text, -1e300, uint8(3), "resolved", "reported")
	}
	email, err := NewEmail(EmailConfig{Server: "mail.example.com:587", From: "a@example.com", To: []string{"b@example.com"}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, name, text string, value float64, count uint8, state, reason string) {
		alert := Alert{
			ID: text, Changed: true, State: state, Reason: reason, Level: text, Was: name, Rule: text, Body: name + "\n" + text,
			Project: Named{UID: text, Name: name, URL: name}, Subject: Named{UID: name, Name: text, URL: "https://h.example/" + name},
			Summary: name, Advice: text, Detail: []string{text, name, text}, Mute: text, Ack: name,
			Figure: name, Value: value, Peak: value, Limit: 1, Usual: value, Since: time.Unix(0, 0), AsOf: time.Unix(3600, 0),
		}
		n := Notification{ID: "msg_1", Key: "msg_1-2", Sent: time.Unix(7200, 0), Alerts: []Alert{alert}}
		for range count {
			n.Alerts = append(n.Alerts, alert)
		}
		requireMailHolds(t, email, n)
		for i := range n.Alerts {
			n.Alerts[i].State, n.Alerts[i].Mute, n.Alerts[i].Ack = "firing", "", ""
		}
		requirePagerDutyTakes(t, n)
	})
}

func requireMailHolds(t *testing.T, email *Email, n Notification) {
	var raw bytes.Buffer
	_, err := email.compose(n, "<first@example.com>").WriteTo(&raw)
	require.NoError(t, err)
	message, err := mail.ReadMessage(&raw)
	require.NoError(t, err)
	require.Len(t, message.Header, 12)
	_, err = message.Header.Date()
	require.NoError(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	require.NoError(t, err)
	require.LessOrEqual(t, utf8.RuneCountInString(subject), maxSubject)
	requireNoControls(t, subject)
	require.NotContains(t, subject, "\n")
	_, text := mailText(n)
	require.True(t, utf8.ValidString(text))
	requireNoControls(t, text)
}

func requirePagerDutyTakes(t *testing.T, n Notification) {
	event := pagerDutyEvent{RoutingKey: strings.Repeat("x", 32), Action: "trigger", DedupKey: n.ID}
	event.describe(n, n.Alerts)
	body, err := encode(event)
	require.NoError(t, err)
	taken := notifytest.Event{Body: body}
	require.NoError(t, json.Unmarshal(body, &taken))
	require.Empty(t, taken.Check())
	for _, shown := range stringsOf(t, body) {
		require.True(t, utf8.ValidString(shown))
		requireNoControls(t, shown)
	}
}
