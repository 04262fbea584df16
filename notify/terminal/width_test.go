package terminal_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/terminal"
)

var styles = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Messages fit a terminal of 60 columns, and have the same words there as elsewhere.
func TestWithin(t *testing.T) {
	t.Parallel()
	all := []notify.Notification{fixture.Notification(fixture.Weekly()), fixture.Notification(fixture.Fleet(12)...), fixture.Notification(fixture.Digest(3)...)}
	for _, s := range fixture.Samples() {
		all = append(all, fixture.Notification(s.Alert))
	}
	for _, color := range []bool{false, true} {
		for _, n := range all {
			var whole, narrow strings.Builder
			_, err := terminal.New(&whole, color).Send(t.Context(), n, nil)
			require.NoError(t, err)
			_, err = terminal.New(&narrow, color).Within(60).Send(t.Context(), n, nil)
			require.NoError(t, err)
			require.Equal(t, strings.Fields(whole.String()), strings.Fields(narrow.String()))
			for line := range strings.Lines(narrow.String()) {
				text := strings.TrimSpace(styles.ReplaceAllString(line, ""))
				require.True(t, utf8.RuneCountInString(styles.ReplaceAllString(line, ""))-1 <= 60 || !strings.Contains(text, " "), line)
			}
		}
	}
}
