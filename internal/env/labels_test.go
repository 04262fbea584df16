package env_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/store/usage"
)

// Rules see the labels of the fleets of a device, and their UIDs. The labels are not known while one of them was not read.
func TestLabelsOfFleets(t *testing.T) {
	labels := map[string]string{"fleet:1": "production", "fleet:2": "fleet:2"}
	for name, c := range map[string]struct {
		labels map[string]string
		fleets []string
		want   []string
		known  bool
	}{
		"no rule reads them":     {nil, []string{"fleet:1"}, nil, false},
		"in a fleet":             {labels, []string{"fleet:1"}, []string{"production"}, true},
		"in one without a label": {labels, []string{"fleet:2", "fleet:1"}, []string{"fleet:2", "production"}, true},
		"in none":                {labels, nil, []string{}, true},
		"in one that is new":     {labels, []string{"fleet:1", "fleet:3"}, nil, false},
		"nothing was read":       {map[string]string{}, []string{"fleet:1"}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			device := &usage.Device{UID: "dev:1", Fleets: c.fleets}
			d := env.Project{UID: "app:1", Labels: c.labels}.Identity(device, time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)).Device
			require.Equal(t, c.want, d.Fleets)
			require.Equal(t, c.fleets, d.FleetUIDs)
			require.Equal(t, c.known, d.FleetsKnown)
		})
	}
}
