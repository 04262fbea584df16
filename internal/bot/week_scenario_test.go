package bot_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// The week ends a month, so that a period ends on its third day. It goes in steps; a poll comes every third. A step lasts
// up to two minutes by the clock, and no span of time that the bot goes by lies that near to a whole number of steps:
// so nothing depends on how long a step lasted.
var weekStart = time.Date(2026, 6, 29, 0, 0, 0, 0, time.UTC)

const (
	stepTime  = 14 * time.Minute
	pollSteps = 3
	weekSteps = int(7 * day / stepTime)
	healSteps = int(3 * hour / stepTime) // after the week, with nothing broken
	lab       = "app:8d8e6a22-8d09-4a4d-9a3f-7b6a1f0a7c11"
)

var weekProjects = []bot.Project{
	{UID: project, Name: "cold-chain", Account: "acme", Notify: []string{"team", "guests", "hook", "mail"}},
	{UID: lab, Name: "lab", Account: "acme", Notify: []string{"team", "hook"}},
}

// at is an instant of the week, by day and hour.
func at(days int, hours float64) time.Time {
	return weekStart.AddDate(0, 0, days).Add(time.Duration(hours * float64(hour)))
}

// trucks are the devices of the first project, benches those of the second.
func trucks() []notehubtest.Device { return fleetOf(1, 24) }

func benches() []notehubtest.Device {
	devices := fleetOf(2, 10)
	devices[9].Removed = at(3, 12)
	return devices
}

func fleetOf(seed uint64, n int) []notehubtest.Device {
	return notehubtest.Fleet(seed, n, weekStart.AddDate(-1, 0, 0), []notehubtest.Share{{Archetype: notehubtest.HourlySensor, Weight: 1}})
}

func weekFleet() []notehubtest.Project {
	return []notehubtest.Project{
		{UID: project, Name: "cold-chain", Devices: trucks(), Incidents: truckIncidents()},
		{UID: lab, Name: "lab", Devices: benches(), Incidents: benchIncidents()},
	}
}

// of are some devices, from one to before another.
func of(devices []notehubtest.Device, from, to int) []string {
	var uids []string
	for _, d := range devices[from:to] {
		uids = append(uids, d.UID)
	}
	return uids
}

func truckIncidents() []notehubtest.Incident {
	all := trucks()
	incidents := []notehubtest.Incident{
		// A storm: ten of them at once, for so long that it is worse than each alone.
		{Kind: notehubtest.Silence, Devices: of(all, 14, 24), Start: at(1, 6), Duration: 40 * hour},
		// Uploads, two of which the carrier reports when their days are over.
		{Kind: notehubtest.ExtraBytes, Devices: of(all, 4, 5), Start: at(0, 11), Duration: hour, Bytes: 1e6},
		{Kind: notehubtest.ExtraBytes, Devices: of(all, 3, 4), Start: at(2, 10), Duration: hour, Bytes: 2e6, Delay: 26 * hour},
		{Kind: notehubtest.ExtraBytes, Devices: of(all, 5, 6), Start: at(4, 16), Duration: hour, Bytes: 1e6, Delay: 30 * hour},
		// What a rule on trial sees.
		{Kind: notehubtest.SessionStorm, Devices: of(all, 6, 7), Start: at(3, 8), Duration: 6 * hour},
		{Kind: notehubtest.RouteFailures, Start: at(2, 3), Duration: 5 * hour},
		// What goes on when the week ends.
		{Kind: notehubtest.Silence, Devices: of(all, 20, 21), Start: at(5, 2)},
		{Kind: notehubtest.EventFlood, Devices: of(all, 2, 3), Start: at(6, 3)},
	}
	for i := range 17 {
		incidents = append(incidents, notehubtest.Incident{
			Kind: notehubtest.EventFlood, Devices: of(all, i%9, i%9+1), Start: at(0, 5+9*float64(i)), Duration: time.Duration(20+20*(i%5)) * time.Minute,
		})
	}
	for i := range 14 {
		incidents = append(incidents, notehubtest.Incident{
			Kind: notehubtest.Silence, Devices: of(all, 9+i%5, 10+i%5), Start: at(0, 1+11*float64(i)), Duration: time.Duration(9+i%4) * hour,
		})
	}
	return incidents
}

