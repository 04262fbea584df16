package deliver

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store/outbox"
	"notewatch/rules"
)

// many are n new alerts of a rule, at a level.
func many(n int, rule string, level rules.Level) []fresh {
	all := make([]fresh, n)
	for i := range all {
		all[i] = fresh{alert: fmt.Sprintf("%s-%d", rule, i), rule: rule, level: level}
	}
	return all
}

// sizes returns how many deliveries are in each group.
func sizes(groups [][]fresh) []int {
	all := []int{}
	for _, g := range groups {
		all = append(all, len(g))
	}
	return all
}

func TestGroup(t *testing.T) {
	first := many(2, "a", rules.Warning)
	for i := range first {
		first[i].first = true
	}
	elsewhere := many(stormSize, "a", rules.Warning)
	for i := range elsewhere {
		elsewhere[i].project = "app:other"
	}
	for name, test := range map[string]struct {
		all  []fresh
		want []int
	}{
		"few":                              {many(stormSize, "a", rules.Warning), []int{1, 1, 1, 1, 1}},
		"many":                             {many(stormSize+1, "a", rules.Warning), []int{stormSize + 1}},
		"many of several rules":            {slices.Concat(many(3, "a", rules.Warning), many(3, "b", rules.Warning)), []int{1, 1, 1, 1, 1, 1}},
		"many of several projects":         {slices.Concat(many(1, "a", rules.Warning), elsewhere), []int{1, 1, 1, 1, 1, 1}},
		"true at the first evaluation":     {first, []int{2}},
		"too many for one message":         {many(maxMembers+1, "a", rules.Warning), []int{maxMembers, 1}},
		"one more than at that evaluation": {slices.Concat(first, many(1, "a", rules.Warning)), []int{2, 1}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, sizes(group(test.all))) })
	}
}

func TestCapped(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	groups := func(n int) [][]fresh { return slices.Collect(slices.Chunk(many(n, "a", rules.Warning), 1)) }
	for name, test := range map[string]struct {
		groups  [][]fresh
		begun   int
		digest  time.Time
		alone   int
		digests []int
		later   time.Time
	}{
		"room for all":            {groups: groups(hourlyCap), alone: hourlyCap, digests: []int{}},
		"room for some":           {groups: groups(5), begun: 18, alone: 2, digests: []int{3}},
		"no room":                 {groups: groups(5), begun: 25, digests: []int{5}},
		"the last digest is new":  {groups: groups(5), begun: 18, digest: now.Add(-time.Minute), alone: 2, digests: []int{}, later: now.Add(digestPause - time.Minute)},
		"the last digest is old":  {groups: groups(5), begun: 18, digest: now.Add(-digestPause), alone: 2, digests: []int{3}},
		"no digest is needed":     {groups: groups(2), begun: 18, digest: now.Add(-time.Minute), alone: 2, digests: []int{}},
		"too many for one digest": {groups: [][]fresh{many(maxMembers, "a", rules.Warning), many(1, "b", rules.Warning)}, begun: hourlyCap, digests: []int{maxMembers, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			alone, digests, later := capped(test.groups, test.begun, test.digest, now)
			require.Len(t, alone, test.alone)
			require.Equal(t, test.digests, sizes(digests))
			require.Equal(t, test.later, later)
		})
	}
}

func TestTheWorstIsNotInADigest(t *testing.T) {
	groups := [][]fresh{many(1, "info", rules.Info), many(1, "warning", rules.Warning), many(1, "critical", rules.Critical)}
	alone, digests, _ := capped(groups, hourlyCap-1, time.Time{}, time.Time{})
	require.Equal(t, "critical", alone[0][0].rule)
	require.Equal(t, "warning", digests[0][0].rule)
	require.Equal(t, "info", digests[0][1].rule)
}

func TestExpired(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	since := func(waits ...time.Duration) (all []outbox.Delivery) {
		for _, wait := range waits {
			all = append(all, outbox.Delivery{Delivery: delivery.Delivery{Since: now.Add(-wait)}})
		}
		return all
	}
	held := outbox.Delivery{}
	require.False(t, expired(nil, now))
	require.False(t, expired([]outbox.Delivery{held}, now), "it does not wait")
	require.False(t, expired(since(giveUpAfter-time.Second), now))
	require.True(t, expired(since(giveUpAfter), now))
	require.False(t, expired(since(giveUpAfter, time.Hour), now), "one of them is new")
	require.True(t, expired(append(since(giveUpAfter), held), now))
}
