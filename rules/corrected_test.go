package rules_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// A reading is what one poll finds, and what must follow.
type reading struct {
	at         time.Duration // since monday
	used       float64       // MB in the period so far
	today      float64       // events of this day so far
	yesterday  float64       // events of the day before, as of its end
	elapsedPct float64
	newPeriod  bool

	event rules.Event
	level rules.Level
}

func (r reading) view(today float64) *rules.View {
	env := unknown()
	env.Bytes.Used, env.Events.Today = r.used, today
	env.Period.ElapsedPct = r.elapsedPct
	return rules.NewView(&env)
}

// verdict is what a poll makes of the reading.
func (r reading) verdict(rule *rules.Rule) rules.Verdict {
	now, end := r.view(r.today), r.view(r.yesterday)
	v := rules.Verdict{
		Evaluation: rule.Eval(now), DayEnd: rule.Eval(end).Result,
		Growing: rule.Growing(now), DayEndGrowing: rule.Growing(end),
		Period: monday, AsOf: monday.Add(r.at),
	}
	if r.newPeriod {
		v.Period = monday.AddDate(0, 1, 0)
	}
	return v
}

func TestCorrected(t *testing.T) {
	budget := rules.Spec{Limit: "6", When: []rules.Condition{
		{Level: rules.Warning, Expr: "bytes.used > 0.8 * limit"}, {Level: rules.Critical, Expr: "bytes.used > limit"},
	}}
	pace := rules.Spec{Limit: "6", When: []rules.Condition{{Level: rules.Critical, Expr: "bytes.used > limit * period.elapsed_pct / 100"}}}
	hysteresis := rules.Spec{Limit: "6", When: budget.When[1:], ResolveWhen: "bytes.used < 0.5 * limit"}
	flood := rules.Spec{When: []rules.Condition{{Level: rules.Critical, Expr: "events.today > 500"}}}
	calming := rules.Spec{When: flood.When, ResolveWhen: "events.today < 50"}
	both := rules.Spec{When: []rules.Condition{{Level: rules.Critical, Expr: "bytes.used > 6 || events.today > 500"}}}
	live := rules.Spec{When: []rules.Condition{{Level: rules.Critical, Expr: "period.elapsed_pct > 50"}}}
	held := rules.Spec{Limit: "6", When: budget.When, For: 30 * minute}

	const ten, fourteen, stays = 10 * hour, 14 * hour, rules.None
	for name, test := range map[string]struct {
		spec     rules.Spec
		readings []reading
	}{
		"a period rule ends and fires again in the same period": {budget, []reading{
			{at: ten, used: 7, event: rules.Fired, level: rules.Critical},
			{at: ten + 15*minute, used: 3, event: rules.Corrected, level: rules.Critical},
			{at: 19 * day, used: 6.1, event: rules.Fired, level: rules.Critical},
		}},
		"no data corrects nothing": {budget, []reading{
			{at: ten, used: 7, event: rules.Fired, level: rules.Critical},
			{at: ten + 15*minute, used: nan, event: stays, level: rules.Critical},
			{at: ten + 30*minute, used: 3, event: rules.Corrected, level: rules.Critical},
		}},
		"a lower level that holds stays": {budget, []reading{
			{at: ten, used: 5, event: rules.Fired, level: rules.Warning},
			{at: 11 * hour, used: 7, event: rules.Escalated, level: rules.Critical},
			{at: 12 * hour, used: 5.5, event: rules.Deescalated, level: rules.Warning},
			{at: 13 * hour, used: 4, event: rules.Corrected, level: rules.Warning},
		}},
		"compared is what was announced, not the peak": {budget, []reading{
			{at: ten, used: 6.5, event: rules.Fired, level: rules.Critical},
			{at: 11 * hour, used: 9, event: stays, level: rules.Critical},
			{at: 12 * hour, used: 7, event: stays, level: rules.Critical},
			{at: 13 * hour, used: 5.9, event: rules.Deescalated, level: rules.Warning},
		}},
		"a condition that is false for another reason latches": {pace, []reading{
			{at: ten, used: 2, elapsedPct: 15, event: rules.Fired, level: rules.Critical},
			{at: 7 * day, used: 2.1, elapsedPct: 38, event: stays, level: rules.Critical},
			{at: 8 * day, used: 2.05, elapsedPct: 40, event: stays, level: rules.Critical},
			{at: 30 * day, used: 0.1, newPeriod: true, event: rules.PeriodEnded, level: rules.Critical},
		}},
		"until what was announced is corrected": {pace, []reading{
			{at: ten, used: 2, elapsedPct: 15, event: rules.Fired, level: rules.Critical},
			{at: 7 * day, used: 2.1, elapsedPct: 38, event: stays, level: rules.Critical},
			{at: 8 * day, used: 0.1, elapsedPct: 41, event: rules.Corrected, level: rules.Critical},
		}},
		"rounding corrects nothing": {pace, []reading{
			{at: ten, used: 2, elapsedPct: 15, event: rules.Fired, level: rules.Critical},
			{at: 7 * day, used: 1.99, elapsedPct: 38, event: stays, level: rules.Critical},
		}},
		"with resolve_when the end waits for it": {hysteresis, []reading{
			{at: ten, used: 7, event: rules.Fired, level: rules.Critical},
			{at: 11 * hour, used: 4, event: stays, level: rules.Critical},
			{at: 12 * hour, used: 2, event: rules.Corrected, level: rules.Critical},
		}},
		"a day rule does not wait for midnight": {flood, []reading{
			{at: fourteen, today: 600, event: rules.Fired, level: rules.Critical},
			{at: fourteen + 15*minute, today: 90, event: rules.Corrected, level: rules.Critical},
			{at: 18 * hour, today: 510, event: rules.Fired, level: rules.Critical},
		}},
		"a new day is no correction": {flood, []reading{
			{at: fourteen, today: 600, event: rules.Fired, level: rules.Critical},
			{at: day + 10*minute, today: 2, yesterday: 700, event: rules.Updated, level: rules.Critical},
			{at: 2*day + 10*minute, today: 0, yesterday: 24, event: rules.EventResolved, level: rules.Critical},
		}},
		"the day before is compared as of its end": {flood, []reading{
			{at: 23*hour + 30*minute, today: 600, event: rules.Fired, level: rules.Critical},
			{at: day + 6*hour, today: 6, yesterday: 90, event: rules.Corrected, level: rules.Critical},
		}},
		"with resolve_when too": {calming, []reading{
			{at: 23*hour + 30*minute, today: 600, event: rules.Fired, level: rules.Critical},
			{at: day + 6*hour, today: 6, yesterday: 90, event: rules.Corrected, level: rules.Critical},
		}},
		"and what was right resolves": {calming, []reading{
			{at: 23*hour + 30*minute, today: 600, event: rules.Fired, level: rules.Critical},
			{at: day + 6*hour, today: 6, yesterday: 610, event: rules.EventResolved, level: rules.Critical},
		}},
		"a period rule does not take a new day for a correction": {both, []reading{
			{at: fourteen, used: 1, today: 600, event: rules.Fired, level: rules.Critical},
			{at: day + 6*hour, used: 2, today: 6, yesterday: 600, event: stays, level: rules.Critical},
		}},
		"a live rule ends by itself": {live, []reading{
			{at: ten, elapsedPct: 60, event: rules.Fired, level: rules.Critical},
			{at: 11 * hour, elapsedPct: 40, event: rules.EventResolved, level: rules.Critical},
		}},
		"for begins anew": {held, []reading{
			{at: ten, used: 7, event: rules.None},
			{at: ten + 30*minute, used: 7, event: rules.Fired, level: rules.Critical},
			{at: 11 * hour, used: 3, event: rules.Corrected, level: rules.Critical},
			{at: 12 * hour, used: 7, event: rules.None},
			{at: 13 * hour, used: 7, event: rules.Fired, level: rules.Critical},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			test.spec.Name, test.spec.Each = "budget", rules.EachDevice
			r := compile(t, test.spec)
			k := rules.Key{Rule: "budget", Project: "app:1", Subject: "dev:1"}
			if r.Kind == rules.PeriodRule {
				k.Period = monday
			}
			a := k.Inactive()
			for i, reading := range test.readings {
				before := a
				if !before.Open() {
					before = k.Inactive()
				}
				var event rules.Event
				a, event = before.Next(r, reading.verdict(r), monday.Add(reading.at))
				require.Equal(t, reading.event, event, "reading %d", i)
				require.Equal(t, reading.level, a.Level, "reading %d", i)
			}
		})
	}
}

