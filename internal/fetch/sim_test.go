package fetch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// simLine is a SIM in a device list: its ICCID, the MB that it has used of a limit, and for how many hours its carrier has not counted.
type simLine struct {
	iccid             string
	used, limit       int
	lifetime, counted int
}

func (r *rig) simList(sims ...simLine) string {
	var lines []string
	for _, s := range sims {
		lines = append(lines, fmt.Sprintf(`{"iccid":%q,"used":%d,"limit":%d,"lifetime_used":%d,"last_updated":%d}`,
			s.iccid, s.used*1_000_000, s.limit*1_000_000, s.lifetime*1_000_000, r.now.Add(-time.Duration(s.counted)*hour).Unix()))
	}
	return `{"devices":[{"uid":"dev:a","provisioned":"2025-06-15T00:00:00Z","cellular_usage":[` + strings.Join(lines, ",") + `]}],"has_more":false}`
}

// simData are rows of data usage of SIMs: bytes on days that are counted from the first Monday.
func simData(bytes map[string]map[int]int) string {
	var series []string
	for iccid, days := range bytes {
		var rows []string
		for offset, n := range days {
			rows = append(rows, fmt.Sprintf(`{"period":"%sT00:00:00Z","total_bytes":%d}`, today+rules.Day(offset), n))
		}
		series = append(series, fmt.Sprintf(`{"type":"cellular","device":"dev:a","iccid":%q,"data":[%s]}`, iccid, strings.Join(rows, ",")))
	}
	return `{"data":[` + strings.Join(series, ",") + `]}`
}

