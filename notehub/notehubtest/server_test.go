package notehubtest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

// ask sends a request as no client of ours would.
func ask(t *testing.T, handler http.Handler, method, address, authorization string) (status int, body string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, address, nil)
	request.Header.Set("Authorization", authorization)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

func TestRequestsAreChecked(t *testing.T) {
	s := simulate(t)
	const usage = "/v1/projects/" + app + "/usage/"
	const bearer = "Bearer " + token
	for _, test := range []struct {
		name, method, address, authorization string
		status                               int
		want                                 string
	}{
		{"no token", "GET", usage + "data?period=day", "", 401, "could not be authorized"},
		{"wrong token", "GET", usage + "data?period=day", "Bearer x", 401, `"status":"Unauthorized"`},
		{"wrong scheme", "GET", usage + "data?period=day", "Basic " + token, 401, `"code":401`},
		{"method", "POST", usage + "data?period=day", bearer, 405, "use GET"},
		{"project", "GET", "/v1/projects/app:none/devices", bearer, 404, "no such project"},
		{"endpoint", "GET", usage + "bytes?period=day", bearer, 404, "no such project or path"},
		{"path", "GET", "/v2/projects", bearer, 404, "no such"},
		{"one project", "GET", "/v1/projects/" + app, bearer, 404, "no such"},
		{"nothing of organizations", "GET", "/v1/organizations/org:1/devices", bearer, 404, "no such"},
		{"devices of no project", "GET", "/v1/devices", bearer, 404, "no such"},
		{"product", "GET", "/v1/projects/" + product + "/usage/data?period=day", bearer, 200, `"truncated":false`},
		{"escaped", "GET", "/v1/projects/app%3A" + app[4:] + "/usage/data?period=day", bearer, 200, `"truncated":false`},
		{"no period", "GET", usage + "data", bearer, 400, `\"period\" is required`},
		{"period", "GET", usage + "data?period=hour", bearer, 400, `got [\"hour\"]`},
		{"periods", "GET", usage + "data?period=day&period=week", bearer, 400, "period"},
		{"aggregate", "GET", usage + "data?period=day&aggregate=route", bearer, 400, "aggregate"},
		{"aggregate of routes", "GET", usage + "route-logs?period=day&aggregate=device", bearer, 400, "aggregate"},
		{"limit 0", "GET", usage + "events?period=day&limit=0", bearer, 400, "limit"},
		{"limit", "GET", usage + "events?period=day&limit=400001", bearer, 400, "from 1 to 400000"},
		{"date", "GET", usage + "events?period=day&startDate=2026-03-01", bearer, 400, "startDate"},
		{"backwards", "GET", usage + "events?period=day&startDate=20&endDate=10", bearer, 400, "startDate is after endDate"},
		{"boolean", "GET", usage + "events?period=day&includeNotefiles=yes", bearer, 400, "want true or false"},
		{"empty device", "GET", usage + "events?period=day&deviceUID=", bearer, 400, "deviceUID"},
		{"unknown parameter", "GET", usage + "data?period=day&skipRecentData=true", bearer, 400, `unknown parameter \"skipRecentData\"`},
		{"devices of routes", "GET", usage + "route-logs?period=day&deviceUID=dev:1", bearer, 400, "unknown parameter"},
		{"page", "GET", "/v1/projects/" + app + "/devices?pageNum=0", bearer, 400, "pageNum"},
		{"page size", "GET", "/v1/projects/" + app + "/devices?pageSize=10001", bearer, 400, "pageSize"},
		{"parameter of fleets", "GET", "/v1/projects/" + app + "/fleets?pageNum=1", bearer, 400, `unknown parameter \"pageNum\"`},
		{"encoding", "GET", usage + "data?period=%zz", bearer, 400, "not encoded"},
		{"no dates", "GET", usage + "events?period=day&endDate=0&skipRecentData=false", bearer, 200, `"truncated":false`},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := ask(t, s, test.method, test.address, test.authorization)
			require.Equal(t, test.status, status)
			require.Contains(t, body, test.want)
		})
	}
}

