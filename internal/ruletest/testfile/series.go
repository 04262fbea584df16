package testfile

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"notewatch/internal/config/typed"
)

// A Series says what a figure is on each day: the days before the first one of the test, in their order, and the days of the test. The first
// value also holds for all days before, the last one for all days after. Written as
//
//	24                     24 on every day
//	24 | 24x3 900 24       24 on all days before the test and on its first three days, then 900, then 24
//	40kB | 1MB..9MB x5     rises evenly over five days
//	24/10/4                on weekdays, on Saturdays, on Sundays
//	24 | _ 24              nothing is known of the first day
//	24 | [1x36 300x4 1]    by poll: the growth up to each poll of the day; the last value holds up to its end
type Series struct {
	Past, Days []Day
	given      bool
}

// A Day is the value of a figure on one day.
type Day struct {
	Unknown    bool
	OnWeekdays float64
	OnSaturday float64
	OnSunday   float64
	Polls      []float64 // growth between two polls; nil: the value grows evenly over the day
}

// Given reports whether the document has the series.
func (s Series) Given() bool { return s.given }

// On returns the day that is offset days after the first one of the test; a negative offset is before it.
func (s Series) On(offset int) Day {
	all, at := s.Days, offset
	if offset < 0 && len(s.Past) > 0 {
		all, at = s.Past, len(s.Past)+offset
	}
	return all[min(max(at, 0), len(all)-1)]
}

// Total returns the value of the day that begins at date; polls is the number of polls of a day.
func (d Day) Total(date time.Time, polls int) float64 {
	if d.Polls != nil {
		total := 0.0
		for i := range polls {
			total += d.Polls[min(i, len(d.Polls)-1)]
		}
		return total
	}
	switch date.Weekday() {
	case time.Saturday:
		return d.OnSaturday
	case time.Sunday:
		return d.OnSunday
	}
	return d.OnWeekdays
}

// maxSeries is the maximum number of values of a series.
const maxSeries = 400

// ReadText reads a series.
func (s *Series) ReadText(text string) error {
	s.given = true
	text = apart.ReplaceAllString(text, "$1$2")
	past, days, divided := strings.Cut(text, "|")
	if !divided {
		past, days = "", text
	}
	var err error
	if s.Past, err = readDays(past); err == nil {
		s.Days, err = readDays(days)
	}
	switch {
	case strings.Contains(days, "|"):
		return &typed.MistakeError{Message: `cannot read a second "|"`, Hint: "days before the test stand before the |, all of its days behind it, such as 24 | 24 900"}
	case err != nil:
		return err
	case divided && len(s.Past) == 0:
		return &typed.MistakeError{Message: "no value before |", Hint: "write the days before the test, such as 24 | 24 900, or leave out the |"}
	case len(s.Days) == 0:
		return &typed.MistakeError{Message: "no value for the days of the test", Hint: "write one value for every day, such as 24, or 24 | 24 900"}
	}
	return nil
}

func readDays(text string) (days []Day, err error) {
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		var word string
		if strings.HasPrefix(rest, "[") {
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, &typed.MistakeError{Message: "[ without ]", Hint: "polls of a day stand in brackets, such as [1x36 300x4 1]"}
			}
			polls, err := readPolls(rest[1:end])
			if err != nil {
				return nil, err
			}
			rest = rest[end+1:]
			days = append(days, Day{Polls: polls})
			continue
		}
		word, rest = nextWord(rest)
		some, err := readItem(word)
		if err != nil {
			return nil, err
		}
		if days = append(days, some...); len(days) > maxSeries {
			return nil, fmt.Errorf("more than %d days", maxSeries)
		}
	}
	return days, nil
}

func readPolls(text string) (polls []float64, err error) {
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		var word string
		word, rest = nextWord(rest)
		days, err := readItem(word)
		if err != nil {
			return nil, err
		}
		for _, d := range days {
			if d.Unknown || d.OnWeekdays != d.OnSaturday || d.OnWeekdays != d.OnSunday {
				return nil, &typed.MistakeError{Message: fmt.Sprintf("%q within [ ]", word), Hint: "polls have numbers, such as 300x4"}
			}
			polls = append(polls, d.OnWeekdays)
		}
		if len(polls) > maxSeries {
			return nil, fmt.Errorf("more than %d polls", maxSeries)
		}
	}
	if len(polls) == 0 {
		return nil, &typed.MistakeError{Message: "[] without a value", Hint: "write the growth up to each poll, such as [1x36 300x4 1]"}
	}
	return polls, nil
}

