package lookup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

func (s *scene) top(q lookup.TopQuery) lookup.Top {
	s.Helper()
	top, err := s.reader().Top(s.Context(), q)
	require.NoError(s, err)
	return top
}

// ranking puts a ranking into lines.
func ranking(top lookup.Top) []string {
	lines := []string{fmt.Sprintf("%g of %d devices, %d unknown", top.Total, top.Devices, top.Unknown)}
	for _, row := range top.Rows {
		lines = append(lines, fmt.Sprintf("%s %.6g %.1f%%", row.Name, row.Value, row.Share))
	}
	return lines
}

func TestTop(t *testing.T) {
	s := usual(t)
	require.NoError(t, s.Store.Usage.SaveFleets(t.Context(), lab.UID, []usage.Fleet{{UID: "fleet:empty", Name: "empty"}}))
	s.use(cold, storetest.Usage{Device: "dev:864475000000004", Day: today - 3, Figures: storetest.Unknown()})
	for _, c := range []struct {
		n    int
		by   string
		span lookup.Span
		of   string
		want []string
	}{
		{2, "bytes", lookup.Week, "", []string{"45500 of 5 devices, 1 unknown", ice + " 21000 46.2%", "freezer-2 14000 30.8%"}},
		{2, "bytes", lookup.Today, "", []string{"5250 of 5 devices, 0 unknown", hebrew + " 2000 38.1%", ice + " 1500 28.6%"}},
		{9, "events", lookup.Month, "app:cold", []string{"1800 of 4 devices, 1 unknown", ice + " 900 50.0%", "freezer-2 600 33.3%", "Freezer-1 300 16.7%"}},
		{9, "events", lookup.Period, "fleet:prod", []string{"285 of 3 devices, 1 unknown", "freezer-2 190 66.7%", "Freezer-1 95 33.3%"}},
		{1, "sessions", lookup.Today, "fleet:lab", []string{"2 of 2 devices, 0 unknown", ice + " 1 50.0%"}}, // of equals the first by UID
		{0, "bytes", lookup.Week, "app:lab", []string{"3500 of 1 devices, 0 unknown"}},
		{-1, "bytes", lookup.Week, "app:lab", []string{"3500 of 1 devices, 0 unknown"}},
		{5, "bytes", lookup.Week, "fleet:empty", []string{"NaN of 0 devices, 0 unknown"}},
		{5, "bytes", lookup.Week, "far-away", []string{"NaN of 0 devices, 0 unknown"}},
	} {
		require.Equal(t, c.want, ranking(s.top(lookup.TopQuery{N: c.n, By: c.by, Span: c.span, Of: s.find(c.of)})), "%s %s %s", c.of, c.by, c.span)
	}
}

func TestTopSays(t *testing.T) {
	s := usual(t)
	top := s.top(lookup.TopQuery{N: 1, By: "bytes", Span: lookup.Week})
	require.Equal(t, "B", top.Unit)
	require.Equal(t, (today - 7).Start(), top.From)
	require.Equal(t, today.Start(), top.To)
	require.Equal(t, now.Add(-10*minute), top.AsOf)
	require.Equal(t, lookup.KindDevice, top.Rows[0].Kind)
	require.Equal(t, "cold-chain", top.Rows[0].Project.Name)
	require.False(t, top.Rows[0].Gone)
}

// What was counted today of a device that has gone since is part of today.
func TestTopOfGone(t *testing.T) {
	s := usual(t)
	s.use(lab, storetest.Usage{Device: "dev:gone", Day: today, Figures: storetest.Figures{rules.Bytes: 750}})
	top := s.top(lookup.TopQuery{N: 9, By: "bytes", Span: lookup.Today, Of: s.find("app:lab")})
	require.Equal(t, []string{"1000 of 1 devices, 0 unknown", "dev:gone 750 75.0%", "freezer-1 250 25.0%"}, ranking(top))
	require.True(t, top.Rows[0].Gone)
}

