package deliver

import (
	"cmp"
	"slices"
	"time"

	"notewatch/rules"
)

const (
	stormSize   = 5                // if a rule has more new alerts than this, they share one message
	maxMembers  = 10_000           // of one message
	hourlyCap   = 20               // new messages to a receiver within an hour; the rest goes into digests
	digestPause = 10 * time.Minute // between two digests
)

// group returns groups of deliveries that share a message. Deliveries of one rule in one project share one if there are many, or if they
// were true before the rule was first evaluated. Every other delivery has its own group.
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

// capped splits groups into those that get a message each and those that go into digests: everything beyond the hourly cap, the lowest
// levels first. begun is the number of messages of the last hour. If the last digest is too recent, the rest waits until later; otherwise
// later is zero.
func capped(groups [][]fresh, begun int, digest, now time.Time) (alone, digests [][]fresh, later time.Time) {
	slices.SortStableFunc(groups, func(a, b []fresh) int { return cmp.Compare(worst(b), worst(a)) })
	room := min(max(0, hourlyCap-begun), len(groups))
	rest := slices.Concat(groups[room:]...)
	if next := digest.Add(digestPause); len(rest) > 0 && !digest.IsZero() && next.After(now) {
		return groups[:room], nil, next
	}
	return groups[:room], slices.Collect(slices.Chunk(rest, maxMembers)), time.Time{}
}

// worst returns the highest level of the deliveries.
func worst(members []fresh) rules.Level {
	return slices.MaxFunc(members, func(a, b fresh) int { return cmp.Compare(a.level, b.level) }).level
}

// order moves messages whose last attempt failed behind the others: a message that can never be posted must not delay them.
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