// A device with several SIMs has one that counts, and it goes on to count until another has taken its place.
func TestTheSIMThatCounts(t *testing.T) {
	type step struct {
		day   int // counted from Monday
		sims  []simLine
		bytes map[string]map[int]int
		want  int // used, in MB, of the SIM that counts; -1: there is none
	}
	a, b := simLine{iccid: "8901", used: 100, limit: 500}, simLine{iccid: "8902", used: 7, limit: 500}
	older := func(s simLine, hours int) simLine { s.counted = hours; return s }
	life := func(s simLine, lifetime int) simLine { s.lifetime = lifetime; return s }
	week := func(n int) map[int]int {
		days := map[int]int{}
		for day := -7; day < 0; day++ {
			days[day] = n
		}
		return days
	}
	for name, c := range map[string]struct {
		noData bool // no rule reads data usage
		steps  []step
	}{
		"no SIM":                      {steps: []step{{sims: nil, want: -1}}},
		"one":                         {steps: []step{{sims: []simLine{a}, want: 100}}},
		"its carrier counted it last": {noData: true, steps: []step{{sims: []simLine{older(a, 1), b}, want: 7}}},
		"most in its life":            {noData: true, steps: []step{{sims: []simLine{life(a, 8), life(b, 9)}, want: 7}}},
		"the lowest ICCID":            {noData: true, steps: []step{{sims: []simLine{b, a}, want: 100}}},
		"it stays, whoever was counted last": {noData: true, steps: []step{
			{sims: []simLine{older(a, 1), b}, want: 7}, {day: 1, sims: []simLine{a, older(b, 2)}, want: 7},
		}},
		"until it is not counted for days": {noData: true, steps: []step{
			{sims: []simLine{older(a, 1), b}, want: 7}, {day: 1, sims: []simLine{a, older(b, 72)}, want: 100},
		}},
		"most bytes in a week": {steps: []step{
			{sims: []simLine{older(a, 1), b}, bytes: map[string]map[int]int{"8901": week(9), "8902": week(8)}, want: 100},
		}},
		"one that is added does not count at once": {steps: []step{
			{sims: []simLine{a}, want: 100},
			{day: 1, sims: []simLine{older(a, 5), b}, want: 100},
		}},
		"one that takes its place counts after three days": {steps: []step{
			{sims: []simLine{a}, want: 100},
			{day: 1, sims: []simLine{a, b}, bytes: map[string]map[int]int{"8901": {0: 5}, "8902": {1: 5}}, want: 100},
			{day: 2, sims: []simLine{a, b}, bytes: map[string]map[int]int{"8902": {1: 5, 2: 5}}, want: 100},
			{day: 3, sims: []simLine{a, b}, bytes: map[string]map[int]int{"8902": {1: 5, 2: 5, 3: 5}}, want: 100},
			{day: 4, sims: []simLine{a, b}, bytes: map[string]map[int]int{"8902": {1: 5, 2: 5, 3: 5, 4: 5}}, want: 7},
		}},
		"not if it had bytes on one of them": {steps: []step{
			{sims: []simLine{a}, want: 100},
			{day: 1, sims: []simLine{a, b}, bytes: map[string]map[int]int{"8902": {1: 5}}, want: 100},
			{day: 2, sims: []simLine{a, b}, bytes: map[string]map[int]int{"8901": {1: 1}, "8902": {1: 5, 2: 5}}, want: 100},
			{day: 3, sims: []simLine{a, b}, bytes: map[string]map[int]int{"8902": {2: 5, 3: 5}}, want: 100},
			{day: 4, sims: []simLine{a, b}, bytes: map[string]map[int]int{"8902": {3: 5, 4: 5}}, want: 100},
		}},
		"the one that is left": {steps: []step{{sims: []simLine{a, b}, want: 100}, {day: 1, sims: []simLine{b}, want: 7}}},
	} {
		t.Run(name, func(t *testing.T) {
			hub := newScript()
			figures := []rules.Figure{rules.Bytes}
			if c.noData {
				figures = []rules.Figure{rules.Events}
			}
			r := newRig(t, hub, figures...)
			r.config.Objects = rules.Objects{"plan.used"}
			r.restart()
			start := r.now
			for _, s := range c.steps {
				hub.answers["data"] = simData(s.bytes)
				for _, r.now = range []time.Time{start.AddDate(0, 0, s.day), start.AddDate(0, 0, s.day).Add(hour)} { // usage is read after the list
					hub.answers["devices"] = r.simList(s.sims...)
					r.poll()
				}
				plan := r.list.At(0).Plan
				if s.want < 0 {
					require.Nil(t, plan)
					continue
				}
				require.InDelta(t, s.want*1_000_000, plan.Used, 0, "day %d: %+v", s.day, plan.Cards)
				require.Equal(t, len(s.sims), plan.SIMs)
				if len(s.sims) == 1 {
					require.Empty(t, plan.Cards)
					continue
				}
				chosen := slices.DeleteFunc(slices.Clone(plan.Cards), func(sim usage.SIM) bool { return sim.Choice == usage.NotChosen })
				require.Len(t, chosen, 1)
				require.InDelta(t, plan.Used, chosen[0].Used, 0)
			}
		})
	}
}

// What no rule reads of plans, and of what changes often, is not kept.
func TestPlansAreReadIfRulesReadThem(t *testing.T) {
	hub := newScript()
	r := newRig(t, hub, rules.Bytes)
	hub.answers["devices"] = `{"devices":[{"uid":"dev:a","provisioned":"2025-06-15T00:00:00Z","temperature":21.5,"voltage":0,
		"dfu":{"card":{"mode":"downloading"}},"firmware_host":"2.1","cellular_usage":[{"iccid":"8901","used":1,"limit":2}]}],"has_more":false}`
	r.poll()
	d := r.list.At(0)
	require.Nil(t, d.Plan)
	require.Equal(t, rules.NoData, d.Updating)
	require.False(t, rules.Known(d.Temperature))
	require.False(t, rules.Known(d.Voltage), "0 V is not known")
	require.Equal(t, "2.1", d.HostFirmware)

	r.config.Objects = rules.Objects{"device.temperature", "device.updating", "plan.limit"}
	r.restart()
	r.now = r.now.Add(hour)
	r.poll()
	d = r.list.At(0)
	require.InDelta(t, 2, d.Plan.Limit, 0)
	require.Equal(t, rules.True, d.Updating)
	require.InDelta(t, 21.5, d.Temperature, 0)
}
