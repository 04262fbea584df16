package fetch_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// What a fleet does not say of itself is not known.
func TestFleetSettings(t *testing.T) {
	hub := newScript("a")
	hub.answers["fleets"] = `{"fleets":[
		{"uid":"fleet:1","label":"North","connectivity_assurance":{"enabled":true},"watchdog_mins":90},
		{"uid":"fleet:2","connectivity_assurance":{"enabled":false},"watchdog_mins":0},
		{"uid":"fleet:3","connectivity_assurance":null,"watchdog_mins":null},
		{"uid":"fleet:4","connectivity_assurance":{"enabled":"yes"},"watchdog_mins":-1}]}`
	r := newRig(t, hub, rules.Events)
	r.poll()
	fleets, err := r.db.Usage.Fleets(t.Context(), project)
	require.NoError(t, err)
	for i := range fleets {
		if i >= 2 {
			require.True(t, math.IsNaN(fleets[i].WatchdogMinutes), fleets[i].UID)
			fleets[i].WatchdogMinutes = 0
		}
	}
	require.Equal(t, []usage.Fleet{
		{UID: "fleet:1", Name: "North", Assured: rules.True, WatchdogMinutes: 90}, {UID: "fleet:2", Name: "fleet:2", Assured: rules.False},
		{UID: "fleet:3", Name: "fleet:3"}, {UID: "fleet:4", Name: "fleet:4"},
	}, fleets)
}