func TestRequestsAreRemembered(t *testing.T) {
	s := simulate(t)
	s.devices(t)
	status, _ := ask(t, s, "GET", "/v1/projects/app:none/usage/data?period=day", "Bearer "+token)
	require.Equal(t, 404, status)
	got := s.Requests()
	require.Len(t, got, 2)
	require.Equal(t, notehubtest.Devices, got[0].Endpoint)
	require.Equal(t, app, got[0].Project)
	require.Equal(t, 200, got[0].Status)
	require.Equal(t, "10000", got[0].Query.Get("pageSize"))
	require.Equal(t, s.clock.Now(), got[0].At)
	require.Equal(t, 404, got[1].Status)

	for range 20_000 {
		ask(t, s, "GET", "/", "")
	}
	require.Len(t, s.Requests(), 10_000)
}

func TestPagesOfDevicesAreComplete(t *testing.T) {
	s := simulate(t)
	whole := s.devices(t)
	require.Len(t, whole, 40)
	for _, size := range []int{1, 7, 39, 40, 41} {
		var list []notehub.Device
		for page := 1; ; page++ {
			more, err := s.client.Devices(t.Context(), app, page, size, keep(&list))
			require.NoError(t, err)
			if !more {
				break
			}
			require.Len(t, list, page*size)
		}
		require.Equal(t, whole, list, "pages of %d", size)
	}
	more, err := s.client.Devices(t.Context(), app, 99, 50, func(notehub.Device) error { return errors.New("a device") })
	require.NoError(t, err)
	require.False(t, more)
}

func TestDevicesLookLikeRealOnes(t *testing.T) {
	s := simulate(t)
	now := s.clock.Now()
	for i, d := range s.devices(t) {
		given := s.fleet[i]
		require.Equal(t, given.UID, d.UID)
		require.Equal(t, given.Fleets, d.Fleets)
		require.Equal(t, given.Provisioned, d.Provisioned)
		require.Equal(t, product, d.Product)
		require.NotEmpty(t, d.SKU)
		require.Equal(t, "notecard-8.1.3.17074", d.FirmwareNotecard)
		require.Equal(t, "1.0.0", d.FirmwareHost)
		require.InDelta(t, 4.2, d.Voltage, 1)
		require.InDelta(t, 20, d.Temperature, 11)
		require.True(t, d.LastActivity.After(now.AddDate(0, 0, -4)) && !d.LastActivity.After(now), d.LastActivity)
		if given.Archetype == notehubtest.Satellite {
			require.Empty(t, d.SIMs)
			continue
		}
		require.NotEmpty(t, d.SIMs)
		require.Less(t, now.Sub(d.SIMs[0].LastUpdated), 7*time.Hour)
		require.Equal(t, known(500e6), d.SIMs[0].Limit)
		require.Positive(t, d.SIMs[0].Used.N)
	}
	before := s.devices(t)
	s.clock.set(now.AddDate(0, 0, 10))
	for i, d := range s.devices(t) {
		for j := range d.SIMs {
			require.Greater(t, d.SIMs[j].Used.N, before[i].SIMs[j].Used.N, "data plans are used up")
		}
	}
}

func known(n int64) notehub.Count { return notehub.Count{N: n, Known: true} }

func TestLimitsCutAnswers(t *testing.T) {
	s := simulate(t)
	q := days(monday.AddDate(0, 0, -2), 2)
	all := s.data(t, q)
	for _, limit := range []int{1, 10, len(all) - 1, len(all), len(all) + 1} {
		q.Limit = limit
		var rows []notehub.DataRow
		truncated, err := s.client.DataUsage(t.Context(), app, q, keep(&rows))
		require.NoError(t, err)
		require.Equal(t, limit < len(all), truncated)
		require.Equal(t, all[:min(limit, len(all))], rows)
	}
}

func TestRequestsPerMinuteAreLimited(t *testing.T) {
	s := simulateConfig(t, func(c *notehubtest.Config) { c.RequestsPerMinute = 3 })
	start := s.clock.Now()
	attempt := func(after time.Duration) error {
		s.clock.set(start.Add(after))
		_, err := s.client.Devices(t.Context(), app, 1, 1, func(notehub.Device) error { return nil })
		return err
	}
	refused := func(after, wait time.Duration) {
		t.Helper()
		refusal, ok := errors.AsType[*notehub.Error](attempt(after))
		require.True(t, ok)
		require.ErrorIs(t, refusal, notehub.ErrRateLimited)
		require.Equal(t, wait, refusal.RetryAfter)
	}
	require.NoError(t, attempt(0))
	require.NoError(t, attempt(10*time.Second))
	require.NoError(t, attempt(20*time.Second))
	refused(20*time.Second, 40*time.Second)
	refused(59500*time.Millisecond, time.Second)
	require.NoError(t, attempt(60*time.Second), "the first is a minute ago")
	refused(60*time.Second, 10*time.Second)
	require.NoError(t, attempt(70*time.Second))
	require.NoError(t, attempt(-time.Hour), "the clock has jumped back")
}

