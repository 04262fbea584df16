package terminal_test

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/terminal"
)

// FuzzTerminal checks that whatever outside text says, it does not steer a terminal or fill it.
func FuzzTerminal(f *testing.F) {
	for _, text := range []string{
		"sensor-14", "", "a\x00b\x1b[31mred\x1b]0;title\a", "\u202egnp.exe", "\u2066x\u2069\ufeff\u00ad",
		"\xff\xfe\xc0\xaf", strings.Repeat("&", 5000), strings.Repeat("👩‍👩‍👧‍👦", 2000), "line\r\nbreak\u2028here", "@channel @here",
		"https://x.example/?a=<b>|c&d", "javascript:alert(1)", "|>", "```", "`<!here>`", "*", ">quote", "<!subteam^S012>", "limit",
		strings.Repeat("line\n", 500), strings.Repeat("<!channel>", 400),
	} {
		f.Add(text, text, 41.2e6, uint8(1), "firing", "fired")
		f.Add(text, "dev:1", math.NaN(), uint8(15), "resolved", "resolved")
		f.Add("dev:1", text, -1e300, uint8(3), "withdrawn", "withdrawn")
		f.Add(text, text, 7.0, uint8(40), "firing", "reported")
	}
	const (
		body         = 200 // lines
		rules        = notify.MaxRules
		linesPerRule = 3 + 4
	)
	f.Fuzz(func(t *testing.T, name, text string, value float64, n uint8, state, reason string) {
		alert := fixture.Fuzzed(name, text, value, state, reason)
		alert.Drill = n%2 == 0
		alerts := fixture.Several(alert, n)
		requireCalmTerminal(t, fixture.FuzzedMessage(text, text, alerts[0]), 5+body)
		if len(alerts) > 1 {
			requireCalmTerminal(t, fixture.FuzzedMessage(text, text, alerts...), 7+rules*linesPerRule)
		}
	})
}

func requireCalmTerminal(t *testing.T, n notify.Notification, maxLines int) {
	var out strings.Builder
	_, err := terminal.New(&out, false).Send(t.Context(), n, nil)
	require.NoError(t, err)
	require.True(t, utf8.ValidString(out.String()))
	fixture.RequireNoControls(t, out.String())
	require.LessOrEqual(t, strings.Count(out.String(), "\n"), maxLines)
	require.Less(t, utf8.RuneCountInString(out.String()), 1000*maxLines)
}
