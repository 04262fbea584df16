package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// A project begins with its first device: the days before it are not days without events, which would make its median 0.
func TestAProjectBeginsWithItsFirstDevice(t *testing.T) {
	of := func(scope rules.Scope, member string) rules.Spec {
		return rules.Spec{Name: string(scope) + "-" + member, Each: scope, Show: "events." + member, When: []rules.Condition{
			{Level: rules.Info, Expr: "events." + member + " > 1e9 || events.median > 1e9"},
		}}
	}
	members := []string{"median", "days", "prev", "d7"}
	var specs []rules.Spec
	for _, member := range members {
		specs = append(specs, of(rules.EachProject, member), of(rules.EachDevice, member))
	}
	r := newRig(t, 1, nil, specs...)
	r.project.Devices = notehubtest.Fleet(1, 1, monday.AddDate(0, 0, -5), []notehubtest.Share{{Archetype: notehubtest.HourlySensor, Weight: 1}})
	r.serve()
	r.open()
	r.run(monday.Add(hour))
	values := map[string]float64{}
	for _, spec := range specs {
		values[spec.Name] = r.explain(spec.Name).Value
	}
	require.InDelta(t, 24, values["project-median"], 1)
	require.InDelta(t, 4, values["project-days"], 0)
	require.False(t, rules.Known(values["project-prev"]), "it is younger than that")
	for _, member := range members {
		device, project := values["device-"+member], values["project-"+member]
		require.Equal(t, rules.Known(device), rules.Known(project), member)
		if rules.Known(device) {
			require.InDelta(t, device, project, 0, "%s of its only device", member)
		}
	}
}