// What figures were wrong about was not announced, and is no peak.
func TestCorrectedTakesBackWhatWasAnnounced(t *testing.T) {
	r := compile(t, rules.Spec{Name: "budget", Each: rules.EachDevice, Limit: "6", When: []rules.Condition{
		{Level: rules.Warning, Expr: "bytes.used > 0.8 * limit"}, {Level: rules.Critical, Expr: "bytes.used > limit"},
	}})
	a, _ := key.Inactive().Next(r, reading{used: 7}.verdict(r), monday)
	a.Period = monday
	require.Equal(t, map[string]float64{"bytes.used": 7}, a.Then.Values)
	v := reading{used: 5.5}.verdict(r)
	require.Equal(t, []rules.Fall{{Figure: "bytes.used", Unit: "B", Was: 7, Is: 5.5}}, a.Fallen(r, v, monday.Add(hour)))
	a, _ = a.Next(r, v, monday.Add(hour))
	require.Equal(t, rules.Warning, a.Worst)
	require.InDelta(t, 5.5, a.Peak, 0)
	require.Equal(t, rules.Then{At: monday.Add(hour), Values: map[string]float64{"bytes.used": 5.5}}, a.Then)
}

// After midnight the value is of the new day, and the peak is still of the day that was corrected.
func TestCorrectedKeepsThePeakOfTheDayBefore(t *testing.T) {
	r := compile(t, rules.Spec{Name: "flood", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Critical, Expr: "events.today > 500"}}})
	a, _ := key.Inactive().Next(r, reading{today: 600}.verdict(r), monday.Add(23*hour))
	for _, test := range []struct {
		today, yesterday, peak float64
		on                     time.Time
	}{
		{today: 6, yesterday: 90, peak: 90, on: monday},
		{today: 120, yesterday: 90, peak: 120, on: monday.Add(day)},
	} {
		after, event := a.Next(r, reading{at: day + 6*hour, today: test.today, yesterday: test.yesterday}.verdict(r), monday.Add(day+6*hour))
		require.Equal(t, rules.Corrected, event)
		require.InDelta(t, test.peak, after.Peak, 0)
		require.Equal(t, rules.DayOf(test.on), after.PeakOn)
	}
}

