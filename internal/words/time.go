package words

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// lengths matches one number and its unit.
var lengths = regexp.MustCompile(`^(\d{1,6}(?:\.\d{1,3})?)\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d|weeks?|w)\s*`)

// units are lengths of time by the first letter of their names. A day has 24 hours.
var units = map[byte]time.Duration{
	's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
}

// Length reads a length of time above zero: 90m, 2h, 1h30m, 3 days, 1w. A length above the maximum of time.Duration becomes
// that maximum. An error quotes the text and says what to write.
func Length(text string) (time.Duration, error) {
	unreadable := fmt.Errorf("cannot read the duration %s: write 90m, 2h, 3d or 1w", quote(text))
	total := 0.0
	rest := strings.ToLower(strings.TrimSpace(text))
	if rest == "" {
		return 0, unreadable
	}
	for rest != "" {
		found := lengths.FindStringSubmatch(rest)
		if found == nil {
			return 0, unreadable
		}
		n, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			return 0, unreadable
		}
		total += n * float64(units[found[2][0]])
		rest = rest[len(found[0]):]
	}
	switch {
	case total == 0:
		return 0, fmt.Errorf("%s is too short: write 90m, 2h, 3d or 1w", quote(text))
	case total >= math.MaxInt64:
		return math.MaxInt64, nil
	}
	return time.Duration(total), nil
}

// quote returns typed text in quotes, shortened.
func quote(text string) string { return strconv.Quote(Cut(text, 80)) }

// dashes replace typographic dashes with hyphens.
var dashes = strings.NewReplacer("‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-")

// PlainDashes replaces typographic dashes with hyphens. Phones and Slack turn typed hyphens into dashes.
func PlainDashes(text string) string { return dashes.Replace(text) }

// Instant reads an instant: 14:00, tomorrow, tomorrow 9:00, 2026-06-15, "2026-06-15 14:00" or RFC 3339; all but the last are in
// UTC. A time of day without a day is the next one after now. A day without a time is its beginning.
func Instant(text string, now time.Time) (time.Time, error) {
	plain := strings.ToUpper(PlainDashes(text))
	plain = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(plain), "UTC"))
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, plain); err == nil {
			return t.UTC(), nil
		}
	}
	year, month, day := now.UTC().Date()
	at, tomorrow := strings.CutPrefix(plain, "TOMORROW")
	if tomorrow {
		day++
	}
	if tomorrow && at == "" {
		at = " 00:00"
	}
	clock, err := time.Parse("15:04", strings.TrimSpace(at))
	if err != nil || tomorrow && !strings.HasPrefix(at, " ") {
		return time.Time{}, fmt.Errorf(`cannot read the time %s: write 14:00, tomorrow 9:00 or "2026-06-15 14:00", in UTC`, quote(text))
	}
	t := time.Date(year, month, day, clock.Hour(), clock.Minute(), 0, 0, time.UTC)
	if !t.After(now) {
		t = t.AddDate(0, 0, 1)
	}
	return t, nil
}
