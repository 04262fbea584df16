package metric

import (
	"math"
	"slices"

	"notewatch/rules"
)

// forecast returns the expected sum of the period at its end: its complete days, the known or expected value of the day, and the expected
// values of the days to come.
func (p Past) forecast() float64 {
	expected := p.expectations()
	total := p.sum(p.Start, p.Day-1) + max(p.today(), expected[0])
	for day := p.Day + 1; day < p.Next; day++ {
		total += expected[(day-p.Day)%weekDays]
	}
	return total
}

// Expected returns the value that is expected of a day after the day of the Past, or of that day itself: then what it has used so far, if
// that is more. NaN if nothing can be expected.
func (p Past) Expected(days int) float64 {
	expected := p.expectations()[days%weekDays]
	if days == 0 {
		return max(p.today(), expected)
	}
	return expected
}

// expectations returns the expected values of days, by the number of days after the weekday of the Past.
func (p Past) expectations() (all [weekDays]float64) {
	if p.whole(2*weekDays) < 2*weekDays {
		x := p.newest(weekDays)
		for i := range all {
			all[i] = x
		}
		return all
	}
	lately := p.newest(fewestDays)
	for i := range all {
		all[i] = p.expected(weekDays-i, lately)
	}
	return all
}

// newest returns the mean of at most most of the newest known whole days; NaN if there are too few.
func (p Past) newest(most int) float64 {
	total, known := 0.0, 0
	for back := 1; back <= p.whole(HistoryDays) && known < most; back++ {
		if x := p.back(back); rules.Known(x) {
			total += x
			known++
		}
	}
	if known < fewestDays {
		return math.NaN()
	}
	return total / float64(known)
}

// expected returns the middle one of three: the newest known day of a weekday, the median of that weekday in four weeks, and the mean of
// the last days; the lower of two if one is not known. So weekends are kept, a single upload is ignored, and a new level counts once it
// fills the week. back is the number of days since the last such weekday.
func (p Past) expected(back int, lately float64) float64 {
	var memory [usualWeeks]float64
	same := memory[:0]
	for week := range usualWeeks {
		if x := p.wholeDay(back + week*weekDays); rules.Known(x) {
			same = append(same, x)
		}
	}
	var of [3]float64
	all := of[:0]
	if len(same) > 0 {
		all = append(all, same[0])
	}
	if len(same) > 1 {
		slices.Sort(same)
		all = append(all, middle(same))
	}
	if rules.Known(lately) {
		all = append(all, lately)
	}
	slices.Sort(all)
	switch len(all) {
	case 0:
		return math.NaN()
	case len(of):
		return all[1]
	}
	return all[0]
}
