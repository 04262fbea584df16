package words

import (
	"fmt"
	"time"
)

// Time returns an instant as text, in UTC: "Mon 12 Jan 14:05 UTC". The zero time is "unknown".
func Time(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("Mon 2 Jan 15:04 UTC")
}

// OutsideHours returns that a receiver is outside its hours, and when they begin: "outside its hours until Mon 15 Jun 08:00 UTC". The zero time
// means that this is not known.
func OutsideHours(begin time.Time) string {
	if begin.IsZero() {
		return "outside its hours"
	}
	return "outside its hours until " + Time(begin)
}

// Duration returns a length of time as text, in its two largest units: "2 d 3 h", "4 h 12 min", "40 s".
func Duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(d, 0)/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < day:
		return twoUnits(d, time.Hour, "h", time.Minute, "min")
	}
	return twoUnits(d, day, "d", time.Hour, "h")
}

// twoUnits returns d in a large and a small unit, or in the large unit only if nothing remains.
func twoUnits(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d %s", d/large, largeName)
	if rest := d % large / small; rest > 0 {
		text += fmt.Sprintf(" %d %s", rest, smallName)
	}
	return text
}