// Before and after the days on which a device was listed it used nothing. A day between that is not known makes it unknown, also if the
// device is no longer listed.
func TestTopOfFormerAndNew(t *testing.T) {
	for name, c := range map[string]struct {
		notKnown rules.Day // of the former device; 0: none
		span     lookup.Span
		want     []string
	}{
		"gone within the span":     {0, lookup.Week, []string{"9000 of 2 devices, 0 unknown", "stays 7000 77.8%", "dev:former 2000 22.2%"}},
		"gone before the span":     {0, lookup.Today, []string{"550 of 2 devices, 0 unknown", "stays 500 90.9%", "fresh 50 9.1%"}},
		"not known while listed":   {today - 5, lookup.Week, []string{"7000 of 2 devices, 1 unknown", "stays 7000 100.0%"}},
		"not known before a span":  {today - 8, lookup.Week, []string{"9000 of 2 devices, 0 unknown", "stays 7000 77.8%", "dev:former 2000 22.2%"}},
		"not known since it left":  {today - 3, lookup.Week, []string{"9000 of 2 devices, 0 unknown", "stays 7000 77.8%", "dev:former 2000 22.2%"}},
		"not known on another day": {today - 2, lookup.Week, []string{"9000 of 2 devices, 0 unknown", "stays 7000 77.8%", "dev:former 2000 22.2%"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := former(t)
			if c.notKnown != 0 {
				s.use(cold, storetest.Usage{Device: "dev:former", Day: c.notKnown, Figures: storetest.Unknown()})
			}
			require.Equal(t, c.want, ranking(s.top(lookup.TopQuery{N: 9, By: "bytes", Span: c.span, Of: s.find("cold-chain")})))
		})
	}
}

// former is a scene of a device that is listed, one that is new today, and one that was listed until three days ago and used 500
// bytes a day.
func former(t *testing.T) *scene {
	t.Helper()
	s := newScene(t)
	fresh := device("dev:fresh", "fresh", 100, 1)
	fresh.Provisioned = today.Start().Add(time.Hour)
	left := usage.Device{UID: "dev:former", Name: "dev:former", Provisioned: now.AddDate(-1, 0, 0)}
	storetest.SaveDevices(t, s.Store, cold.UID, []usage.Device{left}, long.Start())
	storetest.SaveDevices(t, s.Store, cold.UID, nil, (today - 3).Start().Add(time.Hour))
	for day := long; day < today-3; day++ {
		s.use(cold, storetest.Usage{Device: left.UID, Day: day, Figures: storetest.Figures{rules.Bytes: 500}})
	}
	s.read(cold, now, device("dev:stays", "stays", 1000, 10), fresh)
	return s
}

func TestTopByCost(t *testing.T) {
	s := usual(t)
	s.Prices = prices
	top := s.top(lookup.TopQuery{N: 1, By: lookup.ByCost, Span: lookup.Week, Of: s.find("app:cold")})
	require.Equal(t, []string{"7 of 4 devices, 0 unknown", hebrew + " 2.8 40.0%"}, ranking(top))
	require.Equal(t, "USD", top.Unit)
	require.Equal(t, "at list price, before the 1,000 events that are free each month; prices of 2026-03", top.Note)

	s.Projects = []lookup.Project{cold, lab}
	top = s.top(lookup.TopQuery{N: 2, By: lookup.ByCost, Span: lookup.Period})
	require.InDelta(t, 0.07, top.Total, 1e-9)
	require.InDelta(t, 0.07*380/1007, top.Rows[0].Value, 1e-9)
	require.InDelta(t, 100*380.0/1007, top.Rows[0].Share, 1e-9)
	require.Equal(t, "what is billed this month, if only the watched projects use their accounts; prices of 2026-03", top.Note)
}

// As long as no more is used than is free nothing is billed; those that use most come first all the same.
func TestTopByCostOfNothing(t *testing.T) {
	s := usual(t)
	s.Prices = prices
	s.Prices.FreeEvents = 5000
	top := s.top(lookup.TopQuery{N: 2, By: lookup.ByCost, Span: lookup.Period, Of: s.find("app:cold")})
	require.Equal(t, []string{"0 of 4 devices, 0 unknown", hebrew + " 0 0.0%", ice + " 0 0.0%"}, ranking(top))
}

func TestTopErrors(t *testing.T) {
	s := usual(t)
	_, err := s.reader().Top(t.Context(), lookup.TopQuery{N: 1, By: lookup.ByCost, Span: lookup.Week})
	require.ErrorIs(t, err, lookup.ErrNoPrices)
	_, err = s.reader().Top(t.Context(), lookup.TopQuery{N: 1, By: "weight", Span: lookup.Week})
	require.EqualError(t, err, `ranking by "weight": want bytes, sat, session_bytes, events, events_total, platform, watchdog, sessions, tls, first_syncs, `+
		`reboots, fw_updates, sat_packets, notefiles["data.qo"], transport["wifi"], routed, route_failures, route_latency, cost`)
	s.Rules = s.Rules[:1]
	var unread *lookup.NotReadError
	_, err = s.reader().Top(t.Context(), lookup.TopQuery{N: 1, By: "reboots", Span: lookup.Week})
	require.ErrorAs(t, err, &unread)
	require.Equal(t, rules.Reboots, unread.Figure)
	s.Prices = prices
	_, err = s.reader().Top(t.Context(), lookup.TopQuery{N: 1, By: lookup.ByCost, Span: lookup.Week})
	require.EqualError(t, err, "no rule reads events, so notewatch does not fetch them")
}