func TestFaultsAreWhatTheClientSays(t *testing.T) {
	for _, test := range []struct {
		fault  notehubtest.Fault
		want   error
		status int // 0: it is not a refusal
		retry  time.Duration
	}{
		{notehubtest.Fault{Kind: notehubtest.Unauthorized}, notehub.ErrUnauthorized, 401, 0},
		{notehubtest.Fault{Kind: notehubtest.Forbidden}, notehub.ErrForbidden, 403, 0},
		{notehubtest.Fault{Kind: notehubtest.Suspended}, notehub.ErrSuspended, 403, 0},
		{notehubtest.Fault{Kind: notehubtest.RateLimited}, notehub.ErrRateLimited, 429, 0},
		{notehubtest.Fault{Kind: notehubtest.RateLimited, RetryAfter: 30 * time.Second}, notehub.ErrRateLimited, 429, 30 * time.Second},
		{notehubtest.Fault{Kind: notehubtest.ServerError}, nil, 500, 0},
		{notehubtest.Fault{Kind: notehubtest.BadGateway}, nil, 502, 0},
		{notehubtest.Fault{Kind: notehubtest.TookTooLong}, notehub.ErrTookTooLong, 504, 0},
		{notehubtest.Fault{Kind: notehubtest.Cut}, notehub.ErrInvalidAnswer, 0, 0},
		{notehubtest.Fault{Kind: notehubtest.InvalidJSON}, notehub.ErrInvalidAnswer, 0, 0},
		{notehubtest.Fault{Kind: notehubtest.WebPage}, notehub.ErrInvalidAnswer, 0, 0},
	} {
		t.Run(string(test.fault.Kind), func(t *testing.T) {
			s := simulate(t)
			for name, call := range calls(monday) {
				s.Fail(test.fault)
				err := call(t.Context(), s.client)
				require.Error(t, err, name)
				if test.want != nil {
					require.ErrorIs(t, err, test.want, name)
				}
				refusal, ok := errors.AsType[*notehub.Error](err)
				require.Equal(t, test.status != 0, ok, name)
				if ok {
					require.Equal(t, test.status, refusal.Status)
					require.Equal(t, test.retry, refusal.RetryAfter)
				}
				s.ClearFaults()
				require.NoError(t, call(t.Context(), s.client), name)
			}
		})
	}
}

// calls has one call of each endpoint, of the day that begins at start.
func calls(start time.Time) map[string]func(context.Context, *notehub.Client) error {
	q := days(start, 1)
	return map[string]func(context.Context, *notehub.Client) error{
		"data": func(ctx context.Context, c *notehub.Client) error {
			_, err := c.DataUsage(ctx, app, q, func(notehub.DataRow) error { return nil })
			return err
		},
		"events": func(ctx context.Context, c *notehub.Client) error {
			_, err := c.EventsUsage(ctx, app, notehub.EventsQuery{UsageQuery: q}, func(notehub.EventsRow) error { return nil })
			return err
		},
		"sessions": func(ctx context.Context, c *notehub.Client) error {
			_, err := c.SessionsUsage(ctx, app, notehub.SessionsQuery{UsageQuery: q}, func(notehub.SessionsRow) error { return nil })
			return err
		},
		"route-logs": func(ctx context.Context, c *notehub.Client) error {
			_, err := c.RouteLogsUsage(ctx, app, notehub.RouteLogsQuery{UsageQuery: q}, func(notehub.RouteLogsRow) error { return nil })
			return err
		},
		"devices": func(ctx context.Context, c *notehub.Client) error {
			_, err := c.Devices(ctx, app, 1, 50, func(notehub.Device) error { return nil })
			return err
		},
		"fleets": func(ctx context.Context, c *notehub.Client) error {
			return c.Fleets(ctx, app, func(notehub.Fleet) error { return nil })
		},
		"routes": func(ctx context.Context, c *notehub.Client) error {
			return c.Routes(ctx, app, func(notehub.Route) error { return nil })
		},
	}
}

