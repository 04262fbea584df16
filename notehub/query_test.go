package notehub_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
)

// A call is any one request of a client.
type call func(*testing.T, *notehub.Client) error

func data(q notehub.UsageQuery) call {
	return func(t *testing.T, c *notehub.Client) error {
		_, err := c.DataUsage(t.Context(), project, q, func(notehub.DataRow) error { return nil })
		return err
	}
}

func events(q notehub.EventsQuery) call {
	return func(t *testing.T, c *notehub.Client) error {
		_, err := c.EventsUsage(t.Context(), project, q, func(notehub.EventsRow) error { return nil })
		return err
	}
}

func sessions(q notehub.SessionsQuery) call {
	return func(t *testing.T, c *notehub.Client) error {
		_, err := c.SessionsUsage(t.Context(), project, q, func(notehub.SessionsRow) error { return nil })
		return err
	}
}

func routeLogs(q notehub.RouteLogsQuery) call {
	return func(t *testing.T, c *notehub.Client) error {
		_, err := c.RouteLogsUsage(t.Context(), project, q, func(notehub.RouteLogsRow) error { return nil })
		return err
	}
}

func devices(page, size int) call {
	return func(t *testing.T, c *notehub.Client) error {
		_, err := c.Devices(t.Context(), project, page, size, func(notehub.Device) error { return nil })
		return err
	}
}

func fleets(t *testing.T, c *notehub.Client) error {
	t.Helper()
	return c.Fleets(t.Context(), project, func(notehub.Fleet) error { return nil })
}

func routes(t *testing.T, c *notehub.Client) error {
	t.Helper()
	return c.Routes(t.Context(), project, func(notehub.Route) error { return nil })
}

// organization and balances read those of an organization that has the UID of the project, so that all errors hold the same one.
func organization(t *testing.T, c *notehub.Client) error {
	t.Helper()
	_, err := c.Organization(t.Context(), notehub.Organizations, project)
	return err
}

func balances(t *testing.T, c *notehub.Client) error {
	t.Helper()
	return c.BalanceHistory(t.Context(), notehub.BillingAccounts, project, start, time.Time{}, func(notehub.Balance) error { return nil })
}

// everyCall has one call of each endpoint.
func everyCall() map[string]call {
	return map[string]call{
		"data":       data(daily()),
		"events":     events(notehub.EventsQuery{UsageQuery: daily()}),
		"sessions":   sessions(notehub.SessionsQuery{UsageQuery: daily()}),
		"route-logs": routeLogs(notehub.RouteLogsQuery{UsageQuery: daily()}),
		"devices":    devices(1, 50),
		"fleets":     fleets,
		"routes":     routes,

		"organization":               organization,
		"balance history of billing": balances,
	}
}

func TestQueriesBecomeParameters(t *testing.T) {
	full := notehub.UsageQuery{
		Start:     start,
		End:       start.Add(36*time.Hour + time.Millisecond),
		Period:    notehub.ByMonth,
		Aggregate: notehub.PerFleet,
		Devices:   []string{"dev:1", "dev:2"},
		Fleets:    []string{"fleet:a&b", "fleet:c"},
		Limit:     notehub.MaxLimit,
	}
	common := url.Values{
		"period": {"month"}, "startDate": {"1772323200"}, "endDate": {"1772452800"}, "aggregate": {"fleet"},
		"deviceUID": {"dev:1", "dev:2"}, "fleetUID": {"fleet:a&b", "fleet:c"}, "limit": {"400000"},
	}
	with := func(values url.Values, more url.Values) url.Values {
		all := url.Values{}
		for _, some := range []url.Values{values, more} {
			for name := range some {
				all[name] = some[name]
			}
		}
		return all
	}
	least := url.Values{"period": {"day"}, "startDate": {"1772323200"}}
	recent := url.Values{"skipRecentData": {"true"}}
	for _, test := range []struct {
		name string
		call call
		path string
		want url.Values
	}{
		{"data, least", data(daily()), "usage/data", least},
		{"data, full", data(full), "usage/data", common},
		{"events, least", events(notehub.EventsQuery{UsageQuery: daily()}), "usage/events", least},
		{"events, full", events(notehub.EventsQuery{
			UsageQuery: full, Notefiles: []string{"a.qo", "b.qo"}, IncludeNotefiles: true, SkipRecentData: true,
		}), "usage/events", with(common, with(recent, url.Values{"includeNotefiles": {"true"}, "notefile": {"a.qo", "b.qo"}}))},
		{"sessions, least", sessions(notehub.SessionsQuery{UsageQuery: daily()}), "usage/sessions", least},
		{"sessions, full", sessions(notehub.SessionsQuery{UsageQuery: full, SkipRecentData: true}), "usage/sessions", with(common, recent)},
		{"routes, least", routeLogs(notehub.RouteLogsQuery{UsageQuery: daily()}), "usage/route-logs", least},
		{"routes, full", routeLogs(notehub.RouteLogsQuery{
			UsageQuery:     notehub.UsageQuery{Start: start, Period: notehub.ByWeek, Aggregate: notehub.PerRoute, Limit: 1},
			Routes:         []string{"route:1", "route:2"},
			SkipRecentData: true,
		}), "usage/route-logs", url.Values{
			"period": {"week"}, "startDate": {"1772323200"}, "aggregate": {"route"}, "limit": {"1"},
			"routeUID": {"route:1", "route:2"}, "skipRecentData": {"true"},
		}},
		{"devices", devices(3, 10_000), "devices", url.Values{"pageNum": {"3"}, "pageSize": {"10000"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got *http.Request
			client := setup(t, func(w http.ResponseWriter, r *http.Request) {
				got = r
				http.Error(w, "{}", http.StatusTeapot)
			})
			require.Error(t, test.call(t, client))
			require.Equal(t, http.MethodGet, got.Method)
			require.Equal(t, "/v1/projects/"+project+"/"+test.path, got.URL.Path)
			require.Equal(t, test.want, got.URL.Query())
			require.Equal(t, "application/json", got.Header.Get("Accept"))
			require.Equal(t, "Bearer "+token, got.Header.Get("Authorization"))
		})
	}
}

func TestProjectsAreEscaped(t *testing.T) {
	var path string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.EscapedPath()
		_, _ = w.Write([]byte(`{"data":[]}`))
	})
	_, err := client.DataUsage(t.Context(), "com.acme.ann:some/where?x=1#y", daily(), nil)
	require.NoError(t, err)
	require.Equal(t, "/v1/projects/com.acme.ann:some%2Fwhere%3Fx=1%23y/usage/data", path)
}