func benchIncidents() []notehubtest.Incident {
	all := benches()
	return []notehubtest.Incident{
		{Kind: notehubtest.EventFlood, Devices: of(all, 0, 3), Start: at(2, 9), Duration: hour},
		{Kind: notehubtest.Silence, Devices: of(all, 9, 10), Start: at(2, 0)},
		{Kind: notehubtest.Silence, Devices: of(all, 0, 7), Start: at(4, 12), Duration: 14 * hour},
		{Kind: notehubtest.EventFlood, Devices: of(all, 3, 4), Start: at(5, 7), Duration: 2 * hour},
	}
}

// A weekRule is a rule and whom it tells; nil are those of the project.
type weekRule struct {
	spec   rules.Spec
	notify []string
}

// Rules files of the week.
const (
	beforeChange = "before"
	afterChange  = "after"
)

// weekRules are rules of every kind, as they are before or after somebody changes the rules file.
func weekRules(file string) []weekRule {
	when := func(warning, critical string) (all []rules.Condition) {
		all = []rules.Condition{{Level: rules.Warning, Expr: warning}, {Level: rules.Critical, Expr: critical}}
		return slices.DeleteFunc(all, func(c rules.Condition) bool { return c.Expr == "" })
	}
	limit, upload := "2000", "bytes.today > kb(500)"
	if file == afterChange {
		limit, upload = "1000", "bytes.today > kb(1500)"
	}
	return []weekRule{
		{spec: rules.Spec{
			Name: "silent", Each: rules.EachDevice, When: when("device.silent_hours > 6", "device.silent_hours > 24"),
			For: 35 * time.Minute, Unless: "fleet-silent", ResolveWhen: "device.silent_hours < 2", Show: "device.silent_hours",
			Remind: []time.Duration{6*hour + 50*time.Minute},
		}},
		{spec: rules.Spec{
			Name: "fleet-silent", Each: rules.EachProject, When: when("", "project.silent_pct > 30"), Show: "project.silent_pct",
		}, notify: []string{"team", "managers", "on-call", "hook"}},
		{spec: rules.Spec{
			Name: "spike", Each: rules.EachDevice, When: when("events.today > 300", "events.today > 2000"), Show: "events.today",
		}, notify: []string{"team", "managers", "guests", "on-call", "hook", "audit", "mail"}},
		{spec: rules.Spec{
			Name: "budget", Each: rules.EachDevice, Limit: limit, When: when("events.used > 0.8 * limit", "events.used > limit"),
			Show: "events.used", Remind: []time.Duration{5 * hour, 20 * hour},
		}, notify: []string{"on-call", "hook", "audit", "guests"}},
		{spec: rules.Spec{
			Name: "upload", Each: rules.EachDevice, When: when(upload, ""), Show: "bytes.today",
		}},
		{spec: rules.Spec{
			Name: "trial", Each: rules.EachDevice, When: when("sessions.today > 40", ""), Show: "sessions.today", Shadow: true,
		}},
		{spec: rules.Spec{
			Name: "blind", Each: rules.EachProject, When: when("poll.failures >= 2", "poll.failures >= 3"),
		}, notify: []string{"team", "hook", "mail", "on-call", "managers"}},
	}
}

// An act is something that somebody does with the database, beside the bot.
type act struct {
	at time.Time
	do func(t *testing.T, db *store.Store, now time.Time)
}

// acts are what people do in the week.
func acts() []act {
	truck := trucks()
	return []act{
		{at(0, 14), hushing("spikes", muting.Match{Rule: "spike"}, 10*hour)},
		{at(0, 19), speaking("spikes")},
		{at(0, 21), taking("budget")},
		{at(1, 20), taking("silent")},
		{at(2, 8), drilling("budget")},
		{at(2, 21), hushing("night", muting.Match{}, 9*hour)},
		{at(3, 0), hushing("one", muting.Match{Subject: truck[9].UID}, 30*hour)},
		{at(3, 9), taking("spike")},
		{at(4, 6), hushing("all", muting.Match{Project: "cold-chain"}, 8*hour)},
		{at(4, 11), drilling("spike")},
		{at(5, 1), hushing("lab", muting.Match{Project: "lab"}, 20*hour)},
		{at(5, 22), speaking("lab")},
		{at(5, 23), taking("silent")},
		{at(6, 12), leaving("silent")},
		{at(6, 13), taking("spike")},
	}
}

