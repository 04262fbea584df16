package deliver

import (
	"context"

	"notewatch/internal/env"
	"notewatch/notify"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// trendDays is the number of days in the chart of a message.
const trendDays = 14

// trend returns the figure that an alert shows, day by day: the running total of the period for a figure that adds up over it, otherwise
// the usage of each day. It ends on the day of the last poll, or, for an ended alert, on the day of its newest value. It is empty for
// figures that are not counted by day.
func (s *Sender) trend(ctx context.Context, a rules.Alert) ([]notify.Point, error) {
	object, member := rules.CutPath(a.Texts.Figure)
	figure, ok := rules.ParseFigure(object)
	if !ok || a.AsOf.IsZero() || a.Project == "" {
		return nil, nil
	}
	last, err := s.trendEnd(ctx, a)
	if err != nil {
		return nil, err
	}
	first := last - trendDays + 1
	total := !a.Period.IsZero() && member == "used"
	if total {
		first = rules.DayOf(a.Period)
	}
	days, err := s.days(ctx, a, figure, first, last)
	if err != nil {
		return nil, err
	}
	used := metric.Series(days) // a device uses nothing before it exists
	first = last - rules.Day(len(used)) + 1
	points := make([]notify.Point, 0, len(used))
	sum := 0.0
	for i, value := range used {
		if sum += value; total {
			value = sum
		}
		points = append(points, notify.Point{Day: (first + rules.Day(i)).Start(), Value: value})
	}
	return points[max(0, len(points)-trendDays):], nil
}

// trendEnd returns the last day of the trend of an alert.
func (s *Sender) trendEnd(ctx context.Context, a rules.Alert) (rules.Day, error) {
	last := rules.DayOf(a.AsOf)
	if a.AsOf.Equal(last.Start()) {
		last-- // as of the end of a day
	}
	if !a.Open() {
		return last, nil
	}
	state, err := s.store.Project(ctx, a.Project)
	if err != nil || state.PolledAt.IsZero() {
		return last, err
	}
	polled := rules.DayOf(state.PolledAt)
	if !a.Period.IsZero() {
		_, next := s.period(a.Rule, a.Project).Bounds(rules.DayOf(a.Period))
		polled = min(polled, next-1)
	}
	return max(last, polled), nil
}

// days returns a figure of the subject of an alert day by day.
func (s *Sender) days(ctx context.Context, a rules.Alert, figure rules.Figure, first, last rules.Day) ([]float64, error) {
	ordinal := 0
	if a.Subject != "" {
		var known bool
		var err error
		if ordinal, known, err = s.store.Usage.Ordinal(ctx, a.Project, a.Subject); !known {
			return nil, err
		}
	}
	return env.Days(ctx, s.store.Usage, a.Project, ordinal, figure, first, last)
}