func TestFaultsAreCountedByEndpoint(t *testing.T) {
	s := simulate(t)
	call := calls(monday)
	s.Fail(notehubtest.Fault{Kind: notehubtest.ServerError, Endpoint: notehubtest.Events, Times: 2})
	s.Fail(notehubtest.Fault{Kind: notehubtest.Suspended, Times: 1})
	require.NotErrorIs(t, call["events"](t.Context(), s.client), notehub.ErrSuspended)
	require.ErrorIs(t, call["data"](t.Context(), s.client), notehub.ErrSuspended)
	require.NoError(t, call["data"](t.Context(), s.client))
	require.Error(t, call["events"](t.Context(), s.client))
	require.NoError(t, call["events"](t.Context(), s.client))
}

func TestTruncatedAnswersSayIt(t *testing.T) {
	s := simulate(t)
	q := notehub.EventsQuery{UsageQuery: days(monday, 1)}
	whole := s.events(t, q)
	s.Fail(notehubtest.Fault{Kind: notehubtest.Truncated})
	var rows []notehub.EventsRow
	truncated, err := s.client.EventsUsage(t.Context(), app, q, keep(&rows))
	require.NoError(t, err)
	require.True(t, truncated)
	require.Equal(t, whole[:len(whole)/2], rows)
	require.Len(t, s.devices(t), 40)
}

// arriving returns a client of s, and a channel that tells of each request before it is answered.
func arriving(t *testing.T, s *simulation) (*notehub.Client, <-chan struct{}) {
	t.Helper()
	arrived := make(chan struct{}, 10)
	return clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		s.ServeHTTP(w, r)
	})), arrived
}

func TestSlowAnswersWait(t *testing.T) {
	t.Run("until they are released", func(t *testing.T) {
		s := simulate(t)
		client, arrived := arriving(t, s)
		release, answered := make(chan struct{}), make(chan error)
		s.Fail(notehubtest.Fault{Kind: notehubtest.Slow, Times: 1, Release: release})
		go func() { answered <- calls(monday)["data"](t.Context(), client) }()
		<-arrived
		close(release)
		require.NoError(t, <-answered)
	})
	t.Run("until the client leaves", func(t *testing.T) {
		s := simulate(t)
		client, arrived := arriving(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		answered := make(chan error)
		s.Fail(notehubtest.Fault{Kind: notehubtest.Slow})
		go func() { answered <- calls(monday)["data"](ctx, client) }()
		<-arrived
		cancel()
		require.ErrorIs(t, <-answered, context.Canceled)
	})
}

func TestStartServesUntilItIsStopped(t *testing.T) {
	s := simulate(t)
	address, stop, err := s.Start()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(address, "http://127.0.0.1:"))
	client, err := notehub.New(notehub.Config{BaseURL: address, Token: secret.New(token)})
	require.NoError(t, err)
	require.NoError(t, calls(monday)["events"](t.Context(), client))

	s.Fail(notehubtest.Fault{Kind: notehubtest.Slow})
	answered := make(chan error)
	go func() { answered <- calls(monday)["events"](t.Context(), client) }()
	stop()
	require.Error(t, <-answered, "stopping ends answers that wait")
	require.Error(t, calls(monday)["events"](t.Context(), client))
}

