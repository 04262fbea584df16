package onboard_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/driven"
	"notewatch/notehub/notehubtest"
)

// A project of more devices than the rules are tried on gets a rules file too, which says so. The long form has 100,000 devices.
func TestManyDevices(t *testing.T) {
	t.Parallel()
	devices := 5_100
	if *long {
		devices = 100_000
	}
	clock := driven.NewClock(now)
	fleet := notehubtest.Fleet(1, devices, longAgo, []notehubtest.Share{{Archetype: notehubtest.DailyTank, Weight: 1}})
	hub := notehubtest.New(notehubtest.Config{
		Now: clock.Now, Token: token, Seed: 1, Projects: []notehubtest.Project{{UID: "app:1", Name: "many", Devices: fleet}},
	})
	r := newRig(t, hub, clock, token)
	began := time.Now()
	result, err := r.run()
	require.NoError(t, err)
	t.Logf("%d devices, %d requests, %s", devices, r.requests(), time.Since(began))
	require.Equal(t, devices, result.Devices)
	require.Nil(t, result.Trial)
	require.Contains(t, r.text(), "The rules were not tried, because that takes minutes for")
	r.load()
}
