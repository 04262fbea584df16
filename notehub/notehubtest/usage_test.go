package notehubtest_test

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

func TestUsageIsAPureFunctionOfTheClock(t *testing.T) {
	a, b := simulate(t), simulate(t)
	q := days(monday.AddDate(0, 0, -3), 4)
	all := func(s *simulation) []any {
		return []any{
			s.data(t, q), s.events(t, notehub.EventsQuery{UsageQuery: q, IncludeNotefiles: true}),
			s.sessions(t, notehub.SessionsQuery{UsageQuery: q}), s.routeLogs(t, notehub.RouteLogsQuery{UsageQuery: q}), s.devices(t),
		}
	}
	want := all(a)
	a.clock.set(monday.AddDate(0, 0, 5))
	require.NotEqual(t, want, all(a), "later, more is known")
	a.clock.set(monday.AddDate(0, 0, -50))
	require.NotEqual(t, want, all(a))
	a.clock.set(b.clock.Now())
	require.Equal(t, want, all(a), "the clock jumped back")
	require.Equal(t, want, all(b), "another server of the same seed")

	other := simulateConfig(t, func(c *notehubtest.Config) { c.Seed++ })
	require.NotEqual(t, want, all(other), "another seed")
}

func TestAnswersAreWhatAsOfTells(t *testing.T) {
	s := simulate(t)
	q := days(monday.AddDate(0, 0, -2), 3)
	bytes, satellite, events, sessions := map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}
	key := func(device string, date time.Time) string { return device + date.Format(time.DateOnly) }
	for _, row := range s.data(t, q) {
		if row.Type == "cellular" {
			bytes[key(row.Device, row.Period)] += row.Total.N
			require.Equal(t, row.Total.N, row.Uplink.N+row.Downlink.N)
		} else {
			satellite[key(row.Device, row.Period)] += row.Billable.N
			require.Equal(t, row.Billable.N, 50*(row.UplinkPackets.N+row.DownlinkPackets.N))
		}
	}
	for _, row := range s.events(t, notehub.EventsQuery{UsageQuery: q, IncludeNotefiles: true}) {
		events[key(row.Device, row.Period)] = row.Billable.N
		require.Equal(t, row.Total.N, row.Billable.N+row.Platform.N)
		var sum int64
		for n := range maps.Values(row.Notefiles) {
			sum += n.N
		}
		require.Equal(t, row.Total.N, sum)
	}
	for _, row := range s.sessions(t, notehub.SessionsQuery{UsageQuery: q}) {
		sessions[key(row.Device, row.Period)] = row.Sessions.N
		require.Equal(t, row.Sessions.N, row.Transports["cell"].N+row.Transports["wifi"].N+row.Transports["ntn"].N)
	}
	for _, d := range s.fleet {
		for date := q.Start; date.Before(q.End); date = date.AddDate(0, 0, 1) {
			want, k := s.AsOf(app, d.UID, date, s.clock.Now()), key(d.UID, date)
			require.Equal(t, want.Bytes, bytes[k], k)
			require.Equal(t, want.SatelliteBilled, satellite[k], k)
			require.Equal(t, want.Events, events[k], k)
			require.Equal(t, want.Sessions(), sessions[k], k)
		}
	}
	require.Zero(t, s.Truth("app:none", s.fleet[0].UID, monday))
	require.Zero(t, s.Truth(app, "dev:none", monday))
}

