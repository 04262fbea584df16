package email

import (
	"bytes"
	"math"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
	"notewatch/notify/internal/fixture"
)

// FuzzMail checks that whatever outside text says, a mail has the headers that it should have and no others.
func FuzzMail(f *testing.F) {
	for _, text := range []string{
		"sensor-14", "", "a\r\nBcc: eve@example.net", "\r\n\r\nbody", "\x00\x1b[31m", "\u202egnp.exe", "\xff\xfe", "=?utf-8?q?=0D=0A?=",
		strings.Repeat("é", 2000), strings.Repeat("👩‍👩‍👧‍👦", 1000), "line\u2028here", strings.Repeat("x", 5000),
	} {
		f.Add(text, text, 41.2e6, uint8(1), "firing", "fired")
		f.Add(text, "dev:1", math.NaN(), uint8(150), "firing", "reminded")
		f.Add("dev:1", text, -1e300, uint8(3), "resolved", "reported")
	}
	receiver, err := New(Config{Server: "mail.example.com:587", From: "a@example.com", To: []string{"b@example.com"}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, name, text string, value float64, n uint8, state, reason string) {
		alerts := fixture.Several(fixture.Fuzzed(name, text, value, state, reason), n)
		requireMailHolds(t, receiver, fixture.FuzzedMessage("msg_1", text, alerts...))
	})
}

func requireMailHolds(t *testing.T, receiver *Receiver, n notify.Notification) {
	var raw bytes.Buffer
	_, err := receiver.compose(n, "<first@example.com>").WriteTo(&raw)
	require.NoError(t, err)
	message, err := mail.ReadMessage(&raw)
	require.NoError(t, err)
	require.Len(t, message.Header, 12)
	_, err = message.Header.Date()
	require.NoError(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	require.NoError(t, err)
	require.LessOrEqual(t, utf8.RuneCountInString(subject), maxSubject)
	fixture.RequireNoControls(t, subject)
	require.NotContains(t, subject, "\n")
	_, text := textOf(n)
	require.True(t, utf8.ValidString(text))
	fixture.RequireNoControls(t, text)
}
