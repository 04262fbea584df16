package budget_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/budget"
)

func TestInterval(t *testing.T) {
	for _, test := range []struct {
		name                     string
		projects, devices, kinds int
		routes                   int
		perMinute                float64
		want                     time.Duration
	}{
		{name: "no project", kinds: 3, perMinute: 4, want: 15 * minute},
		{name: "rules that read no usage", projects: 1, perMinute: 4, want: 15 * minute},
		{name: "one project", projects: 1, kinds: 3, perMinute: 4, want: 15 * minute},
		{name: "the most that fit", projects: 16, kinds: 3, perMinute: 4, want: 15 * minute},
		{name: "one more", projects: 17, kinds: 3, perMinute: 4, want: 17 * minute},
		{name: "40 projects", projects: 40, kinds: 3, perMinute: 4, want: 50 * minute},
		{name: "lists are read by every poll", projects: 100, kinds: 3, perMinute: 4, want: 134 * minute},
		{name: "one kind of usage", projects: 40, kinds: 1, perMinute: 4, want: 17 * minute},
		{name: "40 projects with routes", projects: 40, kinds: 3, routes: 2, perMinute: 4, want: 77 * minute},
		{name: "a higher rate", projects: 40, kinds: 3, perMinute: 7, want: 24 * minute},
		{name: "a fraction of a request", projects: 3, kinds: 3, perMinute: 0.5, want: 25 * minute},
		{name: "device lists of several pages", projects: 16, devices: 100_000, kinds: 3, perMinute: 4, want: 61 * minute},
		{name: "answers of several parts", projects: 1, devices: 1_000_000, kinds: 3, perMinute: 4, want: 15 * minute},
		{name: "two projects of that kind", projects: 2, devices: 1_000_000, kinds: 3, perMinute: 4, want: 64 * minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			loads := slices.Repeat([]budget.Load{budget.LoadOf(test.devices, budget.Kinds{Usage: test.kinds, Routes: test.routes})}, test.projects)
			require.Equal(t, test.want, budget.Interval(15*minute, test.perMinute, loads))
		})
	}
}

// Each list is due once an hour, and those of different projects at different times.
func TestListDue(t *testing.T) {
	const projects = 40
	var read [projects]time.Time
	var due [projects]int
	for at := noon; at.Before(noon.Add(10 * time.Hour)); at = at.Add(5 * minute) {
		together := 0
		for i := range projects {
			if budget.ListDue(read[i], at, i) {
				read[i] = at
				due[i]++
				together++
			}
		}
		if at.After(noon) {
			require.InDelta(t, projects/12, together, 2)
		}
	}
	for i, n := range due {
		require.InDelta(t, 10, n, 1, "project %d", i)
	}
	require.True(t, budget.ListDue(time.Time{}, noon, 0), "one that was never read is due")
}
