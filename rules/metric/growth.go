package metric

import (
	"math"
	"slices"
	"time"

	"notewatch/rules"
)

// A Growth is a member of a metric for the growth in a span of time, from one poll to the newest one.
type Growth struct {
	Member      string
	span        time.Duration // of the growth
	least, most time.Duration // between the two polls
}

// Growths returns the members of a metric that depend on an earlier poll.
func Growths() [2]Growth {
	return [2]Growth{
		{"h1", time.Hour, 55 * time.Minute, 2 * time.Hour},
		{"h6", 6 * time.Hour, 5*time.Hour + 30*time.Minute, 8 * time.Hour},
	}
}

// KeepPolls is how long the values of polls are needed for any Growth.
const KeepPolls = 9 * time.Hour

// Longest returns the longest time between the two polls.
func (g Growth) Longest() time.Duration { return g.most }

// Wanted reports whether members include the growth.
func (g Growth) Wanted(m rules.Members) bool { return m&rules.MembersOf(g.Member) != 0 }

// Since returns the poll from which the growth up to the newest poll is counted: the latest one that is about the span older, and not much
// more. polls is in order of time. ok is false if there is none.
func (g Growth) Since(polls []time.Time) (since time.Time, ok bool) {
	if len(polls) == 0 {
		return time.Time{}, false
	}
	newest := polls[len(polls)-1]
	for _, poll := range slices.Backward(polls) {
		if age := newest.Sub(poll); age >= g.least {
			return poll, age <= g.most
		}
	}
	return time.Time{}, false
}

// A PollValue is the value of a day at a poll. The zero PollValue means that there is no such poll.
type PollValue struct {
	Value float64       // NaN if not known
	Day   rules.Day     // of the poll
	Age   time.Duration // time between the poll and the newest poll
}

// growth returns the growth of the metric in the span of a Growth, at the pace since an earlier poll. Over midnight this is what the day of
// that poll gained until its end, as far as is known now, plus the value of the day after it.
func (p Past) growth(place int) float64 {
	earlier := p.Earlier[place]
	grown := math.NaN()
	switch {
	case earlier.Age <= 0:
	case earlier.Day == p.Day:
		grown = p.today() - earlier.Value
	case earlier.Day == p.Day-1:
		grown = p.back(1) - earlier.Value + p.today()
	}
	if !rules.Known(grown) || grown < 0 { // the values were corrected
		return math.NaN()
	}
	return grown * float64(Growths()[place].span) / float64(earlier.Age)
}
