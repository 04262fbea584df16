package deliver

import (
	"cmp"
	"slices"
	"time"

	"notewatch/rules"
)

const (
	stormSize   = 5                // more new alerts of one rule than this share one message
	maxMembers  = 10_000           // of one message
	hourlyCap   = 20               // new messages to a receiver within an hour; beyond that there are digests
	digestPause = 10 * time.Minute // between two digests
)

// group cuts deliveries into those that share a message: those of one rule in one project if they are many, or were
// true before their rule was first judged, and else each alone.
func group(all []fresh) (groups [][]fresh) {
	type storm struct {
		rule, project string
		first         bool
	}
	place := map[storm]int{}
	var storms [][]fresh
	for _, d := range all {
		key := storm{d.rule, d.project, d.first}
		at, ok := place[key]
		if !ok {
			at = len(storms)
			place[key] = at
			storms = append(storms, nil)
		}
		storms[at] = append(storms[at], d)
	}
	for _, members := range storms {
		size := 1
		if len(members) > stormSize || members[0].first {
			size = maxMembers
		}
		groups = slices.AppendSeq(groups, slices.Chunk(members, size))
	}
	return groups
}

// capped returns which groups get a message each, as begun messages were posted within the hour, and what goes into digests: everything
// beyond the hourly cap, the least severe first. If the last digest is too new, that waits until later; else later is zero.
func capped(groups [][]fresh, begun int, digest, now time.Time) (alone, digests [][]fresh, later time.Time) {
	slices.SortStableFunc(groups, func(a, b []fresh) int { return cmp.Compare(worst(b), worst(a)) })
	room := min(max(0, hourlyCap-begun), len(groups))
	rest := slices.Concat(groups[room:]...)
	if next := digest.Add(digestPause); len(rest) > 0 && !digest.IsZero() && next.After(now) {
		return groups[:room], nil, next
	}
	return groups[:room], slices.Collect(slices.Chunk(rest, maxMembers)), time.Time{}
}

// worst is the highest level among deliveries.
func worst(members []fresh) rules.Level {
	return slices.MaxFunc(members, func(a, b fresh) int { return cmp.Compare(a.level, b.level) }).level
}

// order puts messages of which the last attempt failed behind the others: one that can never be posted must not keep them waiting.
func order(messages []planned) {
	slices.SortStableFunc(messages, func(a, b planned) int {
		switch {
		case a.fails == b.fails:
			return 0
		case a.fails:
			return 1
		}
		return -1
	})
}
