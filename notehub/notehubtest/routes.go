package notehubtest

import (
	"cmp"
	"time"

	"notewatch/notehub/notehubtest/wire"
)

// RouteSettings are the settings of a route.
type RouteSettings struct {
	Name     string    // "" is its UID
	Type     string    // "" is http
	Disabled bool      // no event takes it
	Removed  time.Time // from that day on, it is not listed and no event takes it; zero: never
}

// routesAnswer returns the routes that are listed.
func routesAnswer(q query) []wire.RouteLine {
	lines := []wire.RouteLine{}
	for _, uid := range q.project.Routes {
		settings := q.project.RouteSettings[uid]
		if !settings.removed(q.now) {
			lines = append(lines, wire.RouteLine{
				UID: uid, Label: cmp.Or(settings.Name, uid), Type: cmp.Or(settings.Type, "http"), Disabled: settings.Disabled,
				Modified: q.project.beginning(),
			})
		}
	}
	return lines
}

func (s RouteSettings) removed(now time.Time) bool {
	return !s.Removed.IsZero() && !now.Before(s.Removed)
}
