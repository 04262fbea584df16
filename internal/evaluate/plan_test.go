package evaluate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// plan has the pump list a SIM that has used so many MB of a limit; 0 is no SIM.
func (b *bench) plan(used, limit float64) {
	b.t.Helper()
	pump := usage.Device{UID: "dev:pump", Name: "pump", Provisioned: noon.AddDate(-1, 0, 0), LastActivity: b.now}
	if limit > 0 {
		pump.Plan = &usage.Plan{Used: used * 1e6, Limit: limit * 1e6, SIMs: 1, Updated: b.now}
	}
	storetest.SaveDevices(b.t, b.store, project, []usage.Device{pump}, b.now)
}

// An alert about a plan ends when a block of data is added to it, and the next 80 % are announced again. A list without the SIM ends nothing.
func TestPlanIsToppedUp(t *testing.T) {
	b := newBench(t, rules.Spec{
		Name: "plan-80", Each: rules.EachDevice, Limit: "80", Where: "!(plan.auto_topup ?? false)", When: []rules.Condition{
			{Level: rules.Warning, Expr: "plan.used_pct >= limit"}, {Level: rules.Critical, Expr: "plan.used_pct >= 95"},
		},
	})
	for _, step := range []struct {
		used, limit float64
		want        []string
		summary     string
	}{
		{used: 390, limit: 500, want: []string{}},
		{used: 410, limit: 500, want: []string{"plan-80 pump: fired warning"}, summary: "pump: plan.used_pct 82 %, limit 80 %"},
		{used: 480, limit: 500, want: []string{"plan-80 pump: escalated critical"}, summary: "pump: plan.used_pct 96 %, limit 80 %"},
		{want: []string{}},
		{used: 480, limit: 1000, want: []string{"plan-80 pump: resolved critical"}, summary: "pump: plan.used_pct 48 % now, limit 80 %, peak 96 %"},
		{used: 810, limit: 1000, want: []string{"plan-80 pump: fired warning"}},
	} {
		b.now = b.now.Add(time.Hour)
		b.plan(step.used, step.limit)
		pass := b.evaluate()
		require.Equal(t, step.want, happened(pass), "%+v", step)
		if step.summary != "" {
			require.Equal(t, step.summary, pass.Commit.Alerts[0].Texts.Summary)
		}
	}
}
