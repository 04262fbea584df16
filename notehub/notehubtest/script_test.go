package notehubtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

// scripted simulates two devices, of which the second one is named by the script alone: ten events a day, 1 MB, and a route.
func scripted(t *testing.T) *simulation {
	t.Helper()
	latency := 80.0
	return simulateConfig(t, func(c *notehubtest.Config) {
		c.Projects[0].Devices = []notehubtest.Device{{UID: "dev:1", Fleets: []string{"fleet:1"}}, {UID: "dev:2", Fleets: []string{"fleet:1", "fleet:2"}}}
		c.Projects[0].Script = &notehubtest.Script{
			Usage: func(device string, date, _ time.Time) notehubtest.Usage {
				u := notehubtest.Usage{Bytes: 1e6, Satellite: 50, SatellitePackets: 1, Events: 10, EventsTotal: 12, Platform: 2, Sessions: 3, SessionBytes: 5e5}
				if device == "dev:2" && date.Equal(monday) {
					u.Events, u.Notefiles = -1, map[string]int64{"alarm.qo": 4}
				}
				return u
			},
			State: func(_ string, now time.Time) notehubtest.State {
				return notehubtest.State{
					SKU: "NOTE-WBGLW", Firmware: "8.1.3", FirmwareHost: "1.0.0", Voltage: 3.6, LastActivity: now,
					Plan: &notehubtest.PlanState{Used: 4e8, Limit: 5e8, Updated: now},
				}
			},
			Routed: func(string, time.Time, time.Time) notehubtest.RouteUsage {
				return notehubtest.RouteUsage{Total: 100, Failed: 7, LatencyMS: &latency}
			},
		}
	})
}

// A script is answered by device, by fleet and by project, as the official description says.
func TestScript(t *testing.T) {
	description := loadDescription(t)
	s := scripted(t)
	v := newValidator(t, description, s)
	s.client = clientOf(t, v)
	day := func(aggregate notehub.Aggregate) notehub.UsageQuery {
		return notehub.UsageQuery{Start: monday, Aggregate: aggregate}
	}
	noCount := notehub.Count{N: -1, Known: true}
	count := func(n int64) notehub.Count { return notehub.Count{N: n, Known: true} }
	for aggregate, want := range map[notehub.Aggregate][]notehub.Count{
		notehub.PerDevice: {count(10), noCount}, notehub.PerFleet: {noCount, noCount}, notehub.PerProject: {noCount},
	} {
		var events []notehub.Count
		for _, row := range s.events(t, notehub.EventsQuery{UsageQuery: day(aggregate)}) {
			events = append(events, row.Billable)
		}
		require.Equal(t, want, events, aggregate)
	}
	require.Equal(t, count(2e6), s.data(t, day(notehub.PerProject))[0].Total)
	require.Equal(t, count(6), s.sessions(t, notehub.SessionsQuery{UsageQuery: day(notehub.PerProject)})[0].Sessions)
	rows := s.events(t, notehub.EventsQuery{UsageQuery: day(notehub.PerDevice), IncludeNotefiles: true})
	require.Equal(t, count(4), rows[1].Notefiles["alarm.qo"])
	require.Len(t, s.routeLogs(t, notehub.RouteLogsQuery{UsageQuery: notehub.UsageQuery{Start: monday}}), 2, "two routes")
	var plans []notehub.Count
	_, err := s.client.Devices(t.Context(), app, 1, 10, func(d notehub.Device) error {
		plans = append(plans, d.SIMs[0].Used)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []notehub.Count{count(4e8), count(4e8)}, plans)
	require.Equal(t, map[int]int{http.StatusOK: 8}, v.answers)
}

// In one process, answers come without a network, and break as they do over one.
func TestInProcess(t *testing.T) {
	s := scripted(t)
	client, err := notehub.New(notehub.Config{BaseURL: "http://notehub.invalid", Token: secret.New(token), HTTP: s.Client()})
	require.NoError(t, err)
	fleets := func() error { return client.Fleets(t.Context(), app, func(notehub.Fleet) error { return nil }) }
	require.NoError(t, fleets())
	s.Fail(notehubtest.Fault{Kind: notehubtest.Cut, Times: 2})
	broken := s.client.Fleets(t.Context(), app, func(notehub.Fleet) error { return nil })
	require.EqualError(t, fleets(), broken.Error())
	s.Fail(notehubtest.Fault{Kind: notehubtest.RateLimited, Times: 1})
	require.ErrorIs(t, fleets(), notehub.ErrRateLimited)
	require.NoError(t, fleets())
}
