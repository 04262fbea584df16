package runway_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/runway"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/words"
	"notewatch/rules"
)

const project = "app:cold"

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// The plan of a device says how much is left and until when, and each of several SIMs.
func TestOfDevice(t *testing.T) {
	counted := noon.Add(-26 * time.Hour)
	old := noon.AddDate(-1, 0, 0)
	two := []usage.SIM{
		{ICCID: "8901", Used: 402e6, Limit: 500e6, Updated: counted, Choice: usage.ByBytes},
		{ICCID: "8988", Used: 7e6, Limit: math.NaN()},
	}
	for _, c := range []struct {
		name        string
		plan        *usage.Plan
		provisioned time.Time
		fleets      []string
		daily       float64 // bytes
		want        string
		ends        time.Time
		topUp       rules.Truth
		sims        []string
	}{
		{
			name: "lasts", plan: &usage.Plan{Used: 402e6, Limit: 500e6, Updated: counted, SIMs: 1}, provisioned: old, daily: 1.6e6,
			want: "data plan: 402 MB of 500 MB (80 %) · lasts 61.2 d at the pace of the last days, until about Sun 10 May · counted Mon 9 Mar 10:00 UTC",
			ends: noon.Add(61*24*time.Hour + 6*time.Hour), topUp: rules.False,
		},
		{
			name: "is bought", plan: &usage.Plan{Used: 500e6, Limit: 500e6, Updated: counted, SIMs: 1}, provisioned: old, daily: 1.6e6, fleets: []string{"fleet:assured"},
			want: "data plan: 500 MB of 500 MB (100 %) · used up · more is bought then · counted Mon 9 Mar 10:00 UTC", ends: noon, topUp: rules.True,
		},
		{
			name: "no use", plan: &usage.Plan{Used: 402e6, Limit: 500e6, SIMs: 1}, provisioned: old, fleets: []string{"fleet:unknown"},
			want:  "data plan: 402 MB of 500 MB (80 %) · does not run out at the pace of the last days · never counted by its carrier",
			topUp: rules.NoData,
		},
		{
			name: "no limit", plan: &usage.Plan{Used: 402e6, Limit: math.NaN(), Updated: counted, SIMs: 1}, provisioned: old, daily: 1.6e6,
			want: "data plan: 402 MB, limit not known · when it runs out is not known · counted Mon 9 Mar 10:00 UTC", topUp: rules.False,
		},
		{
			name: "too young for a pace", plan: &usage.Plan{Used: 1e6, Limit: 500e6, Updated: counted, SIMs: 1}, provisioned: noon.AddDate(0, 0, -2), daily: 1.6e6,
			want: "data plan: 1 MB of 500 MB (0 %) · when it runs out is not known · counted Mon 9 Mar 10:00 UTC", topUp: rules.False,
		},
		{
			name: "two SIMs", plan: &usage.Plan{Used: 402e6, Limit: 500e6, Updated: counted, SIMs: 2, Cards: two}, provisioned: old, daily: 1.6e6,
			want: "data plan: 402 MB of 500 MB (80 %) · lasts 61.2 d at the pace of the last days, until about Sun 10 May · counted Mon 9 Mar 10:00 UTC",
			ends: noon.Add(61*24*time.Hour + 6*time.Hour), topUp: rules.False,
			sims: []string{
				"8901: 402 MB of 500 MB (80 %) · counts as the data plan · counted Mon 9 Mar 10:00 UTC",
				"8988: 7 MB, limit not known · never counted by its carrier",
			},
		},
		{name: "none", provisioned: old, daily: 1.6e6},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(t.Context(), storetest.Database(t))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			storetest.SaveDevices(t, db, project, []usage.Device{
				{UID: "dev:1", Name: "pump", Provisioned: c.provisioned, LastActivity: noon, Fleets: c.fleets, Plan: c.plan},
			}, noon)
			var rows []storetest.Usage
			for day := rules.DayOf(noon) - 10; day <= rules.DayOf(noon); day++ {
				rows = append(rows, storetest.Usage{Device: "dev:1", Day: day, Figures: storetest.Figures{rules.Bytes: c.daily}})
			}
			storetest.SaveUsage(t, db, project, rows, rules.Bytes)
			require.NoError(t, db.Usage.SaveFleets(t.Context(), project, []usage.Fleet{
				{UID: "fleet:assured", Assured: rules.True}, {UID: "fleet:unknown", Assured: rules.NoData},
			}))

			listed, ok, err := db.Usage.Device(t.Context(), project, "dev:1")
			require.NoError(t, err)
			require.True(t, ok)
			got, err := runway.OfDevice(t.Context(), db, project, listed, rules.PeriodSpec{}, noon)
			require.NoError(t, err)
			if c.plan == nil {
				require.Nil(t, got)
				return
			}
			require.Equal(t, c.want, words.Dotted(got.Facts()...))
			require.WithinDuration(t, c.ends, got.EndsAt, time.Second)
			require.Equal(t, c.topUp, got.AutoTopup)
			var sims []string
			for _, sim := range got.SIMs {
				sims = append(sims, sim.ICCID+": "+words.Dotted(sim.Facts()...))
			}
			require.Equal(t, c.sims, sims)
		})
	}
}
