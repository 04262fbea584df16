package rules_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// monday is 2026-06-01, 00:00 UTC.
var monday = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// Results by what is known of a rule with the levels warning and critical.
var (
	quiet    = rules.Result{Least: rules.Inactive, Most: rules.Inactive}
	warning  = rules.Result{Least: rules.Warning, Most: rules.Warning}
	critical = rules.Result{Least: rules.Critical, Most: rules.Critical}
	noData   = rules.Result{Least: rules.Inactive, Most: rules.Critical}
	atLeast  = rules.Result{Least: rules.Warning, Most: rules.Critical}
	atMost   = rules.Result{Least: rules.Inactive, Most: rules.Warning}
)

// A step is one judgement, after a pause, and what must follow.
type step struct {
	after  time.Duration
	result rules.Result
	dayEnd rules.Result // for day rules
	event  rules.Event
	state  rules.State
	level  rules.Level
}

func rule(kind rules.Kind, change func(*rules.Rule)) *rules.Rule {
	r := &rules.Rule{
		Spec: rules.Spec{Name: "data-budget"}, Kind: kind, Limit: 40,
		Lowest: rules.Warning, Highest: rules.Critical,
	}
	if change != nil {
		change(r)
	}
	return r
}

func verdict(result rules.Result) rules.Verdict {
	return rules.Verdict{Evaluation: rules.Evaluation{
		Result: result, Selected: rules.True, Value: math.NaN(), Usual: math.NaN(), Limit: 40,
	}, DayEnd: result}
}

var key = rules.Key{Rule: "data-budget", Project: "app:1", Subject: "dev:1"}

const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour

