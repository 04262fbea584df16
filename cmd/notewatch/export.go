package main

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/export"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
)

// exportQuery holds the arguments and flags of export.
type exportQuery struct {
	of       usageOrder
	from, to dayFlag
	csv      bool
	totals   bool
}

func newExport() *cobra.Command {
	var q exportQuery
	c := &cobra.Command{
		Use:               "export [project|fleet|device] [NAME] [today|7d|30d|period]",
		Short:             "Print the data of each device and day for spreadsheets",
		ValidArgsFunction: completeFrom(complete.UsageWords),
		RunE: func(c *cobra.Command, args []string) error {
			name, err := q.parse(args)
			if err != nil {
				return usageError{fmt.Errorf("%w; see notewatch export --help", err)}
			}
			return ask(c, func(d *lookup.Desk) error { return q.run(c, d, name) })
		},
	}
	q.of.flags(c)
	c.Flags().Var(&q.from, "from", "first day, such as 2026-05-01 (default: the first with data)")
	c.Flags().Var(&q.to, "to", "last day (default: the last with data)")
	c.Flags().BoolVar(&q.totals, "totals", false, "print the totals of projects instead of their devices")
	c.Flags().BoolVar(&q.csv, "csv", false, "print CSV in UTF-8 (the default)")
	jsonFlag(c, &q.of.json)
	return c
}

// parse reads the words of the command line and returns the name among them.
func (q *exportQuery) parse(words []string) (name string, err error) {
	if name, err = q.of.parse(words); err != nil {
		return "", err
	}
	switch {
	case q.csv && q.of.json:
		return "", errors.New("give --csv or --json, not both")
	case q.ranged() && q.of.span != "":
		return "", fmt.Errorf("give %s, or --from and --to, not both", q.of.span)
	case q.from.day != 0 && q.to.day != 0 && q.from.day > q.to.day:
		return "", fmt.Errorf("--from %s is after --to %s", &q.from, &q.to)
	case q.totals && (q.of.kind == kindFlag(lookup.KindFleet) || q.of.kind == kindFlag(lookup.KindDevice)):
		return "", fmt.Errorf("--totals is for projects, not for a %s", q.of.kind)
	}
	return name, nil
}

// ranged reports whether the days are given one by one.
func (q *exportQuery) ranged() bool { return q.from.day != 0 || q.to.day != 0 }

func (q *exportQuery) run(c *cobra.Command, desk *lookup.Desk, name string) error {
	kinds := q.of.kind.kinds()
	if q.totals {
		kinds = []lookup.Kind{lookup.KindProject}
	}
	subject, err := desk.Find(c.Context(), name, kinds...)
	if err != nil {
		return err
	}
	query := export.Query{Of: subject, From: q.from.day, To: q.to.day, Totals: q.totals}
	if !q.ranged() {
		query.Span = q.of.span.orPeriod()
	}
	data, err := export.Of(c.Context(), desk, query)
	if err != nil {
		return err
	}
	if len(data.Figures) == 0 {
		c.PrintErrln("No data yet: is notewatch run running?")
	}
	var progress terminal.Screen
	if screenOf(c).Width == 0 && !q.totals { // else the rows show it
		progress = terminal.Screen{W: c.ErrOrStderr(), Width: terminal.Width(c.ErrOrStderr())}
	}
	err = terminal.Export(c.Context(), c.OutOrStdout(), data, q.of.json, progress)
	if errors.Is(err, syscall.EPIPE) {
		return nil // the reader has seen enough
	}
	return err
}
