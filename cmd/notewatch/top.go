package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/lookup"
	"notewatch/internal/terminal"
)

// topQuery holds the arguments and flags of top.
type topQuery struct {
	n              int
	by             string
	span           spanFlag
	project, fleet string
	json           bool
}

const (
	topRows = 10   // by default
	maxTop  = 1000 // at most
)

func newTop() *cobra.Command {
	q := topQuery{n: topRows}
	c := &cobra.Command{
		Use:               "top [N] [bytes|events|sessions|cost] [today|7d|30d|period]",
		Short:             "List the devices with the highest usage",
		ValidArgsFunction: completeFrom(complete.OneOf(lookup.By()...), complete.OneOf(lookup.SpanWords()...)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := q.parse(args); err != nil {
				return usageError{fmt.Errorf("%w; see notewatch top --help", err)}
			}
			return ask(c, func(d *lookup.Desk) error { return q.run(c, d) })
		},
	}
	c.Flags().StringVar(&q.project, "project", "", "only devices of this project, by UID or name")
	c.Flags().StringVar(&q.fleet, "fleet", "", "only devices of this fleet, by UID or name")
	completeFlag(c, "project", complete.Subjects(lookup.KindProject))
	completeFlag(c, "fleet", complete.Subjects(lookup.KindFleet))
	jsonFlag(c, &q.json)
	return c
}

// parse reads the words of the command line, in any order.
func (q *topQuery) parse(words []string) error {
	taken := map[string]bool{}
	for _, word := range words {
		what, err := q.take(word)
		if err != nil {
			return err
		}
		if taken[what] {
			return fmt.Errorf("%q is a second %s", word, what)
		}
		taken[what] = true
	}
	if q.project != "" && q.fleet != "" {
		return errors.New("want --project or --fleet, not both")
	}
	return nil
}

// take reads one word and returns what it is.
func (q *topQuery) take(word string) (what string, err error) {
	n, notNumber := strconv.Atoi(word)
	switch {
	case notNumber == nil && (n < 1 || n > maxTop):
		return "", fmt.Errorf("want 1 to %d devices, not %s", maxTop, word)
	case notNumber == nil:
		q.n = n
		return "number of devices", nil
	case slices.Contains(lookup.By(), word):
		q.by = word
		return "figure", nil
	case q.span.Set(word) == nil:
		return "span", nil
	}
	return "", fmt.Errorf("%q is neither a number of devices, nor one of %s, nor one of %s",
		word, strings.Join(lookup.By(), ", "), strings.Join(lookup.SpanWords(), ", "))
}

func (q topQuery) run(c *cobra.Command, desk *lookup.Desk) error {
	query := lookup.TopQuery{N: q.n, By: cmp.Or(slices.Concat([]string{q.by}, desk.Rankings(), lookup.By())...), Span: q.span.orPeriod()}
	var err error
	switch {
	case q.project != "":
		query.Of, err = desk.Find(c.Context(), q.project, lookup.KindProject)
	case q.fleet != "":
		query.Of, err = desk.Find(c.Context(), q.fleet, lookup.KindFleet)
	}
	if err != nil {
		return err
	}
	top, err := desk.Top(c.Context(), query)
	switch {
	case err != nil:
		return err
	case q.json:
		return terminal.WriteJSON(c.OutOrStdout(), top)
	}
	return terminal.Top(screenOf(c), top)
}
