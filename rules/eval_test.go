package rules_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// unknown returns an Env of which nothing is known but how many days and polls there were.
func unknown() rules.Env {
	none := rules.Metric{Today: nan, Yesterday: nan, Used: nan, Prev: nan, D7: nan, D30: nan, Median: nan}
	return rules.Env{
		Bytes: none, Events: none, Sessions: none,
		Device:  rules.Device{Voltage: nan, SilentHours: nan, AgeDays: nan},
		Project: rules.Project{DeviceCounts: rules.DeviceCounts{SilentPct: nan}},
		Period:  rules.Period{ElapsedPct: 50, DaysLeft: 15},
		Poll:    rules.Poll{AgeMinutes: 5},
	}
}

// scene is what the truth table is evaluated on. Unknown are x and y (bytes.today, events.today), every other figure of
// bytes and events but median, and the project. Known are z = 10 (sessions.today), the device but not its voltage, and
// medians. The series of bytes has a hole, that of events is empty, that of sessions is 1, 2, … 7.
func scene() rules.Env {
	env := unknown()
	env.Bytes.Median, env.Events.Median = 3, 0
	env.Bytes.Series = []float64{6, nan, 8}
	env.Sessions = rules.Metric{Today: 10, Yesterday: 5, Used: 100, Prev: 80, D7: 28, D30: 90, Median: 4, Usual: 240, H1: 30, H6: 120, Days: 7,
		Series: []float64{1, 2, 3, 4, 5, 6, 7}}
	env.Device = rules.Device{Known: true, UID: "dev:1", Name: "pump-7", Fleets: []string{"north", "production"}, FleetsKnown: true, FleetUIDs: []string{"fleet:a", "fleet:b"},
		Firmware: "1.2.3", Voltage: nan, SilentHours: 2, AgeDays: 30}
	return env
}

// judge evaluates one condition as a rule of one level.
func judge(t *testing.T, expr string, env rules.Env) rules.Truth {
	t.Helper()
	rule := compile(t, rules.Spec{Name: "test", Each: rules.EachDevice,
		When: []rules.Condition{{Level: rules.Warning, Expr: expr}}})
	got := rule.Eval(rules.NewView(&env))
	require.NoError(t, got.Err)
	switch got.Result {
	case rules.Result{Least: rules.Warning, Most: rules.Warning}:
		return rules.True
	case rules.Result{}:
		return rules.False
	}
	require.Equal(t, rules.Result{Least: rules.Inactive, Most: rules.Warning}, got.Result)
	return rules.NoData
}

func compile(t testing.TB, spec rules.Spec) *rules.Rule {
	t.Helper()
	rule, problems := rules.Compile(spec)
	require.Empty(t, problems)
	return rule
}

