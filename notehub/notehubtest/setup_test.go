package notehubtest_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

const (
	app     = "app:2606f411-dea6-44a0-9743-1130f57d77d8"
	product = "com.acme.ann:cold"
	token   = "nh_token"
)

// monday is a working day in the middle of a month.
var monday = time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)

// A clock is a simulated clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// A simulation is a simulated Notehub with a client of it.
type simulation struct {
	*notehubtest.Server
	clock  *clock
	client *notehub.Client
	fleet  []notehubtest.Device
}

// simulate returns a simulation of 40 devices, which were provisioned 60 days before monday; the clock stands at noon of
// monday.
func simulate(t testing.TB, incidents ...notehubtest.Incident) *simulation {
	t.Helper()
	return simulateConfig(t, func(c *notehubtest.Config) { c.Projects[0].Incidents = incidents })
}

func simulateConfig(t testing.TB, change func(*notehubtest.Config)) *simulation {
	t.Helper()
	s := &simulation{clock: &clock{now: monday.Add(12 * time.Hour)}}
	s.fleet = notehubtest.Fleet(7, 40, monday.AddDate(0, 0, -60), notehubtest.Typical())
	config := notehubtest.Config{
		Now: s.clock.Now, Token: token, Seed: 7,
		Projects: []notehubtest.Project{{
			UID: app, ProductUID: product, Name: "cold-chain", Devices: s.fleet, Routes: []string{"route:1", "route:2"},
		}},
	}
	change(&config)
	s.Server = notehubtest.New(config)
	s.client = clientOf(t, s.Server)
	return s
}

func clientOf(t testing.TB, handler http.Handler) *notehub.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := notehub.New(notehub.Config{BaseURL: server.URL, Token: secret.New(token)})
	require.NoError(t, err)
	return client
}

func keep[Row any](list *[]Row) func(Row) error {
	return func(row Row) error {
		switch row := any(&row).(type) {
		case *notehub.EventsRow:
			row.Notefiles = maps.Clone(row.Notefiles)
		case *notehub.SessionsRow:
			row.Transports = maps.Clone(row.Transports)
		}
		*list = append(*list, row)
		return nil
	}
}

// days is a query of whole days from start.
func days(start time.Time, n int) notehub.UsageQuery {
	return notehub.UsageQuery{Start: start, End: start.AddDate(0, 0, n)}
}

func (s *simulation) data(t testing.TB, q notehub.UsageQuery) (rows []notehub.DataRow) {
	t.Helper()
	truncated, err := s.client.DataUsage(t.Context(), app, q, keep(&rows))
	require.NoError(t, err)
	require.False(t, truncated)
	return rows
}

func (s *simulation) events(t testing.TB, q notehub.EventsQuery) (rows []notehub.EventsRow) {
	t.Helper()
	truncated, err := s.client.EventsUsage(t.Context(), app, q, keep(&rows))
	require.NoError(t, err)
	require.False(t, truncated)
	return rows
}

func (s *simulation) sessions(t testing.TB, q notehub.SessionsQuery) (rows []notehub.SessionsRow) {
	t.Helper()
	truncated, err := s.client.SessionsUsage(t.Context(), app, q, keep(&rows))
	require.NoError(t, err)
	require.False(t, truncated)
	return rows
}

func (s *simulation) routeLogs(t testing.TB, q notehub.RouteLogsQuery) (rows []notehub.RouteLogsRow) {
	t.Helper()
	truncated, err := s.client.RouteLogsUsage(t.Context(), app, q, keep(&rows))
	require.NoError(t, err)
	require.False(t, truncated)
	return rows
}

func (s *simulation) devices(t testing.TB) (list []notehub.Device) {
	t.Helper()
	more, err := s.client.Devices(t.Context(), app, 1, notehub.MaxPageSize, keep(&list))
	require.NoError(t, err)
	require.False(t, more)
	return list
}

// total adds up a figure of rows.
func total[Row any](rows []Row, figure func(Row) notehub.Count) (sum int64) {
	for _, row := range rows {
		sum += figure(row).N
	}
	return sum
}
