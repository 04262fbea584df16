package testfile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"notewatch/internal/config/typed"
	"notewatch/internal/words"
)

// An Instant is a time of a test: 09:30 on its first day, 2d 09:30, 2d as the beginning of the third day, 36h after the beginning, -3d before
// it, or 2026-06-18 09:30. All are UTC.
type Instant struct {
	offset time.Duration // from the beginning of the first day
	date   time.Time     // if it is zero, offset is used
	given  bool
}

var clock = regexp.MustCompile(`^(?:(\d{1,3})d\s+)?([01]\d|2[0-3]):([0-5]\d)$`)

const instantHint = "write 09:30, 2d 09:30, 2d, 36h, or 2026-06-18 09:30"

// Given reports whether the document has the instant.
func (i Instant) Given() bool { return i.given }

// In returns the instant in a test that begins at start.
func (i Instant) In(start time.Time) time.Time {
	if !i.date.IsZero() {
		return i.date
	}
	return start.Add(i.offset)
}

// ReadText reads an instant.
func (i *Instant) ReadText(text string) error {
	i.given = true
	text = strings.TrimSpace(text)
	if found := clock.FindStringSubmatch(text); found != nil {
		days, _ := strconv.Atoi(found[1]) // digits only, or none
		hours, _ := strconv.Atoi(found[2])
		minutes, _ := strconv.Atoi(found[3])
		i.offset = time.Duration(days)*24*time.Hour + time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
		return nil
	}
	for _, layout := range []string{"2006-01-02 15:04", time.DateOnly, time.RFC3339} {
		if date, err := time.Parse(layout, text); err == nil {
			i.date = date.UTC()
			return nil
		}
	}
	length, negative := strings.CutPrefix(text, "-")
	if length == "0" || length == "0d" {
		return nil
	}
	offset, err := words.Length(length)
	if err != nil {
		return &typed.MistakeError{Message: fmt.Sprintf("cannot read the time %.40q", text), Hint: instantHint}
	}
	if i.offset = min(offset, maxDays*24*time.Hour*10); negative {
		i.offset = -i.offset
	}
	return nil
}

// A Range is the time between two instants, or one instant: 1d 09:00 .. 1d 10:00.
type Range struct {
	From, To Instant
	given    bool
}

// Given reports whether the document has the range.
func (r Range) Given() bool { return r.given }

// ReadText reads a range.
func (r *Range) ReadText(text string) error {
	r.given = true
	from, to, both := strings.Cut(text, "..")
	if err := r.From.ReadText(from); err != nil {
		return err
	}
	r.To = r.From
	if both {
		return r.To.ReadText(to)
	}
	return nil
}

// Has reports whether the range of a test that begins at start contains an instant.
func (r Range) Has(at, start time.Time) bool {
	return !at.Before(r.From.In(start)) && !at.After(r.To.In(start))
}

// A Length is a duration.
type Length time.Duration

// ReadText reads a duration.
func (l *Length) ReadText(text string) error {
	length, err := words.Length(text)
	*l = Length(length)
	return err
}

// A Date is a UTC day.
type Date struct{ Start time.Time }

// ReadText reads a date.
func (d *Date) ReadText(text string) error {
	start, err := time.Parse(time.DateOnly, text)
	if err != nil || start.Year() < 2000 || start.Year() > 2200 {
		return &typed.MistakeError{Message: fmt.Sprintf("cannot read the day %.40q", text), Hint: "write it as 2026-06-17, from the year 2000 to 2200"}
	}
	d.Start = start
	return nil
}
