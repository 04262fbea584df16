package rules

import (
	"math"
	"slices"
	"time"
)

// A Growth is a member of a metric that says how much it grew in a span of time, from one poll to the newest one.
type Growth struct {
	Member      string
	span        time.Duration // that the growth is of
	least, most time.Duration // between the two polls
}

// Growths returns the members of a metric that follow from an earlier poll.
func Growths() [2]Growth {
	return [2]Growth{
		{"h1", time.Hour, 55 * time.Minute, 2 * time.Hour},
		{"h6", 6 * time.Hour, 5*time.Hour + 30*time.Minute, 8 * time.Hour},
	}
}

// KeepPolls is how long the values of polls are needed for any Growth.
const KeepPolls = 9 * time.Hour

// Wanted reports whether some members include the growth.
func (g Growth) Wanted(m Members) bool { return m&MembersOf(g.Member) != 0 }

// Since returns the poll that the growth up to the newest poll is counted from: the latest one that is about the span older, and not
// much more. The polls are in order of time. ok is false if there is none.
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

// A PollValue is the value that a poll read of its day. The zero PollValue is that there is no such poll.
type PollValue struct {
	Value float64       // NaN is not known
	Day   Day           // of the poll
	Age   time.Duration // of the poll when the newest poll was
}

// growth returns how much the metric grows in the span of a Growth, at the pace since an earlier poll. Over midnight it grew by what the
// day of that poll still came to, as far as is known now, and by all of the day after it.
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
	if !Known(grown) || grown < 0 { // values were corrected
		return math.NaN()
	}
	return grown * float64(Growths()[place].span) / float64(earlier.Age)
}
