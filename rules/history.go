package rules

import (
	"math"
)

// Windows of the figures over complete days.
const (
	weekDays   = 7
	monthDays  = 30
	medianDays = 14
)

// HistoryDays is how many complete days an Env can look back on, unless the period is longer.
const HistoryDays = 35

// A Closed sums up the complete days of one figure. It changes only when a day ends or late figures arrive, so it is
// kept instead of being computed at every poll. NaN is no data.
type Closed struct {
	Yesterday float64
	Used      float64 // the complete days of the current period
	D7, D30   float64
	Median    float64
	Days      float64
}

// Close sums up days, the complete days in which the subject existed, oldest first, NaN where not known. The last used of
// them, or all if there are fewer, belong to the current period.
//
// A window that reaches beyond the first of days is the sum over those there are: the subject used nothing before it
// existed. A window with an unknown day is no data, and so is every window but Used before the first complete day.
func Close(days []float64, used int) Closed {
	closed := Closed{Yesterday: math.NaN(), D7: math.NaN(), D30: math.NaN(), Median: math.NaN(), Used: sum(last(days, used))}
	for _, x := range days {
		if Known(x) {
			closed.Days++
		}
	}
	if len(days) == 0 {
		return closed
	}
	closed.Yesterday = days[len(days)-1]
	closed.D7 = sum(last(days, weekDays))
	closed.D30 = sum(last(days, monthDays))
	closed.Median = median(last(days, medianDays))
	return closed
}

// Metric returns the metric of which c are the complete days and today is the day so far. The series is shared.
func (c Closed) Metric(today float64, series []float64) Metric {
	return Metric{
		Today:     today,
		Yesterday: c.Yesterday,
		Used:      c.Used + today,
		D7:        c.D7,
		D30:       c.D30,
		Median:    c.Median,
		Days:      c.Days,
		Series:    series,
	}
}

// UnknownMetric returns a metric of which nothing is known.
func UnknownMetric() Metric {
	nan := math.NaN()
	return Closed{Yesterday: nan, Used: nan, D7: nan, D30: nan, Median: nan}.Metric(nan, nil)
}

// Series returns days without the unknown ones at its start, which lie before the history that was read.
func Series(days []float64) []float64 {
	for i, x := range days {
		if Known(x) {
			return days[i:]
		}
	}
	return nil
}

func last(days []float64, n int) []float64 { return days[max(0, len(days)-n):] }

// sum is NaN if any part is.
func sum(xs []float64) float64 {
	total := 0.0
	for _, x := range xs {
		total += x
	}
	return total
}

// median is NaN if any part is. There are at most medianDays.
func median(xs []float64) float64 {
	var sorted [medianDays]float64
	for i, x := range xs {
		if math.IsNaN(x) {
			return x
		}
		for ; i > 0 && sorted[i-1] > x; i-- {
			sorted[i] = sorted[i-1]
		}
		sorted[i] = x
	}
	middle := len(xs) / 2
	if len(xs)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