func TestSumsAgreeOverAggregatesAndPeriods(t *testing.T) {
	s := simulate(t)
	start := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	q := notehub.UsageQuery{Start: start}
	bytes := func(row notehub.DataRow) notehub.Count { return row.Total }
	events := func(row notehub.EventsRow) notehub.Count { return row.Total }
	sessionBytes := func(row notehub.SessionsRow) notehub.Count { return row.Bytes }
	wantBytes := total(s.data(t, q), bytes)
	wantEvents := total(s.events(t, notehub.EventsQuery{UsageQuery: q}), events)
	wantSessions := total(s.sessions(t, notehub.SessionsQuery{UsageQuery: q}), sessionBytes)
	var inFleets int64 // devices that are in two fleets count twice
	for _, row := range s.events(t, notehub.EventsQuery{UsageQuery: q}) {
		i := slices.IndexFunc(s.fleet, func(d notehubtest.Device) bool { return d.UID == row.Device })
		inFleets += row.Total.N * int64(len(s.fleet[i].Fleets))
	}
	require.Greater(t, inFleets, wantEvents)
	for _, period := range []notehub.Period{notehub.ByDay, notehub.ByWeek, notehub.ByMonth} {
		q := q
		q.Period = period
		for _, aggregate := range []notehub.Aggregate{notehub.PerDevice, notehub.PerProject} {
			q.Aggregate = aggregate
			require.Equal(t, wantBytes, total(s.data(t, q), bytes), "%s %s", period, aggregate)
			require.Equal(t, wantEvents, total(s.events(t, notehub.EventsQuery{UsageQuery: q}), events), "%s %s", period, aggregate)
			require.Equal(t, wantSessions, total(s.sessions(t, notehub.SessionsQuery{UsageQuery: q}), sessionBytes), "%s %s", period, aggregate)
		}
		q.Aggregate = notehub.PerFleet
		require.Equal(t, inFleets, total(s.events(t, notehub.EventsQuery{UsageQuery: q}), events), period)

		routed := func(aggregate notehub.Aggregate) int64 {
			q.Aggregate = aggregate
			return total(s.routeLogs(t, notehub.RouteLogsQuery{UsageQuery: q}), func(row notehub.RouteLogsRow) notehub.Count {
				require.Equal(t, row.Total.N, row.Successful.N+row.Failed.N)
				return row.Total
			})
		}
		require.Equal(t, routed(notehub.PerRoute), routed(notehub.PerProject), period)
	}
}

func TestPeriodsBeginAtTheirStart(t *testing.T) {
	s := simulate(t)
	starts := func(q notehub.EventsQuery) (list []string) {
		q.Aggregate = notehub.PerProject
		for _, row := range s.events(t, q) {
			require.Positive(t, row.Days.N)
			list = append(list, row.Period.Format(time.DateOnly))
		}
		return list
	}
	from := time.Date(2026, 2, 25, 15, 0, 0, 0, time.UTC)
	for period, want := range map[notehub.Period][]string{
		notehub.ByDay:   {"2026-02-25", "2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01"},
		notehub.ByWeek:  {"2026-02-23"},
		notehub.ByMonth: {"2026-02-01", "2026-03-01"},
	} {
		q := notehub.UsageQuery{Start: from, End: time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC), Period: period}
		require.Equal(t, want, starts(notehub.EventsQuery{UsageQuery: q}), period)
	}
	t.Run("the current day is included", func(t *testing.T) {
		require.Equal(t, []string{"2026-03-08", "2026-03-09"}, starts(notehub.EventsQuery{UsageQuery: notehub.UsageQuery{Start: monday.AddDate(0, 0, -1)}}))
	})
}

func TestFiltersSelectRows(t *testing.T) {
	s := simulate(t)
	q := days(monday.AddDate(0, 0, -1), 1)
	devices := func(q notehub.EventsQuery) (uids []string) {
		for _, row := range s.events(t, q) {
			uids = append(uids, row.Device)
		}
		return uids
	}
	some := q
	some.Devices = []string{s.fleet[0].UID, s.fleet[2].UID, "dev:none"}
	require.Equal(t, []string{s.fleet[0].UID, s.fleet[2].UID}, devices(notehub.EventsQuery{UsageQuery: some}))
	some = q
	some.Fleets = []string{notehubtest.FleetUID("pilot")}
	require.Equal(t, []string{s.fleet[9].UID, s.fleet[19].UID, s.fleet[29].UID, s.fleet[39].UID}, devices(notehub.EventsQuery{UsageQuery: some}))
	some.Fleets = append(some.Fleets, s.fleet[9].Fleets...)
	once := devices(notehub.EventsQuery{UsageQuery: some})
	require.Contains(t, once, s.fleet[9].UID)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(once))), len(once), "a device in several of the fleets has one row")

	rows := s.events(t, notehub.EventsQuery{UsageQuery: q, Notefiles: []string{"_session.qo"}, IncludeNotefiles: true})
	require.NotEmpty(t, rows)
	for _, row := range rows {
		require.Zero(t, row.Billable.N)
		require.Equal(t, row.Total, row.Platform)
		require.Equal(t, map[string]notehub.Count{"_session.qo": row.Total}, row.Notefiles)
	}
	require.Nil(t, s.events(t, notehub.EventsQuery{UsageQuery: q})[0].Notefiles, "not asked for")

	routes := s.routeLogs(t, notehub.RouteLogsQuery{UsageQuery: q, Routes: []string{"route:2"}})
	require.Len(t, routes, 1)
	require.Equal(t, "route:2", routes[0].Route)
}

