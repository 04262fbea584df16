package message_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
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

// An alert that has become quiet goes on firing for now, which is not the same as one of which a limit changed.
func TestAQuietAlertIsNotMerelyUpdated(t *testing.T) {
	a := fixture.With(func(a *notify.Alert) { a.Reason, a.Was, a.QuietNow = "updated", "critical", true })
	require.Regexp(t, "^QUIET critical  +sensor-14 has", headline(t, a))
	a.Reason = "reminded"
	require.Regexp(t, "^REMINDER critical  +sensor-14 has", headline(t, a))
}

// Times that are the one in front of the message are left out of the line of values; so is no ending of a period, whatever else is said.
func TestLinesSayWhatTheFirstDoesNot(t *testing.T) {
	at := time.Date(2026, 6, 18, 10, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		change    func(a *notify.Alert)
		want, not []string
	}{
		"it fires at once": {
			func(a *notify.Alert) { a.Since, a.FiredAt, a.AsOf = at, at, at },
			[]string{"[project cold-chain · rule data-budget · alert 7f3a]"}, []string{"since", "data of"},
		},
		"it was true for an hour": {
			func(a *notify.Alert) { a.Since, a.FiredAt, a.AsOf = at.Add(-time.Hour), at, at },
			[]string{"alert since 09:00 (1 h)"}, []string{"data of"},
		},
		"its data is older": {
			func(a *notify.Alert) { a.Since, a.FiredAt, a.AsOf = at, at, at.Add(-5*time.Minute) },
			[]string{"data of 09:55"}, []string{"since"},
		},
		"the usual value has a name": {
			func(a *notify.Alert) { a.UsualName = "usual Thursday" }, []string{"usual Thursday 1.25 MB"}, []string{"usual day"},
		},
		"its period ended, and devices are named": {
			func(a *notify.Alert) {
				a.State, a.Reason, a.Was, a.EndedAt, a.Detail = "resolved", "period_ended", "critical", at, []string{"most from pump"}
			},
			[]string{"the cause may remain; the rule starts again with the new period · most from pump"}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			_, err := terminal.New(&out, false).Send(t.Context(), fixture.Notification(fixture.With(test.change)), nil)
			require.NoError(t, err)
			for _, want := range test.want {
				require.Contains(t, out.String(), want)
			}
			for _, not := range test.not {
				require.NotContains(t, out.String(), not)
			}
		})
	}
}

// A list says how many of what, and names the figure of a value without a unit.
// A list says what its devices have in common while any of its alerts is firing.
func TestListsNameTheCohort(t *testing.T) {
	firing := func(a *notify.Alert) { a.State, a.Reason, a.EndedAt = "firing", "fired", time.Time{} }
	for name, c := range map[string]struct {
		cohort notify.Cohort
		change func(a *notify.Alert)
		want   string
	}{
		"firmware":      {notify.Cohort{Trait: "firmware", Value: "notecard-8.1.3", Alerts: 41, Of: 44, Share: 12}, firing, "41 of 44 run notecard-8.1.3, 12 % of all do"},
		"host firmware": {notify.Cohort{Trait: "host_firmware", Value: "1.0", Alerts: 6, Of: 6, Share: 0.4}, firing, "6 of 6 run host firmware 1.0, under 1 % of all do"},
		"SKU":           {notify.Cohort{Trait: "sku", Value: "NOTE-WBNA", Alerts: 6, Of: 6, Share: 20}, firing, "6 of 6 are NOTE-WBNA, 20 % of all are"},
		"fleet":         {notify.Cohort{Trait: "fleet", Value: "north\x1b[m", Alerts: 6, Of: 7, Share: 20}, firing, `6 of 7 are in fleet north\x1b[m, 20 % of all are`},
		"updated":       {notify.Cohort{Trait: "updated", Alerts: 1000, Of: 1200, Share: 20}, firing, "1,000 of 1,200 have updated firmware since yesterday, 20 % of all have"},
		"new":           {notify.Cohort{Trait: "new", Alerts: 6, Of: 6, Share: 3}, firing, "6 of 6 are less than 48 hours old, 3 % of all are"},
		"unknown":       {notify.Cohort{Trait: "colour", Value: "red", Alerts: 6, Of: 6, Share: 3}, firing, ""},
		"ended":         {notify.Cohort{Trait: "new", Alerts: 6, Of: 6, Share: 3}, fixture.Ended, ""},
	} {
		t.Run(name, func(t *testing.T) {
			alerts := fixture.Fleet(7)
			for i := range alerts {
				c.change(&alerts[i])
			}
			n := fixture.Notification(alerts...)
			n.Cohort = &c.cohort
			var out strings.Builder
			_, err := terminal.New(&out, false).Send(t.Context(), n, nil)
			require.NoError(t, err)
			if c.want == "" {
				require.NotContains(t, out.String(), " of all ")
			} else {
				require.Contains(t, out.String(), "  "+c.want+" · already true")
			}
		})
	}
}