func TestTruth(t *testing.T) {
	const (
		yes, no, noData = rules.True, rules.False, rules.NoData

		x, y, z = "bytes.today", "events.today", "sessions.today"
	)
	tests := []struct {
		expr string
		want rules.Truth
	}{
		// A comparison with no data is no data, whatever it compares with.
		{x + " == 0", noData},
		{x + " != 0", noData},
		{x + " == " + y, noData},
		{x + " == " + x, noData},
		{x + " in [0, 1]", noData},
		{x + " not in [0, 1]", noData},
		{z + " in [0, " + x + "]", noData},
		{"!(" + x + " < 14)", noData},
		{"not (" + x + " >= 14)", noData},
		{"0 < " + x + " < 5", noData},
		{z + " in [0, 10]", yes},
		{z + " not in [0, 10]", no},
		{"5 < " + z + " <= 10", yes},

		// So is what a function makes of no data.
		{"max(1, " + x + "/24) < 5", noData},
		{"min(" + z + ", " + x + ") < 5", noData},
		{"int(" + x + ") > 5", noData},
		{"abs(-" + x + ") > 5", noData},
		{"string(" + x + ") == \"NaN\"", noData},
		{"mean(" + x + ", " + z + ") > 0", noData},
		{"max(1, " + z + "/24) < 5", yes},
		{"max(1, " + z + ") == 10", yes},
		{"int(" + z + " / 3) == 3", yes},

		// The connectives follow Kleene.
		{x + " > 5 || " + z + " == 10", yes},
		{z + " == 10 || " + x + " > 5", yes},
		{x + " > 5 || " + z + " == 0", noData},
		{x + " > 5 && " + z + " == 0", no},
		{x + " > 5 && " + z + " == 10", noData},
		{x + " > 5 and not (" + z + " == 10)", no},
		{"!(" + x + " > 5 && " + z + " == 0)", yes},
		{x + " > 5 || !(" + x + " > 5)", noData},
		{"(" + x + " > 5 || " + z + " == 10) && (" + y + " > 5 || " + z + " > 9)", yes},

		// A condition that is no data decides where both branches agree.
		{x + " > 5 ? " + z + " == 10 : " + z + " > 9", yes},
		{x + " > 5 ? " + z + " == 0 : " + z + " > 10", no},
		{x + " > 5 ? " + z + " == 10 : " + z + " == 0", noData},
		{z + " == 10 ? " + z + " > 5 : " + x + " > 5", yes},
		{z + " == 0 ? " + z + " > 5 : " + x + " > 5", noData},
		{"(" + z + " > 5 ? 1 : " + x + ") == 1", yes},
		{"(" + z + " > 50 ? 1 : " + x + ") == 1", noData},
		{"(" + x + " > 5 ? 1 : 1) == 1", noData},
		{"if " + z + " > 5 { true } else { " + x + " > 5 }", yes},

		// Truths are compared like everything else.
		{"(" + x + " > 5) == true", noData},
		{"(" + x + " > 5) != (" + z + " > 5)", noData},
		{"(" + z + " > 5) == (" + z + " == 10)", yes},
		{"(" + x + " > 5 || " + z + " == 10) == true", yes},
		{"(" + x + " > 5 && " + z + " == 0) == false", yes},

		// Only ?? replaces no data.
		{"(" + x + " ?? 0) > 5", no},
		{"(" + x + " ?? 9) > 5", yes},
		{"(" + z + " ?? 0) > 5", yes},
		{"(" + x + " ?? " + y + ") > 5", noData},
		{"(" + x + " ?? " + y + " ?? " + z + ") == 10", yes},
		{"((" + x + " ?? " + y + ") ?? 7) == 7", yes},
		{"(" + x + " ?? (" + y + " ?? 7)) == 7", yes},
		{"((" + x + " / 2 + 1) ?? 3) == 3", yes},
		{"(" + x + " > 5) ?? true", yes},
		{"(" + x + " > 5) ?? false", no},
		{"(" + x + " > 5 || " + z + " == 10) ?? false", yes},
		{"(" + x + " > 5) ?? (" + y + " > 5)", noData},
		{"((" + z + " / 0) ?? 3) == 3", yes},
		{"(bytes.series ?? sessions.series)[0] == 1", yes},
		{"(project.name ?? \"none\") == \"none\"", yes},

		// What has no value is no data.
		{z + "/0 > 5", noData},
		{z + "/events.median > 5", noData},
		{z + "/(events.median - 0) > 5", noData},
		{z + "/(sessions.today - 10) > 5", noData},
		{z + "/bytes.median > 3", yes},
		{"int(" + z + ") % int(bytes.median) == 1", yes},
		{"int(" + z + ") % int(events.median) == 1", noData},
		{z + "/0 > 5 || " + z + " == 10", yes},
		{"0/0 == 0 && " + z + " == 0", no},
		{"(-" + z + ") ** 0.5 > 0", noData},
		{"events.median ** -1 > 0", noData},
		{z + " ** 400 > 5", noData},
		{z + " ** 2 == 100", yes},
		{"1 / (" + z + " ** 400) < 5", noData},
		{z + " * 1e308 * 1e308 > 5", noData},
		{"max(0, " + z + " * 1e308 * 1e308) > 5", noData},
		{z + " * 1e308 * 1e308 - " + z + " * 1e308 * 1e308 == 0", noData},
		{"int(" + z + " * 1e30) > 5", noData},
		{"int(" + z + ") * 9007199254740992 * 9007199254740992 > 0", yes},

		// A series that is empty or has a hole is no data.
		{"all(bytes.series, # > 5)", noData},
		{"any(bytes.series, # > 5)", noData},
		{"none(events.series, # > 5)", noData},
		{"len(events.series) == 0", noData},
		{"bytes.series[0] == 6", noData},
		{"sum(bytes.series) > 5", noData},
		{"all(sessions.series, # > 0)", yes},
		{"all(sessions.series, # > 1)", no},
		{"none(sessions.series, # > 7)", yes},
		{"one(sessions.series, # > 6)", yes},
		{"count(sessions.series, # > 5) == 2", yes},
		{"sessions.series[-1] == 7", yes},
		{"sessions.series[6] == 7", yes},
		{"sessions.series[7] == 7", noData},
		{"sessions.series[-8] == 7", noData},
		{"sessions.series[int(" + z + ")] == 7", noData},
		{"sessions.series[int(" + x + ")] == 7", noData},
		{"sessions.series[7] == 7 || " + z + " == 10", yes},
		{"mean(sessions.series[-3:]) == 6", yes},
		{"mean(sessions.series[9:]) == 0", noData},
		{"all(sessions.series[9:], # > 0)", noData},
		{"len(sessions.series[:3]) == 3", yes},
		{"max(filter(sessions.series, # > 9)) > 0", noData},
		{"first(filter(sessions.series, # > 9)) == 0 || " + z + " == 10", yes},
		{"len(filter(sessions.series, # > 9)) == 0", yes},
		{"sum(filter(sessions.series, # > 9)) == 0", yes},
		{"sum(map(sessions.series, # * #)) == 140", yes},
		{"sum(sessions.series, # + " + x + ") > 0", noData},
		{"sort(sessions.series)[-2] == 6", yes},
		{"reverse(sessions.series)[0] == 7", yes},
		{"first(sessions.series) + last(sessions.series) == 8", yes},
		{"median(sessions.series) == 4", yes},
		{"find(sessions.series, # > 3) == 4", yes},
		{"find(sessions.series, # > 9) == 4", noData},
		{"findLast(sessions.series, # < 3) == 2", yes},
		{"findIndex(sessions.series, # > 3) == 3", yes},
		{"findIndex(sessions.series, # > 9) == 3", noData},
		{"8 - findLast(sessions.series, # < 3) == 6", yes},
		{"8 - last(filter(sessions.series, # < 3)) == 6", yes},
		{"8 - filter(sessions.series, # < 3)[-1] == 6", yes},
		{"8 - map(filter(sessions.series, # < 3), # * 2)[-1] == 4", yes},
		{"sum(map(sessions.series, #index)) == 21", yes},

		// all, any and none follow Kleene over the elements; the others need all of them.
		{"any(sessions.series, # == 7 || # > " + x + ")", yes},
		{"any(sessions.series, # > " + x + ")", noData},
		{"any(sessions.series, # > 7 && # > " + x + ")", no},
		{"all(sessions.series, # < 7 && # < " + x + ")", no},
		{"all(sessions.series, # < 8 || # < " + x + ")", yes},
		{"all(sessions.series, # < " + x + ")", noData},
		{"none(sessions.series, # == 7 || # > " + x + ")", no},
		{"none(sessions.series, # > 7 && # > " + x + ")", yes},
		{"count(sessions.series, # > 7 && # > " + x + ") == 0", yes},
		{"count(sessions.series, # > " + x + ") >= 0", noData},
		{"one(sessions.series, # > " + x + ")", noData},
		{"all(sessions.series, 1 / (# - 3) < 5)", noData},
		{"any(sessions.series, 1 / (# - 3) == 1)", yes},
		{"any(sessions.series, any(sessions.series, # == 7)) && all(sessions.series, # > 0)", yes},
		{"any(sessions.series[:2], count(sessions.series, # > 5) > #)", yes},

		// All of an object that is not known is no data, and so is a member of a known one that is NaN.
		{"device.silent_hours > 1", yes},
		{"device.voltage < 3", noData},
		{"device.disabled", no},
		{"!device.disabled && device.age_days == 30", yes},
		{"device.name startsWith \"pump\"", yes},
		{"device.name matches \"^pump-[0-9]+$\"", yes},
		{"upper(device.name) contains \"PUMP\"", yes},
		{"device.firmware endsWith \"3\"", yes},
		{"\"production\" in device.fleets", yes},
		{"\"lab\" not in device.fleets", yes},
		{"any(device.fleet_uids, # startsWith \"fleet:\")", yes},
		{"hasPrefix(device.name, \"pump\") && !hasSuffix(device.name, \"8\")", yes},
		{"indexOf(device.name, \"-\") == 4 && lastIndexOf(device.name, \"x\") == -1", yes},
		{"trim(\" a \") == lower(\"A\") && trimPrefix(device.name, \"pump-\") == \"7\"", yes},
		{"hasPrefix(project.name, \"cold\")", noData},
		{"device.name < \"q\" && device.name >= \"pump\"", yes},
		{"device.name + device.uid == \"pump-7dev:1\"", yes},
		{"project.active == 0", noData},
		{"project.name == \"\"", noData},
		{"project.name != \"cold-chain\"", noData},
		{"project.silent_pct > 5 || device.age_days == 30", yes},
		{"poll.truncated", no},
		{"poll.failures == 0 && poll.age_minutes < 60", yes},
		{"period.elapsed_pct >= 50", yes},
		{"bytes.days == 0", yes},

		// Byte counts are decimal unless they say otherwise.
		{z + " * 100 == kb(1)", yes},
		{"mb(1) == 1000 * kb(1) && gb(1) == 1000 * mb(1) && " + z + " == 10", yes},
		{"kib(1) == 1024 && mib(1) == 1048576 && gib(1) == 1073741824 && " + z + " == 10", yes},
		{"kb(" + z + ") == 10000", yes},
		{"kb(" + x + ") > 1", noData},
	}
	for _, test := range tests {
		t.Run(test.expr, func(t *testing.T) {
			require.Equal(t, test.want, judge(t, test.expr, scene()))
		})
	}
}

