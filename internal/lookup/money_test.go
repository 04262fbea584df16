package lookup_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/rules"
)

// prices are such that the account has used 7 events beyond the free ones this month, of 1007; by the end of the month it
// will be 2286 of 3286, give or take that the lab was read ten minutes earlier.
var prices = lookup.Prices{Currency: "USD", Event: 0.01, FreeEvents: 1000, AsOf: "2026-03"}

func TestCost(t *testing.T) {
	s := usual(t)
	s.Prices = prices
	const list = "at list price, before the 1,000 events that are free each month; prices of 2026-03"
	for _, c := range []struct {
		of       string
		span     lookup.Span
		cost     float64
		forecast float64
		note     string
	}{
		{"864475000000001", lookup.Today, 0.05, math.NaN(), list},
		{"864475000000001", lookup.Week, 0.7, math.NaN(), list},
		{"cold-chain", lookup.Month, 30, math.NaN(), list},
		{"864475000000001", lookup.Period, 0.07 * 95 / 1007, 22.86 * 310 / 3286, "share of what the account is billed this month, if only the watched projects use it; prices of 2026-03"},
		{"fleet:lab", lookup.Period, 0.07 * 665 / 1007, 22.86 * 2170 / 3286, "share of what the account is billed this month, if only the watched projects use it; prices of 2026-03"},
		{"cold-chain", lookup.Period, 0.07 * 950 / 1007, 22.86 * 3100 / 3286, "share of what the account is billed this month, if only the watched projects use it; prices of 2026-03"},
		{"far-away", lookup.Period, math.NaN(), math.NaN(), "share of what the account is billed this month, if only the watched projects use it; prices of 2026-03"},
		{"far-away", lookup.Week, math.NaN(), math.NaN(), list},
	} {
		f := figure(t, s.usage(s.find(c.of), c.span), rules.Events)
		require.InDelta(t, c.cost, f.Cost.Amount, 1e-9, "%s %s", c.of, c.span)
		require.InDelta(t, c.forecast, f.Cost.Forecast, 0.01, "%s %s", c.of, c.span)
		require.Equal(t, "USD", f.Cost.Currency)
		require.Equal(t, c.note, f.Cost.Note)
		bytes := figure(t, s.usage(s.find(c.of), c.span), rules.Bytes)
		require.Zero(t, bytes.Cost, "data has no price")
	}
}

// Data is paid for by the block, so that what it costs is a part of that.
func TestCostOfData(t *testing.T) {
	s := usual(t)
	s.Prices = lookup.Prices{Currency: "USD", DataBlock: 10, AsOf: "2026-06"}
	u := s.usage(s.find("cold-chain"), lookup.Period)
	bytes := figure(t, u, rules.Bytes)
	require.Positive(t, bytes.Total)
	require.InDelta(t, bytes.Total*10/500e6, bytes.Cost.Amount, 1e-9)
	require.InDelta(t, bytes.Forecast*10/500e6, bytes.Cost.Forecast, 1e-9)
	require.Equal(t, "as part of added blocks of 500 MB, once what came with the SIM is used up; prices of 2026-06", bytes.Cost.Note)
	require.Zero(t, figure(t, u, rules.Events).Cost, "events have no price")
}

// Who pays by the month for other periods than it, or has used no more than is free, is told no overage.
func TestCostOtherwise(t *testing.T) {
	s := usual(t)
	f := figure(t, s.usage(s.find("cold-chain"), lookup.Period), rules.Events)
	require.Zero(t, f.Cost, "no prices are set")

	s.Prices = prices
	s.Prices.FreeEvents = 5000
	f = figure(t, s.usage(s.find("cold-chain"), lookup.Period), rules.Events)
	require.Zero(t, f.Cost.Amount)
	require.Zero(t, f.Cost.Forecast)

	s.Period = rules.PeriodSpec{Every: "month", MonthDay: 5}
	f = figure(t, s.usage(s.find("cold-chain"), lookup.Period), rules.Events)
	require.InDelta(t, 5.5, f.Cost.Amount, 1e-9, "five days and a half at list price")
	require.Contains(t, f.Cost.Note, "at list price")

	s.Period = rules.PeriodSpec{}
	s.Projects = []lookup.Project{cold, lab}
	s.Prices = prices
	f = figure(t, s.usage(lookup.Subject{}, lookup.Period), rules.Events)
	require.InDelta(t, 0.07, f.Cost.Amount, 1e-9)
	require.Equal(t, "what is billed this month, if only the watched projects use their accounts; prices of 2026-03", f.Cost.Note)
}
