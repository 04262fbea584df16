package probe_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/driven"
	"notewatch/internal/probe"
	"notewatch/internal/secret"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

const project = "app:1"

var now = time.Date(2026, 6, 30, 15, 0, 0, 0, time.UTC)

// A rig asks a simulated Notehub.
type rig struct {
	t       *testing.T
	hub     *notehubtest.Server
	clock   *driven.Clock
	config  probe.Config
	replace map[string]string // texts of answers
	header  http.Header       // added to answers
	waited  time.Duration
	down    error // of every request
}

// RoundTrip implements http.RoundTripper: it changes the answers of the simulated Notehub.
func (r *rig) RoundTrip(request *http.Request) (*http.Response, error) {
	if r.down != nil {
		return nil, r.down
	}
	response, err := r.hub.Client().Transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(err)))
		return response, nil
	}
	for old, replacement := range r.replace {
		body = bytes.ReplaceAll(body, []byte(old), []byte(replacement))
	}
	maps.Copy(response.Header, r.header)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return response, nil
}

func newRig(t *testing.T, config notehubtest.Config) *rig {
	t.Helper()
	r := &rig{t: t, clock: driven.NewClock(now), replace: map[string]string{}, header: http.Header{}}
	config.Now, config.Token, config.Seed = r.clock.Now, "a-token", 1
	if config.Projects == nil {
		devices := notehubtest.Fleet(1, 20, now.AddDate(-1, 0, 0), nil)
		config.Projects = []notehubtest.Project{{
			UID: project, Name: "one", Devices: devices,
			FleetSettings: map[string]notehubtest.FleetSettings{devices[0].Fleets[0]: {ConnectivityAssurance: new(true), WatchdogMinutes: 60}},
		}}
	}
	r.hub = notehubtest.New(config)
	tap := &probe.Tap{}
	client, err := notehub.New(notehub.Config{
		BaseURL: "http://notehub.invalid", Token: secret.New("a-token"), HTTP: &http.Client{Transport: r}, Wrap: tap.Wrap,
	})
	require.NoError(t, err)
	r.config = probe.Config{
		Client: client, Tap: tap, Account: "default", Project: project, PerMinute: 3, Now: r.clock.Now,
		Wait: func(_ context.Context, d time.Duration) error {
			r.waited += d
			r.clock.Forward(r.clock.Now().Add(d))
			return nil
		},
	}
	return r
}

// run asks, and checks what holds for every report.
func (r *rig) run() probe.Report {
	r.t.Helper()
	report, err := probe.Run(r.t.Context(), r.config)
	require.NoError(r.t, err)
	sent := r.hub.Requests()
	if r.down == nil {
		require.Len(r.t, sent, report.Requests)
	}
	require.LessOrEqual(r.t, len(sent), probe.MaxRequests)
	for i := r.config.PerMinute; i < len(sent); i++ {
		require.GreaterOrEqual(r.t, sent[i].At.Sub(sent[i-r.config.PerMinute].At), time.Minute)
	}
	for _, f := range report.Findings {
		require.NotEmpty(r.t, f.Text)
		if f.Level == probe.Problem {
			require.NotEmpty(r.t, f.Next, f.Text)
		}
	}
	return report
}

// lines returns findings as text.
func lines(report probe.Report, level probe.Level) (all []string) {
	for _, f := range report.Findings {
		if f.Level == level {
			all = append(all, f.About+": "+f.Text)
		}
	}
	return all
}

