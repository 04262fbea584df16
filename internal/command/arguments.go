package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"notewatch/internal/arguments"
	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
	"notewatch/rules/muting"
)

// NoArguments rejects arguments of a command that takes none.
func NoArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return UsageError{Err: fmt.Errorf("%s takes no arguments, got %q; see %s --help", c.CommandPath(), args[0], c.CommandPath())}
	}
	return nil
}

// OneArgument requires one argument, described by what.
func OneArgument(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return UsageError{Err: fmt.Errorf("%s takes %s; see %s --help", c.CommandPath(), what, c.CommandPath())}
	}
}

// OptionalArgument allows at most one argument, described by what.
func OptionalArgument(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return OneArgument(what)(c, args)
	}
}

// JSONFlag adds the flag for JSON output.
func JSONFlag(c *cobra.Command, asJSON *bool) { c.Flags().BoolVar(asJSON, "json", false, "print JSON") }

// WithJSON returns a command with the flag for JSON output.
func WithJSON(asJSON *bool, c *cobra.Command) *cobra.Command {
	JSONFlag(c, asJSON)
	return c
}

// LimitFlag adds the flag for the number of rows of a list.
func LimitFlag(c *cobra.Command, limit *int) {
	c.Flags().IntVar(limit, "limit", -1, fmt.Sprintf("maximum number of rows; 0 means all (default: %d on a terminal, otherwise all)", terminal.ShownRows))
	c.Flags().Lookup("limit").DefValue = "0" // hidden, because the usage contains it
}

// MatchFlags adds the flags that select alerts.
func MatchFlags(c *cobra.Command, m *muting.Match) {
	c.Flags().StringVar(&m.Rule, "rule", "", "only alerts of this rule")
	c.Flags().StringVar(&m.Project, "project", "", "only alerts of this project, by UID or name")
	c.Flags().StringVar(&m.Fleet, "fleet", "", "only alerts of this fleet and its devices, by UID or name")
	c.Flags().StringVar(&m.Route, "route", "", "only alerts of this route, by UID or name")
	c.Flags().StringVar(&m.Subject, "device", "", "only alerts of this device, by UID or name")
	CompleteFlag(c, "rule", complete.RuleNames)
	CompleteFlag(c, "project", complete.Subjects(lookup.KindProject))
	CompleteFlag(c, "fleet", complete.Subjects(lookup.KindFleet))
	CompleteFlag(c, "route", complete.Subjects(lookup.KindRoute))
	CompleteFlag(c, "device", complete.Subjects(lookup.KindDevice))
}

// UsageFlags adds the flags for the words [project|fleet|device|route] and [today|7d|30d|period].
func UsageFlags(c *cobra.Command, o *arguments.Usage) {
	c.Flags().Var(&o.Span, "span", "today, 7d, 30d or period (default: period); if set, all words belong to NAME")
	c.Flags().Var(&o.Kind, "kind", "kind of NAME: project, fleet, device or route (default: any)")
	CompleteFlag(c, "span", complete.OneOf(lookup.SpanWords()...))
	CompleteFlag(c, "kind", complete.OneOf(lookup.KindWords()...))
}
