package arguments

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/words"
	"notewatch/rules"
)

// A Length is a duration on the command line: 90m, 2h, 3d, 1w.
type Length time.Duration

// Set implements pflag.Value.
func (f *Length) Set(text string) error {
	length, err := words.Length(text)
	if err != nil {
		return errors.New("want a duration such as 90m, 2h, 3d or 1w")
	}
	*f = Length(length)
	return nil
}

// String implements pflag.Value.
func (f *Length) String() string {
	if *f == 0 {
		return ""
	}
	return time.Duration(*f).String()
}

// Type implements pflag.Value.
func (*Length) Type() string { return "duration" }

// A Kind is the kind of a name: project, fleet, device or route.
type Kind lookup.Kind

// Set implements pflag.Value.
func (f *Kind) Set(text string) error {
	if !slices.Contains(lookup.KindWords(), text) {
		return errors.New("want project, fleet, device or route")
	}
	*f = Kind(text)
	return nil
}

// String implements pflag.Value.
func (f *Kind) String() string { return string(*f) }

// Type implements pflag.Value.
func (*Kind) Type() string { return "kind" }

// Kinds returns the kind; nil means any.
func (f Kind) Kinds() []lookup.Kind {
	if f == "" {
		return nil
	}
	return []lookup.Kind{lookup.Kind(f)}
}

// A Span is a time span: today, 7d, 30d or period.
type Span lookup.Span

// Set implements pflag.Value.
func (f *Span) Set(text string) error {
	span, ok := lookup.ParseSpan(text)
	if !ok {
		return errors.New("want today, 7d, 30d or period")
	}
	*f = Span(span)
	return nil
}

// take removes the word for a time span from the words of a command line.
func (f *Span) take(args []string) (rest []string, err error) {
	for _, word := range args {
		span, ok := lookup.ParseSpan(word)
		switch {
		case !lookup.LikeSpan(word):
			rest = append(rest, word)
		case !ok:
			return nil, fmt.Errorf("want today, 7d, 30d or period, not %q", word)
		case *f != "" && *f != Span(span):
			return nil, fmt.Errorf("give only one time span, %s or %s", *f, span)
		default:
			*f = Span(span)
		}
	}
	return rest, nil
}

// String implements pflag.Value.
func (f *Span) String() string { return string(*f) }

// Type implements pflag.Value.
func (*Span) Type() string { return "span" }

// OrPeriod returns the span; without one it is the period.
func (f Span) OrPeriod() lookup.Span {
	if f == "" {
		return lookup.Period
	}
	return lookup.Span(f)
}

// A Day is a UTC day on the command line.
type Day struct{ Day rules.Day }

// Set implements pflag.Value.
func (f *Day) Set(text string) error {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return errors.New("want a day such as 2026-05-01")
	}
	f.Day = rules.DayOf(at)
	return nil
}

// String implements pflag.Value.
func (f *Day) String() string {
	if f.Day == 0 {
		return ""
	}
	return f.Day.String()
}

// Type implements pflag.Value.
func (*Day) Type() string { return "day" }
