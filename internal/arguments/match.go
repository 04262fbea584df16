package arguments

import (
	"context"
	"slices"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/rules/muting"
)

// Select makes m select the project, fleet or device that the words [project|fleet|device] NAME name, and replaces the label of a fleet by its
// UID.
func Select(ctx context.Context, reader *lookup.Reader, args []string, m *muting.Match) error {
	if len(args) == 0 {
		in, err := reader.InFleet(ctx, *m)
		*m = in
		return err
	}
	kinds := []lookup.Kind{lookup.KindProject, lookup.KindFleet, lookup.KindDevice}
	if len(args) > 1 && slices.Contains(kinds, lookup.Kind(args[0])) {
		kinds, args = []lookup.Kind{lookup.Kind(args[0])}, args[1:]
	}
	selector, err := reader.Selector(ctx)
	if err != nil {
		return err
	}
	found, err := selector.Reader.Find(ctx, strings.Join(args, " "), kinds...)
	switch found.Kind {
	case lookup.KindDevice:
		m.Subject = found.UID
	case lookup.KindFleet:
		m.Fleet = found.UID
	default:
		m.Project = found.UID
	}
	return err
}
