package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/spelling"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
	"notewatch/rules"
)

// noArguments rejects arguments of a command that takes none.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, got %q; see %s --help", c.CommandPath(), args[0], c.CommandPath())}
	}
	return nil
}

// oneArgument requires one argument, described by what.
func oneArgument(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return usageError{fmt.Errorf("%s takes %s; see %s --help", c.CommandPath(), what, c.CommandPath())}
	}
}

// optionalArgument allows at most one argument, described by what.
func optionalArgument(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return oneArgument(what)(c, args)
	}
}

// jsonFlag is the flag that has a command print JSON.
func jsonFlag(c *cobra.Command, asJSON *bool) { c.Flags().BoolVar(asJSON, "json", false, "print JSON") }

// shownRows is how many rows a list has on a terminal by default.
const shownRows = 50

// limitFlag is the flag for the number of rows of a list.
func limitFlag(c *cobra.Command, limit *int) {
	c.Flags().IntVar(limit, "limit", -1, fmt.Sprintf("maximum number of rows; 0 means all (default: %d on a terminal, otherwise all)", shownRows))
	c.Flags().Lookup("limit").DefValue = "0" // hides it: the usage has it
}

// limitOn returns how many rows may be printed on s; 0 is all.
func limitOn(s terminal.Screen, limit int, asJSON bool) int {
	if limit < 0 && s.Width > 0 && !asJSON {
		return shownRows
	}
	return max(limit, 0)
}

// A lengthFlag is a duration on the command line: 90m, 2h, 3d, 1w.
type lengthFlag time.Duration

// Set implements pflag.Value.
func (f *lengthFlag) Set(text string) error {
	length, err := words.Length(text)
	if err != nil {
		return errors.New("want a duration such as 90m, 2h, 3d or 1w")
	}
	*f = lengthFlag(length)
	return nil
}

// String implements pflag.Value.
func (f *lengthFlag) String() string {
	if *f == 0 {
		return ""
	}
	return time.Duration(*f).String()
}

// Type implements pflag.Value.
func (*lengthFlag) Type() string { return "duration" }

// A usageOrder holds the arguments [project|fleet|device] [NAME] [today|7d|30d|period] and the flags for the same.
type usageOrder struct {
	kind kindFlag
	span spanFlag
	json bool
}

func (o *usageOrder) flags(c *cobra.Command) {
	c.Flags().Var(&o.span, "span", "today, 7d, 30d or period (default: period); if set, all words belong to NAME")
	c.Flags().Var(&o.kind, "kind", "what NAME is: project, fleet or device (default: any)")
	completeFlag(c, "span", complete.OneOf(lookup.SpanWords()...))
	completeFlag(c, "kind", complete.OneOf(lookup.KindWords()...))
}

// parse reads the words of the command line and returns the name among them.
func (o *usageOrder) parse(args []string) (name string, err error) {
	if o.span == "" {
		if args, err = o.span.take(args); err != nil {
			return "", err
		}
	}
	if len(args) > 0 && o.kind == "" && o.kind.Set(args[0]) == nil {
		args = args[1:]
	}
	name = strings.Join(args, " ")
	if name == "" && (o.kind == kindFlag(lookup.KindFleet) || o.kind == kindFlag(lookup.KindDevice)) {
		return "", fmt.Errorf("missing the name of a %s", o.kind)
	}
	return name, nil
}

// A kindFlag is the kind of a name: project, fleet or device.
type kindFlag lookup.Kind

// Set implements pflag.Value.
func (f *kindFlag) Set(text string) error {
	if !slices.Contains(lookup.KindWords(), text) {
		return errors.New("want project, fleet or device")
	}
	*f = kindFlag(text)
	return nil
}

// String implements pflag.Value.
func (f *kindFlag) String() string { return string(*f) }

// Type implements pflag.Value.
func (*kindFlag) Type() string { return "kind" }

// kinds returns the kind; nil means any.
func (f kindFlag) kinds() []lookup.Kind {
	if f == "" {
		return nil
	}
	return []lookup.Kind{lookup.Kind(f)}
}

// A spanFlag is a time span: today, 7d, 30d or period.
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

// take removes the word for a time span from the words of a command line.
func (f *spanFlag) take(args []string) (rest []string, err error) {
	for _, word := range args {
		span, ok := lookup.ParseSpan(word)
		switch {
		case !lookup.LikeSpan(word):
			rest = append(rest, word)
		case !ok:
			return nil, fmt.Errorf("want today, 7d, 30d or period, not %q", word)
		case *f != "" && *f != spanFlag(span):
			return nil, fmt.Errorf("give only one time span, %s or %s", *f, span)
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

// A dayFlag is a UTC day on the command line.
type dayFlag struct{ day rules.Day }

// Set implements pflag.Value.
func (f *dayFlag) Set(text string) error {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return errors.New("want a day such as 2026-05-01")
	}
	f.day = rules.DayOf(at)
	return nil
}

// String implements pflag.Value.
func (f *dayFlag) String() string {
	if f.day == 0 {
		return ""
	}
	return f.day.String()
}

// Type implements pflag.Value.
func (*dayFlag) Type() string { return "day" }

// matchFlags are the flags that select alerts.
func matchFlags(c *cobra.Command, m *rules.Match) {
	c.Flags().StringVar(&m.Rule, "rule", "", "only alerts of this rule")
	c.Flags().StringVar(&m.Project, "project", "", "only alerts of this project, by UID or name")
	c.Flags().StringVar(&m.Subject, "device", "", "only alerts of this device, by UID or name")
	completeFlag(c, "rule", complete.RuleNames)
	completeFlag(c, "project", complete.Subjects(lookup.KindProject))
	completeFlag(c, "device", complete.Subjects(lookup.KindDevice))
}

// unknown returns an error about a name that is not among the known ones. Its hint is the nearest of those, else otherwise.
func unknown(what, name string, known []string, otherwise string) error {
	hint := otherwise
	if near := spelling.Nearest(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Errorf("unknown %s %q; %s", what, name, hint)
}