func TestLevels(t *testing.T) {
	const x, y, z = "bytes.today", "events.today", "sessions.today" // unknown, unknown, 10
	level := func(info, warning, critical string) rules.Spec {
		s := rules.Spec{Name: "test", Each: rules.EachDevice}
		for i, expr := range []string{info, warning, critical} {
			if expr != "" {
				s.When = append(s.When, rules.Condition{Level: rules.Info + rules.Level(i), Expr: expr})
			}
		}
		return s
	}
	where := func(where string, s rules.Spec) rules.Spec {
		s.Where = where
		return s
	}
	tests := map[string]struct {
		spec     rules.Spec
		least    rules.Level
		most     rules.Level
		selected rules.Truth
	}{
		"none reached":           {level(z+" > 20", z+" > 30", z+" > 40"), rules.Inactive, rules.Inactive, rules.True},
		"lowest reached":         {level(z+" > 5", z+" > 30", z+" > 40"), rules.Info, rules.Info, rules.True},
		"highest reached":        {level(z+" > 5", z+" > 6", z+" > 7"), rules.Critical, rules.Critical, rules.True},
		"all unknown":            {level(x+" > 5", x+" > 30", x+" > 40"), rules.Inactive, rules.Critical, rules.True},
		"highest of two unknown": {level(x+" > 5", x+" > 30", ""), rules.Inactive, rules.Warning, rules.True},
		"at least warning":       {level("", z+" > 5", x+" > 40"), rules.Warning, rules.Critical, rules.True},
		"at most info":           {level(x+" > 5", z+" > 30", z+" > 40"), rules.Inactive, rules.Info, rules.True},
		"higher only":            {level("", z+" > 30", z+" > 5"), rules.Critical, rules.Critical, rules.True},
		"higher hides unknown":   {level("", x+" > 30", z+" > 5"), rules.Critical, rules.Critical, rules.True},
		"unknown in between":     {level(z+" > 5", x+" > 30", z+" > 40"), rules.Info, rules.Warning, rules.True},

		"not selected":          {where(z+" > 20", level("", z+" > 5", z+" > 6")), rules.Inactive, rules.Inactive, rules.False},
		"not selected, no data": {where(z+" > 20", level("", x+" > 5", "")), rules.Inactive, rules.Inactive, rules.False},
		"perhaps selected":      {where(x+" > 20", level("", z+" > 5", z+" > 6")), rules.Inactive, rules.Critical, rules.NoData},
		"perhaps, but quiet":    {where(y+" > 20", level("", z+" > 50", "")), rules.Inactive, rules.Warning, rules.NoData},
		"surely selected":       {where(x+" > 20 || "+z+" == 10", level("", z+" > 5", "")), rules.Warning, rules.Warning, rules.True},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			env := scene()
			got := compile(t, test.spec).Eval(rules.NewView(&env))
			require.NoError(t, got.Err)
			require.Equal(t, rules.Result{Least: test.least, Most: test.most}, got.Result)
			require.Equal(t, test.selected, got.Selected)
			require.Equal(t, rules.NoData, got.Recovered, "without resolve_when")
		})
	}
}

