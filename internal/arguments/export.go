package arguments

import (
	"context"
	"errors"
	"fmt"

	"notewatch/internal/export"
	"notewatch/internal/lookup"
)

// An Export holds the arguments and flags of export.
type Export struct {
	Usage     Usage
	From, To  Day
	CSV, JSON bool
	Totals    bool
}

// Parse reads the words of the command line and returns the name among them.
func (q *Export) Parse(words []string) (name string, err error) {
	if name, err = q.Usage.Parse(words); err != nil {
		return "", err
	}
	switch {
	case q.CSV && q.JSON:
		return "", errors.New("give --csv or --json, not both")
	case q.ranged() && q.Usage.Span != "":
		return "", fmt.Errorf("give %s, or --from and --to, not both", q.Usage.Span)
	case q.From.Day != 0 && q.To.Day != 0 && q.From.Day > q.To.Day:
		return "", fmt.Errorf("--from %s is after --to %s", &q.From, &q.To)
	case q.Usage.Kind == Kind(lookup.KindRoute):
		return "", errors.New("the data of devices is exported: name a project, fleet or device")
	case q.Totals && (q.Usage.Kind == Kind(lookup.KindFleet) || q.Usage.Kind == Kind(lookup.KindDevice)):
		return "", fmt.Errorf("--totals is for projects, not for a %s", q.Usage.Kind)
	}
	return name, nil
}

// ranged reports whether the days are given one by one.
func (q *Export) ranged() bool { return q.From.Day != 0 || q.To.Day != 0 }

// Query returns the query for the subject called name.
func (q *Export) Query(ctx context.Context, reader *lookup.Reader, name string) (export.Query, error) {
	kinds := q.Usage.Kind.Kinds()
	if q.Totals {
		kinds = []lookup.Kind{lookup.KindProject}
	}
	subject, err := reader.Find(ctx, name, kinds...)
	query := export.Query{Of: subject, From: q.From.Day, To: q.To.Day, Totals: q.Totals, Metrics: q.Usage.Metrics}
	if !q.ranged() {
		query.Span = q.Usage.Span.OrPeriod()
	}
	return query, err
}
