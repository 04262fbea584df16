package env

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"notewatch/internal/store/usage"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// Prices are what an account pays for events.
type Prices struct {
	Event float64 // 0 is not set
	Free  float64 // events of each calendar month that cost nothing; 0 is not set
}

// A Bill is what the events of an account cost in a calendar month, as of the end of a day or as of now. It is a lower bound, because other
// projects may use the account too. The zero Bill is no data.
type Bill struct {
	known, foreseen bool      // whether Events and Forecast are data
	Events          float64   // so far
	Forecast        float64   // at the end of the month, as expected
	prices          Prices    //
	coming          []float64 // expected events of the rest of the day and of the later days of the month
	rest            float64   // days that are left of the day
}

// Bills computes the bills of an account. It is safe for concurrent use.
type Bills struct {
	usage    *usage.Store
	prices   Prices
	projects []AccountProject
	now      time.Time
	mu       sync.Mutex
	at       map[rules.Day]Bill
}

// NewBills returns the bills of an account, whose projects share its free events, as of an instant, and as of the days before it.
func NewBills(db *usage.Store, prices Prices, projects []AccountProject, now time.Time) *Bills {
	return &Bills{usage: db, prices: prices, projects: projects, now: now, at: map[rules.Day]Bill{}}
}

// Of returns the bill as of a day: for the present day as of now, for another one as of its end. A project that was not read on the day
// counts as it was when it was last read.
func (b *Bills) Of(ctx context.Context, day rules.Day) (Bill, error) {
	if b == nil || b.prices.Event == 0 {
		return Bill{}, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	bill, ok := b.at[day]
	if ok {
		return bill, nil
	}
	_, next := rules.CalendarMonth.Bounds(day)
	bill = Bill{prices: b.prices, coming: make([]float64, next-day)}
	if day == rules.DayOf(b.now) {
		bill.rest = day.End().Sub(b.now).Hours() / 24
	}
	for _, p := range b.projects {
		if p.State.PolledAt.IsZero() {
			continue
		}
		if err := bill.add(ctx, b.usage, p, day); err != nil {
			return Bill{}, err
		}
	}
	b.at[day] = bill
	return bill, nil
}

// add adds the events of a project as of a day, or of the day on which it was last read.
func (b *Bill) add(ctx context.Context, db *usage.Store, p AccountProject, day rules.Day) error {
	start, next := rules.CalendarMonth.Bounds(day)
	read := min(day, rules.DayOf(p.State.PolledAt))
	past := metric.NewPast(rules.Events, rules.CalendarMonth, read, p.born())
	first := past.First(rules.MembersOf("forecast"))
	values, err := p.days(ctx, db, rules.Events, first, read)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(values, rules.Known) {
		return nil
	}
	b.known = true
	if read < start { // nothing was read this month
		return nil
	}
	used := 0.0
	for _, x := range values[start-first:] {
		if rules.Known(x) {
			used += x
		}
	}
	b.Events += used
	past.Values = values
	expected := func(d rules.Day) float64 { return past.Expected(int(d - read)) }
	if !rules.Known(expected(read)) || !rules.Known(expected(read+1)) {
		b.Forecast += used
		return nil
	}
	b.foreseen = true
	today := values[len(values)-1]
	if !rules.Known(today) {
		today = 0
	}
	b.Forecast += used + expected(read) - today
	for d := read + 1; d < next; d++ {
		b.Forecast += expected(d)
	}
	if read == day {
		b.coming[0] += expected(read) - today
	}
	for d := max(day, read) + 1; d < next; d++ {
		b.coming[d-day] += expected(d)
	}
	return nil
}

// seen returns the costs as expressions see them of the whole account.
func (b Bill) seen() rules.Cost {
	seen := rules.UnknownEnv().Cost
	if !b.known {
		return seen
	}
	seen.Used = b.price(b.Events)
	if b.foreseen {
		seen.Forecast = b.price(b.Forecast)
	}
	if b.prices.Free > 0 {
		seen.FreeUsedPct, seen.FreeDaysLeft = 100*b.Events/b.prices.Free, b.freeDaysLeft()
	}
	return seen
}

// price returns what a number of events of a month costs.
func (b Bill) price(events float64) float64 { return max(0, events-b.prices.Free) * b.prices.Event }

// share returns the costs of a subject with so many events of this month, used and expected.
func (b Bill) share(used, forecast float64) rules.Cost {
	seen := rules.UnknownEnv().Cost
	if !b.known {
		return seen
	}
	seen.Used = b.shareOf(used, b.Events)
	if b.foreseen {
		seen.Forecast = b.shareOf(forecast, b.Forecast)
	}
	return seen
}

// shareOf returns the share of some events in what all of them cost.
func (b Bill) shareOf(events, all float64) float64 {
	if all == 0 {
		return 0 * events
	}
	return b.price(all) * events / all
}

// freeDaysLeft returns how many days the free events last; 36,500 if until the end of the month at least, NaN if nothing is expected.
func (b Bill) freeDaysLeft() float64 {
	left := b.prices.Free - b.Events
	switch {
	case left <= 0:
		return 0
	case !b.foreseen:
		return math.NaN()
	}
	days := 0.0
	for i, events := range b.coming {
		length := 1.0
		if i == 0 {
			length = b.rest
		}
		if events >= left && events > 0 {
			return days + length*left/events
		}
		left -= events
		days += length
	}
	return notAtThisPace
}
