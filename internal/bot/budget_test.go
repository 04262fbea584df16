package bot_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	requests "notewatch/internal/budget"
	"notewatch/internal/env"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/internal/watch/watchtest"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// otherTool is the project that another tool asks about, with the same account.
const otherTool = "app:other"

// crowd is a rig with n projects on one account of 4 requests a minute, by rules that read all usage. It returns what is logged.
func crowd(t *testing.T, n int) (*rig, *bytes.Buffer) {
	t.Helper()
	r := newRig(t, 1, nil, blind(), rules.Spec{
		Name: "all", Each: rules.EachDevice,
		When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.used + sessions.today + events.today > mb(400)"}},
	})
	var projects []notehubtest.Project
	r.config.Bot.Projects = nil
	for i := range n {
		p := r.project
		p.UID = fmt.Sprintf("app:%d", i)
		projects = append(projects, p)
		r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: p.UID, Name: p.UID, Account: "acme"})
	}
	other := r.project
	other.UID = otherTool
	r.serve(append(projects, other)...)
	var logged bytes.Buffer
	r.config.Bot.Log = slog.New(slog.NewTextHandler(&logged, nil))
	return r, &logged
}

// disturb has another tool use all that Notehub allows, for two minutes each two hours.
func (r *rig) disturb() {
	next := r.now.Add(90 * time.Minute)
	r.config.Bot.Clock.Timer = func(until time.Time) *time.Timer {
		for !next.After(until) {
			r.timer(next)
			for range 7 {
				_ = r.client.Fleets(r.t.Context(), otherTool, func(notehub.Fleet) error { return nil })
			}
			if next = next.Add(10 * time.Second); next.Sub(monday)%(2*hour) == 92*time.Minute {
				next = next.Add(2*hour - 2*time.Minute)
			}
		}
		return r.timer(until)
	}
}

// sent returns the requests of notewatch, without those of the other tool.
func (r *rig) sent() (requests []notehubtest.Request) {
	for _, request := range r.hub.Requests() {
		if request.Project != otherTool {
			requests = append(requests, request)
		}
	}
	return requests
}

// requireLimit checks by the count of the simulated Notehub that no minute has more requests than allowed.
func requireLimit(t *testing.T, requests []notehubtest.Request, most int) {
	t.Helper()
	for i := most; i < len(requests); i++ {
		require.GreaterOrEqual(t, requests[i].At.Sub(requests[i-most].At), time.Minute, "request %d at %s", i, requests[i].At)
	}
}

// loggedTime returns the length of time that a line of the log gives for a key.
func loggedTime(t *testing.T, log *bytes.Buffer, key string) time.Duration {
	t.Helper()
	found := regexp.MustCompile(key + `=(\S+)`).FindStringSubmatch(log.String())
	require.NotNil(t, found, log.String())
	d, err := time.ParseDuration(found[1])
	require.NoError(t, err)
	return d
}

// 40 projects do not fit into 4 requests a minute every 15 minutes. Each is polled at the interval that is logged at the start, give or take a
// tenth. 429s that another tool causes delay polls by up to a quarter, and cost none.
func TestFortyProjectsOnOneAccount(t *testing.T) {
	const projects = 40
	lasts := 4 * time.Hour
	if *long {
		lasts = 12 * time.Hour
	}
	for name, disturbed := range map[string]bool{"alone": false, "beside another tool": true} {
		t.Run(name, func(t *testing.T) {
			r, log := crowd(t, projects)
			if disturbed {
				r.disturb()
			}
			log.Reset()
			r.open()
			interval := loggedTime(t, log, "interval")
			require.Equal(t, 50*time.Minute, interval)
			r.run(monday.Add(lasts))

			requests := r.sent()
			requireLimit(t, requests, 4)
			require.NotContains(t, log.String(), "level=ERROR", "no poll failed")
			refused := slices.ContainsFunc(requests, func(request notehubtest.Request) bool { return request.Status == 429 })
			require.Equal(t, disturbed, refused)
			tolerance := interval / 10
			if disturbed {
				tolerance = interval / 4
			}
			requirePolled(t, requests, projects, lasts, interval, tolerance)
			require.Empty(t, r.told("ops"))
		})
	}
}

