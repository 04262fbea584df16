package message_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
	"notewatch/notify/internal/fixture"
	"notewatch/notify/terminal"
)

// headline returns the first line of what a terminal prints of a, without the time.
func headline(t *testing.T, a notify.Alert) string {
	t.Helper()
	var out strings.Builder
	_, err := terminal.New(&out, false).Send(t.Context(), fixture.Notification(a), nil)
	require.NoError(t, err)
	line, _, _ := strings.Cut(out.String(), "\n")
	_, line, _ = strings.Cut(line, "UTC  ")
	return line
}

// The word compares with what was shown last: a late message says what is new to its reader, not what happened last. docs/delivery.md
// explains each word.
func TestWordComparesWithWhatWasShown(t *testing.T) {
	page, err := os.ReadFile("../../../docs/delivery.md")
	require.NoError(t, err)
	for _, test := range []struct{ state, reason, level, was, want string }{
		{"firing", "fired", "warning", "", "FIRING warning"},
		{"firing", "reminded", "critical", "", "FIRING critical"},
		{"firing", "escalated", "critical", "", "FIRING critical"},
		{"firing", "escalated", "critical", "warning", "ESCALATED critical"},
		{"firing", "reminded", "critical", "warning", "ESCALATED critical"},
		{"firing", "updated", "critical", "info", "ESCALATED critical"},
		{"firing", "deescalated", "warning", "critical", "DE-ESCALATED warning"},
		{"firing", "reminded", "info", "critical", "DE-ESCALATED info"},
		{"firing", "escalated", "critical", "critical", "UPDATED critical"},
		{"firing", "reminded", "critical", "critical", "REMINDER critical"},
		{"resolved", "resolved", "critical", "critical", "RESOLVED"},
		{"resolved", "resolved", "critical", "", "FIRED AND RESOLVED"},
		{"resolved", "period_ended", "critical", "info", "PERIOD ENDED"},
		{"resolved", "period_ended", "critical", "", "FIRED, PERIOD ENDED"},
		{"resolved", "corrected", "critical", "critical", "CORRECTED"},
		{"resolved", "corrected", "critical", "", "FIRED AND CORRECTED"},
		{"withdrawn", "withdrawn", "critical", "info", "WITHDRAWN"},
		{"withdrawn", "withdrawn", "critical", "", "FIRED AND WITHDRAWN"},
		{"resolved", "revised", "critical", "", "REVISED critical"},
		{"firing", "muted", "critical", "critical", "MUTED critical"},
		{"firing", "muted", "critical", "warning", "ESCALATED critical"},
		{"firing", "unmuted", "critical", "critical", "UNMUTED critical"},
		{"firing", "unmuted", "critical", "warning", "ESCALATED critical"},
		{"firing", "unmuted", "critical", "", "FIRING critical"},
		{"firing", "acknowledged", "critical", "critical", "ACKNOWLEDGED critical"},
		{"firing", "unacknowledged", "critical", "critical", "UNACKNOWLEDGED critical"},
		{"resolved", "reported", "info", "", "REPORT"},
		{"firing", "reported", "info", "info", "REPORT"},
	} {
		a := fixture.With(func(a *notify.Alert) {
			a.State, a.Reason, a.Level, a.Was = test.state, test.reason, test.level, test.was
		})
		require.Regexp(t, "^"+test.want+"  +sensor-14 has", headline(t, a), "%v", test)
		word := strings.TrimSuffix(test.want, " "+test.level)
		require.Contains(t, string(page), strings.TrimPrefix(strings.TrimPrefix(word, "FIRED AND "), "FIRED, "), "%v", test)
		a.Drill = true
		require.Regexp(t, "^DRILL: "+test.want+"  +sensor-14 has", headline(t, a), "%v", test)
	}
}

func TestHeadlineNamesTheSubjectOnce(t *testing.T) {
	for _, test := range []struct{ name, uid, summary, want string }{
		{"sensor-14", "dev:1", "sensor-14 has used much", "sensor-14 has used much"},
		{"sensor-14", "dev:1", "much was used by sensor-14.", "much was used by sensor-14."},
		{"sensor-1", "dev:1", "sensor-14 has used much", "sensor-1: sensor-14 has used much"},
		{"sensor", "dev:1", "sensor-14 and sensor", "sensor-14 and sensor"},
		{"a", "dev:1", "has used much", "a: has used much"},
		{"", "dev:1", "used much", "dev:1: used much"},
		{"", "", "used much", "unnamed: used much"},
		{"sensor-14", "dev:1", "", "sensor-14: data-budget"},
		{"sensor-14", "dev:1", strings.Repeat("x", 400), "sensor-14: " + strings.Repeat("x", 299) + "…"},
	} {
		a := fixture.With(func(a *notify.Alert) {
			a.Subject, a.Summary = notify.Named{UID: test.uid, Name: test.name}, test.summary
		})
		require.Regexp(t, " "+test.want+"$", headline(t, a))
	}
}
