package lookup

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"notewatch/rules"
)

// A Span is a stretch of UTC days that a question is about.
type Span string

// The spans.
const (
	Today  Span = "today"  // the day so far
	Week   Span = "7d"     // the last 7 complete days
	Month  Span = "30d"    // the last 30 complete days
	Period Span = "period" // the period so far
)

// Spans returns all spans.
func Spans() []Span { return []Span{Today, Week, Month, Period} }

// SpanWords returns the words for all spans.
func SpanWords() (all []string) {
	for _, span := range Spans() {
		all = append(all, string(span))
	}
	return all
}

// ParseSpan returns the span that a word names, in whatever case. The error says which spans there are.
func ParseSpan(word string) (Span, error) {
	for _, span := range Spans() {
		if strings.EqualFold(word, string(span)) {
			return span, nil
		}
	}
	return "", fmt.Errorf("unknown time span %q: want today, 7d, 30d or period", word)
}

// TakeSpan removes the words for a time span from words. text returns a word as text, "" if it is no such word whatever it reads.
// Without one the span is "".
func TakeSpan[W any](words []W, text func(W) string) (rest []W, span Span, err error) {
	for _, word := range words {
		if !LikeSpan(text(word)) {
			rest = append(rest, word)
			continue
		}
		found, err := ParseSpan(text(word))
		switch {
		case err != nil:
			return nil, "", err
		case span != "" && span != found:
			return nil, "", fmt.Errorf("give only one time span, %s or %s", span, found)
		}
		span = found
	}
	return rest, span, nil
}

// otherSpan matches what is meant as a span, but is none.
var otherSpan = regexp.MustCompile(`(?i)^([0-9]+(h|d|w|days?|weeks?|months?)|yesterday|week|month)$`)

// LikeSpan reports whether a word is meant as a span, also if there is none like it: 99d, yesterday.
func LikeSpan(word string) bool {
	_, err := ParseSpan(word)
	return err == nil || otherSpan.MatchString(word)
}

const (
	weekDays  = 7
	monthDays = 30
)

// days returns the first day of a span and the day after its last, as seen from the day asOf.
func (s Span) days(asOf rules.Day, spec rules.PeriodSpec) (from, to rules.Day) {
	switch s {
	case Week:
		return asOf - weekDays, asOf
	case Month:
		return asOf - monthDays, asOf
	case Period:
		first, _ := spec.Bounds(asOf)
		return first, asOf + 1
	default:
		return asOf, asOf + 1
	}
}

// bounds returns when a span begins and ends, as seen from the day asOf.
func (s Span) bounds(asOf rules.Day, spec rules.PeriodSpec) (from, to time.Time) {
	first, next := s.days(asOf, spec)
	return first.Start(), next.Start()
}
