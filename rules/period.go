package rules

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// A PeriodSpec says how time is cut into periods, always at 00:00 UTC. The zero PeriodSpec is the calendar month.
type PeriodSpec struct {
	Every    string // day, week (from Monday), month; "" with Days is every so many days, else month
	MonthDay int    // the day, 1 to 31, that months begin on, or the last day of a shorter month; 0 is 1
	Days     int    // length of a period in days; 0 unless Every is ""
	From     Day    // a day that a period of Days begins on
}

// CalendarMonth is the period over which Notehub bills.
var CalendarMonth = PeriodSpec{Every: "month"}

// PeriodIn returns how the rule cuts time in a project that has periods of its own. A rule that reads cost goes by the calendar month.
func (r *Rule) PeriodIn(project PeriodSpec) PeriodSpec {
	if r.Reads.Cost() {
		return CalendarMonth
	}
	return cmp.Or(r.Spec.Period, project)
}

// sameMonth reports whether the periods are calendar months.
func (s PeriodSpec) sameMonth() bool { return s.String() == "month" && s.MonthDay <= 1 }

// Validate says what is wrong with the spec, if anything.
func (s PeriodSpec) Validate() error {
	switch s.Every {
	case "":
		if s.Days < 0 || s.Days > 366 {
			return fmt.Errorf("a period of %d days: want 1 to 366", s.Days)
		}
	case "day", "week", "month":
		if s.Days != 0 {
			return errors.New("a period has either a name or a number of days")
		}
	default:
		return fmt.Errorf("unknown period %q: want day, week, month or a number of days", s.Every)
	}
	if s.MonthDay < 0 || s.MonthDay > 31 {
		return fmt.Errorf("a month from day %d: want 1 to 31", s.MonthDay)
	}
	if s.MonthDay > 1 && s.String() != "month" {
		return fmt.Errorf("a %s cannot begin on a day of the month", s.String())
	}
	return nil
}

// String returns the word that messages use: day, week, month or so many days.
func (s PeriodSpec) String() string {
	switch {
	case s.Every != "":
		return s.Every
	case s.Days > 0:
		return fmt.Sprintf("%d days", s.Days)
	default:
		return "month"
	}
}

// Bounds returns the first day of the period that d lies in, and the first day after it.
func (s PeriodSpec) Bounds(d Day) (first, next Day) {
	switch {
	case s.Every == "day":
		return d, d + 1
	case s.Every == "week":
		monday := d - Day((int(d.Start().Weekday())+6)%7)
		return monday, monday + 7
	case s.Every == "" && s.Days > 0:
		into := (d - s.From) % Day(s.Days)
		if into < 0 {
			into += Day(s.Days)
		}
		return d - into, d - into + Day(s.Days)
	default:
		return s.month(d)
	}
}

func (s PeriodSpec) month(d Day) (first, next Day) {
	year, month, _ := d.Start().Date()
	first, next = s.begin(year, month), s.begin(year, month+1)
	if d < first {
		first, next = s.begin(year, month-1), first
	}
	return first, next
}

// begin returns the day of a month on which a period begins: the last one of a month that is too short.
func (s PeriodSpec) begin(year int, month time.Month) Day {
	last := DayOf(time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC))
	return min(DayOf(time.Date(year, month, max(s.MonthDay, 1), 0, 0, 0, 0, time.UTC)), last)
}

// Period returns the period that d lies in, as seen at the instant at.
func (s PeriodSpec) Period(d Day, at time.Time) Period {
	first, next := s.Bounds(d)
	start, end := first.Start(), next.Start()
	return Period{
		Start:      start,
		End:        end,
		ElapsedPct: 100 * float64(at.Sub(start)) / float64(end.Sub(start)),
		DaysLeft:   end.Sub(at).Hours() / 24,
	}
}