func TestLetAndLimit(t *testing.T) {
	rule := compile(t, rules.Spec{
		Name: "flood", Each: rules.EachDevice, Limit: "2 * mb(20) / 1e6",
		Let: []rules.Let{
			{Name: "hourly", Expr: "sessions.median / 24"},
			{Name: "usual", Expr: "max(hourly, 1)"},
			{Name: "far", Expr: "limit / 4"},
			{Name: "steep", Expr: "round(10 / 3)"},
			{Name: "busy", Expr: "sessions.today > far * usual - 1 && steep == 3"},
			{Name: "anywhere", Expr: `"production" in device.fleets`},
		},
		Where:       "anywhere",
		When:        at(rules.Warning, "busy && sessions.used > limit"),
		ResolveWhen: "!busy || bytes.today > 5",
	})
	require.InDelta(t, 40, rule.Limit, 0)

	env := scene()
	got := rule.Eval(rules.NewView(&env))
	require.Equal(t, rules.Result{Least: rules.Warning, Most: rules.Warning}, got.Result)
	require.Equal(t, rules.NoData, got.Recovered)

	env.Sessions.Today = 9
	got = rule.Eval(rules.NewView(&env))
	require.Equal(t, rules.Result{}, got.Result)
	require.Equal(t, rules.True, got.Recovered)

	env.Sessions.Median = nan
	got = rule.Eval(rules.NewView(&env))
	require.Equal(t, rules.Result{Most: rules.Warning}, got.Result)

	env.Sessions.Used = 40
	got = rule.Eval(rules.NewView(&env))
	require.Equal(t, rules.Result{}, got.Result, "whatever is usual, the limit is not passed")
}

