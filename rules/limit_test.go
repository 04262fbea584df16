package rules_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// A limit may follow what a subject is given. A subject with a limit of its own has that, also where the other is no data.
func TestLimitThatFollowsData(t *testing.T) {
	for name, c := range map[string]struct {
		limits  map[string]float64
		devices float64
		used    float64
		limit   float64
		result  rules.Result
	}{
		"below":            {nil, 10, 99, 100, rules.Result{}},
		"above":            {nil, 9, 99, 90, warning},
		"no data":          {nil, math.NaN(), 99, math.NaN(), rules.Result{Most: rules.Warning}},
		"own":              {map[string]float64{"app:1": 120}, 9, 99, 120, rules.Result{}},
		"own by name":      {map[string]float64{"lab": 80}, 10, 99, 80, warning},
		"own, and no data": {map[string]float64{"lab": 80}, math.NaN(), 99, 80, warning},
		"that of another":  {map[string]float64{"app:2": 80}, 10, 99, 100, rules.Result{}},
	} {
		t.Run(name, func(t *testing.T) {
			spec := rules.Spec{Name: "budget", Each: rules.EachProject, Limit: "10 * project.device_count", When: at(rules.Warning, "bytes.used > limit")}
			if c.limits != nil {
				spec.Limits = rules.NewLimits(c.limits)
			}
			r, problems := rules.Compile(spec)
			require.Empty(t, problems)
			require.True(t, math.IsNaN(r.Limit))
			require.True(t, r.Varies())
			require.True(t, r.Reads.Counts)
			env := rules.UnknownEnv()
			env.Project = rules.Project{Known: true, UID: "app:1", Name: "lab", DeviceCounts: rules.DeviceCounts{DeviceCount: c.devices}}
			env.Bytes.Used = c.used
			e := r.Eval(rules.NewView(&env))
			require.Equal(t, c.result, e.Result)
			if math.IsNaN(c.limit) {
				require.True(t, math.IsNaN(e.Limit))
			} else {
				require.InDelta(t, c.limit, e.Limit, 0)
			}
		})
	}
}

// Subjects of every kind may have limits of their own, by UID or name.
func TestLimitOfEachScope(t *testing.T) {
	env := rules.UnknownEnv()
	env.Device.UID, env.Device.Name = "dev:1", "pump-7"
	env.Fleet.UID, env.Fleet.Name = "fleet:1", "pumps"
	env.Route.UID, env.Route.Name = "route:1", "cloud"
	env.Project.UID, env.Project.Name = "app:1", "lab"
	env.Account, env.Org.Name = "acme", "Acme Ltd"
	for each, subjects := range map[rules.Scope][]string{
		rules.EachDevice: {"dev:1", "pump-7"}, rules.EachFleet: {"fleet:1", "pumps"}, rules.EachRoute: {"route:1", "cloud"},
		rules.EachProject: {"app:1", "lab"}, rules.EachOrganization: {"acme", "Acme Ltd"},
	} {
		for _, subject := range subjects {
			metric := "events.used"
			if each == rules.EachRoute {
				metric = "routed.used"
			}
			spec := rules.Spec{Name: "budget", Each: each, Limit: "40", Limits: rules.NewLimits(map[string]float64{subject: 50}), When: at(rules.Warning, metric+" > limit")}
			r, problems := rules.Compile(spec)
			require.Empty(t, problems)
			require.InDelta(t, 50, r.Eval(rules.NewView(&env)).Limit, 0, subject)
		}
	}
	require.ElementsMatch(t, rules.Scopes(), []rules.Scope{rules.EachDevice, rules.EachFleet, rules.EachRoute, rules.EachProject, rules.EachOrganization}, "a new scope needs a row")
}