func TestNext(t *testing.T) {
	holdFor := func(d time.Duration) func(*rules.Rule) {
		return func(r *rules.Rule) { r.Spec.For = d }
	}
	keep := func(d time.Duration) func(*rules.Rule) {
		return func(r *rules.Rule) { r.Keep = d }
	}
	remind := func(r *rules.Rule) { r.Spec.Remind = []time.Duration{day, 3 * day} }
	tests := map[string]struct {
		kind   rules.Kind
		change func(*rules.Rule)
		steps  []step
	}{
		"fires once and resolves": {steps: []step{
			{0, quiet, quiet, rules.None, "", 0},
			{hour, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
			{hour, warning, quiet, rules.None, rules.Firing, rules.Warning},
			{hour, quiet, quiet, rules.EventResolved, rules.Resolved, rules.Warning},
		}},
		"no data neither fires nor resolves": {steps: []step{
			{0, noData, quiet, rules.None, "", 0},
			{hour, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
			{hour, noData, quiet, rules.None, rules.Firing, rules.Warning},
			{hour, quiet, quiet, rules.EventResolved, rules.Resolved, rules.Warning},
		}},
		"moves to the nearer end of what is known": {steps: []step{
			{0, atLeast, quiet, rules.Fired, rules.Firing, rules.Warning},
			{hour, critical, quiet, rules.Escalated, rules.Firing, rules.Critical},
			{hour, atLeast, quiet, rules.None, rules.Firing, rules.Critical},
			{hour, atMost, quiet, rules.Deescalated, rules.Firing, rules.Warning},
			{hour, noData, quiet, rules.None, rules.Firing, rules.Warning},
		}},
		"a jump to critical is one event": {steps: []step{
			{0, critical, quiet, rules.Fired, rules.Firing, rules.Critical},
		}},
		"for needs two evaluations and the time": {change: holdFor(30 * minute), steps: []step{
			{0, warning, quiet, rules.None, rules.Pending, 0},
			{15 * minute, warning, quiet, rules.None, rules.Pending, 0},
			{15 * minute, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
		}},
		"for does not fire on one evaluation however old": {change: holdFor(30 * minute), steps: []step{
			{0, warning, quiet, rules.None, rules.Pending, 0},
			{hour, noData, quiet, rules.None, rules.Pending, 0},
			{hour, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
		}},
		"for begins again when the clock is set back": {change: holdFor(30 * minute), steps: []step{
			{0, warning, quiet, rules.None, rules.Pending, 0},
			{-2 * hour, warning, quiet, rules.None, rules.Pending, 0},
			{30 * minute, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
		}},
		"for starts over when surely false": {change: holdFor(30 * minute), steps: []step{
			{0, warning, quiet, rules.None, rules.Pending, 0},
			{15 * minute, quiet, quiet, rules.None, "", 0},
			{15 * minute, warning, quiet, rules.None, rules.Pending, 0},
			{15 * minute, warning, quiet, rules.None, rules.Pending, 0},
			{15 * minute, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
		}},
		"for holds for each level by itself": {change: holdFor(30 * minute), steps: []step{
			{0, warning, quiet, rules.None, rules.Pending, 0},
			{20 * minute, critical, quiet, rules.None, rules.Pending, 0},
			{20 * minute, critical, quiet, rules.Fired, rules.Firing, rules.Warning},
			{20 * minute, critical, quiet, rules.Escalated, rules.Firing, rules.Critical},
		}},
		"a kept alert resolves once it was quiet for long enough": {change: keep(6 * hour), steps: []step{
			{0, critical, quiet, rules.Fired, rules.Firing, rules.Critical},
			{hour, quiet, quiet, rules.Updated, rules.Firing, rules.Critical},
			{3 * hour, quiet, quiet, rules.None, rules.Firing, rules.Critical},
			{2 * hour, noData, quiet, rules.None, rules.Firing, rules.Critical},
			{2 * hour, quiet, quiet, rules.EventResolved, rules.Resolved, rules.Critical},
		}},
		"a kept alert whose condition is true again begins anew to be quiet": {change: keep(6 * hour), steps: []step{
			{0, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
			{hour, quiet, quiet, rules.Updated, rules.Firing, rules.Warning},
			{5 * hour, warning, quiet, rules.Updated, rules.Firing, rules.Warning},
			{hour, quiet, quiet, rules.Updated, rules.Firing, rules.Warning},
			{5 * hour, quiet, quiet, rules.None, rules.Firing, rules.Warning},
			{hour, quiet, quiet, rules.EventResolved, rules.Resolved, rules.Warning},
		}},
		"a kept alert falls to a lower level at once": {change: keep(6 * hour), steps: []step{
			{0, critical, quiet, rules.Fired, rules.Firing, rules.Critical},
			{hour, warning, quiet, rules.Deescalated, rules.Firing, rules.Warning},
		}},
		"a kept alert of a day rule is quiet since before the day ended": {kind: rules.DayRule, change: keep(30 * hour), steps: []step{
			{20 * hour, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
			{5 * hour, quiet, warning, rules.Updated, rules.Firing, rules.Warning},
			{24 * hour, quiet, quiet, rules.None, rules.Firing, rules.Warning},
			{6 * hour, quiet, quiet, rules.EventResolved, rules.Resolved, rules.Warning},
		}},
		"a day rule stays until a whole day was quiet": {kind: rules.DayRule, steps: []step{
			{20 * hour, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
			{5 * hour, quiet, warning, rules.Updated, rules.Firing, rules.Warning},
			{hour, quiet, warning, rules.None, rules.Firing, rules.Warning},
			{hour, warning, warning, rules.Updated, rules.Firing, rules.Warning},
			{21 * hour, quiet, warning, rules.Updated, rules.Firing, rules.Warning},
			{24 * hour, quiet, quiet, rules.EventResolved, rules.Resolved, rules.Warning},
		}},
		"a day rule whose yesterday is not known stays": {kind: rules.DayRule, steps: []step{
			{20 * hour, critical, quiet, rules.Fired, rules.Firing, rules.Critical},
			{28 * hour, quiet, noData, rules.Updated, rules.Firing, rules.Critical},
			{hour, quiet, atMost, rules.Deescalated, rules.Firing, rules.Warning},
		}},
		"a forecast rule stays until a whole day was quiet": {kind: rules.ForecastRule, steps: []step{
			{20 * hour, critical, quiet, rules.Fired, rules.Firing, rules.Critical},
			{5 * hour, quiet, warning, rules.Deescalated, rules.Firing, rules.Warning},
			{hour, quiet, warning, rules.Updated, rules.Firing, rules.Warning},
			{24 * hour, quiet, quiet, rules.EventResolved, rules.Resolved, rules.Warning},
		}},
		"a period rule latches": {kind: rules.PeriodRule, steps: []step{
			{0, critical, quiet, rules.Fired, rules.Firing, rules.Critical},
			{hour, warning, quiet, rules.None, rules.Firing, rules.Critical},
			{hour, quiet, quiet, rules.None, rules.Firing, rules.Critical},
		}},
		"reminders follow the schedule and then repeat its last step": {change: remind, steps: []step{
			{0, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
			{23 * hour, warning, quiet, rules.None, rules.Firing, rules.Warning},
			{hour, warning, quiet, rules.Reminded, rules.Firing, rules.Warning},
			{day, warning, quiet, rules.None, rules.Firing, rules.Warning},
			{day, warning, quiet, rules.Reminded, rules.Firing, rules.Warning},
			{3*day - hour, warning, quiet, rules.None, rules.Firing, rules.Warning},
			{hour, warning, quiet, rules.Reminded, rules.Firing, rules.Warning},
		}},
		"no reminder while it is in doubt": {kind: rules.PeriodRule, change: remind, steps: []step{
			{0, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
			{hour, quiet, quiet, rules.None, rules.Firing, rules.Warning},
			{2 * day, warning, quiet, rules.None, rules.Firing, rules.Warning},
			{hour, critical, quiet, rules.Escalated, rules.Firing, rules.Critical},
			{day, critical, quiet, rules.Reminded, rules.Firing, rules.Critical},
		}},
		"no reminder while there is no data": {change: remind, steps: []step{
			{0, warning, quiet, rules.Fired, rules.Firing, rules.Warning},
			{2 * day, noData, quiet, rules.None, rules.Firing, rules.Warning},
			{hour, warning, quiet, rules.Reminded, rules.Firing, rules.Warning},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, a, now := rule(test.kind, test.change), key.Inactive(), monday
			for i, s := range test.steps {
				now = now.Add(s.after)
				v := verdict(s.result)
				v.DayEnd = s.dayEnd
				version := a.Version
				var event rules.Event
				a, event = a.Next(r, v, now)
				require.Equal(t, s.event, event, "step %d", i)
				require.Equal(t, s.state, a.State, "step %d", i)
				require.Equal(t, s.level, a.Level, "step %d", i)
				if event != rules.None {
					require.Equal(t, version+1, a.Version, "step %d", i)
					require.Equal(t, event, a.Reason, "step %d", i)
				}
			}
		})
	}
}

func TestResolveWhenOverridesTheKind(t *testing.T) {
	for _, kind := range []rules.Kind{rules.Live, rules.DayRule, rules.ForecastRule, rules.PeriodRule} {
		r := rule(kind, func(r *rules.Rule) { r.Spec.ResolveWhen = "events.today < 50" })
		a, _ := key.Inactive().Next(r, verdict(critical), monday)
		for _, recovered := range []rules.Truth{rules.False, rules.NoData} {
			v := verdict(quiet)
			v.Recovered = recovered
			next, _ := a.Next(r, v, monday.Add(hour))
			require.Equal(t, rules.Firing, next.State, "%v", recovered)
		}
		v := verdict(warning)
		v.Recovered = rules.True
		next, _ := a.Next(r, v, monday.Add(hour))
		require.Equal(t, rules.Firing, next.State, "when still holds")
		v = verdict(noData)
		v.Recovered = rules.True
		next, event := a.Next(r, v, monday.Add(hour))
		require.Equal(t, rules.EventResolved, event)
		require.Equal(t, rules.Resolved, next.State)
	}
}

func TestPeriodRuleEndsWithItsPeriod(t *testing.T) {
	r := rule(rules.PeriodRule, nil)
	k := key
	k.Period = monday
	v := verdict(critical)
	v.Period, v.Value = monday, 45
	a, _ := k.Inactive().Next(r, v, monday)
	july := verdict(noData)
	july.Period = monday.AddDate(0, 1, 0)
	july.Value = 1
	ended, event := a.Next(r, july, july.Period)
	require.Equal(t, rules.PeriodEnded, event)
	require.Equal(t, rules.Resolved, ended.State)
	require.InDelta(t, 45, ended.Value, 0, "the value is that of the period that ended")
}

func TestWhereWithdraws(t *testing.T) {
	r := rule(rules.Live, nil)
	a, _ := key.Inactive().Next(r, verdict(warning), monday)
	v := verdict(quiet)
	v.Selected = rules.False
	withdrawn, event := a.Next(r, v, monday.Add(hour))
	require.Equal(t, rules.EventWithdrawn, event)
	require.Equal(t, rules.Withdrawn, withdrawn.State)
	pending, event := key.Inactive().Next(rule(rules.Live, func(r *rules.Rule) { r.Spec.For = hour }), verdict(warning), monday)
	require.Equal(t, rules.None, event)
	nothing, event := pending.Next(r, v, monday.Add(hour))
	require.Equal(t, rules.None, event, "nobody was told of a pending alert")
	require.Empty(t, nothing.State)
}

func TestFiguresOfAnAlert(t *testing.T) {
	r := rule(rules.Live, nil)
	a := key.Inactive()
	at := monday
	for _, value := range []float64{41, 55, math.NaN(), 43} {
		v := verdict(warning)
		v.Value, v.AsOf, v.Shown = value, at, true
		a, _ = a.Next(r, v, at)
		at = at.Add(hour)
	}
	require.InDelta(t, 43, a.Value, 0)
	require.InDelta(t, 55, a.Peak, 0)
	require.InDelta(t, 40, a.Limit, 0)
	require.Equal(t, monday.Add(3*hour), a.AsOf)
	require.Equal(t, monday, a.Since)
}

// What an evaluation finds about an alert is stored only as far as it decides something later.
func TestWhatOfAnAlertIsStored(t *testing.T) {
	waiting := func(r *rules.Rule) { r.Spec.For = 2 * hour }
	for name, c := range map[string]struct {
		rule        func(*rules.Rule)
		evaluations int // before this one
		value       float64
		shown       bool
		stored      bool
		wantValue   float64
		wantPeak    float64
	}{
		"the same again":                   {value: 100, wantValue: 100, wantPeak: 100},
		"a little more":                    {value: 105, wantValue: 100, wantPeak: 100},
		"a twentieth more":                 {value: 106, stored: true, wantValue: 100, wantPeak: 106},
		"less":                             {value: 90, wantValue: 100, wantPeak: 100},
		"no data":                          {value: math.NaN(), wantValue: 100, wantPeak: 100},
		"a little more, which is shown":    {value: 101, shown: true, stored: true, wantValue: 101, wantPeak: 101},
		"the same again, which is shown":   {value: 100, shown: true, stored: true, wantValue: 100, wantPeak: 100},
		"pending, found the second time":   {rule: waiting, value: 100, stored: true, wantValue: 100, wantPeak: 100},
		"pending, found a third time":      {rule: waiting, evaluations: 1, value: 100, wantValue: 100, wantPeak: 100},
		"firing, found for the tenth time": {evaluations: 8, value: 100, wantValue: 100, wantPeak: 100},
	} {
		t.Run(name, func(t *testing.T) {
			r, at, a := rule(rules.Live, c.rule), monday, key.Inactive()
			next := func(value float64, shown bool) rules.Alert {
				v := verdict(warning)
				v.Value, v.AsOf, v.Shown = value, at, shown
				after, _ := a.Next(r, v, at)
				at = at.Add(time.Minute)
				return after
			}
			for range c.evaluations + 1 {
				a = next(100, false)
			}
			after := next(c.value, c.shown)
			require.Equal(t, c.stored, !after.Unchanged(a))
			require.InDelta(t, c.wantValue, after.Value, 0)
			require.InDelta(t, c.wantPeak, after.Peak, 0)
		})
	}
}

// The value at the end of a day is its highest. It is stored once the day is over, however little it has grown.
func TestThePeakOfADayThatIsOverIsExact(t *testing.T) {
	r, midnight := rule(rules.DayRule, nil), monday.Add(day)
	v := verdict(warning)
	v.Value, v.AsOf = 600, midnight.Add(-hour)
	fired, _ := key.Inactive().Next(r, v, v.AsOf)
	v.Value, v.AsOf = 601, midnight.Add(-minute)
	a, event := fired.Next(r, v, v.AsOf)
	require.Equal(t, rules.None, event)
	require.True(t, a.Unchanged(fired))
	v = verdict(noData)
	v.DayEnd, v.Last, v.LastAt = warning, 602, midnight
	a, event = a.Next(r, v, midnight.Add(minute))
	require.Equal(t, rules.None, event)
	require.False(t, a.Unchanged(fired))
	require.InDelta(t, 602, a.Peak, 0)
	require.Equal(t, rules.DayOf(monday), a.PeakOn)
}

// Messages of a quiet alert lead with its peak, so what is usual is that of the peak's day.
func TestTheUsualValueIsOfTheDayOfTheValue(t *testing.T) {
	r, sunday, midnight := rule(rules.DayRule, func(r *rules.Rule) { r.Show = "sessions.today" }), monday.Add(-day), monday
	valued := func(result rules.Result, value, usual float64, at time.Time) rules.Verdict {
		v := verdict(result)
		v.Value, v.Usual, v.AsOf, v.PeakUsual = value, usual, at, math.NaN()
		return v
	}
	told := func(a rules.Alert) rules.Alert {
		a.Texts.Figure = "sessions.today"
		return a
	}
	a, _ := key.Inactive().Next(r, valued(warning, 339, 3.5, sunday.Add(11*hour)), sunday.Add(11*hour))
	require.Equal(t, "usual Sunday", told(a).UsualName())

	v := valued(quiet, 0, 17, midnight)
	v.DayEnd, v.Last, v.LastAt, v.PeakUsual = warning, 339, midnight, 3.5
	a, event := told(a).Next(r, v, midnight)
	require.Equal(t, rules.Updated, event)
	require.InDelta(t, 3.5, a.Usual, 0)
	require.Equal(t, "usual Sunday", a.UsualName())

	v = valued(quiet, 2, 17, midnight.Add(hour))
	v.DayEnd, v.Shown = warning, true
	a, _ = a.Next(r, v, midnight.Add(hour))
	require.InDelta(t, 3.5, a.Usual, 0)

	v = valued(warning, 400, 17, midnight.Add(2*hour))
	v.Shown = true
	a, event = a.Next(r, v, midnight.Add(2*hour))
	require.Equal(t, rules.Updated, event)
	require.InDelta(t, 17, a.Usual, 0)
	require.Equal(t, "usual Monday", a.UsualName())
}

func TestUsualName(t *testing.T) {
	sunday := rules.DayOf(monday) - 1
	for figure, want := range map[string]string{
		"events.today": "usual Sunday", "events.yesterday": "usual Saturday", "bytes.used": "period before", "bytes.forecast": "period before",
		"events.h1": "usual hour", "events.h6": "usual 6 hours", "events.d7": "", "device.silent_hours": "",
	} {
		require.Equal(t, want, rules.UsualName(figure, sunday), figure)
	}
	require.Equal(t, "usual day", rules.UsualName("events.today", 0))
}

func TestAlreadyTrueIsKept(t *testing.T) {
	r := rule(rules.Live, func(r *rules.Rule) { r.Spec.For = 30 * minute })
	v := verdict(warning)
	v.First = true
	a, _ := key.Inactive().Next(r, v, monday)
	a, event := a.Next(r, verdict(warning), monday.Add(hour))
	require.Equal(t, rules.Fired, event)
	require.True(t, a.Already)
}

func TestReevaluate(t *testing.T) {
	r := rule(rules.Live, nil)
	firing, _ := key.Inactive().Next(r, verdict(warning), monday)
	raised := rule(rules.Live, func(r *rules.Rule) { r.Limit = 50 })

	same, event := firing.Reevaluate(r, verdict(warning), "limit is 50 now", monday.Add(hour))
	require.Equal(t, rules.None, event, "nothing that a message says has changed")
	require.Equal(t, rules.Firing, same.State)

	higher := verdict(warning)
	higher.Limit = 50
	kept, event := firing.Reevaluate(raised, higher, "limit is 50 now", monday.Add(hour))
	require.Equal(t, rules.Updated, event)
	require.InDelta(t, 50, kept.Limit, 0)
	require.Equal(t, firing.ID, kept.ID)

	higher.Evaluation.Result = noData
	unknown, event := firing.Reevaluate(raised, higher, "limit is 50 now", monday.Add(hour))
	require.Equal(t, rules.Updated, event)
	require.Equal(t, rules.Firing, unknown.State)

	ended, event := firing.Reevaluate(raised, verdict(quiet), "limit is 50 now", monday.Add(hour))
	require.Equal(t, rules.EventWithdrawn, event)
	require.Equal(t, rules.Withdrawn, ended.State)
}

func TestRevise(t *testing.T) {
	v := verdict(critical)
	v.AsOf, v.Value = monday, 47
	a, event := key.Revise(rule(rules.DayRule, nil), v, monday.Add(9*hour))
	require.Equal(t, rules.Revised, event)
	require.Equal(t, rules.Resolved, a.State, "a revision opens no alert")
	require.Equal(t, rules.Critical, a.Level)
	require.Equal(t, monday, a.AsOf)
	again, _ := key.Revise(rule(rules.DayRule, nil), v, monday.Add(10*hour))
	require.Equal(t, a.ID, again.ID, "the same revision is the same alert")
	_, event = key.Revise(rule(rules.DayRule, nil), verdict(noData), monday)
	require.Equal(t, rules.None, event)
}

// Whatever is decided while figures are unknown would be decided in the same direction, and at least as far, with any
// values in their place.
func TestUnknownDecidesNothingThatAnyValueWouldNot(t *testing.T) {
	levels := []rules.Level{rules.Inactive, rules.Warning, rules.Critical}
	starts := []rules.Result{quiet, warning, critical}
	for _, kind := range []rules.Kind{rules.Live, rules.DayRule, rules.PeriodRule} {
		r := rule(kind, nil)
		for _, start := range starts {
			a, _ := key.Inactive().Next(r, verdict(start), monday)
			before := announced(a)
			for _, least := range levels {
				for _, most := range levels {
					if least > most {
						continue
					}
					next, _ := a.Next(r, verdict(rules.Result{Least: least, Most: most}), monday.Add(day))
					after := announced(next)
					for _, actual := range levels {
						if actual < least || actual > most {
							continue
						}
						known, _ := a.Next(r, verdict(rules.Result{Least: actual, Most: actual}), monday.Add(day))
						if after > before {
							require.GreaterOrEqual(t, announced(known), after)
						}
						if after < before {
							require.LessOrEqual(t, announced(known), after)
						}
					}
				}
			}
		}
	}
}

// announced is the level that people have been told of.
func announced(a rules.Alert) rules.Level {
	if a.State == rules.Firing {
		return a.Level
	}
	return rules.Inactive
}

// A day may have got more after the last poll in it, and so may a period.
func TestAlertsTakeInTheEndOfTheirDayAndPeriod(t *testing.T) {
	valued := func(result rules.Result, value float64, asOf time.Time) rules.Verdict {
		v := verdict(result)
		v.Value, v.AsOf = value, asOf
		return v
	}
	midnight := monday.Add(day)
	t.Run("day", func(t *testing.T) {
		r := rule(rules.DayRule, nil)
		a, _ := key.Inactive().Next(r, valued(warning, 600, midnight.Add(-hour)), midnight.Add(-hour))
		v := valued(quiet, 0, midnight.Add(minute))
		v.DayEnd, v.Last, v.LastAt = warning, 640, midnight
		a, event := a.Next(r, v, midnight.Add(minute))
		require.Equal(t, rules.Updated, event)
		require.InDelta(t, 640, a.Peak, 0)
		require.Equal(t, rules.DayOf(monday), a.PeakOn)
		require.InDelta(t, 0, a.Value, 0)
	})
	t.Run("a day before the alert", func(t *testing.T) {
		r := rule(rules.DayRule, nil)
		a, _ := key.Inactive().Next(r, valued(warning, 600, midnight.Add(hour)), midnight.Add(hour))
		v := valued(quiet, 600, midnight.Add(2*hour))
		v.DayEnd, v.Last, v.LastAt = warning, 9000, midnight
		a, _ = a.Next(r, v, midnight.Add(2*hour))
		require.InDelta(t, 600, a.Peak, 0)
		require.Equal(t, rules.DayOf(midnight), a.PeakOn)
	})
	t.Run("period", func(t *testing.T) {
		r := rule(rules.PeriodRule, nil)
		inMay := key
		inMay.Period = monday.AddDate(0, -1, 0)
		v := valued(warning, 50, monday.Add(-hour))
		v.Period = inMay.Period
		a, _ := inMay.Inactive().Next(r, v, monday.Add(-hour))
		v = valued(quiet, 0, monday.Add(minute))
		v.Period, v.Last, v.LastAt = monday, 54, monday
		a, event := a.Next(r, v, monday.Add(minute))
		require.Equal(t, rules.PeriodEnded, event)
		require.InDelta(t, 54, a.Value, 0)
		require.InDelta(t, 54, a.Peak, 0)
		require.Equal(t, monday, a.AsOf)
		require.Equal(t, rules.DayOf(monday)-1, a.PeakOn)
	})
}
