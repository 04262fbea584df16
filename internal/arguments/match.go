package arguments

import (
	"context"
	"slices"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/internal/selection"
	"notewatch/rules/muting"
)

// Select makes m select what the words [KIND] NAME name, and replaces the labels of a fleet and a route by their UIDs. A route and an
// organization are found only with the word for their kind.
func Select(ctx context.Context, reader *lookup.Reader, args []string, m *muting.Match) error {
	if len(args) == 0 {
		listed, err := selection.Listed(ctx, reader, *m)
		*m = listed
		return err
	}
	kinds := []lookup.Kind{lookup.KindProject, lookup.KindFleet, lookup.KindDevice}
	if len(args) > 1 && slices.Contains(lookup.KindWords(), args[0]) {
		kinds, args = []lookup.Kind{lookup.Kind(args[0])}, args[1:]
	}
	selector, err := selection.NewSelector(ctx, reader)
	if err != nil {
		return err
	}
	found, err := selector.Reader.Find(ctx, strings.Join(args, " "), kinds...)
	switch found.Kind {
	case lookup.KindDevice:
		m.Subject = found.UID
	case lookup.KindFleet:
		m.Fleet = found.UID
	case lookup.KindRoute:
		m.Route = found.UID
	default:
		m.Project = found.UID
	}
	return err
}