// Rules that are evaluated together have limits of their own, and explanations show them.
func TestLimitsOfSeveralRules(t *testing.T) {
	set := rules.NewSet()
	spec := ruleWhen("bytes.used > 2 * limit")
	spec.Limit, spec.Limits = "40", rules.NewLimits(map[string]float64{"dev:1": 50})
	one, problems := set.Compile(spec)
	require.Empty(t, problems)
	spec.Name, spec.Limits = "other", rules.NewLimits(map[string]float64{"dev:1": 60, "dev:2": 70})
	other, problems := set.Compile(spec)
	require.Empty(t, problems)
	env := rules.UnknownEnv()
	env.Bytes.Used = 110
	view := rules.NewView(&env)
	for uid, want := range map[string][2]float64{"dev:1": {50, 60}, "dev:2": {40, 70}, "dev:3": {40, 40}} {
		env.Device.UID = uid
		view.Renew()
		require.InDelta(t, want[0], one.Eval(view).Limit, 0)
		require.InDelta(t, want[1], other.Eval(view).Limit, 0)
		require.Equal(t, 110 > 2*want[1], other.Eval(view).Result.Least == rules.Warning, uid)
	}
	env.Device.UID = "dev:2"
	view.Renew()
	lines := other.Explain(view).Lines(func(value float64, unit string) string { return fmt.Sprint(value, " ", unit) })
	require.Contains(t, lines[0], "limit 70 B = 140 B")
	require.Equal(t, "bytes.used", other.Show, "not the limit")
}

// A limit that follows data moves once two device lists in a row say so. What still fires keeps its message, what does not is resolved, of
// every kind; what is no data moves nothing.
func TestLimitThatMoves(t *testing.T) {
	type list struct {
		after time.Duration // since the list before
		limit float64
		level rules.Result // what the condition says with that limit
		event rules.Event
		state rules.State
		want  float64 // limit of the alert
	}
	const stays = rules.None
	for name, c := range map[string]struct {
		kind  rules.Kind
		lists []list
	}{
		"raised, still firing": {rules.Live, []list{{hour, 50, warning, stays, rules.Firing, 40}, {hour, 50, warning, rules.Updated, rules.Firing, 50}, {hour, 50, warning, stays, rules.Firing, 50}}},
		"of one list":          {rules.PeriodRule, []list{{hour, 50, quiet, stays, rules.Firing, 40}, {0, 50, quiet, stays, rules.Firing, 40}, {hour, 50, quiet, rules.EventResolved, rules.Resolved, 50}}},
		"there and back":       {rules.PeriodRule, []list{{hour, 50, quiet, stays, rules.Firing, 40}, {hour, 40, warning, stays, rules.Firing, 40}, {hour, 50, quiet, stays, rules.Firing, 40}}},
		"to and fro":           {rules.PeriodRule, []list{{hour, 50, quiet, stays, rules.Firing, 40}, {hour, 60, quiet, stays, rules.Firing, 40}, {hour, 60, quiet, rules.EventResolved, rules.Resolved, 60}}},
		"no data":              {rules.PeriodRule, []list{{hour, math.NaN(), noData, stays, rules.Firing, 40}, {hour, math.NaN(), noData, stays, rules.Firing, 40}}},
		"latches otherwise":    {rules.PeriodRule, []list{{hour, 40, quiet, stays, rules.Firing, 40}}},
		"of a day rule":        {rules.DayRule, []list{{hour, 50, quiet, rules.Updated, rules.Firing, 40}, {hour, 50, quiet, rules.EventResolved, rules.Resolved, 50}}},
		"lowered":              {rules.Live, []list{{hour, 10, critical, rules.Escalated, rules.Firing, 40}, {hour, 10, critical, stays, rules.Firing, 40}, {hour, 10, critical, rules.Updated, rules.Firing, 10}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := rule(c.kind, nil)
			v := verdict(warning)
			v.Listed = monday
			a, event := key.Inactive().Next(r, v, monday)
			require.Equal(t, rules.Fired, event)
			now := monday
			for i, l := range c.lists {
				now = now.Add(minute)
				v := verdict(l.level)
				v.Limit, v.DayEnd = l.limit, warning
				v.Listed = monday.Add(time.Duration(i+1) * l.after)
				if l.after == 0 {
					v.Listed = monday.Add(hour)
				}
				before := a
				a, event = a.Next(r, v, now)
				require.Equal(t, l.event, event, "list %d", i)
				require.Equal(t, l.state, a.State, "list %d", i)
				require.InDelta(t, l.want, a.Limit, 0, "list %d", i)
				if a.Then.Next != before.Then.Next {
					require.False(t, a.Unchanged(before), "list %d: what a list says is stored", i)
				}
			}
		})
	}
}