// A message about plans that buy more data says how much they may buy, for one alert and for many.
func TestMessagesNameTopUps(t *testing.T) {
	firing := fixture.With(func(a *notify.Alert) { a.State, a.Reason = "firing", "fired" })
	for name, c := range map[string]struct {
		alerts []notify.Alert
		topUps notify.TopUps
		want   string // "" is nothing
	}{
		"one":           {[]notify.Alert{firing}, notify.TopUps{Blocks: 1, Amount: 10, Currency: "USD"}, "buys a block of data, USD 10.00"},
		"several":       {[]notify.Alert{firing, firing}, notify.TopUps{Blocks: 12, Amount: 120, Currency: "USD"}, "buys up to 12 blocks of data, USD 120.00"},
		"without price": {[]notify.Alert{firing, firing}, notify.TopUps{Blocks: 1200}, "buys up to 1,200 blocks of data"},
		"ended":         {[]notify.Alert{fixture.With(fixture.Ended)}, notify.TopUps{Blocks: 1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := fixture.Notification(c.alerts...)
			n.TopUps = &c.topUps
			var out strings.Builder
			_, err := terminal.New(&out, false).Send(t.Context(), n, nil)
			require.NoError(t, err)
			if c.want == "" {
				require.NotContains(t, out.String(), "buys")
			} else {
				require.Contains(t, out.String(), "  "+c.want+"\n")
			}
		})
	}
}

func TestListsSayWhatTheyCount(t *testing.T) {
	several := func(change func(a *notify.Alert)) string {
		alerts := fixture.Fleet(7)
		for i := range alerts {
			a := &alerts[i]
			a.State, a.Reason, a.Level, a.EndedAt = "firing", "fired", "warning", time.Time{}
			a.Figure, a.Unit, a.Value, a.Limit = "device.silent_hours", "", 25.6, math.NaN()
			change(&alerts[i])
		}
		var out strings.Builder
		_, err := terminal.New(&out, false).Send(t.Context(), fixture.Notification(alerts...), nil)
		require.NoError(t, err)
		return out.String()
	}
	fired := several(func(*notify.Alert) {})
	for _, want := range []string{"FIRING warning       data-budget: 7 devices in cold-chain\n", "· device.silent_hours 25.6", "and 2 more\n", "[rule data-budget · message "} {
		require.Contains(t, fired, want)
	}
	condition := func(read func(a *notify.Alert) float64) string {
		return several(func(a *notify.Alert) {
			text := "device.silent_hours > 24 && missed > 2"
			a.Condition = &notify.Condition{Text: text, Reads: []notify.Reading{{Figure: "device.missed", Value: read(a)}}}
			a.Detail = []string{"because " + text + " (device.missed " + words.Figure(read(a), "") + ")"}
		})
	}
	require.Contains(t, condition(func(*notify.Alert) float64 { return 3 }), "  because device.silent_hours > 24 && missed > 2 (device.missed 3)\n")
	require.Contains(t, condition(func(a *notify.Alert) float64 { return a.Peak }), "  because device.silent_hours > 24 && missed > 2\n")
	mixed := several(func(a *notify.Alert) {
		if a.Subject.Name == "sensor-1" {
			a.Level = "critical"
		}
	})
	require.Contains(t, mixed, "data-budget: 7 devices (1 critical, 6 warning) in cold-chain\n")
	ended := several(func(a *notify.Alert) { a.State, a.Reason, a.Was = "resolved", "resolved", "warning" })
	require.Contains(t, ended, "data-budget: all 7 alerts in cold-chain have ended\n")
	require.Contains(t, ended, "device.silent_hours now 25.6 · peak ")
}
