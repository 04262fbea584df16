package metric_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
	"notewatch/rules/metric"
)

var nan = math.NaN()

func on(month time.Month, day int) rules.Day {
	return rules.DayOf(time.Date(2026, month, day, 0, 0, 0, 0, time.UTC))
}

// ever is before everything that the tests look back on.
const ever rules.Day = 0

// past returns the events of a device up to a day, on which it has sent so many so far: 24 on weekdays, 10 on Saturdays, 4 on
// Sundays.
func past(day, born rules.Day, today float64) metric.Past {
	p := metric.NewPast(rules.Events, rules.PeriodSpec{}, day, born)
	for d := max(born, day-100); d < day; d++ {
		switch d.Start().Weekday() {
		case time.Saturday:
			p.Values = append(p.Values, 10)
		case time.Sunday:
			p.Values = append(p.Values, 4)
		default:
			p.Values = append(p.Values, 24)
		}
	}
	p.Values = append(p.Values, today)
	return p
}

// without returns a past in which a day is not known.
func without(p metric.Past, day rules.Day) metric.Past {
	p.Values[len(p.Values)-1-int(p.Day-day)] = nan
	return p
}

// names are the members of a metric that are numbers.
var names = []string{"today", "yesterday", "d7", "d30", "used", "prev", "median", "mad", "usual", "usual_yesterday", "ratio", "z", "forecast", "days"}

// whole returns a metric with all of its members.
func whole(p metric.Past) rules.Metric {
	return p.Metric(rules.MembersOf(append(names, "series", "allowance", "unread")...))
}

func TestMetric(t *testing.T) {
	wednesday := on(6, 17)
	for name, c := range map[string]struct {
		past   metric.Past
		want   []float64
		series int
	}{
		"A, for long": {
			past(wednesday, ever, 120),
			[]float64{120, 24, 134, 584, 436, 574, 24, 0, 24, 24, 5, 6.4752, 680, 35}, 35,
		},
		"B, born on Saturday": {
			past(wednesday, wednesday-4, 120),
			[]float64{120, 24, 62, 62, 182, nan, 24, 0, 24, 24, 5, 6.4752, 407.3333, 3}, 3,
		},
		"C, born yesterday": {
			past(wednesday, wednesday-1, 120),
			[]float64{120, nan, 24, 24, 144, nan, nan, nan, nan, nan, nan, nan, nan, 0}, 0,
		},
		"D, 9 June is not known": {
			without(past(wednesday, ever, 120), on(6, 9)),
			[]float64{120, 24, 134, nan, nan, 574, 24, 0, 24, 24, 5, 6.4752, nan, 34}, 0,
		},
		"F, on the first day of the period": {
			past(on(6, 1), ever, 6),
			[]float64{6, 4, 134, 550, 6, 574, 24, 0, 24, 4, 0.25, -1.2141, 584, 35}, 35,
		},
		"born today": {
			past(wednesday, wednesday, 120),
			[]float64{120, nan, nan, nan, 120, nan, nan, nan, nan, nan, nan, nan, nan, 0}, 0,
		},
		"a day before birth counts where it is known": {
			metric.Past{Figure: rules.Events, Values: []float64{5, 1, 2, 3, 4}, Day: wednesday, Born: wednesday - 3,
				Start: on(6, 1), Previous: on(5, 1), Next: on(7, 1)},
			[]float64{4, 3, 11, 11, 15, nan, nan, nan, nan, nan, nan, nan, nan, 2}, 2,
		},
		"today is not known": {
			past(wednesday, ever, nan),
			[]float64{nan, 24, 134, 584, nan, 574, 24, 0, 24, 24, nan, nan, nan, 35}, 35,
		},
		"yesterday is not known": {
			without(past(wednesday, ever, 120), wednesday-1),
			[]float64{120, nan, nan, nan, nan, 574, 24, 0, 24, 24, 5, 6.4752, nan, 34}, 0,
		},
		"the weekday a week ago is not known": { // usual is the median of all days
			without(past(on(6, 14), ever, 4), on(6, 7)),
			[]float64{4, 10, nan, nan, nan, 574, 24, 0, 24, 10, 4.0 / 24, -1.3490, nan, 34}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			values := whole(c.past)
			for i, member := range names {
				require.InDelta(t, c.want[i], memberOf(t, values, member), 1e-4, "%s of %+v", member, values)
			}
			known := 0
			for _, x := range values.Series {
				if rules.Known(x) {
					known++
				}
			}
			if known < len(values.Series) {
				known = 0 // a list with a hole is no data
			}
			require.Equal(t, c.series, known)
		})
	}
}

// memberOf returns the field of a metric by the name that rules have for it.
func memberOf(t *testing.T, m rules.Metric, name string) float64 {
	t.Helper()
	for _, field := range reflect.VisibleFields(reflect.TypeFor[rules.Metric]()) {
		if field.Tag.Get("expr") == name {
			return reflect.ValueOf(m).FieldByIndex(field.Index).Float()
		}
	}
	t.Fatalf("no member is named %s", name)
	return 0
}

// Members that are not wanted are no data, and need no history.
func TestMetricComputesWhatIsWanted(t *testing.T) {
	p := past(on(6, 17), ever, 120)
	all := whole(p)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[rules.Metric]()) {
		name := field.Tag.Get("expr")
		if name == "series" {
			require.Equal(t, all.Series, p.Metric(rules.MembersOf(name)).Series)
			continue
		}
		alone := p
		first := p.First(rules.MembersOf(name))
		alone.Values = p.Values[len(p.Values)-1-int(p.Day-first):]
		some := alone.Metric(rules.MembersOf(name))
		require.InDelta(t, memberOf(t, all, name), memberOf(t, some, name), 0, "%s needs the days since %s", name, first)
		for _, other := range []string{"today", "yesterday", "used", "days"} {
			require.Equal(t, other != name, math.IsNaN(memberOf(t, some, other)), "%s without %s", name, other)
		}
	}
}

