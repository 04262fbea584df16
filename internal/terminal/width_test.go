package terminal

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/stretchr/testify/require"

	"notewatch/internal/backtest"
	"notewatch/internal/check"
	"notewatch/internal/delivery"
	"notewatch/internal/demo"
	"notewatch/internal/dispatch"
	"notewatch/internal/explain"
	"notewatch/internal/lookup"
	"notewatch/internal/onboard"
	"notewatch/internal/selection"
	"notewatch/internal/silences"
	"notewatch/internal/status"
	"notewatch/internal/store/outbox"
	"notewatch/internal/timeline"
	"notewatch/notehub"
	"notewatch/rules"
)

// Every table fits every terminal: as a table from 60 columns on, below that as lines if need be.
func TestTablesFit(t *testing.T) {
	for name, show := range wideTables() {
		for width := 40; width <= 120; width++ {
			var b strings.Builder
			require.NoError(t, show(Screen{W: &b, Talk: io.Discard, Width: width}))
			for line := range strings.Lines(b.String()) {
				require.LessOrEqual(t, displaywidth.String(strings.TrimSuffix(line, "\n")), width, "%s on %d columns:\n%s", name, width, b.String())
			}
			if heading := firstWord(name); width >= 60 {
				require.Regexp(t, `(?m)^`+heading+`\s`, b.String(), "%s is no table on %d columns:\n%s", name, width, b.String())
			}
		}
	}
}

func firstWord(text string) string { return strings.Fields(text)[0] }