func TestSkippingRecentDataLeavesOutTheLastHour(t *testing.T) {
	s := simulate(t)
	q := notehub.EventsQuery{UsageQuery: days(monday, 1), SkipRecentData: true}
	skipped := s.events(t, q)
	q.SkipRecentData = false
	require.Less(t, events(skipped), events(s.events(t, q)))
	s.clock.set(s.clock.Now().Add(-time.Hour))
	require.Equal(t, events(s.events(t, q)), events(skipped))
}

func events(rows []notehub.EventsRow) int64 {
	return total(rows, func(row notehub.EventsRow) notehub.Count { return row.Total })
}

// Usage of a day only grows while it lasts, and in the end is what Truth tells.
func TestFiguresConvergeToTheTruth(t *testing.T) {
	s := simulate(t)
	late, drifted := 0, 0
	for _, d := range s.fleet {
		truth := s.Truth(app, d.UID, monday)
		var last notehubtest.Figures
		for hours := range 24*4 + 1 {
			now := monday.Add(time.Duration(hours) * time.Hour)
			f := s.AsOf(app, d.UID, monday, now)
			require.GreaterOrEqual(t, f.Bytes, last.Bytes)
			require.GreaterOrEqual(t, f.Events, last.Events)
			require.GreaterOrEqual(t, f.Sessions(), last.Sessions())
			require.InDelta(t, 1, ratio(f.Bytes, max(f.Bytes, truth.Bytes)), 1)
			if hours == 24 {
				require.Equal(t, truth.Events, f.Events, "events are there at once")
				require.Equal(t, truth.Sessions(), f.Sessions())
				require.GreaterOrEqual(t, f.Bytes, truth.Bytes*6/10-1)
				require.LessOrEqual(t, f.Bytes, truth.Bytes*9/10+1)
				require.InDelta(t, 1, ratio(f.SessionBytes, truth.SessionBytes), 0.051)
				late += btoi(f.Bytes < truth.Bytes)
				drifted += btoi(f.SessionBytes != truth.SessionBytes)
			}
			if hours == 36 {
				require.Equal(t, truth.SessionBytes, f.SessionBytes, "session bytes settle on the next day")
			}
			last = f
		}
		require.Equal(t, truth, last, "nothing comes later than two days after the day")
	}
	require.Greater(t, late, 20, "cellular bytes are late")
	require.Greater(t, drifted, 20, "session bytes are estimated at first")
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestFleetsLookLikeRealOnes(t *testing.T) {
	fleet := notehubtest.Fleet(3, 1000, monday.AddDate(0, 0, -60), notehubtest.Typical())
	count := map[notehubtest.Archetype]int{}
	for i, d := range fleet {
		count[d.Archetype]++
		require.Equal(t, i%10 == 9, len(d.Fleets) == 2)
	}
	require.Equal(t, map[notehubtest.Archetype]int{
		notehubtest.HourlySensor: 450, notehubtest.DailyTank: 150, notehubtest.ColdStore: 100, notehubtest.AssetTracker: 150,
		notehubtest.LinePowered: 50, notehubtest.Machine: 50, notehubtest.Satellite: 50,
	}, count)
	require.Equal(t, fleet, notehubtest.Fleet(3, 1000, monday.AddDate(0, 0, -60), nil))

	s := simulateConfig(t, func(c *notehubtest.Config) { c.Projects[0].Devices = fleet })
	var weekday, sunday []int64
	var events, sundayEvents int64
	for _, d := range fleet {
		truth, quiet := s.Truth(app, d.UID, monday), s.Truth(app, d.UID, monday.AddDate(0, 0, -1))
		weekday, sunday = append(weekday, truth.SessionBytes), append(sunday, quiet.SessionBytes)
		events, sundayEvents = events+truth.Events, sundayEvents+quiet.Events
	}
	slices.Sort(weekday)
	require.InDelta(t, 45e3, float64(weekday[500]), 15e3, "median bytes of a device and day")
	require.InDelta(t, 155e3, float64(events), 25e3, "billable events of a weekday")
	require.Less(t, float64(sundayEvents), 0.6*float64(events), "weekends are quieter")
	require.Less(t, weekday[0], int64(1e3))
	require.Greater(t, weekday[999], int64(1e6))
	require.NotEmpty(t, sunday)
}

func TestDevicesUseNothingBeforeTheyExistAndAfterTheyAreGone(t *testing.T) {
	s := simulateConfig(t, func(c *notehubtest.Config) {
		c.Projects[0].Devices[0].Provisioned = monday.Add(6 * time.Hour)
		c.Projects[0].Devices[1].Removed = monday.Add(6 * time.Hour)
	})
	young, gone := s.fleet[0].UID, s.fleet[1].UID
	listed := func() (uids []string) {
		for _, d := range s.devices(t) {
			uids = append(uids, d.UID)
		}
		return uids
	}
	require.Contains(t, listed(), young)
	require.NotContains(t, listed(), gone)
	s.clock.set(monday.Add(5 * time.Hour))
	require.NotContains(t, listed(), young)
	require.Contains(t, listed(), gone)

	require.Zero(t, s.Truth(app, young, monday.AddDate(0, 0, -1)))
	first, next := s.Truth(app, young, monday), s.Truth(app, young, monday.AddDate(0, 0, 1))
	require.Equal(t, int64(1), first.FirstSyncs)
	require.Zero(t, next.FirstSyncs)
	require.Positive(t, first.Sessions())
	require.Less(t, first.Sessions(), next.Sessions())
	require.Zero(t, s.AsOf(app, young, monday, monday.Add(6*time.Hour)))

	require.Positive(t, s.Truth(app, gone, monday.AddDate(0, 0, -1)).Sessions())
	require.Zero(t, s.Truth(app, gone, monday.AddDate(0, 0, 1)))
}

func TestIncidents(t *testing.T) {
	noon := monday.Add(12 * time.Hour)
	fleet := simulate(t).fleet
	sensor := fleet[slices.IndexFunc(fleet, func(d notehubtest.Device) bool { return d.Archetype == notehubtest.HourlySensor })].UID
	calm := simulate(t)
	only := []string{sensor}
	change := func(s *simulation, date, now time.Time) notehubtest.Figures {
		with, without := s.AsOf(app, sensor, date, now), calm.AsOf(app, sensor, date, now)
		return notehubtest.Figures{
			Bytes: with.Bytes - without.Bytes, SessionBytes: with.SessionBytes - without.SessionBytes,
			Events: with.Events - without.Events, Cell: with.Cell - without.Cell, SessionEvents: with.SessionEvents - without.SessionEvents,
		}
	}

	t.Run("event flood", func(t *testing.T) {
		s := simulate(t, notehubtest.Incident{Kind: notehubtest.EventFlood, Devices: only, Start: noon, Duration: time.Hour})
		require.Zero(t, change(s, monday, noon))
		require.Equal(t, int64(30), change(s, monday, noon.Add(time.Minute)).Events)
		require.Equal(t, int64(1800), change(s, monday, noon.Add(6*time.Hour)).Events)
		require.Zero(t, change(s, monday.AddDate(0, 0, 1), noon.AddDate(0, 0, 1)))
	})
	t.Run("event flood over midnight, its own pace", func(t *testing.T) {
		s := simulate(t, notehubtest.Incident{
			Kind: notehubtest.EventFlood, Devices: only, Start: monday.Add(23 * time.Hour), Duration: 2 * time.Hour, Every: time.Minute,
		})
		require.Equal(t, int64(60), change(s, monday, noon.AddDate(0, 0, 9)).Events)
		require.Equal(t, int64(60), change(s, monday.AddDate(0, 0, 1), noon.AddDate(0, 0, 9)).Events)
	})
	t.Run("session storm for good", func(t *testing.T) {
		s := simulate(t, notehubtest.Incident{Kind: notehubtest.SessionStorm, Devices: only, Start: noon})
		require.Equal(t, notehubtest.Figures{Cell: 30, SessionEvents: 30, Bytes: 36_000, SessionBytes: 36_000}, change(s, monday, noon.Add(time.Hour)))
		require.Equal(t, int64(720), change(s, monday.AddDate(0, 0, 30), noon.AddDate(0, 0, 40)).Cell)
	})
	t.Run("upload", func(t *testing.T) {
		s := simulate(t, notehubtest.Incident{Kind: notehubtest.ExtraBytes, Devices: only, Start: noon, Duration: time.Hour, Bytes: 8e6})
		require.Equal(t, notehubtest.Figures{Bytes: 2e6, SessionBytes: 2e6}, change(s, monday, noon.Add(15*time.Minute)))
		require.Equal(t, notehubtest.Figures{Bytes: 8e6, SessionBytes: 8e6}, change(s, monday, noon.Add(2*time.Hour)))
	})
	t.Run("bytes that the carrier reports late", func(t *testing.T) {
		s := simulate(t, notehubtest.Incident{Kind: notehubtest.ExtraBytes, Devices: only, Start: noon, Bytes: 5e6, Delay: 36 * time.Hour})
		require.Equal(t, notehubtest.Figures{SessionBytes: 5e6}, change(s, monday, noon.Add(36*time.Hour)))
		require.Equal(t, notehubtest.Figures{Bytes: 5e6, SessionBytes: 5e6}, change(s, monday, noon.Add(36*time.Hour+time.Second)))
		require.Zero(t, change(s, monday.AddDate(0, 0, 1), noon.AddDate(0, 0, 9)), "they belong to the day of their use")
	})
	t.Run("silence", func(t *testing.T) {
		s := simulate(t,
			notehubtest.Incident{Kind: notehubtest.Silence, Devices: only, Start: noon, Duration: 48 * time.Hour},
			notehubtest.Incident{Kind: notehubtest.Silence, Devices: only, Start: noon.Add(24 * time.Hour), Duration: 48 * time.Hour})
		seen := func(now time.Time) time.Time {
			s.clock.set(now)
			list := s.devices(t)
			return list[slices.IndexFunc(list, func(d notehub.Device) bool { return d.UID == sensor })].LastActivity
		}
		last := seen(noon)
		require.Less(t, noon.Sub(last), 90*time.Minute)
		require.Equal(t, last, seen(noon.Add(5*time.Hour)))
		require.Equal(t, last, seen(noon.Add(71*time.Hour)))
		require.Less(t, noon.Add(74*time.Hour).Sub(seen(noon.Add(74*time.Hour))), 90*time.Minute)

		require.Less(t, s.Truth(app, sensor, monday).Sessions(), calm.Truth(app, sensor, monday).Sessions())
		require.Zero(t, s.Truth(app, sensor, monday.AddDate(0, 0, 1)))
		require.Zero(t, s.Truth(app, sensor, monday.AddDate(0, 0, 2)))
		require.Equal(t, calm.Truth(app, sensor, monday.AddDate(0, 0, 4)), s.Truth(app, sensor, monday.AddDate(0, 0, 4)))
		for _, row := range s.events(t, notehub.EventsQuery{UsageQuery: days(monday.AddDate(0, 0, 1), 1)}) {
			require.NotEqual(t, sensor, row.Device, "what was not used has no row")
		}
	})
	t.Run("route failures", func(t *testing.T) {
		s := simulate(t, notehubtest.Incident{Kind: notehubtest.RouteFailures, Start: monday, Duration: 12 * time.Hour})
		rows := s.routeLogs(t, notehub.RouteLogsQuery{UsageQuery: days(monday.AddDate(0, 0, -1), 2)})
		require.Len(t, rows, 4, "two days of two routes")
		for _, row := range rows {
			want := 0.002
			if row.Period.Equal(monday) {
				want += 0.4
			}
			require.InDelta(t, want, float64(row.Failed.N)/float64(row.Total.N), 0.01)
			require.False(t, math.IsNaN(row.LatencyMS))
		}
	})
}

func TestOtherDevicesAreLeftAlone(t *testing.T) {
	calm := simulate(t)
	s := simulate(t, notehubtest.Incident{Kind: notehubtest.EventFlood, Devices: []string{calm.fleet[0].UID}, Start: monday})
	for _, d := range s.fleet[1:] {
		require.Equal(t, calm.Truth(app, d.UID, monday), s.Truth(app, d.UID, monday))
	}
}