// An alert that an older version announced has nothing to compare with.
func TestAnAlertWithoutThenLatches(t *testing.T) {
	r := compile(t, rules.Spec{Name: "budget", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Critical, Expr: "bytes.used > 6"}}})
	k := key
	k.Period = monday
	a, _ := k.Inactive().Next(r, reading{used: 7}.verdict(r), monday)
	a.Then = rules.Then{}
	_, event := a.Next(r, reading{used: 3}.verdict(r), monday.Add(hour))
	require.Equal(t, rules.None, event)
}

// A changed rule that an alert survives compares with what was true then.
func TestAChangedRuleTakesThenAnew(t *testing.T) {
	r := compile(t, rules.Spec{Name: "budget", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Critical, Expr: "bytes.used > 6"}}})
	k := key
	k.Period = monday
	a, _ := k.Inactive().Next(r, reading{used: 7}.verdict(r), monday)
	a, _ = a.Reevaluate(r, reading{used: 9}.verdict(r), "condition changed", monday.Add(hour))
	require.Equal(t, map[string]float64{"bytes.used": 9}, a.Then.Values)
}

// What the message leads with is named first.
func TestFallenNamesTheShownFigureFirst(t *testing.T) {
	r := compile(t, rules.Spec{Name: "both", Each: rules.EachDevice, Show: "events.today", When: []rules.Condition{
		{Level: rules.Critical, Expr: "bytes.used > 6 || events.today > 500"},
	}})
	k := key
	k.Period = monday
	a, _ := k.Inactive().Next(r, reading{used: 7, today: 600}.verdict(r), monday)
	require.Equal(t, []rules.Fall{{Figure: "events.today", Was: 600, Is: 5}, {Figure: "bytes.used", Unit: "B", Was: 7, Is: 1}},
		a.Fallen(r, reading{used: 1, today: 5}.verdict(r), monday.Add(hour)))
}

