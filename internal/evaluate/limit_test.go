package evaluate_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// limited is a rule about the events of a day with limits of subjects.
func limited(limits map[string]float64) rules.Spec {
	spec := busy("100")
	if limits != nil {
		spec.Limits = rules.NewLimits(limits)
	}
	return spec
}

// People change the limits of subjects: alerts of these subjects alone are evaluated again. What still fires keeps its message, what does
// not is withdrawn, and may fire again.
func TestLimitsThatPeopleChange(t *testing.T) {
	own := func(pump float64) rules.Spec { return limited(map[string]float64{"dev:pump": pump}) }
	for name, c := range map[string]struct {
		before, after rules.Spec
		want          []string
		why           string
	}{
		"higher":          {own(100), own(150), []string{"busy pump: withdrawn warning"}, "limit changed 100 → 150"},
		"still exceeds":   {own(100), own(110), []string{"busy pump: updated warning"}, "limit changed 100 → 110"},
		"first":           {limited(nil), own(110), []string{"busy pump: updated warning"}, "limit changed 100 → 110"},
		"last":            {own(90), limited(nil), []string{"busy pump: updated warning"}, "limit changed 90 → 100"},
		"of another":      {limited(nil), limited(map[string]float64{"dev:valve": 70}), nil, ""},
		"another fires":   {limited(nil), limited(map[string]float64{"dev:valve": 40}), []string{"busy valve: fired warning"}, ""},
		"of both":         {limited(nil), limited(map[string]float64{"dev:valve": 40, "pump": 200}), []string{"busy pump: withdrawn warning", "busy valve: fired warning"}, "limit changed 100 → 200"},
		"nothing changes": {own(100), own(100), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.before)
			b.events(today, 120, 50)
			require.Equal(t, []string{"busy pump: fired warning"}, happened(b.evaluate()))
			b.rule(c.after)
			pass := b.evaluate()
			require.ElementsMatch(t, c.want, happened(pass))
			for _, a := range slices.Concat(pass.Commit.Alerts, pass.Commit.States) {
				if a.Subject == "dev:pump" {
					require.Equal(t, c.why, a.Why)
				}
			}
			require.Empty(t, happened(b.evaluate()), "it is told once")
		})
	}
}

// Notehub changes what a limit follows: the alert goes by the new one once two device lists say so.
func TestLimitsThatDataChanges(t *testing.T) {
	spec := each(rules.EachProject, "all", "events.used > limit")
	spec.Limit = "50 * project.device_count"
	b := newBench(t, spec)
	for day := today - 16; day < today; day++ {
		b.events(day, 1, 1)
	}
	b.events(today, 100, 50)
	require.Equal(t, []string{"all lab: fired warning"}, happened(b.evaluate()))
	b.now = b.now.Add(time.Hour)
	b.list("pump", "valve", "tank", "silo")
	require.Empty(t, happened(b.evaluate()), "one list says so")
	require.Empty(t, happened(b.evaluate()), "the same list again")
	b.now = b.now.Add(time.Hour)
	b.list("pump", "valve", "tank", "silo")
	pass := b.evaluate()
	require.Equal(t, []string{"all lab: resolved warning"}, happened(pass))
	a := slices.Concat(pass.Commit.Alerts, pass.Commit.States)[0]
	require.Equal(t, "limit changed 100 → 200", a.Why)
	require.InDelta(t, 200, a.Limit, 0)
	b.events(today, 160, 50)
	require.Equal(t, []string{"all lab: fired warning"}, happened(b.evaluate()), "the same period may fire again")
}

// A device that moves to another fleet has the limit of that, by the name of the fleet.
func TestLimitsOfFleets(t *testing.T) {
	b := newBench(t, limited(map[string]float64{"North": 150}))
	b.events(today, 120, 50)
	b.inFleet("pump", "valve")
	require.Empty(t, happened(b.evaluate()))
	b.list("pump", "valve")
	pass := b.evaluate()
	require.Equal(t, []string{"busy pump: fired warning"}, happened(pass))
	require.InDelta(t, 100, pass.Commit.Alerts[0].Limit, 0)
}