// wideTables print tables of what is long, by their first heading and what they are of.
func wideTables() map[string]func(Screen) error {
	long := strings.Repeat("hourly sensor ", 10)
	device := lookup.Named{UID: "dev:860001198559373", Name: "hourly-sensor-number-6"}
	a := lookup.Alert{
		ID: "abcdefghij", State: rules.Withdrawn, Level: rules.Critical, Since: noon, EndedAt: noon, Rule: "sessions-no-events",
		Project: lookup.Named{UID: "app:1", Name: long}, Subject: device, Figure: "bytes.used", Unit: "B", Value: 8.25e6, Peak: 8.25e6, Limit: 8.25e6,
		Summary: long, Receivers: []lookup.Showing{{Receiver: long, State: delivery.Delivered}},
	}
	mute := rules.Mute{Kind: rules.BySilence, By: "amy", Because: long}
	var changes []timeline.Change
	for _, event := range []rules.Event{rules.Fired, rules.PeriodEnded, rules.Unacknowledged} {
		changes = append(changes, timeline.Change{
			At: noon, Alert: a.ID, Event: event, Level: "critical", Rule: a.Rule, Project: a.Project, Subject: device,
			Unit: "B", Value: 8.25e6, Mute: mute, By: "amy", Drill: true,
		})
	}
	story := timeline.Story{Now: noon, Alert: a, ChangedAt: noon, Events: []timeline.Event{
		{At: noon, Event: rules.Unacknowledged, Level: "critical", By: "amy"},
		{At: noon, Event: timeline.Sent, Attempt: &timeline.Attempt{Receiver: "the-team-that-is-on-call", Status: outbox.Retrying, Error: long}},
	}}
	status := status.Status{Now: noon,
		Projects:  []status.Project{{Project: lookup.Project{Name: "cold-chain"}, Devices: 100_000, PolledAt: noon.AddDate(0, 0, -144), Next: noon.AddDate(0, 0, -143), Failures: 1, Failure: long}},
		Accounts:  []status.Account{{Account: lookup.Account{Name: long, PerMinute: 4}, Today: 31, HeldUntil: noon.Add(time.Minute)}},
		Receivers: []status.Receiver{{Name: long, Waiting: 2, GivenUp: 1, Oldest: time.Hour, Next: noon.Add(time.Minute)}},
	}
	firing := a
	firing.State = rules.Firing
	usage := lookup.Usage{Now: noon, Span: lookup.Period, Period: lookup.UsagePeriod{End: july}, Figures: []lookup.FigureUsage{{
		Figure: rules.Sessions, Unit: "B", Total: 999.9e6, Limit: 6e6, LimitRule: "data-budget", Pace: 999.9e6, Forecast: 999.9e6, Usual: 999.9e6, Days: points(make([]float64, 30)...),
	}}, AlertCount: 1, Alerts: []lookup.Alert{firing}}
	top := lookup.Top{Now: noon, By: "sessions", Rows: []lookup.TopRow{
		{Subject: lookup.Subject{Name: long, Project: lookup.Named{UID: "app:1", Name: long}}, Value: 1e9, Share: 100},
		{Subject: lookup.Subject{Name: "x", Project: lookup.Named{UID: "app:2", Name: "y"}}, Value: 1, Share: 0},
	}}
	explained := explain.Explanation{Conditions: []explain.Condition{
		{Field: "resolve_when", Part: explain.Part{Name: long, Operator: "and", Parts: []explain.Part{{Name: long}}}},
	}}
	silence := silences.Silence{
		Kind: rules.BySilence, ID: "s-abcdefgh", Match: selection.Match{Rule: long, Device: long}, On: true, Start: noon, End: noon.Add(time.Hour), By: long, Because: long,
	}
	refused := dispatch.Result{Showing: lookup.Showing{Receiver: long, State: delivery.GivenUp, Why: long}, Seconds: 8.25e6}
	counts := demo.Summary{Receivers: []demo.Counts{{Receiver: long, Messages: 33, Fired: 14, Escalated: 2, Reminded: 10, Ended: 14}}}
	report := check.Report{
		File: long, Rules: []check.Rule{{Name: "sessions-no-events", Each: rules.EachDevice, Kind: "period", Levels: []rules.Level{rules.Warning, rules.Critical}, Reads: []string{long}, Receivers: []string{long}}},
		Windows: []check.Window{{Silence: silences.Silence{For: []string{long}, Because: long}, Times: "Sat, Sun 22:00–06:00 Europe/Berlin", Rules: "all 3", Project: long, Devices: long}},
	}
	perDay := make([]int, 366)
	year := backtest.Report{File: long, First: noon, Last: noon.AddDate(1, 0, 0),
		Rules:     []backtest.Rule{{Name: "sessions-no-events", Alerts: 47_055, Subjects: 1000, Firing: 1000, PerDay: perDay, First: "● " + long + "\n  " + long + "\n"}},
		Receivers: []backtest.Receiver{{Name: "the-team-that-is-on-call", Messages: 47_055, PerDay: perDay, Most: 1234, MostOn: noon}},
		Alerts:    []backtest.Alert{{Rule: a.Rule, Project: long, Subject: long, Level: "critical", Fired: noon}},
		LeftOut:   []backtest.LeftOut{{Rule: "sessions-no-events", Why: long}},
	}
	other := year
	other.Receivers, other.Alerts = []backtest.Receiver{{Name: long, Messages: 47_055, PerDay: perDay, Most: 1234, MostOn: noon}}, nil
	written := onboard.Result{
		Path: "rules.yaml", Projects: 1, Devices: 100_000, Rules: 30, LeftOut: 2, Trial: &year,
		Skipped: []onboard.Skipped{{Project: notehub.Project{UID: "app:1", Name: long}, Why: long}},
	}
	printStory := func(s Screen) error { return Story(s, story) }
	printUsage := func(s Screen) error { return Usage(s, usage, nil) }
	return map[string]func(Screen) error{
		"ID alerts":            func(s Screen) error { return Alerts(s, []lookup.Alert{a}) },
		"LEVEL once":           func(s Screen) error { return Firing(s, []lookup.Alert{firing}) },
		"TIME history":         func(s Screen) error { return Changes(s, changes) },
		"TIME of an alert":     printStory,
		"RECEIVER of an alert": printStory,
		"PROJECT status":       func(s Screen) error { return Status(s, status) },
		"METRIC usage":         printUsage,
		"ALERT usage":          printUsage,
		"# top":                func(s Screen) error { return Top(s, top) },
		"CONDITION explain":    func(s Screen) error { return Explanation(s, explained) },
		"ID silences":          func(s Screen) error { return Silences(s, []silences.Silence{silence}) },
		"RULE check":           func(s Screen) error { return Check(s, report) },
		"RECEIVER drill":       func(s Screen) error { return Results(s, []dispatch.Result{refused}, noon) },
		"RULE backtest":        func(s Screen) error { return Backtest(s, year) },
		"RECEIVER comparison":  func(s Screen) error { return Comparison(s, backtest.Compare(year, other)) },
		"RECEIVER demo":        func(s Screen) error { return Demo(s, counts, 1) },
		"RECEIVER backtest":    func(s Screen) error { return Backtest(s, year) },
		"Wrote init": func(s Screen) error {
			return Onboarded(s, written, []string{"export NOTEWATCH_RULES=rules.yaml"}, false)
		},
	}
}
