package arguments

import (
	"fmt"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/rules"
)

// A Usage holds the arguments [KIND] [NAME] [METRIC] [today|7d|30d|period] and the flags for the same.
type Usage struct {
	Kind Kind
	Span Span

	Metrics []rules.Figure // empty: those that rules read
}

// Parse reads the words of the command line and returns the name among them.
func (o *Usage) Parse(args []string) (name string, err error) {
	if o.Span == "" {
		var span lookup.Span
		if args, span, err = lookup.TakeSpan(args, func(word string) string { return word }); err != nil {
			return "", err
		}
		o.Span = Span(span)
		args, o.Metrics = lookup.TakeMetrics(args, func(word string) string { return word })
	}
	if len(args) > 0 && o.Kind == "" && o.Kind.Set(args[0]) == nil {
		args = args[1:]
	}
	name = strings.Join(args, " ")
	if name == "" && o.Kind != "" && o.Kind != Kind(lookup.KindProject) {
		return "", fmt.Errorf("missing the name of a %s", o.Kind)
	}
	return name, nil
}