func TestValueAndUsual(t *testing.T) {
	tests := map[string]struct {
		when         string
		value, usual float64
	}{
		"metric":         {"sessions.today > 5", 10, 240},
		"of a period":    {"sessions.used > 5", 100, nan},
		"if it is read":  {"sessions.used > 2 * sessions.prev", 100, 80},
		"unknown":        {"bytes.used > 5 || bytes.prev > 5", nan, nan},
		"in an hour":     {"sessions.h1 > 5", 30, 10},
		"in six hours":   {"sessions.h6 > 5", 120, 60},
		"of a sum":       {"sessions.d7 > 5", 28, nan},
		"of an object":   {"device.silent_hours > 5", 2, nan},
		"unknown object": {"project.silent > 5", nan, nan},
		"days":           {"sessions.days > 5", 7, nan},
		"nothing":        {"device.disabled", nan, nan},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			env := scene()
			got := compile(t, ruleWhen(test.when)).Eval(rules.NewView(&env))
			require.InDelta(t, test.value, got.Value, 0)
			require.InDelta(t, test.usual, got.Usual, 0)
		})
	}
}

// TestErrorsAreNoData shows what comes of an evaluation that fails: lists beyond the memory budget are the one way.
func TestErrorsAreNoData(t *testing.T) {
	long := make([]float64, 200_000)
	env := scene()
	env.Sessions.Series = long
	tests := map[string]rules.Spec{
		"when":         ruleWhen("len(map(sessions.series, # + 1)) > 5"),
		"where":        {Name: "test", Each: rules.EachDevice, Where: "len(map(sessions.series, #)) > 5", When: at(rules.Warning, "sessions.today > 5")},
		"resolve_when": {Name: "test", Each: rules.EachDevice, ResolveWhen: "len(map(sessions.series, #)) > 5", When: at(rules.Warning, "sessions.today > 5")},
	}
	for field, spec := range tests {
		t.Run(field, func(t *testing.T) {
			view := rules.NewView(&env)
			got := compile(t, spec).Eval(view)
			require.ErrorContains(t, got.Err, "evaluating "+field)
			require.ErrorContains(t, got.Err, "memory budget exceeded")
			require.Equal(t, rules.Result{Least: rules.Inactive, Most: rules.Warning}, got.Result)

			got = compile(t, ruleWhen("sessions.today > 5")).Eval(view)
			require.NoError(t, got.Err, "the view is still good")
			require.Equal(t, rules.Result{Least: rules.Warning, Most: rules.Warning}, got.Result)
		})
	}
}

