package notehubtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

func (s *simulation) routes(t *testing.T) (list []notehub.Route) {
	t.Helper()
	require.NoError(t, s.client.Routes(t.Context(), app, keep(&list)))
	return list
}

func TestRoutesHaveSettings(t *testing.T) {
	s := simulateConfig(t, func(c *notehubtest.Config) {
		c.Projects[0].Routes = []string{"route:1", "route:2", "route:3", "route:4"}
		c.Projects[0].RouteSettings = map[string]notehubtest.RouteSettings{
			"route:2": {Name: "Lab", Type: "aws"}, "route:3": {Disabled: true}, "route:4": {Removed: monday.AddDate(0, 0, -3)},
		}
	})
	no := notehub.Truth{Known: true}
	listed := []notehub.Route{
		{UID: "route:1", Name: "route:1", Type: "http", Disabled: no},
		{UID: "route:2", Name: "Lab", Type: "aws", Disabled: no},
		{UID: "route:3", Name: "route:3", Type: "http", Disabled: notehub.Truth{True: true, Known: true}},
	}
	require.Equal(t, listed, s.routes(t))
	days := map[string]int{}
	for _, row := range s.routeLogs(t, notehub.RouteLogsQuery{UsageQuery: days7()}) {
		days[row.Route]++
	}
	require.Equal(t, map[string]int{"route:1": 7, "route:2": 7, "route:4": 4}, days)

	s.clock.set(monday.AddDate(0, 0, -3).Add(-time.Second))
	require.Len(t, s.routes(t), 4, "before it was removed")
}

// days7 is a query of the seven days before monday.
func days7() notehub.UsageQuery { return days(monday.AddDate(0, 0, -7), 7) }

func TestOneRouteFailsOrIsSlow(t *testing.T) {
	s := simulate(t,
		notehubtest.Incident{
			Kind: notehubtest.RouteFailures, Routes: []string{"route:1"}, Start: monday.AddDate(0, 0, -3), Duration: 24 * time.Hour,
		},
		notehubtest.Incident{Kind: notehubtest.RouteDelays, Routes: []string{"route:2"}, Start: monday.AddDate(0, 0, -2), Duration: 12 * time.Hour},
	)
	undisturbed := map[string]float64{}
	for _, row := range s.routeLogs(t, notehub.RouteLogsQuery{UsageQuery: days7()}) {
		day := int(row.Period.Sub(monday) / (24 * time.Hour))
		share := float64(row.Failed.N) / float64(row.Total.N)
		if day == -7 {
			undisturbed[row.Route] = row.LatencyMS
		}
		slower := row.LatencyMS / undisturbed[row.Route]
		switch {
		case row.Route == "route:1" && day == -3:
			require.InDelta(t, 0.4, share, 0.01)
			require.Greater(t, slower, 3.0)
		case row.Route == "route:2" && day == -2:
			require.InDelta(t, 5.5, slower, 0.01, "ten times for half of the day")
			require.Less(t, share, 0.01)
		default:
			require.Less(t, share, 0.01, "%s %d", row.Route, day)
			require.InDelta(t, 1, slower, 0.01, "%s %d", row.Route, day)
		}
	}
}