// The simulated Notehub answers as assumed, for there is no other description of the real one.
func TestAllAsAssumed(t *testing.T) {
	t.Parallel()
	r := newRig(t, notehubtest.Config{Organizations: []notehubtest.Organization{{UID: "org:1", Name: "First"}}})
	report := r.run()
	require.Empty(t, lines(report, probe.Problem))
	for _, note := range lines(report, probe.Note) {
		require.NotContains(t, note, "does not know")
	}
	require.Equal(t, 11, report.Requests)
	require.Equal(t, 3*time.Minute, r.waited)
	require.Contains(t, lines(report, probe.OK), "roles: the token has the role viewer in the project")
	require.Contains(t, lines(report, probe.OK), "clock: agrees with that of Notehub")
	require.Contains(t, lines(report, probe.OK), "lag: the newest day with events is Tue 30 Jun; devices were active last on Tue 30 Jun")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	organizations := []notehubtest.Organization{{UID: "org:1", Name: "First"}}
	for _, c := range []struct {
		name    string
		config  notehubtest.Config
		fault   notehubtest.Fault
		replace map[string]string
		header  http.Header
		change  func(r *rig)
		level   probe.Level // of want; "" is Problem
		want    string
		next    string
		asked   int // requests; 0 is any number
	}{
		{
			name: "a token that is not valid", fault: notehubtest.Fault{Kind: notehubtest.Unauthorized},
			want: "projects: the token is not valid", next: "make a new token at notehub.io/api-access", asked: 1,
		},
		{
			name: "a role without rights", fault: notehubtest.Fault{Kind: notehubtest.Forbidden, Endpoint: notehubtest.RouteLogs},
			want: "usage/route-logs: the role of the token does not allow this (403)", next: "the role viewer",
		},
		{
			name: "a role that may not read the balance", config: notehubtest.Config{Organizations: organizations},
			fault: notehubtest.Fault{Kind: notehubtest.Forbidden, Endpoint: notehubtest.BalanceHistory}, level: probe.Note,
			want: `roles: the role "org_admin" may not read the balance (403)`, next: "rules that read org.balance",
		},
		{
			name: "a role that does not see the plan", config: notehubtest.Config{Organizations: []notehubtest.Organization{{UID: "org:1", Role: "org_member"}}},
			level: probe.Note, want: `roles: the role "org_member" does not see the plan of the organization`,
		},
		{
			name: "an endpoint is gone", fault: notehubtest.Fault{Kind: notehubtest.NotFound, Endpoint: notehubtest.Sessions},
			want: "usage/sessions: Notehub does not know this address (404)", next: "notewatch needs an update",
		},
		{
			name: "only billing accounts", config: notehubtest.Config{Organizations: organizations, Older: true}, level: probe.Note,
			want: "organizations: Notehub has only billing accounts, as before June 2026", asked: 12,
		},
		{
			name: "the limit is used up", fault: notehubtest.Fault{Kind: notehubtest.RateLimited, Endpoint: notehubtest.Devices},
			want: "devices: Notehub refuses further requests for now (429), without saying for how long", next: "repeat the check later", asked: 3,
		},
		{
			name: "a suspended account", fault: notehubtest.Fault{Kind: notehubtest.Suspended, Endpoint: notehubtest.Devices},
			want: "devices: the billing account is suspended", asked: 3,
		},
		{
			name: "a missing field", replace: map[string]string{`"watchdog_events"`: `"guard_events"`},
			want: "usage/events: no row has watchdog_events (watchdog)", next: "notewatch needs an update",
		},
		{
			name: "an unknown field", replace: map[string]string{`"total_days_in_period"`: `"color"`}, level: probe.Note,
			want: "usage/events: fields that notewatch does not know: color", next: "they are ignored",
		},
		{
			name: "a field that may be missing", replace: map[string]string{`"total_reboots"`: `"total_devices"`}, level: probe.Note,
			want: "usage/events: no row has total_reboots (reboots)",
		},
		{
			name: "a field within a field", replace: map[string]string{`"last_updated"`: `"refreshed"`}, level: probe.Note,
			want: "devices: no row has cellular_usage.last_updated (plan.age_hours)",
		},
		{
			name: "an answer in another form", replace: map[string]string{`"sessions":[`: `"entries":[`},
			want: "usage/sessions: the answer has not the expected form",
		},
		{
			name: "late data", fault: notehubtest.Fault{Kind: notehubtest.Late, Endpoint: notehubtest.Events, Lag: 72 * time.Hour},
			want: "lag: the newest day with events is Sat 27 Jun; devices were active last on Tue 30 Jun", next: "3 days late",
		},
		{
			name: "periods that are no days", replace: map[string]string{`T00:00:00Z","device"`: `T05:00:00Z","device"`},
			want: "usage/events: a row is for a period that begins at",
		},
		{
			name: "a wrong clock", header: http.Header{"Date": {now.Add(-time.Hour).Format(http.TimeFormat)}},
			want: "clock: the clock of this host is 1 h ahead of that of Notehub", next: "set the clock",
		},
		{
			name: "limits in headers", header: http.Header{"X-Ratelimit-Limit": {"20"}}, level: probe.Note,
			want: "limits: Notehub states limits: X-Ratelimit-Limit: 20",
		},
		{
			name: "a project that is not visible", change: func(r *rig) { r.config.Project = "app:2" },
			want: `roles: the token does not see project "app:2"`, next: "role viewer",
		},
		{
			name: "no project", config: notehubtest.Config{Projects: []notehubtest.Project{}}, change: func(r *rig) { r.config.Project = "" },
			want: "roles: the token sees no project", asked: 1,
		},
		{
			name: "a project without devices", config: notehubtest.Config{Projects: []notehubtest.Project{{UID: project}}}, level: probe.Note,
			want: "devices: the project has no devices",
		},
		{
			name: "several organizations", config: notehubtest.Config{Organizations: []notehubtest.Organization{{UID: "org:1"}, {UID: "org:2"}}}, level: probe.Note,
			want: "roles: the token sees several organizations", next: "set organization:",
		},
		{
			name: "an organization that is not visible", config: notehubtest.Config{Organizations: organizations},
			change: func(r *rig) { r.config.Organization = "org:2" }, want: `roles: the token does not see organization "org:2"`,
		},
		{
			name: "an answer that is cut", fault: notehubtest.Fault{Kind: notehubtest.Cut, Endpoint: notehubtest.Devices},
			want: "devices: the answer has not the expected form",
		},
		{
			name: "a network that is down", change: func(r *rig) { r.down = errors.New("no route to host") },
			want: "projects: reading projects: no route to host", next: "check the network",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.config)
			if c.fault.Kind != "" {
				r.hub.Fail(c.fault)
			}
			if c.replace != nil {
				r.replace = c.replace
			}
			if c.header != nil {
				r.header = c.header
			}
			if c.change != nil {
				c.change(r)
			}
			report := r.run()
			level := probe.Problem
			if c.level != "" {
				level = c.level
				require.Empty(t, lines(report, probe.Problem))
			}
			found := false
			for _, f := range report.Findings {
				if f.Level == level && strings.Contains(f.About+": "+f.Text, c.want) {
					found = true
					require.Contains(t, f.Next, c.next)
				}
			}
			require.True(t, found, "%q is not among %q", c.want, lines(report, level))
			if c.asked > 0 {
				require.Equal(t, c.asked, report.Requests)
			}
		})
	}
}

// Without a project in the rules file, the first that the token sees is asked about. An interruption ends the run.
func TestAnyProject(t *testing.T) {
	t.Parallel()
	r := newRig(t, notehubtest.Config{})
	r.config.Project = ""
	require.Equal(t, project, r.run().Project)

	r = newRig(t, notehubtest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	r.config.Wait = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	report, err := probe.Run(ctx, r.config)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 3, report.Requests)
}