func hushing(id string, match muting.Match, lasts time.Duration) func(*testing.T, *store.Store, time.Time) {
	return func(t *testing.T, db *store.Store, now time.Time) {
		silence := muting.Silence{ID: id, Match: match, Start: now, End: now.Add(lasts), By: "ops", Because: "maintenance"}
		require.NoError(t, db.AddSilence(t.Context(), silence, now))
	}
}

func speaking(id string) func(*testing.T, *store.Store, time.Time) {
	return func(t *testing.T, db *store.Store, now time.Time) {
		_, err := db.EndSilence(t.Context(), id, "ops", now)
		require.NoError(t, err)
	}
}

func taking(rule string) func(*testing.T, *store.Store, time.Time) {
	return acknowledging(rule, (*bot.Bot).Acknowledge)
}

func leaving(rule string) func(*testing.T, *store.Store, time.Time) {
	return acknowledging(rule, (*bot.Bot).Unacknowledge)
}

func acknowledging(rule string, change func(*bot.Bot, context.Context, rules.Alert, string) (bool, error)) func(*testing.T, *store.Store, time.Time) {
	return func(t *testing.T, db *store.Store, now time.Time) {
		b := bot.New(weekConfig(db, bot.Clock{Now: func() time.Time { return now }}))
		open, err := db.Alerts(t.Context(), store.AlertFilter{Match: muting.Match{Rule: rule}, Open: true})
		require.NoError(t, err)
		for _, a := range open {
			_, err := change(b, t.Context(), a, "ops")
			require.NoError(t, err)
		}
	}
}

func drilling(rule string) func(*testing.T, *store.Store, time.Time) {
	return func(t *testing.T, db *store.Store, now time.Time) {
		b := bot.New(weekConfig(db, bot.Clock{Now: func() time.Time { return now }}))
		_, _, err := b.Drill(t.Context(), rule, weekProjects[0])
		require.NoError(t, err)
	}
}

// A spell is a trouble with its time, in steps.
type spell struct {
	from, to int
	trouble  trouble
}

// spells lays troubles through the week: each as often as any other, in no order.
func spells(random *rand.Rand, troubles []trouble) (all []spell) {
	for step := 2; ; {
		for _, i := range random.Perm(len(troubles)) {
			from := step + random.IntN(2*pollSteps)
			step = from + troubles[i].steps
			if step >= weekSteps {
				return all
			}
			all = append(all, spell{from, step, troubles[i]})
		}
	}
}

// losses are lost messages about an alert that is over before it can be told again: that Notehub cannot be read.
func losses(clouds []cloud) (all []spell) {
	for _, c := range clouds {
		if c.to-c.from >= 4 {
			all = append(all, spell{c.from, c.to + 2*pollSteps, lost()})
		}
	}
	return all
}

// during returns the trouble at a step; nil is none.
func during(all []spell, step int) *trouble {
	i := slices.IndexFunc(all, func(s spell) bool { return s.from <= step && step < s.to })
	if i < 0 {
		return nil
	}
	return &all[i].trouble
}

// A cloud is a fault of Notehub with its time, in steps.
type cloud struct {
	from, to int
	fault    notehubtest.Fault
}

// clouds lay the faults of Notehub through the week.
func clouds(random *rand.Rand) (all []cloud) {
	kinds := []notehubtest.Fault{
		// A poll waits for minutes if it is refused again and again. That must end within the step, whether it is killed or not.
		{Kind: notehubtest.RateLimited, Times: 2, RetryAfter: 5 * time.Second}, {Kind: notehubtest.RateLimited, Times: 2},
		{Kind: notehubtest.ServerError},
		{Kind: notehubtest.BadGateway}, {Kind: notehubtest.Cut}, {Kind: notehubtest.Truncated}, {Kind: notehubtest.InvalidJSON},
		{Kind: notehubtest.WebPage}, {Kind: notehubtest.TookTooLong}, {Kind: notehubtest.Unauthorized},
		{Kind: notehubtest.Cut, Endpoint: notehubtest.Devices}, {Kind: notehubtest.ServerError, Endpoint: notehubtest.Data},
	}
	for step := 8; ; {
		for _, i := range random.Perm(len(kinds)) {
			from := step + 8 + random.IntN(24)
			step = from + 1 + random.IntN(6)
			if step >= weekSteps {
				return all
			}
			all = append(all, cloud{from, step, kinds[i]})
		}
	}
}
