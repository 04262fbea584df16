package metric

import (
	"math"
	"slices"

	"notewatch/rules"
)

// Windows over complete days, in days.
const (
	weekDays   = 7
	monthDays  = 30
	medianDays = 14
	usualWeeks = 4 // with the same weekday
)

// HistoryDays is the number of complete days that days and series cover.
const HistoryDays = 35

// MissedDays is the number of complete days whose sessions show how many a silent device missed: five weeks of silence, and the usual days
// before it.
const MissedDays = 70

// fewestDays is the smallest number of known days for a usual value.
const fewestDays = 3

// A Past holds the days of one figure of a subject, from which its Metric is computed.
type Past struct {
	Figure    rules.Figure
	Values    []float64    // by day, the last is the day itself; NaN if not known
	Day       rules.Day    // day as of which the Metric is; its value is that of the day so far
	Born      rules.Day    // first day on which the subject existed
	Start     rules.Day    // the first day of the period
	Previous  rules.Day    // the first day of the period before
	Next      rules.Day    // the first day of the next period
	Allowance rules.Day    // the first day on which what was used counts against an allowance of satellite data
	Peers     []float64    // by group of peers: the median of what they used on the day before
	Missed    float64      // of sessions: the number that did not come; NaN if not known
	Earlier   [2]PollValue // values at the polls for Growths[0] and Growths[1]
}

// NewPast returns the past of a subject without its days.
func NewPast(figure rules.Figure, period rules.PeriodSpec, day, born rules.Day) Past {
	p := Past{Figure: figure, Day: day, Born: born, Missed: math.NaN(), Allowance: day}
	p.Start, p.Next = period.Bounds(day)
	p.Previous, _ = period.Bounds(p.Start - 1)
	return p
}

// First returns the first day that Metric needs for members.
func (p Past) First(m rules.Members) rules.Day {
	first := p.Day
	for _, member := range members {
		if member.isIn(m) {
			first = min(first, member.first(p))
		}
	}
	return first
}

// Metric computes members of the metric. The others are no data.
//
// A sum covers all days of its window: a subject used nothing before it existed, unless other data is known. Usual values use only whole
// days, which are the complete ones after the day of birth, and a few of them may be missing.
func (p Past) Metric(m rules.Members) rules.Metric {
	metric := rules.UnknownMetric()
	for _, member := range members {
		switch {
		case !member.isIn(m):
		case member.compute == nil:
			metric.Series = p.series()
		default:
			*member.in(&metric) = member.compute(p)
		}
	}
	return metric
}

// back returns the value of a number of days before the day; NaN if not known.
func (p Past) back(days int) float64 {
	if at := len(p.Values) - 1 - days; at >= 0 {
		return p.Values[at]
	}
	return math.NaN()
}

// sum adds up the days from first to last.
func (p Past) sum(first, last rules.Day) float64 {
	total := 0.0
	for day := first; day <= last; day++ {
		switch x := p.back(int(p.Day - day)); {
		case rules.Known(x):
			total += x
		case day >= p.Born:
			return math.NaN()
		}
	}
	return total
}

func (p Past) today() float64 { return p.back(0) }
func (p Past) used() float64  { return p.sum(p.Start, p.Day) }
func (p Past) week() float64  { return p.complete(weekDays) }
func (p Past) month() float64 { return p.complete(monthDays) }

// allowance returns what was used since the allowance began, or since the day of birth. Days before the first known one count as 0.
func (p Past) allowance() float64 { return p.sum(p.firstRead(), p.Day) }

// unread returns how many of these days lie before the first known one.
func (p Past) unread() float64 { return float64(p.firstRead() - max(p.Allowance, p.Born)) }

// firstRead returns the first known day of the allowance; the day itself if there is none.
func (p Past) firstRead() rules.Day {
	first := max(p.Allowance, p.Born)
	for first < p.Day && !rules.Known(p.back(int(p.Day-first))) {
		first++
	}
	return first
}

// complete returns the sum of the last complete days.
func (p Past) complete(days rules.Day) float64 {
	if p.Born >= p.Day {
		return math.NaN()
	}
	return p.sum(p.Day-days, p.Day-1)
}

