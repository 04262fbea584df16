package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// A rule that says what it was called goes on with its alerts: nobody is notified of the new name, and what a person decided stays.
func TestRenamedRuleKeepsItsAlerts(t *testing.T) {
	spec := rules.Spec{Name: "spike", Each: rules.EachDevice, Limit: "500", When: []rules.Condition{{Level: rules.Warning, Expr: "events.today > limit"}}}
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(2*hour), 2*hour)}, spec)
	r.run(monday.Add(6 * hour))
	before, err := r.store.OpenAlerts(t.Context(), project)
	require.NoError(t, err)
	require.Len(t, before, 1)
	told := len(r.told("ops"))

	spec.Name, spec.Was = "event-spike", []string{"spike"}
	r.rules(spec)
	r.open()
	r.run(monday.Add(7 * hour))
	after, err := r.store.OpenAlerts(t.Context(), project)
	require.NoError(t, err)
	require.Len(t, after, 1)
	require.Equal(t, "event-spike", after[0].Rule)
	require.Equal(t, before[0].ID, after[0].ID)
	require.Equal(t, before[0].Version, after[0].Version)
	require.Len(t, r.told("ops"), told, "nothing new to say")
	r.requireTruth("ops")
}
