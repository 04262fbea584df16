package arguments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/rules"
)

// A Top holds the arguments and flags of top.
type Top struct {
	N              int
	By             string
	Span           Span
	Project, Fleet string
}

// TopRows is the number of devices in a ranking by default.
const TopRows = 10

// maxTop is the maximum number of devices in a ranking.
const maxTop = 1000

// Parse reads the words of the command line, in any order.
func (q *Top) Parse(words []string) error {
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
	if q.Project != "" && q.Fleet != "" {
		return errors.New("want --project or --fleet, not both")
	}
	return nil
}

// take reads one word and returns its kind.
func (q *Top) take(word string) (what string, err error) {
	n, notNumber := strconv.Atoi(word)
	by, _ := lookup.ParseBy(word)
	switch {
	case notNumber == nil && (n < 1 || n > maxTop):
		return "", fmt.Errorf("want 1 to %d devices, not %s", maxTop, word)
	case notNumber == nil:
		q.N = n
		return "number of devices", nil
	case by != "":
		q.By = by
		return "metric", nil
	case q.Span.Set(word) == nil:
		return "span", nil
	}
	return "", fmt.Errorf("%q is neither a number of devices, nor one of %s, nor one of %s",
		word, strings.Join(lookup.By(), ", "), strings.Join(lookup.SpanWords(), ", "))
}

// Query returns the query for a reader.
func (q Top) Query(ctx context.Context, reader *lookup.Reader) (lookup.TopQuery, error) {
	by := cmp.Or(slices.Concat([]string{q.By}, reader.Rankings(), []string{string(rules.Bytes)})...)
	query := lookup.TopQuery{N: q.N, By: by, Span: q.Span.OrPeriod()}
	var err error
	switch {
	case q.Project != "":
		query.Of, err = reader.Find(ctx, q.Project, lookup.KindProject)
	case q.Fleet != "":
		query.Of, err = reader.Find(ctx, q.Fleet, lookup.KindFleet)
	}
	return query, err
}
