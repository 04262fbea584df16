package arguments

import (
	"context"

	"notewatch/internal/selection"
	"notewatch/rules/muting"
)

// Identify returns what a silence matches, by the ID of its alert and the UIDs of its project and device.
func Identify(ctx context.Context, selector selection.Selector, m muting.Match) (muting.Match, error) {
	if m.Alert != "" {
		a, err := selector.Reader.Alert(ctx, m.Alert)
		if err != nil {
			return m, err
		}
		m.Alert = a.ID
	}
	return selector.Identify(ctx, m)
}
