package catalogue_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/rules"
)

// A rule of the catalogue about plans, silence or new devices is true in its incident, false in what is healthy, and no data if nothing is
// known.
func TestIncidents(t *testing.T) {
	const mb = 1e6
	plan := func(used, limit, days float64) rules.Plan {
		return rules.Plan{Used: used * mb, Limit: limit * mb, Left: (limit - used) * mb, UsedPct: 100 * used / limit, DaysLeft: days, AutoTopupKnown: true}
	}
	toppedUp := func(p rules.Plan) rules.Plan {
		p.AutoTopup = true
		return p
	}
	device := func(silent, missed float64) rules.Device {
		return rules.Device{Known: true, SilentHours: silent, Missed: missed, UpdatingKnown: true}
	}
	isNew, updating, off := device(1, 0), device(1, 0), device(48, 48)
	isNew.IsNew, updating.Updating, off.Disabled = true, true, true
	newUpdating := updating
	newUpdating.IsNew = true
	noUpdate := rules.Metric{}
	spike := func(today, ratio float64) rules.Metric { return rules.Metric{Today: today * mb, Ratio: ratio} }
	project := func(overdue, late, devices float64) rules.Env {
		return rules.Env{Project: rules.Project{Known: true, DeviceCounts: rules.DeviceCounts{OverduePct: overdue, LatePct: late, DeviceCount: devices}}}
	}
	for name, c := range map[string]struct {
		incident rules.Env
		level    rules.Level
		healthy  map[string]rules.Env
	}{
		"plan-80": {
			incident: rules.Env{Plan: plan(410, 500, 900)}, level: rules.Warning,
			healthy: map[string]rules.Env{"79 %": {Plan: plan(395, 500, 900)}, "it tops itself up": {Plan: toppedUp(plan(480, 500, 900))}, "after a top-up": {Plan: plan(480, 1000, 900)}},
		},
		"plan-runs-out": {
			incident: rules.Env{Plan: plan(450, 500, 33), Bytes: rules.Metric{Median: 1.4 * mb, Days: 35}}, level: rules.Warning,
			healthy: map[string]rules.Env{
				"one busy day":         {Plan: plan(150, 500, 80), Bytes: rules.Metric{Median: 0.1 * mb, Days: 35}},
				"early in its life":    {Plan: plan(20, 500, 80), Bytes: rules.Metric{Median: 6 * mb, Days: 35}},
				"the pace of few days": {Plan: plan(450, 500, 33), Bytes: rules.Metric{Median: 1.4 * mb, Days: 4}},
				"it lasts for years":   {Plan: plan(402, 500, 730), Bytes: rules.Metric{Median: 0.13 * mb, Days: 35}},
				"it tops itself up":    {Plan: toppedUp(plan(450, 500, 33)), Bytes: rules.Metric{Median: 1.4 * mb, Days: 35}},
			},
		},
		"top-up-imminent": {
			incident: rules.Env{Plan: toppedUp(plan(375, 500, 100))}, level: rules.Info,
			healthy: map[string]rules.Env{"without Connectivity Assurance": {Plan: plan(375, 500, 100)}, "140 MB left": {Plan: toppedUp(plan(360, 500, 100))}},
		},
		"data-spike": {
			incident: rules.Env{Bytes: spike(8, 200), FwUpdates: noUpdate, Device: device(1, 0)}, level: rules.Warning,
			healthy: map[string]rules.Env{
				"a firmware download": {Bytes: spike(5.5, 200), FwUpdates: noUpdate, Device: updating},
				"after the download":  {Bytes: spike(5.5, 200), FwUpdates: rules.Metric{Today: 1}, Device: device(1, 0)},
				"as always":           {Bytes: spike(8, 1.1), FwUpdates: noUpdate, Device: device(1, 0)},
			},
		},
		"new-device-hungry": {
			incident: rules.Env{Bytes: spike(1.2, 1), Device: isNew}, level: rules.Info,
			healthy: map[string]rules.Env{
				"first syncs": {Bytes: spike(0.01, 1), Device: isNew}, "a firmware update": {Bytes: spike(3, 1), Device: newUpdating}, "an old device": {Bytes: spike(3, 1), Device: device(1, 0)},
			},
		},
		"silent-device": {
			incident: rules.Env{Device: device(48, 48)}, level: rules.Warning,
			healthy: map[string]rules.Env{
				"a daily tank": {Device: device(27, 1.125)}, "off at weekends": {Device: device(63, 0)}, "seen today": {Device: device(5, 5)}, "disabled": {Device: off},
			},
		},
		"fleet-silent": {
			incident: project(30, 0, 40), level: rules.Critical,
			healthy: map[string]rules.Env{"a tenth": project(10, 0, 40), "few devices": project(50, 0, 9)},
		},
		"fleet-late": {
			incident: project(0, 30, 40), level: rules.Critical,
			healthy: map[string]rules.Env{"a twentieth": project(0, 5, 40), "few devices": project(0, 50, 9)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := config.Parse("rules.yaml", []byte("projects: [{uid: app:1}]\nreceivers: [{name: ops, terminal: {}}]\ninclude: catalogue/"+name+"\n"),
				func(string) (string, bool) { return "", false })
			require.NoError(t, err)
			at := slices.IndexFunc(file.Rules, func(r config.Rule) bool { return r.Rule.Spec.Name == name })
			require.GreaterOrEqual(t, at, 0)
			rule := file.Rules[at].Rule
			result := func(e rules.Env) rules.Result {
				got := rule.Eval(rules.NewView(&e))
				require.NoError(t, got.Err)
				return got.Result
			}
			require.Equal(t, rules.Result{Least: c.level, Most: c.level}, result(c.incident))
			for what, e := range c.healthy {
				require.Equal(t, rules.Result{}, result(e), what)
			}
			require.Equal(t, rules.Result{Least: rules.Inactive, Most: rule.Highest}, result(rules.UnknownEnv()), "nothing is known")
		})
	}
}