// requirePolled checks that so many projects were each polled at an interval, give or take a tolerance, for some time.
func requirePolled(t *testing.T, requests []notehubtest.Request, projects int, lasts, interval, tolerance time.Duration) {
	t.Helper()
	polls := map[string][]time.Time{}
	for _, request := range requests {
		if request.Status == 200 && request.Endpoint == notehubtest.Events {
			polls[request.Project] = append(polls[request.Project], request.At)
		}
	}
	require.Len(t, polls, projects)
	for project, times := range polls {
		require.GreaterOrEqual(t, len(times), int(lasts/interval), "%s lost no cycle", project)
		for i := 1; i < len(times); i++ {
			require.InDelta(t, interval.Minutes(), times[i].Sub(times[i-1]).Minutes(), tolerance.Minutes(), "%s, poll %d", project, i)
		}
	}
}

// The same 40 projects on three accounts, of which two have an organization that is asked too. Each account keeps to its own limit and
// interval, also while one of them is suspended, which is notified once.
func TestFortyProjectsOnThreeAccounts(t *testing.T) {
	const lasts = 3 * time.Hour
	suspension := notehubtest.Suspension{Start: monday.Add(lasts), Duration: 2 * hour}
	r, log := crowd(t, 0)
	r.rules(append(specsOf(r.config.Bot.Rules), suspendedAccount(), overBudget("50"), rules.Spec{
		Name: "balance-low", Each: rules.EachOrganization, When: []rules.Condition{{Level: rules.Warning, Expr: "org.days_left < 14"}},
	})...)
	hubs := map[string]*notehubtest.Server{}
	r.config.Bot.Accounts = nil
	sizes := map[string]int{"acme": 20, "lab": 16, "tanks": 4}
	for name, projects := range sizes {
		config := notehubtest.Config{Now: r.clock, Token: token, Seed: 1, RequestsPerMinute: 7}
		for i := range projects {
			p := r.project
			p.UID = fmt.Sprintf("app:%s-%d", name, i)
			config.Projects = append(config.Projects, p)
			r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: p.UID, Name: p.UID, Account: name})
		}
		switch name {
		case "acme":
			config.Organizations = []notehubtest.Organization{{UID: "org:acme", Name: "Acme", Capacity: 1e6, Suspensions: []notehubtest.Suspension{suspension}}}
		case "lab":
			config.Organizations = []notehubtest.Organization{{UID: "org:lab", Name: "Lab", Capacity: 1e6}}
		}
		hubs[name] = notehubtest.New(config)
		r.config.Bot.Accounts = append(r.config.Bot.Accounts, bot.Account{
			Name: name, Client: watchtest.Client(t, hubs[name], token), PerMinute: 4, Prices: env.Prices{Event: 0.001}, Currency: "USD",
		})
	}
	log.Reset()
	r.open()
	intervals := map[string]time.Duration{}
	for name := range sizes {
		intervals[name] = loggedTime(t, log, "account="+name+" .*interval")
	}
	require.Equal(t, map[string]time.Duration{"acme": 20 * time.Minute, "lab": 16 * time.Minute, "tanks": 15 * time.Minute}, intervals)
	later := func(account string) (requests []notehubtest.Request) { // than the first polls, which also read the lists and the past
		for _, request := range hubs[account].Requests() {
			if request.At.After(monday.Add(hour)) {
				requests = append(requests, request)
			}
		}
		return requests
	}
	r.runTogether(monday.Add(lasts))
	for name := range hubs {
		requirePolled(t, later(name), sizes[name], lasts-hour-intervals[name], intervals[name], intervals[name]/6)
	}
	require.NotContains(t, log.String(), "level=ERROR", "no poll failed")
	require.Empty(t, r.told("ops"))

	r.runTogether(monday.Add(2 * lasts))
	asked := map[string]map[notehubtest.Endpoint]int{}
	for name, hub := range hubs {
		requireLimit(t, hub.Requests(), 4)
		asked[name] = map[notehubtest.Endpoint]int{}
		for _, request := range hub.Requests() {
			if request.Endpoint != notehubtest.Events && request.Endpoint != notehubtest.Sessions && request.Endpoint != notehubtest.Data &&
				request.Endpoint != notehubtest.Devices && request.Endpoint != notehubtest.Fleets {
				asked[name][request.Endpoint]++
			}
		}
	}
	for _, name := range []string{"lab", "tanks"} {
		requirePolled(t, later(name), sizes[name], 2*lasts-hour-intervals[name], intervals[name], intervals[name]/6)
	}
	require.Equal(t, []told{
		{"fired", "firing", "critical", "suspended", "Acme"}, {"resolved", "resolved", "critical", "suspended", "Acme"},
	}, r.told("ops"))
	require.InDelta(t, 6, asked["lab"][notehubtest.OneOrganization], 1, "once an hour")
	require.Equal(t, 1, asked["lab"][notehubtest.BalanceHistory], "once a day")
	require.Equal(t, 1, asked["lab"][notehubtest.Organizations])
	require.Zero(t, asked["tanks"][notehubtest.OneOrganization])
	r.requireTruth("ops")
}

