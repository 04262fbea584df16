package bot_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// fleets returns the names of the fleets by UID.
func (r *rig) fleets() map[string]string {
	r.t.Helper()
	all, err := r.store.Usage.Fleets(r.t.Context(), project)
	require.NoError(r.t, err)
	names := map[string]string{}
	for _, fleet := range all {
		names[fleet.UID] = fleet.Name
	}
	return names
}

// state returns what the store knows of the project.
func (r *rig) state() store.Project {
	r.t.Helper()
	state, err := r.store.Project(r.t.Context(), project)
	require.NoError(r.t, err)
	return state
}

// events returns how many events of a device are stored, by day; days that are not known are left out.
func (r *rig) events(device string, first, last rules.Day) map[rules.Day]float64 {
	r.t.Helper()
	ordinal, _, err := r.store.Usage.Ordinal(r.t.Context(), project, device)
	require.NoError(r.t, err)
	known := map[rules.Day]float64{}
	block, position := ordinal/history.BlockSize, ordinal%history.BlockSize
	require.NoError(r.t, r.store.Usage.Columns(r.t.Context(), project, block, rules.Events, first, last, func(day rules.Day, cells []history.Cell) {
		if cell := history.At(cells, position); cell.Known() {
			known[day] = cell.Float()
		}
	}))
	return known
}

// Fleets are read as often as the device list, and shown by the names that they have now.
func TestFleetsAreNamed(t *testing.T) {
	r := newRig(t, 10, nil, events("500"))
	r.run(monday.Add(30 * time.Minute))
	sensors, pilot := notehubtest.FleetUID(string(notehubtest.HourlySensor)), notehubtest.FleetUID("pilot")
	require.Equal(t, map[string]string{sensors: "hourly sensor", pilot: "pilot"}, r.fleets())
	require.Equal(t, 1, r.asked(notehubtest.Fleets))
	r.run(monday.Add(12 * hour))
	require.Equal(t, r.asked(notehubtest.Devices), r.asked(notehubtest.Fleets))

	r.project.Fleets = map[string]string{pilot: "Pilots", "fleet:new": ""}
	r.serve()
	r.open()
	r.run(monday.Add(14 * hour))
	require.Equal(t, map[string]string{sensors: "hourly sensor", pilot: "Pilots", "fleet:new": "fleet:new"}, r.fleets())
}

// A token may lack the right to see fleets, and names are not worth a poll.
func TestPollsGoOnWithoutFleets(t *testing.T) {
	for _, kind := range []notehubtest.FaultKind{
		notehubtest.Unauthorized, notehubtest.Forbidden, notehubtest.ServerError, notehubtest.BadGateway, notehubtest.TookTooLong,
		notehubtest.Cut, notehubtest.InvalidJSON, notehubtest.WebPage,
	} {
		t.Run(string(kind), func(t *testing.T) {
			r := newRig(t, 1, nil, events("500"), blind()).hourly()
			var log bytes.Buffer
			r.config.Bot.Log = slog.New(slog.NewTextHandler(&log, nil))
			logged := func() int { return strings.Count(log.String(), "reading the fleets") }
			r.open()
			r.run(monday.Add(30 * time.Minute))
			names := r.fleets()
			require.NotEmpty(t, names)

			r.hub.Fail(notehubtest.Fault{Kind: kind, Endpoint: notehubtest.Fleets})
			r.run(monday.Add(6 * hour))
			require.Zero(t, r.state().Failures)
			require.Equal(t, names, r.fleets())
			require.Empty(t, r.told("ops"))
			require.Equal(t, 1, logged(), log.String())
			require.NotContains(t, log.String(), token)

			r.hub.ClearFaults()
			r.run(monday.Add(8 * hour))
			r.hub.Fail(notehubtest.Fault{Kind: kind, Endpoint: notehubtest.Fleets})
			r.run(monday.Add(12 * hour))
			require.Equal(t, 2, logged(), "each time that it begins")
		})
	}
}

// Being told to wait is not about the fleets: all requests of the account wait.
func TestFleetsObeyRetryAfter(t *testing.T) {
	r := newRig(t, 1, nil, events("500"))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.RateLimited, Endpoint: notehubtest.Fleets, Times: 1, RetryAfter: 90 * time.Second})
	r.run(monday.Add(30 * time.Minute))
	require.Zero(t, r.state().Failures)
	require.NotEmpty(t, r.fleets())
	requests := r.hub.Requests()
	require.Equal(t, []notehubtest.Endpoint{notehubtest.Devices, notehubtest.Fleets, notehubtest.Fleets},
		[]notehubtest.Endpoint{requests[0].Endpoint, requests[1].Endpoint, requests[2].Endpoint})
	require.GreaterOrEqual(t, requests[2].At.Sub(requests[1].At), 90*time.Second)
}

// Notehub writes the firmware as JSON text; rules compare its version.
func TestRulesReadTheVersionOfTheFirmware(t *testing.T) {
	r := newRig(t, 1, nil, rules.Spec{
		Name: "old-firmware", Each: rules.EachDevice,
		When: []rules.Condition{{Level: rules.Info, Expr: `device.firmware startsWith "notecard-8.1"`}},
	})
	r.run(monday.Add(time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
}

// What the store counts is what Notehub was sent.
func TestRequestsAreCounted(t *testing.T) {
	r := newRig(t, 1, nil, events("500"), silent())
	r.run(monday.Add(20 * hour))
	requests, err := r.store.Requests(t.Context(), r.now)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"acme": len(r.hub.Requests())}, requests)
	require.Greater(t, requests["acme"], 20*4)
}

// How often is polled follows from what a poll costs: three requests for usage, and two for lists every hour.
func TestTheCadenceCountsEveryRequest(t *testing.T) {
	r := newRig(t, 1, nil, rules.Spec{
		Name: "all", Each: rules.EachDevice,
		When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.used + sessions.today + events.today > mb(400)"}},
	})
	r.run(monday.Add(12*hour + time.Minute))
	before := len(r.hub.Requests())
	r.run(monday.Add(16*hour + time.Minute))
	require.Equal(t, 4*(4*3+2), len(r.hub.Requests())-before)

	for projects, want := range map[int]int{1: 15, 16: 15, 17: 17, 18: 18, 40: 50} {
		r.config.Bot.Projects = slices.Repeat(r.config.Bot.Projects[:1], projects)
		require.Equal(t, time.Duration(want)*time.Minute, bot.New(r.config.Bot).Schedule().Interval(r.config.Bot.Accounts[0].Name), "%d projects", projects)
	}
}

// How far back Notehub is read follows from the members and the period, up to what is kept.
func TestHistoryStart(t *testing.T) {
	today := rules.DayOf(monday)
	for _, c := range []struct {
		when   string
		period rules.PeriodSpec
		want   rules.Day
	}{
		{"events.used > 5", rules.PeriodSpec{}, today - metric.HistoryDays},
		{"events.used > 5", rules.PeriodSpec{Days: 100, From: today - 99}, today - 99},
		{"events.prev > 5", rules.PeriodSpec{Days: 100, From: today - 99}, today - 199},
		{"events.prev > 5", rules.PeriodSpec{Days: 366, From: today - 365}, today - 13*31},
	} {
		r, problems := rules.Compile(rules.Spec{Name: "test", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: c.when}}})
		require.Empty(t, problems)
		b := bot.New(bot.Config{Store: new(store.Store), Rules: []bot.Rule{{Rule: r}}, Period: c.period})
		require.Equal(t, c.want.String(), b.HistoryStart("app:1", today).String(), "%s by %s", c.when, c.period)
	}
}