// nextWord returns the first item of a text. A space may stand before its count: 1MB..9MB x5.
func nextWord(text string) (word, rest string) {
	end := strings.IndexAny(text, " \t\n[")
	if end < 0 {
		return text, ""
	}
	word, rest = text[:end], text[end:]
	if count := separateCount.FindString(rest); count != "" {
		return word + strings.TrimSpace(count), rest[len(count):]
	}
	return word, rest
}

var (
	apart         = regexp.MustCompile(`(\d)\s+((?:[kMG]i?)?B)\b`) // a unit that stands apart from its number
	separateCount = regexp.MustCompile(`^\s+x\d+`)
	item          = regexp.MustCompile(`^(.*?)(?:x(\d{1,4}))?$`)
	amount        = regexp.MustCompile(`^(\d+(?:\.\d+)?|\.\d+)(B|kB|MB|GB|KiB|MiB|GiB)?$`)
	amountUnits   = map[string]float64{"": 1, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
)

// readItem reads an item: a value, an unknown one, a rise or the values of a week, with its count.
func readItem(word string) ([]Day, error) {
	found := item.FindStringSubmatch(word)
	value, count := found[1], 1
	if found[2] != "" {
		count, _ = strconv.Atoi(found[2]) // digits only
	}
	if count < 1 || count > maxSeries {
		return nil, fmt.Errorf("%q: want a count from 1 to %d", word, maxSeries)
	}
	days := make([]Day, count)
	first, last, rises := strings.Cut(value, "..")
	from, err := readWeek(first)
	if err != nil {
		return nil, err
	}
	to := from
	if rises {
		if to, err = readWeek(last); err != nil {
			return nil, err
		}
		if from.Unknown || to.Unknown || strings.Contains(value, "/") || count < 2 {
			return nil, &typed.MistakeError{Message: fmt.Sprintf("cannot read %q", word), Hint: "a rise has two numbers and a count, such as 10..40x4"}
		}
	}
	for i := range days {
		days[i] = from
		if rises {
			share := float64(i) / float64(count-1)
			step := from.OnWeekdays + share*(to.OnWeekdays-from.OnWeekdays)
			days[i] = Day{OnWeekdays: step, OnSaturday: step, OnSunday: step}
		}
	}
	return days, nil
}

// readWeek reads one value, or those of weekdays, Saturdays and Sundays.
func readWeek(text string) (Day, error) {
	if text == "_" {
		return Day{Unknown: true}, nil
	}
	parts := strings.Split(text, "/")
	if len(parts) != 1 && len(parts) != 3 {
		return Day{}, &typed.MistakeError{Message: fmt.Sprintf("cannot read %q", text), Hint: "a week has three values, such as 24/10/4: weekdays, Saturday, Sunday"}
	}
	values := make([]float64, len(parts))
	for i, part := range parts {
		var err error
		if values[i], err = readAmount(part); err != nil {
			return Day{}, err
		}
	}
	return Day{OnWeekdays: values[0], OnSaturday: values[len(values)/2], OnSunday: values[len(values)-1]}, nil
}

// An Amount is a number, with a unit of bytes if it has one.
type Amount float64

// ReadText reads an amount.
func (a *Amount) ReadText(text string) error {
	value, err := readAmount(text)
	*a = Amount(value)
	return err
}

// maxAmount is the largest number that Notehub's counts can have.
const maxAmount = 1 << 53

func readAmount(text string) (float64, error) {
	found := amount.FindStringSubmatch(text)
	if found == nil {
		return 0, &typed.MistakeError{
			Message: fmt.Sprintf("cannot read %.40q", text),
			Hint:    "write a number such as 24, 40kB or 1.5MB; _ for not known; 24x3 for three of them; 10..40x4 for a rise; [1x36 300x4] by poll",
		}
	}
	number, err := strconv.ParseFloat(found[1], 64)
	if number *= amountUnits[found[2]]; err != nil || number > maxAmount {
		return 0, fmt.Errorf("%.40q is more than Notehub counts", text)
	}
	return math.Round(number*1000) / 1000, nil
}