func specsOf(all []bot.Rule) (specs []rules.Spec) {
	for _, r := range all {
		specs = append(specs, r.Spec)
	}
	return specs
}

// After a 429 the account goes on at half the rate, also after a restart, and is back at the whole rate within minutes. All of it is logged.
func TestARefusalHalvesTheRate(t *testing.T) {
	r, log := crowd(t, 6)
	r.open()
	r.run(monday.Add(hour - time.Minute))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.RateLimited, Times: 1, RetryAfter: 20 * time.Second})
	before := len(r.hub.Requests())
	r.run(monday.Add(hour + 2*time.Minute))
	r.open()
	r.run(monday.Add(hour + 20*time.Minute))

	requests := r.hub.Requests()[before:]
	refused := requests[0].At
	require.GreaterOrEqual(t, requests[1].At.Sub(refused), 20*time.Second)
	within := func(from, to time.Duration) (in []notehubtest.Request) {
		for _, request := range requests[1:] {
			if after := request.At.Sub(refused); from <= after && after < to {
				in = append(in, request)
			}
		}
		return in
	}
	requireLimit(t, within(0, 5*time.Minute), 2)
	require.GreaterOrEqual(t, len(within(20*time.Second, 5*time.Minute)), 8, "half the rate")
	require.Contains(t, log.String(), `level=WARN msg="rate-limited by Notehub" account=acme`)
	require.Contains(t, log.String(), `level=WARN msg="sending fewer requests to Notehub" account=acme requests_per_minute=2 of=4`)
	require.Contains(t, log.String(), `level=INFO msg="sending more requests to Notehub again" account=acme requests_per_minute=4 of=4`)
	require.NotContains(t, log.String(), "level=ERROR")
}

// An account whose requests Notehub always refuses is asked less and less, and its polls fail while people can still do something.
func TestAPollDoesNotWaitForEver(t *testing.T) {
	r, log := crowd(t, 1)
	r.open()
	r.run(monday.Add(hour - time.Minute))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.RateLimited, RetryAfter: time.Second})
	before := len(r.hub.Requests())
	r.run(monday.Add(2 * hour))
	require.Contains(t, log.String(), "level=ERROR")
	require.Less(t, len(r.hub.Requests())-before, 25)
}

// A process that stands still for some minutes when it has counted a request and not yet sent it sends none in a minute for which it was not
// counted.
func TestNoRequestIsSentLate(t *testing.T) {
	r := newRig(t, 1, nil, events("500"))
	r.config.Bot.Accounts[0].PerMinute = 100
	freeze, counts := 0, 0
	r.config.Bot.Clock.Now = func() time.Time {
		now := r.clock()
		if strings.Contains(string(debug.Stack()), ".TakeRequest(") {
			if counts++; counts == freeze {
				r.timer(now.Add(2 * time.Minute)) // after it was read
			}
		}
		return now
	}
	p := r.peer(watch.New)
	for freeze = 1; counts >= freeze-1; freeze++ {
		r.timer(r.now.Add(hour))
		require.NoError(t, p.Bot.Schedule().PollNow(t.Context()))
		counts = 0
		_, err := p.Serve(t.Context(), work.Poll, project)
		require.NoError(t, err)
		budgets, err := r.store.Budgets(t.Context())
		require.NoError(t, err)
		for _, request := range r.hub.Requests() {
			counted := func(sent requests.Sent) bool {
				late := request.At.Sub(sent.At)
				return late >= 0 && late <= requests.Margin
			}
			if r.now.Sub(request.At) < time.Minute {
				require.True(t, slices.ContainsFunc(budgets["acme"].Sent, counted), "%s, after request %d was counted", request.Endpoint, freeze)
			}
		}
	}
	require.Greater(t, freeze, 3)
}
