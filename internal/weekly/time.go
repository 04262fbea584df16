package weekly

import "time"

// hour is that of the summary, on Mondays, UTC.
const hour = 8

// Next returns the first Monday at 08:00 UTC after now.
func Next(now time.Time) time.Time {
	year, month, day := now.UTC().Date()
	next := time.Date(year, month, day, hour, 0, 0, 0, time.UTC)
	for next.Weekday() != time.Monday || !next.After(now) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}
