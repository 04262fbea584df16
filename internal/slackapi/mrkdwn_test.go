package slackapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/slackapi"
)

func TestMrkdwnIsOneLineThatCallsNobody(t *testing.T) {
	for text, want := range map[string]string{
		"<!channel> `rm`\n& more": "&lt;!channel&gt; 'rm' &amp; more",
		"truck *7*":               "truck *7*",
		"\u202eright to left":     `\u202eright to left`,
		"a name that is too long": "a name that…",
	} {
		limit := 100
		if want == "a name that…" {
			limit = 12
		}
		require.Equal(t, want, slackapi.Mrkdwn(text, limit))
	}
	require.Equal(t, "<https://notehub.io/x|a 'b' &lt;c&gt;>",
		slackapi.Link("a `b` <c>", "https://notehub.io/x"))
}