// An allowance counts from its first day or that of birth on. Days before the first known one count as 0, and are counted.
func TestAllowance(t *testing.T) {
	day := on(time.June, 17)
	for name, c := range map[string]struct {
		since, born  rules.Day
		days         []float64 // the last is the day itself
		used, unread float64
	}{
		"all known":         {day - 3, 0, []float64{7, 1, 2, 3, 4}, 10, 0},
		"since birth":       {day - 3, day - 1, []float64{7, 1, 2, 3, 4}, 7, 0},
		"begins today":      {day, 0, []float64{7, 4}, 4, 0},
		"the first not":     {day - 3, 0, []float64{7, nan, nan, 3, 4}, 7, 2},
		"one in between":    {day - 3, 0, []float64{7, 1, nan, 3, 4}, nan, 0},
		"not today":         {day - 1, 0, []float64{7, 1, nan}, nan, 0},
		"none known at all": {day - 1, 0, []float64{nan, nan}, nan, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := metric.NewPast(rules.Sat, rules.PeriodSpec{}, day, c.born)
			p.Allowance, p.Values = c.since, c.days
			m := p.Metric(rules.MembersOf("allowance", "unread"))
			require.InDelta(t, c.used, m.Allowance, 0)
			require.InDelta(t, c.unread, m.Unread, 0)
		})
	}
}

func TestMedianNeedsDays(t *testing.T) {
	for name, c := range map[string]struct {
		days []float64 // of a device born on the day before the first
		want float64
	}{
		"two days":                            {[]float64{1, 2}, nan},
		"three days":                          {[]float64{1, 5, 3}, 3},
		"three of four days: a quarter":       {[]float64{1, nan, 5, 3}, 3},
		"five of seven days":                  {[]float64{1, nan, nan, 5, 3, 2, 4}, nan},
		"eleven of fourteen days":             {[]float64{nan, nan, nan, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 6},
		"ten of fourteen days":                {[]float64{nan, nan, nan, nan, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, nan},
		"the middle of an even number":        {[]float64{1, 2, 10, 20}, 6},
		"days beyond the fourteen are no use": {append([]float64{nan, nan, nan, nan}, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := metric.NewPast(rules.Events, rules.PeriodSpec{}, 20_000, 20_000-rules.Day(len(c.days))-1)
			p.Values = append(append([]float64{}, c.days...), 0)
			require.InDelta(t, c.want, whole(p).Median, 0)
		})
	}
}

// What is expected of the days to come, by days of a device that is old enough.
func TestForecast(t *testing.T) {
	const tomorrow = 1 // the period ends tomorrow night
	for name, c := range map[string]struct {
		change func(p metric.Past)
		want   float64 // of today, which has 120 so far, and tomorrow, a Thursday
	}{
		"as always":                              {func(metric.Past) {}, 120 + 24},
		"one upload last week is forgotten":      {func(p metric.Past) { p.Values[len(p.Values)-1-6] = 480 }, 120 + 24},
		"one upload yesterday is forgotten":      {func(p metric.Past) { p.Values[len(p.Values)-2] = 480 }, 120 + 24},
		"a new level is believed after a week":   {level(240, 7), 240 + 240},
		"the mean of the last days alone":        {unknownWeeks(6, 13, 20, 27), 120 + (24+24+4)/3.0},
		"the newest weekday is not known":        {func(p metric.Past) { p.Values[len(p.Values)-1-6] = nan }, 120 + 24},
		"of two the lower, if one is known only": {func(p metric.Past) { unknownWeeks(13, 20, 27)(p); p.Values[len(p.Values)-1-6] = 9 }, 120 + 9},
	} {
		t.Run(name, func(t *testing.T) {
			p := past(on(6, 17), ever, 120)
			p.Start, p.Next = p.Day, p.Day+1+tomorrow
			c.change(p)
			require.InDelta(t, c.want, whole(p).Forecast, 1e-9)
		})
	}
}

func level(value float64, days int) func(p metric.Past) {
	return func(p metric.Past) {
		for back := 1; back <= days; back++ {
			p.Values[len(p.Values)-1-back] = value
		}
	}
}

func unknownWeeks(back ...int) func(p metric.Past) {
	return func(p metric.Past) {
		for _, days := range back {
			p.Values[len(p.Values)-1-days] = nan
		}
	}
}

func TestSeriesBeginsWithWhatIsKnown(t *testing.T) {
	require.Equal(t, []float64{1, 2}, metric.Series([]float64{nan, nan, 1, 2}))
	require.Empty(t, metric.Series([]float64{nan}))
}

// How far back an Env looks follows from the members that are read.
func TestFirst(t *testing.T) {
	p := metric.NewPast(rules.Events, rules.PeriodSpec{}, on(6, 17), ever)
	for member, want := range map[string]rules.Day{
		"today": on(6, 17), "yesterday": on(6, 16), "used": on(6, 1), "prev": on(5, 1), "d30": on(5, 18),
		"usual": on(5, 20), "usual_yesterday": on(5, 19), "forecast": on(5, 13), "series": on(5, 13),
	} {
		require.Equal(t, want.String(), p.First(rules.MembersOf(member)).String(), member)
	}
	require.Equal(t, p.Day, p.First(0))
}