func TestQueriesThatCannotBeMeantAreNotSent(t *testing.T) {
	usage := func(change func(*notehub.UsageQuery)) notehub.UsageQuery {
		q := daily()
		change(&q)
		return q
	}
	for _, test := range []struct {
		name string
		call call
		want string
	}{
		{"no start", data(notehub.UsageQuery{}), "has no start"},
		{"too old", data(usage(func(q *notehub.UsageQuery) { q.Start = time.Unix(-1, 0) })), "before 1970"},
		{"backwards", data(usage(func(q *notehub.UsageQuery) { q.End = start.Add(-1) })), "ends before it starts"},
		{"period", data(usage(func(q *notehub.UsageQuery) { q.Period = "hour" })), `unknown period "hour"`},
		{"aggregate", data(usage(func(q *notehub.UsageQuery) { q.Aggregate = "sim" })), `unknown aggregate "sim"`},
		{"data per route", data(usage(func(q *notehub.UsageQuery) { q.Aggregate = notehub.PerRoute })), `unknown aggregate "route"`},
		{"limit below", data(usage(func(q *notehub.UsageQuery) { q.Limit = -1 })), "limit -1"},
		{"limit above", data(usage(func(q *notehub.UsageQuery) { q.Limit = 400_001 })), "limit 400001"},
		{"device", data(usage(func(q *notehub.UsageQuery) { q.Devices = []string{"dev:1", ""} })), "empty deviceUID"},
		{"fleet", data(usage(func(q *notehub.UsageQuery) { q.Fleets = []string{""} })), "empty fleetUID"},
		{"notefile", events(notehub.EventsQuery{UsageQuery: daily(), Notefiles: []string{""}}), "empty notefile"},
		{"events", events(notehub.EventsQuery{}), "has no start"},
		{"sessions", sessions(notehub.SessionsQuery{}), "has no start"},
		{"routes", routeLogs(notehub.RouteLogsQuery{}), "has no start"},
		{"route", routeLogs(notehub.RouteLogsQuery{UsageQuery: daily(), Routes: []string{""}}), "empty routeUID"},
		{"routes of devices", routeLogs(notehub.RouteLogsQuery{
			UsageQuery: usage(func(q *notehub.UsageQuery) { q.Devices = []string{"dev:1"} }),
		}), "by device or fleet"},
		{"routes of fleets", routeLogs(notehub.RouteLogsQuery{
			UsageQuery: usage(func(q *notehub.UsageQuery) { q.Fleets = []string{"fleet:1"} }),
		}), "by device or fleet"},
		{"routes per device", routeLogs(notehub.RouteLogsQuery{
			UsageQuery: usage(func(q *notehub.UsageQuery) { q.Aggregate = notehub.PerDevice }),
		}), `unknown aggregate "device"`},
		{"page", devices(0, 1), "count from 1"},
		{"page size below", devices(1, 0), "page size 0"},
		{"page size above", devices(1, 10_001), "page size 10001"},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := setup(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
			err := test.call(t, client)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, project)
		})
	}
	for _, name := range []string{"", ".", ".."} {
		client := setup(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
		_, err := client.DataUsage(t.Context(), name, daily(), nil)
		require.ErrorContains(t, err, "neither a project nor a product UID")
	}
}

func TestNewRefusesWhatCannotBeUsed(t *testing.T) {
	for base, want := range map[string]string{
		"notehub.example":                     "must begin with",
		"ftp://notehub.example":               "must begin with",
		"https://":                            "must begin with",
		"https://ann:hunter2@notehub.example": "must not hold",
		"https://notehub.example?hunter2":     "must not hold",
		"https://notehub.example/#hunter2":    "must not hold",
		"https://ann:hunter2%zz@x":            "is not a URL",
	} {
		_, err := notehub.New(notehub.Config{BaseURL: base, Token: secret.New(token)})
		require.ErrorContains(t, err, want, base)
		require.NotContains(t, err.Error(), "hunter2")
	}
	for _, text := range []string{"", "two words", "line\n", "nül", `"quoted"`} {
		_, err := notehub.New(notehub.Config{Token: secret.New(text)})
		require.ErrorContains(t, err, "the Notehub token", text)
		if text != "" {
			require.NotContains(t, err.Error(), text)
		}
	}
	_, err := notehub.New(notehub.Config{Token: secret.New(token)})
	require.NoError(t, err)
}