func TestNewRefusesMistakes(t *testing.T) {
	config := func(change func(*notehubtest.Config)) func() {
		return func() {
			c := notehubtest.Config{Now: time.Now, Projects: []notehubtest.Project{{
				UID: app, ProductUID: product,
				Devices: []notehubtest.Device{{UID: "dev:1", Archetype: notehubtest.DailyTank}},
			}}}
			change(&c)
			notehubtest.New(c)
		}
	}
	require.NotPanics(t, config(func(*notehubtest.Config) {}))
	for name, change := range map[string]func(*notehubtest.Config){
		"no clock":      func(c *notehubtest.Config) { c.Now = nil },
		"no project":    func(c *notehubtest.Config) { c.Projects[0].UID = "" },
		"project twice": func(c *notehubtest.Config) { c.Projects = append(c.Projects, c.Projects[0]) },
		"product twice": func(c *notehubtest.Config) {
			c.Projects = append(c.Projects, notehubtest.Project{UID: "a", ProductUID: product})
		},
		"no device":         func(c *notehubtest.Config) { c.Projects[0].Devices[0].UID = "" },
		"unknown archetype": func(c *notehubtest.Config) { c.Projects[0].Devices[0].Archetype = "fridge" },
		"unknown device": func(c *notehubtest.Config) {
			c.Projects[0].Incidents = []notehubtest.Incident{{Kind: notehubtest.Silence, Devices: []string{"dev:2"}}}
		},
		"unknown route": func(c *notehubtest.Config) {
			c.Projects[0].Incidents = []notehubtest.Incident{{Kind: notehubtest.RouteFailures, Routes: []string{"route:none"}}}
		},
		"no organization": func(c *notehubtest.Config) { c.Organizations = []notehubtest.Organization{{}} },
		"organization twice": func(c *notehubtest.Config) {
			c.Organizations = []notehubtest.Organization{{UID: "org:1"}, {UID: "org:1"}}
		},
		"project not its own": func(c *notehubtest.Config) {
			c.Organizations = []notehubtest.Organization{{UID: "org:1", Projects: []string{"app:none"}}}
		},
	} {
		require.Panics(t, config(change), name)
	}
}

func BenchmarkTenThousandDevicesOverTwoDays(b *testing.B) {
	s := simulateConfig(b, func(c *notehubtest.Config) {
		c.Projects[0].Devices = notehubtest.Fleet(1, 10_000, monday.AddDate(0, 0, -60), notehubtest.Typical())
	})
	for name, call := range calls(monday.AddDate(0, 0, -1)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, call(b.Context(), s.client))
			}
		})
	}
	b.Run("two days of events", func(b *testing.B) {
		q := notehub.EventsQuery{UsageQuery: days(monday.AddDate(0, 0, -1), 2)}
		for b.Loop() {
			require.Greater(b, len(s.events(b, q)), 19_000)
		}
	})
}

func BenchmarkPollOfSixtyDevices(b *testing.B) {
	s := simulateConfig(b, func(c *notehubtest.Config) {
		c.Projects[0].Devices = notehubtest.Fleet(1, 60, monday, notehubtest.Typical())
	})
	for b.Loop() {
		for _, call := range calls(monday) {
			require.NoError(b, call(b.Context(), s.client))
		}
	}
}

func TestFleetsHaveNames(t *testing.T) {
	s := simulateConfig(t, func(c *notehubtest.Config) {
		c.Projects[0].Fleets = map[string]string{"fleet:empty": "Spares", notehubtest.FleetUID("pilot"): "Pilots"}
		c.Projects[0].Devices[0].Fleets = append(c.Projects[0].Devices[0].Fleets, "fleet:nameless")
	})
	names := map[string]string{}
	require.NoError(t, s.client.Fleets(t.Context(), app, func(f notehub.Fleet) error {
		names[f.UID] = f.Label
		return nil
	}))
	want := map[string]string{
		"fleet:empty": "Spares", "fleet:nameless": "fleet:nameless", notehubtest.FleetUID("pilot"): "Pilots",
	}
	for _, share := range notehubtest.Typical() {
		want[notehubtest.FleetUID(string(share.Archetype))] = string(share.Archetype)
	}
	require.Equal(t, want, names)
}

func TestProjectsAreListed(t *testing.T) {
	s := simulateConfig(t, func(c *notehubtest.Config) { c.Projects = append(c.Projects, notehubtest.Project{UID: "app:2"}) })
	list := func() (list []notehub.Project, err error) {
		err = s.client.Projects(t.Context(), keep(&list))
		return list, err
	}
	projects, err := list()
	require.NoError(t, err)
	require.Equal(t, []notehub.Project{
		{UID: app, Name: "cold-chain", Role: "viewer"}, {UID: "app:2", Name: "app:2", Role: "viewer"},
	}, projects)
	s.Fail(notehubtest.Fault{Kind: notehubtest.InvalidJSON, Endpoint: notehubtest.Projects, Times: 1})
	_, err = list()
	require.ErrorIs(t, err, notehub.ErrInvalidAnswer)
}
