package rules

import "time"

// A Day is a UTC calendar day, counted in days since 1970-01-01. Notehub accounts usage by such days.
type Day int

// DayOf returns the UTC day that t lies in.
func DayOf(t time.Time) Day {
	seconds := t.Unix()
	day := seconds / secondsPerDay
	if seconds%secondsPerDay < 0 {
		day--
	}
	return Day(day)
}

const secondsPerDay = 24 * 60 * 60

// Start returns the first instant of the day, 00:00 UTC.
func (d Day) Start() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// End returns the first instant after the day.
func (d Day) End() time.Time { return (d + 1).Start() }

// String returns the day as 2006-01-02.
func (d Day) String() string { return d.Start().Format(time.DateOnly) }
