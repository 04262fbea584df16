package onboard

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules/catalogue"
)

// Every rule of the catalogue is in one group, but for the one that is built in.
func TestGroupsHoldTheCatalogue(t *testing.T) {
	grouped := []string{catalogue.WatcherBlind}
	for _, g := range groups {
		grouped = append(grouped, g.names...)
	}
	require.ElementsMatch(t, catalogue.Names(), grouped)
}

func TestRound(t *testing.T) {
	for x, want := range map[float64]float64{
		0: 0, -1: 0, 1: 1, 1.1: 2, 7: 8, 11: 12, 13: 15, 26: 30, 99: 100, 100: 100, 101: 120, 1_234_567: 1_500_000, 8_000_001: 10_000_000,
	} {
		require.InDelta(t, want, round(x), 0, "%v", x)
	}
}

// What single devices do for a week is none of their habits, and what one device of many does is none of the fleet's.
func TestUsualLevels(t *testing.T) {
	fleet := func(values ...float64) *gathered {
		g := &gathered{uid: "fleet:1"}
		for _, value := range values {
			g.habits = append(g.habits, &habit{device: "a", value: value, fleets: 1})
		}
		return g
	}
	days := make([]float64, 35)
	for i := range days {
		days[i] = 10
	}
	copy(days, []float64{900, 800, 700, 600, 500, 400, 300})
	require.InDelta(t, 10, exceptional(days), 0)
	require.InDelta(t, 300, monthly(days), 1e-9, "the busiest days count as usual ones")
	for _, c := range []struct {
		name  string
		fleet *gathered
		value float64
		odd   int
	}{
		{name: "the busiest", fleet: fleet(10, 12, 11, 40, 9), value: 40},
		{name: "one that is odd", fleet: fleet(10, 12, 11, 400, 9), value: 12, odd: 1},
		{name: "too few to say so", fleet: fleet(10, 12, 400), value: 400},
		{name: "most use none", fleet: fleet(0, 0, 0, 0, 400), value: 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.fleet.findOdd()
			l := c.fleet.level()
			require.InDelta(t, c.value, l.value, 0)
			require.Equal(t, c.odd, l.odd)
		})
	}
	machine := &habit{value: 400, fleets: 2}
	mixed, machines := fleet(10, 12, 11, 9), fleet()
	mixed.habits, machines.habits = append(mixed.habits, machine), append(machines.habits, machine)
	mixed.findOdd()
	machines.findOdd()
	require.InDelta(t, 400, mixed.level().value, 0, "it is as the others of its own fleet")
}