// whole returns the number of whole days among the last days.
func (p Past) whole(days int) int { return max(0, min(days, int(p.Day-p.Born)-1)) }

// wholeDay returns the value of a number of days before the day, if that is a whole day; otherwise, or if it is not known, NaN.
func (p Past) wholeDay(days int) float64 {
	if days > p.whole(days) {
		return math.NaN()
	}
	return p.back(days)
}

// yesterday returns the value of the day before, if that is a whole day.
func (p Past) yesterday() float64 { return p.wholeDay(1) }

// prev returns the sum over the period before.
func (p Past) prev() float64 {
	if p.Born > p.Previous {
		return math.NaN()
	}
	return p.sum(p.Previous, p.Start-1)
}

// known returns the known ones of the last whole days, sorted, in the given memory.
func (p Past) known(memory []float64) []float64 {
	days := memory[:0]
	for back := p.whole(medianDays); back > 0; back-- {
		if x := p.back(back); rules.Known(x) {
			days = append(days, x)
		}
	}
	slices.Sort(days)
	return days
}

// recent returns the result of known, or nothing if there are too few days for a usual value, or more than a quarter is not known. For an
// average, days without one do not count.
func (p Past) recent(memory []float64) []float64 {
	days := p.known(memory)
	if whole := p.whole(medianDays); len(days) < fewestDays || 4*(whole-len(days)) > whole && !p.Figure.Average() {
		return nil
	}
	return days
}

func (p Past) median() float64 {
	var memory [medianDays]float64
	return middle(p.recent(memory[:]))
}

// mad returns the median of the distances from the median.
func (p Past) mad() float64 {
	var memory [medianDays]float64
	days := p.recent(memory[:])
	median := middle(days)
	for i, x := range days {
		days[i] = math.Abs(x - median)
	}
	slices.Sort(days)
	return middle(days)
}

func (p Past) usual() float64          { return p.usualOn(0) }
func (p Past) usualYesterday() float64 { return p.usualOn(1) }

// usualOn returns the median of the weekday of a number of days before the day, in the four weeks before; the median of all days if one of
// the four is not known.
func (p Past) usualOn(back int) float64 {
	var days [usualWeeks]float64
	for week := range days {
		if days[week] = p.wholeDay(back + (week+1)*weekDays); !rules.Known(days[week]) {
			return p.median()
		}
	}
	slices.Sort(days[:])
	return middle(days[:])
}

// days counts the known whole days.
func (p Past) days() float64 {
	known := 0.0
	for back := p.whole(HistoryDays); back > 0; back-- {
		if rules.Known(p.back(back)) {
			known++
		}
	}
	return known
}

// series returns the whole days, oldest first, without unknown ones at the start.
func (p Past) series() []float64 {
	whole := min(p.whole(HistoryDays), len(p.Values)-1)
	return slices.Clone(Series(p.Values[len(p.Values)-1-whole : len(p.Values)-1]))
}

// Series returns days without unknown ones at the start, which lie before the history that was read.
func Series(days []float64) []float64 {
	for i, x := range days {
		if rules.Known(x) {
			return days[i:]
		}
	}
	return nil
}

// ratio compares the day so far with the median.
func (p Past) ratio() float64 { return p.today() / max(p.median(), p.Figure.Floor()) }

// peerRatio compares the day before with the usage of peers: with the group that used most.
func (p Past) peerRatio() float64 {
	if len(p.Peers) == 0 {
		return math.NaN()
	}
	return p.yesterday() / max(slices.Max(p.Peers), p.Figure.Floor())
}

// z returns how many standard deviations the day so far is above the median, estimated from mad: 0.6745 × mad is a standard deviation.
func (p Past) z() float64 {
	const deviation, least = 0.6745, 0.05
	median := p.median()
	return deviation * (p.today() - median) / max(p.mad(), least*median, p.Figure.Floor())
}

// middle returns the median of sorted numbers; NaN if there are none.
func middle(sorted []float64) float64 {
	half := len(sorted) / 2
	switch {
	case len(sorted) == 0:
		return math.NaN()
	case len(sorted)%2 == 1:
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
