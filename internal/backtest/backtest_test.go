package backtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/backtest"
	"notewatch/internal/config"
	"notewatch/internal/driven"
	"notewatch/internal/rehearse"
	"notewatch/internal/store"
	"notewatch/notehub/notehubtest"
)

const hour = time.Hour

// start is a Wednesday in the middle of a month.
var start = time.Date(2026, 6, 17, 0, 0, 0, 0, time.UTC)

const days = 10

// rulesOf returns a rules file with two receivers.
func rulesOf(t *testing.T, rules string) *config.File {
	t.Helper()
	text := "projects: [{uid: 'app:1', name: cold-chain}]\nreceivers: [{name: team, terminal: {}}, {name: on-call, from: critical, webhook: {url: 'https://example.com'}}]\nrules:\n" + rules
	file, err := config.Parse("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	return file
}

// live runs rules for ten days on a fleet with incidents, polling every hour, and returns the database and the alerts.
func live(t *testing.T, file *config.File) (db *store.Store, alerts []string) {
	t.Helper()
	clock := driven.NewClock(start)
	fleet := notehubtest.Fleet(1, 20, start.AddDate(-1, 0, 0), []notehubtest.Share{{Archetype: notehubtest.HourlySensor, Weight: 1}})
	fleet[7].Removed = start.AddDate(0, 0, 6) // and its usage stays in the totals
	at := func(day, clock int) time.Time { return start.AddDate(0, 0, day).Add(time.Duration(clock) * hour) }
	hub := notehubtest.New(notehubtest.Config{Now: clock.Now, Token: rehearse.Token, Seed: 1, Projects: []notehubtest.Project{{
		UID: "app:1", Name: "cold-chain", Devices: fleet, Incidents: []notehubtest.Incident{
			{Kind: notehubtest.EventFlood, Devices: []string{fleet[2].UID}, Start: at(1, 9), Duration: 2 * hour},
			{Kind: notehubtest.SessionStorm, Devices: []string{fleet[3].UID}, Start: at(4, 7), Duration: 11 * hour},
			{Kind: notehubtest.EventFlood, Devices: []string{fleet[7].UID}, Start: at(5, 9), Duration: 1 * hour},
			{Kind: notehubtest.Silence, Devices: []string{fleet[4].UID}, Start: at(2, 1), Duration: 60 * hour},
		},
	}}})
	stage, err := rehearse.New(t.Context(), rehearse.Config{File: file, Hub: hub, Clock: clock, Interval: hour})
	require.NoError(t, err)
	t.Cleanup(stage.Close)
	require.NoError(t, stage.Run(t.Context(), start.AddDate(0, 0, days).Add(hour)))
	all, err := stage.Store.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	for _, a := range all {
		if a.Project != "" {
			alerts = append(alerts, key(a.Rule, a.Texts.Subject, a.Worst.String(), a.FiredAt))
		}
	}
	return stage.Store, alerts
}

func key(rule, subject, level string, fired time.Time) string {
	return fmt.Sprintf("%s %s %s %s", fired.UTC().Format(time.DateOnly), rule, subject, level)
}

const byDays = `
  - {name: spike, when: events.today > 500 && events.today > 5 * events.median, severity: critical}
  - {name: storm, limit: 100, when: sessions.today > limit && sessions.today > 2 * (sessions.median ?? 0), for: 30m}
  - {name: idle, when: sessions.yesterday < 2 && sessions.d7 > 20, for: 6h}
  - {name: budget, each: project, limit: 12000, when: {warning: events.used > limit, critical: events.used > 1.5 * limit}}
`

func run(t *testing.T, db *store.Store, file *config.File) backtest.Report {
	t.Helper()
	r, err := backtest.Run(t.Context(), db, file, backtest.Query{Days: days, Now: start.AddDate(0, 0, days).Add(hour)})
	require.NoError(t, err)
	return r
}

// On the data that a live run has stored, a backtest of rules about days has the alerts of that run, on the same days.
func TestSameAsLive(t *testing.T) {
	t.Parallel()
	file := rulesOf(t, byDays)
	db, alerts := live(t, file)
	require.Greater(t, len(alerts), 4)
	r := run(t, db, file)
	var got []string
	for _, a := range r.Alerts {
		got = append(got, key(a.Rule, a.Subject, a.Level, a.Fired))
	}
	gone := "2026-06-22 spike hourly-sensor-8 critical" // days later it is no longer listed, so it cannot be shown
	require.Contains(t, alerts, gone)
	require.ElementsMatch(t, alerts, append(got, gone))

	require.Equal(t, start, r.First)
	require.Equal(t, start.AddDate(0, 0, days-1), r.Last)
	spike, team, onCall := r.Rules[0], r.Receivers[0], r.Receivers[1]
	require.Equal(t, []int{0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, spike.PerDay)
	require.Contains(t, spike.First, "FIRING critical")
	require.Contains(t, spike.First, "hourly-sensor-3")
	require.Equal(t, "on-call", onCall.Name)
	require.Positive(t, onCall.Messages)
	require.Greater(t, team.Messages, onCall.Messages, "it gets warnings too")
	total := 0
	for _, n := range team.PerDay {
		total += n
	}
	require.Equal(t, team.Messages, total)
}

// Rules that days cannot show are left out, with the reason.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	file := rulesOf(t, `
  - {name: spike, when: events.today > 500}
  - {name: flood, when: events.h1 > 200}
  - {name: silent, when: device.silent_hours > 24}
  - {name: plan, when: plan.used_pct > 80}
`)
	db, _ := live(t, rulesOf(t, "  - {name: spike, when: events.today > 500}\n"))
	r := run(t, db, file)
	require.Equal(t, []backtest.LeftOut{
		{Rule: "flood", Why: "reads events.h1: only days are kept"},
		{Rule: "plan", Why: "reads plan.used_pct, which has no history"},
		{Rule: "silent", Why: "reads device.silent_hours, which has no history"},
		{Rule: "watcher-blind", Why: "reads poll.age_minutes, which has no history"},
	}, r.LeftOut)
	require.Len(t, r.Rules, 1)
	_, err := backtest.Run(t.Context(), db, rulesOf(t, "  - {name: silent, when: device.silent_hours > 24}\n"), backtest.Query{Days: 1, Now: start})
	require.ErrorIs(t, err, backtest.ErrNoRules)
}

// A comparison has the alerts that only one of two files has.
func TestCompare(t *testing.T) {
	t.Parallel()
	before := rulesOf(t, "  - {name: spike, when: events.today > 500}\n")
	after := rulesOf(t, "  - {name: spike, when: events.today > 5000}\n  - {name: storm, when: sessions.today > 100}\n")
	db, _ := live(t, rulesOf(t, byDays))
	c := backtest.Compare(run(t, db, before), run(t, db, after))
	subjects := func(all []backtest.Alert) (names []string) {
		for _, a := range all {
			names = append(names, a.Rule+" "+a.Subject)
		}
		return names
	}
	require.Equal(t, []string{"storm hourly-sensor-4"}, subjects(c.Added))
	require.Equal(t, []string{"spike hourly-sensor-3"}, subjects(c.Gone))
}

// Nothing is known of a database without data, and an interrupted backtest ends.
func TestWithoutData(t *testing.T) {
	t.Parallel()
	db, err := store.Temporary(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	file := rulesOf(t, byDays)
	r := run(t, db, file)
	require.Empty(t, r.Alerts)
	for _, receiver := range r.Receivers {
		require.Zero(t, receiver.Messages)
	}
	nowhere := *file
	nowhere.Projects = nil
	_, err = backtest.Run(t.Context(), db, &nowhere, backtest.Query{Days: days, Now: start})
	require.ErrorIs(t, err, backtest.ErrNoProjects)
	ctx, cancel := context.WithCancel(t.Context())
	played := 0
	_, err = backtest.Run(ctx, db, file, backtest.Query{Days: days, Now: start, Done: func(int, int) {
		played++
		cancel()
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, played)
}

// The report says on which day a receiver would have been sent the most messages, and which rule most of them are about.
func TestBusiest(t *testing.T) {
	t.Parallel()
	db, _ := live(t, rulesOf(t, byDays))
	var text strings.Builder
	for i, when := range []string{"events.yesterday >= 0", "events.yesterday >= 0, for: 6h", "events.today >= 0"} {
		for n := range 25 {
			fmt.Fprintf(&text, "  - {name: r%d-%d, each: project, when: %s}\n", i, n, when)
		}
	}
	r := run(t, db, rulesOf(t, text.String()))
	busiest := r.Busiest()
	require.Equal(t, "team", busiest.Name)
	require.Greater(t, busiest.Most, 50)
	require.Equal(t, start, busiest.MostOn)
	require.NotEmpty(t, busiest.MostOf)
}

// Rules about organizations and costs are shown too: both follow from days.
func TestOrganization(t *testing.T) {
	t.Parallel()
	file := rulesOf(t, "  - {name: account, each: organization, when: events.used > 1000}\n  - {name: bill, each: organization, when: cost.used > 1}\n"+
		"  - {name: capacity, each: organization, when: org.balance < 1000}\nprices: {currency: USD, event: 0.00075, free_events: 100}\n")
	db, alerts := live(t, file)
	require.Len(t, alerts, 2)
	r := run(t, db, file)
	require.Equal(t, []backtest.LeftOut{
		{Rule: "capacity", Why: "reads org.balance, which has no history"},
		{Rule: "watcher-blind", Why: "reads poll.age_minutes, which has no history"},
	}, r.LeftOut)
	require.Len(t, r.Alerts, 2)
	var fired []string
	for _, a := range r.Alerts {
		fired = append(fired, a.Project+" "+a.Rule)
	}
	require.ElementsMatch(t, []string{"default account", "default bill"}, fired)
}
