package bot

import (
	"context"
	"strings"

	"notewatch/notify"
	"notewatch/rules"
)

// trendDays is how many days messages draw.
const trendDays = 14

// trend returns the figure that an alert shows, day by day up to the day of its newest value: what was used since the
// period began for a figure that is counted over it, else what was used on each day. It is empty for figures that are
// not counted by day.
func (b *Bot) trend(ctx context.Context, a rules.Alert) ([]notify.Point, error) {
	metric, member, _ := strings.Cut(a.Told.Figure, ".")
	figure, ok := rules.ParseFigure(metric)
	if !ok || a.AsOf.IsZero() || a.Project == "" {
		return nil, nil
	}
	last := rules.DayOf(a.AsOf)
	if a.AsOf.Equal(last.Start()) {
		last-- // as of the end of a day
	}
	first := last - trendDays + 1
	total := !a.Period.IsZero() && member == "used"
	if start := rules.DayOf(a.Period); total {
		first = start
	}
	rows, err := b.Store.Usage(ctx, a.Project, []string{a.Subject}, first, last)
	if err != nil {
		return nil, err
	}
	points := make([]notify.Point, 0, len(rows))
	sum := 0.0
	for _, row := range rows {
		value := row.Figures[figure]
		if sum += value; total {
			value = sum
		}
		points = append(points, notify.Point{Day: row.Day.Start(), Value: value})
	}
	return points[max(0, len(points)-trendDays):], nil
}