// A rule that compares with what is usual, or expects, falls by what it rests on. Bytes of sessions may fall by a tenth.
func TestWhatFalls(t *testing.T) {
	for _, c := range []struct {
		when          string
		was, is       rules.Env
		want          []rules.Fall
		kind          rules.Kind
		againTomorrow bool // whether the fall counts on the day after, as of the end of the day
	}{
		{"events.ratio > 5", rules.Env{Events: rules.Metric{Ratio: 9, Today: 90}}, rules.Env{Events: rules.Metric{Ratio: 3, Today: 30}},
			[]rules.Fall{{Figure: "events.today", Was: 90, Is: 30}}, rules.DayRule, true},
		{"events.ratio > 5", rules.Env{Events: rules.Metric{Ratio: 9, Today: 90}}, rules.Env{Events: rules.Metric{Ratio: 3, Today: 90}}, nil, rules.DayRule, true},
		{"events.z > 5", rules.Env{Events: rules.Metric{Z: 9, Today: 90}}, rules.Env{Events: rules.Metric{Z: 3, Today: 30}},
			[]rules.Fall{{Figure: "events.today", Was: 90, Is: 30}}, rules.DayRule, true},
		{"bytes.forecast > 5", rules.Env{Bytes: rules.Metric{Forecast: 9}}, rules.Env{Bytes: rules.Metric{Forecast: 3}},
			[]rules.Fall{{Figure: "bytes.forecast", Unit: "B", Was: 9, Is: 3}}, rules.ForecastRule, true},
		{"session_bytes.used > 5", rules.Env{SessionBytes: rules.Metric{Used: 100}}, rules.Env{SessionBytes: rules.Metric{Used: 91}}, nil, rules.PeriodRule, false},
		{"session_bytes.used > 5", rules.Env{SessionBytes: rules.Metric{Used: 100}}, rules.Env{SessionBytes: rules.Metric{Used: 89}},
			[]rules.Fall{{Figure: "session_bytes.used", Unit: "B", Was: 100, Is: 89}}, rules.PeriodRule, false},
	} {
		r := compile(t, ruleWhen(c.when))
		require.Equal(t, c.kind, r.Kind, c.when)
		was, is := rules.NewView(&c.was), rules.NewView(&c.is)
		a, event := key.Inactive().Next(r, rules.Verdict{Evaluation: r.Eval(was), Growing: r.Growing(was)}, monday)
		require.Equal(t, rules.Fired, event)
		now := rules.Verdict{Evaluation: r.Eval(is), Growing: r.Growing(is)}
		require.Equal(t, c.want, a.Fallen(r, now, monday.Add(hour)), c.when)
		if !c.againTomorrow {
			continue
		}
		require.Empty(t, a.Fallen(r, now, monday.Add(day)), "today is another day")
		ended := rules.Verdict{Evaluation: r.Eval(is), DayEndGrowing: r.Growing(is)}
		fallen := a.Fallen(r, ended, monday.Add(day))
		require.Len(t, fallen, len(c.want), c.when)
		for _, fall := range fallen {
			require.Equal(t, rules.DayOf(monday), fall.Day)
		}
	}
}

// An average may fall within its day without having been wrong.
func TestAveragesDoNotGrow(t *testing.T) {
	r, problems := rules.Compile(rules.Spec{
		Name: "slow", Each: rules.EachRoute, When: []rules.Condition{{Level: rules.Warning, Expr: "route_latency.today > 500 && routed.today > 20"}},
	})
	require.Empty(t, problems)
	env := rules.UnknownEnv()
	env.RouteLatency.Today, env.Routed.Today = 700, 30
	require.Equal(t, map[string]float64{"routed.today": 30}, r.Growing(rules.NewView(&env)))
	require.Equal(t, "ms", r.Unit)
	require.Equal(t, rules.DayRule, r.Kind)
}
