package env_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// A plan is that of the device list, and lasts at the pace of the last week. It is the same in an evaluation, as of the end of yesterday with
// what has no past, and in a look-up.
func TestPlan(t *testing.T) {
	const project = "app:1"
	nan, now := math.NaN(), time.Date(2026, 6, 17, 10, 0, 0, 0, time.UTC)
	unknown := rules.Plan{Used: nan, Limit: nan, Left: nan, UsedPct: nan, DaysLeft: nan, AgeHours: nan, SIMs: nan, AutoTopupKnown: true}
	mb := func(used, limit, left, pct, days float64) rules.Plan {
		return rules.Plan{Used: used * 1e6, Limit: limit * 1e6, Left: left * 1e6, UsedPct: pct, DaysLeft: days, AgeHours: 1, SIMs: 1, AutoTopupKnown: true}
	}
	plan := func(used, limit float64) *usage.Plan {
		return &usage.Plan{Used: used * 1e6, Limit: limit * 1e6, Updated: now.Add(-time.Hour), SIMs: 1}
	}
	with := func(plan rules.Plan, change func(*rules.Plan)) rules.Plan {
		change(&plan)
		return plan
	}
	for name, c := range map[string]struct {
		plan   *usage.Plan
		week   float64 // MB
		days   int     // since it was provisioned; 0 is a year
		fleets []string
		want   rules.Plan
	}{
		"no SIM":            {want: unknown},
		"it lasts":          {plan: plan(402, 500), week: 11.2, want: mb(402, 500, 98, 80.4, 61.25)},
		"no use":            {plan: plan(402, 500), want: mb(402, 500, 98, 80.4, 36_500)},
		"hardly any use":    {plan: plan(402, 500), week: 0.000_007, want: mb(402, 500, 98, 80.4, 36_500)},
		"used up":           {plan: plan(510, 500), week: 7, want: mb(510, 500, 0, 102, 0)},
		"used up, no use":   {plan: plan(500, 500), want: mb(500, 500, 0, 100, 0)},
		"a limit of 0":      {plan: plan(402, 0), week: 7, want: mb(402, nan, nan, nan, nan)},
		"no limit":          {plan: plan(402, nan), week: 7, want: mb(402, nan, nan, nan, nan)},
		"used is not known": {plan: plan(nan, 500), week: 7, want: mb(nan, 500, nan, nan, nan)},
		"no week":           {plan: plan(402, 500), week: nan, want: mb(402, 500, 98, 80.4, nan)},
		"three whole days":  {plan: plan(402, 500), week: 9.8, days: 4, want: mb(402, 500, 98, 80.4, 30)},
		"two whole days":    {plan: plan(402, 500), week: 9.8, days: 3, want: mb(402, 500, 98, 80.4, nan)},
		"never counted": {
			plan: &usage.Plan{Used: 1e6, Limit: 500e6, SIMs: 2}, week: 7,
			want: with(mb(1, 500, 499, 0.2, 499), func(p *rules.Plan) { p.AgeHours, p.SIMs = nan, 2 }),
		},
		"topped up":                   {fleets: []string{"fleet:no", "fleet:yes", "fleet:null"}, want: with(unknown, func(p *rules.Plan) { p.AutoTopup = true })},
		"not topped up":               {fleets: []string{"fleet:no"}, want: unknown},
		"a fleet that does not say":   {fleets: []string{"fleet:no", "fleet:null"}, want: with(unknown, func(p *rules.Plan) { p.AutoTopupKnown = false })},
		"a fleet that was never read": {fleets: []string{"fleet:none"}, want: with(unknown, func(p *rules.Plan) { p.AutoTopupKnown = false })},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), storetest.Database(t))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			born := now.AddDate(-1, 0, 0)
			if c.days > 0 {
				born = now.AddDate(0, 0, -c.days)
			}
			storetest.SaveDevices(t, db, project, []usage.Device{{UID: "dev:a", Provisioned: born, Fleets: c.fleets, Plan: c.plan}}, now)
			require.NoError(t, db.Usage.SaveFleets(t.Context(), project, []usage.Fleet{
				{UID: "fleet:yes", Assured: rules.True}, {UID: "fleet:no", Assured: rules.False}, {UID: "fleet:null"},
			}))
			var rows []storetest.Usage
			for back := range rules.Day(9) {
				used := 0.0
				if back == 2 {
					used = c.week * 1e6
				}
				rows = append(rows, storetest.Usage{Device: "dev:a", Day: rules.DayOf(now) - back, Figures: storetest.Figures{rules.Bytes: used}})
			}
			storetest.SaveUsage(t, db, project, rows, rules.Bytes)

			rule, problems := rules.Compile(rules.Spec{Name: "plan", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: "plan.days_left < 90"}}})
			require.Empty(t, problems)
			list, err := db.Usage.DeviceList(t.Context(), project)
			require.NoError(t, err)
			fleets, err := env.FleetsAssured(t.Context(), db.Usage, project)
			require.NoError(t, err)
			data := env.Source{Usage: db.Usage, Objects: rule.Reads.Objects}.Data(env.Project{UID: project, Now: now, Assured: fleets}, list)
			block, err := data.Read(t.Context(), data.Reader(rule.Reads.Members), data.Blocks(rules.EachDevice)[0])
			require.NoError(t, err)
			var seen rules.Env
			block.See(&seen, 0)
			yesterday, err := block.EnvAt(t.Context(), 0, rules.DayOf(now)-1)
			require.NoError(t, err)
			requirePlan(t, rules.UnknownEnv().Plan, yesterday.Plan)
			block.Present(yesterday, 0)
			looked, err := env.Look(t.Context(), db, env.Query{Project: project, Subject: "dev:a", Now: now, Wants: rule.Reads.Members})
			require.NoError(t, err)
			for _, got := range []*rules.Env{&seen, yesterday, looked.Env} {
				requirePlan(t, c.want, got.Plan)
			}
		})
	}
}

// requirePlan compares plans, whose numbers may be NaN.
func requirePlan(t *testing.T, want, got rules.Plan) {
	t.Helper()
	for name, pair := range map[string][2]float64{
		"used": {want.Used, got.Used}, "limit": {want.Limit, got.Limit}, "left": {want.Left, got.Left}, "used_pct": {want.UsedPct, got.UsedPct},
		"days_left": {want.DaysLeft, got.DaysLeft}, "age_hours": {want.AgeHours, got.AgeHours}, "sims": {want.SIMs, got.SIMs},
	} {
		near := math.Abs(pair[0]-pair[1]) < 1e-6
		require.True(t, near || math.IsNaN(pair[0]) && math.IsNaN(pair[1]), "%s: want %v, got %v", name, pair[0], pair[1])
	}
	require.Equal(t, want.AutoTopupKnown, got.AutoTopupKnown)
	require.Equal(t, want.AutoTopup, got.AutoTopup)
}