// TestViewLeavesEnv shows that reading an Env does not change it.
func TestViewLeavesEnv(t *testing.T) {
	env := scene()
	env.Events.Today = math.Inf(1)
	rules.NewView(&env)
	require.True(t, math.IsInf(env.Events.Today, 1))
	require.Len(t, env.Bytes.Series, 3)
}

// TestWhatCountsAsData draws the line around numbers that arithmetic is exact and safe with.
func TestWhatCountsAsData(t *testing.T) {
	tests := map[float64]rules.Truth{
		0: rules.False, 1e12: rules.True, 1 << 53: rules.True, 1 << 54: rules.NoData, -1e12: rules.False,
		math.Inf(1): rules.NoData, math.Inf(-1): rules.NoData, nan: rules.NoData, math.MaxFloat64: rules.NoData,
		5e-324: rules.NoData, 1e-29: rules.False,
	}
	for x, want := range tests {
		env := scene()
		env.Bytes.Today = x
		require.Equal(t, want, judge(t, "bytes.today > 5", env), x)
		env.Bytes.Series = []float64{x, 1}
		require.Equal(t, want, judge(t, "bytes.series[0] > 5", env), x)
	}
}

// TestArithmeticDoesNotWrap takes arithmetic to its ends: it gives no data there, not something else.
func TestArithmeticDoesNotWrap(t *testing.T) {
	env := scene()
	env.Bytes.Today, env.Events.Today = 1<<53, 1e-29
	env.Sessions.Series = []float64{1 << 53, 1 << 53, 1 << 53}
	for expr, want := range map[string]rules.Truth{
		"sum(sessions.series, int(#) * 500) > 0":                       rules.True,
		"int(bytes.today) * int(bytes.today) > 0":                      rules.True,
		"bytes.today * bytes.today > 0":                                rules.True,
		"bytes.today" + strings.Repeat(" / events.today", 9) + " > 0":  rules.True,
		"bytes.today" + strings.Repeat(" / events.today", 11) + " > 0": rules.NoData,
		"mean(bytes.today ** 19, bytes.today ** 19) > 0":               rules.True,
		"mean(bytes.today ** 20, 1) > 0":                               rules.NoData,
		"bytes.today ** 19 + bytes.today ** 19 > 0":                    rules.True,
		"bytes.today ** 19 * 1e10 > 0":                                 rules.NoData,
		"1 / (bytes.today ** 19 * 1e10) < 5":                           rules.NoData,
		"max(1, 5 - bytes.today ** 19 * 1e10) == 1":                    rules.NoData,
	} {
		require.Equal(t, want, judge(t, expr, env), expr)
	}
}
