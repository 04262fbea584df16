package env

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/history"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// An earlierPoll holds the values of one figure at an earlier poll, for the subjects of a block. The zero earlierPoll means that there is
// none.
type earlierPoll struct {
	at    time.Time
	age   time.Duration // time between the two polls
	cells []history.Cell
}

// polled returns the newest poll that read a figure.
func (r *Reader) polled(figure rules.Figure) time.Time {
	if figure.OfRoutes() {
		return r.RoutesRead
	}
	return r.Polled
}

// earlier returns the polls from which each of metric.Growths is counted, as of a day. There are none unless the newest poll was on that day
// and read the figure; for routes, the newest poll that read them.
func (r *Reader) earlier(ctx context.Context, block int, figure rules.Figure, asOf rules.Day) (earlier [len(metric.Past{}.Earlier)]earlierPoll, err error) {
	growths := metric.Growths()
	wanted := slices.ContainsFunc(growths[:], func(g metric.Growth) bool { return g.Wanted(r.Wants[figure]) })
	polled := r.polled(figure)
	if !wanted || polled.IsZero() || rules.DayOf(polled) != asOf {
		return earlier, nil
	}
	polls, err := r.Usage.KeptPolls(ctx, r.Project, figure)
	if newest := len(polls) - 1; newest < 0 || polls[newest].UnixMilli() != polled.UnixMilli() {
		return earlier, err
	}
	for i, growth := range growths {
		since, ok := growth.Since(polls)
		if !ok || !growth.Wanted(r.Wants[figure]) {
			continue
		}
		earlier[i] = earlierPoll{at: since, age: polled.Sub(since)}
		if earlier[i].cells, err = r.Usage.KeptColumn(ctx, r.Project, block, figure, since); err != nil {
			return earlier, err
		}
	}
	return earlier, nil
}

// of returns the value of a member. A member that did not exist yet had used nothing.
func (p earlierPoll) of(m Member) metric.PollValue {
	if p.at.IsZero() {
		return metric.PollValue{}
	}
	value := history.At(p.cells, m.Position).Float()
	if !rules.Known(value) && m.Born.After(p.at) {
		value = 0
	}
	return metric.PollValue{Value: value, Day: rules.DayOf(p.at), Age: p.age}
}
