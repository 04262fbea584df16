package main

import (
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// Every table fits every terminal: as a table from 60 columns on, below that as lines if need be.
func TestTablesFit(t *testing.T) {
	for name, show := range wideTables() {
		for width := 40; width <= 120; width++ {
			var b strings.Builder
			require.NoError(t, show(screen{w: &b, width: width}))
			for line := range strings.Lines(b.String()) {
				require.LessOrEqual(t, widthOf(strings.TrimSuffix(line, "\n")), width, "%s on %d columns:\n%s", name, width, b.String())
			}
			if heading := firstWord(name); width >= 60 {
				require.Regexp(t, `(?m)^`+heading+`\s`, b.String(), "%s is no table on %d columns:\n%s", name, width, b.String())
			}
		}
	}
}

func firstWord(text string) string { return strings.Fields(text)[0] }

// wideTables print tables of what is long, by their first heading and what they are of.
func wideTables() map[string]func(screen) error {
	long := strings.Repeat("hourly sensor ", 10)
	device := named{"dev:860001198559373", "hourly-sensor-number-6"}
	value := 8.25e6
	a := alertView{
		ID: "abcdefghij", State: string(rules.Withdrawn), Level: "critical", Since: noon, EndedAt: noon, Rule: "sessions-no-events",
		Project: named{"app:1", long}, Subject: device, Figure: "bytes.used", Unit: "B", Value: &value, Peak: &value, Limit: &value,
		Receivers: []showing{{Receiver: long, State: delivery.Delivered}},
	}
	mute := rules.Mute{Kind: rules.BySilence, By: "amy", Because: long}
	var changes []changeView
	for _, event := range []rules.Event{rules.Fired, rules.PeriodEnded, rules.Unacknowledged} {
		changes = append(changes, changeView{
			At: noon, Alert: a.ID, Event: string(event), Level: a.Level, Rule: a.Rule, Project: a.Project, Subject: device,
			Unit: "B", Value: &value, Mute: mute, By: "amy", Drill: true,
		})
	}
	told := &story{Alert: a, alert: rules.Alert{Since: noon, ChangedAt: noon}, Events: []event{
		{At: noon, Event: string(rules.Unacknowledged), Level: "critical", By: "amy"},
		{At: noon, Event: "sent", attempt: &attempt{Receiver: "the-team-that-is-on-call", Status: string(store.Retrying), Error: long}},
	}}
	status := statusText{Status: lookup.Status{Now: noon,
		Projects:  []lookup.ProjectStatus{{Project: lookup.Project{Name: "cold-chain"}, Devices: 100_000, PolledAt: noon.AddDate(0, 0, -144), Next: noon.AddDate(0, 0, -143), Failures: 1, Failure: long}},
		Accounts:  []lookup.AccountStatus{{Account: lookup.Account{Name: long, PerMinute: 4}, Today: 31, HeldUntil: noon.Add(time.Minute)}},
		Receivers: []lookup.ReceiverStatus{{Name: long, Waiting: 2, GivenUp: 1, Oldest: time.Hour, Next: noon.Add(time.Minute)}},
	}}
	usage := usageText{now: noon, Usage: lookup.Usage{Span: lookup.Period, Period: rules.PeriodSpec{}.Period(rules.DayOf(noon), noon), Figures: []lookup.FigureUsage{{
		Figure: rules.Sessions, Unit: "B", Total: 999.9e6, Limit: 6e6, LimitRule: "data-budget", Pace: 999.9e6, Forecast: 999.9e6, Usual: 999.9e6, Days: points(make([]float64, 30)...),
	}}, AlertCount: 1, Alerts: []rules.Alert{{ID: a.ID, State: rules.Firing, Level: rules.Critical, Since: noon, Told: rules.Told{Summary: long}}}}}
	top := topText{now: noon, Top: lookup.Top{By: "sessions", Rows: []lookup.TopRow{
		{Subject: lookup.Subject{Name: long, Project: notify.Named{UID: "app:1", Name: long}}, Value: 1e9, Share: 100},
		{Subject: lookup.Subject{Name: "x", Project: notify.Named{UID: "app:2", Name: "y"}}, Value: 1, Share: 0},
	}}}
	var explained explanationText
	explained.Conditions = []rules.Explained{{Field: "resolve_when", Part: rules.Part{Name: long, Operator: "and", Parts: []rules.Part{{Name: long}}}}}
	demo := &table{columns: columns(sumColumns...)}
	demo.add(long, "33", "14", "2", "10", "14", "0", "0")
	silence := rules.Silence{
		ID: "s-abcdefgh", Match: rules.Match{Rule: long, Subject: long}, Start: noon, End: noon.Add(time.Hour), By: long, Because: long,
	}
	refused := result{showing: showing{Receiver: long, State: delivery.GivenUp, Why: long}, Seconds: &value}
	command := &cobra.Command{}
	command.SetErr(new(strings.Builder))
	return map[string]func(screen) error{
		"ID alerts":            alertTable([]alertView{a}).print,
		"TIME history":         changeTable(changes).print,
		"TIME of an alert":     func(s screen) error { return told.print(s, noon) },
		"RECEIVER of an alert": func(s screen) error { return told.ending(s, noon) },
		"PROJECT status":       status.print,
		"FIGURE usage":         func(s screen) error { return usage.print(command, s) },
		"ALERT usage":          func(s screen) error { return usage.alerts(command, s) },
		"# top":                top.print,
		"CONDITION explain":    explained.table().print,
		"ID silences":          silenceTable([]silenceView{directory{}.viewOfSilence(silence, noon)}).print,
		"RECEIVER drill":       resultTable([]result{refused}).print,
		"RECEIVER demo":        demo.print,
	}
}
