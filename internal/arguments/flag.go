package arguments

import (
	"errors"
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
		return err
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
	span, err := lookup.ParseSpan(text)
	if err == nil {
		*f = Span(span)
	}
	return err
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
