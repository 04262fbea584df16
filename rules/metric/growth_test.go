package metric_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
	"notewatch/rules/metric"
)

// clock is a time of the day before or of the day that metrics are as of.
func clock(day rules.Day, text string) time.Time {
	of, err := time.Parse("15:04", text)
	if err != nil {
		panic(err)
	}
	return day.Start().Add(time.Duration(of.Hour())*time.Hour + time.Duration(of.Minute())*time.Minute)
}

// Growth is counted from an earlier poll, which is not exactly an hour or six hours ago.
func TestGrowth(t *testing.T) {
	today := on(6, 17)
	for name, c := range map[string]struct {
		member           string
		now, then        time.Time
		yesterday, today float64
		before           float64 // what the earlier poll had read
		want             float64
	}{
		"in an hour":                        {"h1", clock(today, "10:00"), clock(today, "09:00"), 24, 120, 66, 54},
		"in more than an hour":              {"h1", clock(today, "10:00"), clock(today, "08:45"), 24, 120, 60, 48},
		"over midnight":                     {"h1", clock(today, "00:20"), clock(today-1, "23:20"), 24, 3, 20, 7},
		"corrected":                         {"h1", clock(today, "10:00"), clock(today, "09:00"), 24, 110, 120, nan},
		"nothing":                           {"h1", clock(today, "10:00"), clock(today, "09:00"), 24, 120, 120, 0},
		"in six hours":                      {"h6", clock(today, "10:00"), clock(today, "04:30"), 24, 120, 10, 120},
		"today is not known":                {"h1", clock(today, "10:00"), clock(today, "09:00"), 24, nan, 66, nan},
		"earlier is not known":              {"h1", clock(today, "10:00"), clock(today, "09:00"), 24, 120, nan, nan},
		"yesterday is not known, it counts": {"h1", clock(today, "00:20"), clock(today-1, "23:20"), nan, 3, 20, nan},
		"yesterday is not known":            {"h1", clock(today, "10:00"), clock(today, "09:00"), nan, 120, 66, 54},
		"too short":                         {"h1", clock(today, "10:00"), clock(today, "09:06"), 24, 120, 66, nan},
		"too long":                          {"h1", clock(today, "10:00"), clock(today, "07:59"), 24, 120, 66, nan},
		"too short for six":                 {"h6", clock(today, "10:00"), clock(today, "04:31"), 24, 120, 66, nan},
		"too long for six":                  {"h6", clock(today, "10:00"), clock(today, "01:59"), 24, 120, 66, nan},
	} {
		t.Run(name, func(t *testing.T) {
			p := past(today, ever, c.today)
			p.Values[len(p.Values)-2] = c.yesterday
			for i, growth := range metric.Growths() {
				if since, ok := growth.Since([]time.Time{c.then, c.now}); ok {
					p.Earlier[i] = metric.PollValue{Value: c.before, Day: rules.DayOf(since), Age: c.now.Sub(since)}
				}
			}
			require.InDelta(t, c.want, memberOf(t, p.Metric(rules.MembersOf(c.member)), c.member), 1e-9)
		})
	}
}

func TestGrowthIsCountedFromTheNewestPollThatIsOldEnough(t *testing.T) {
	today := on(6, 17)
	var polls []time.Time
	for minutes := range 41 {
		polls = append(polls, today.Start().Add(time.Duration(15*minutes)*time.Minute)) // until 10:00
	}
	hour, ok := metric.Growths()[0].Since(polls)
	require.True(t, ok)
	require.Equal(t, clock(today, "09:00"), hour)
	six, ok := metric.Growths()[1].Since(polls)
	require.True(t, ok)
	require.Equal(t, clock(today, "04:30"), six)

	_, ok = metric.Growths()[0].Since(polls[:1])
	require.False(t, ok)
	_, ok = metric.Growths()[0].Since(nil)
	require.False(t, ok)
}
