package arguments

import (
	"context"
	"slices"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/rules/muting"
)

// Select makes m select the project or device that the words [project|device] NAME name.
func Select(ctx context.Context, desk *lookup.Desk, args []string, m *muting.Match) error {
	if len(args) == 0 {
		return nil
	}
	kinds := []lookup.Kind{lookup.KindProject, lookup.KindDevice}
	if len(args) > 1 && slices.Contains(kinds, lookup.Kind(args[0])) {
		kinds, args = []lookup.Kind{lookup.Kind(args[0])}, args[1:]
	}
	selector, err := desk.Selector(ctx)
	if err != nil {
		return err
	}
	found, err := selector.Desk.Find(ctx, strings.Join(args, " "), kinds...)
	if found.Kind == lookup.KindDevice {
		m.Subject = found.UID
	} else {
		m.Project = found.UID
	}
	return err
}
