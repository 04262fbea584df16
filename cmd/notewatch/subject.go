package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/internal/words"
)

// kindWords are the words for kinds of subjects.
func kindWords() []string {
	return []string{string(lookup.KindProject), string(lookup.KindFleet), string(lookup.KindDevice)}
}

// spanWords are the words for spans.
func spanWords() (words []string) {
	for _, span := range lookup.Spans() {
		words = append(words, string(span))
	}
	return words
}

// A kindFlag says what a name is of: project, fleet or device.
type kindFlag lookup.Kind

// Set implements pflag.Value.
func (k *kindFlag) Set(text string) error {
	if !slices.Contains(kindWords(), text) {
		return errors.New("want project, fleet or device")
	}
	*k = kindFlag(text)
	return nil
}

// String implements pflag.Value.
func (k *kindFlag) String() string { return string(*k) }

// Type implements pflag.Value.
func (*kindFlag) Type() string { return "kind" }

// kinds are the kinds that are meant; none is any.
func (k kindFlag) kinds() []lookup.Kind {
	if k == "" {
		return nil
	}
	return []lookup.Kind{lookup.Kind(k)}
}

// A spanFlag says over which days figures are counted.
type spanFlag lookup.Span

// Set implements pflag.Value.
func (f *spanFlag) Set(text string) error {
	span, ok := lookup.ParseSpan(text)
	if !ok {
		return errors.New("want today, 7d, 30d or period")
	}
	*f = spanFlag(span)
	return nil
}

// take takes the word for a span out of words.
func (f *spanFlag) take(words []string) (rest []string, err error) {
	for _, word := range words {
		span, ok := lookup.ParseSpan(word)
		switch {
		case !lookup.LikeSpan(word):
			rest = append(rest, word)
		case !ok:
			return nil, fmt.Errorf("want today, 7d, 30d or period, not %q", word)
		case *f != "" && *f != spanFlag(span):
			return nil, fmt.Errorf("either %s or %s, one at a time", *f, span)
		default:
			*f = spanFlag(span)
		}
	}
	return rest, nil
}

// String implements pflag.Value.
func (f *spanFlag) String() string { return string(*f) }

// Type implements pflag.Value.
func (*spanFlag) Type() string { return "span" }

func (f spanFlag) orPeriod() lookup.Span {
	if f == "" {
		return lookup.Period
	}
	return lookup.Span(f)
}

// missed adds to an error about a name what to do about it.
func missed(err error) error {
	if unknown, ok := errors.AsType[*lookup.UnknownError](err); ok && unknown.Nearest == "" {
		return fmt.Errorf("%w; a UID, a name, or a part of one that says which is meant will do", err)
	}
	if ambiguous, ok := errors.AsType[*lookup.AmbiguousError](err); ok {
		return fmt.Errorf("%q may be more than one thing; which?%s", ambiguous.Text, candidates(ambiguous))
	}
	return err
}

// candidates lists what a name may mean, one a line.
func candidates(e *lookup.AmbiguousError) string {
	var b strings.Builder
	for _, s := range e.Candidates {
		fmt.Fprintf(&b, "\n  %-7s  %s  %s", s.Kind, s.UID, tidy(s.Name))
		if s.Kind != lookup.KindProject {
			fmt.Fprintf(&b, "  (%s)", tidy(s.Project.Name))
		}
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n  and %s more", words.Number(e.More))
	}
	return b.String()
}
