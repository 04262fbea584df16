package rules

import (
	"maps"
	"reflect"
	"slices"
)

// Members is a set of members of a metric: a bit for each, by its place in memberNames.
type Members uint32

// memberNames are the members of a metric, in the order of its fields.
var memberNames = findMembers()

func findMembers() (names []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Metric]()) {
		names = append(names, field.Tag.Get("expr"))
	}
	return names
}

// MembersOf returns the set of the named members, such as used.
func MembersOf(names ...string) (m Members) {
	for i, member := range memberNames {
		if slices.Contains(names, member) {
			m |= 1 << i
		}
	}
	return m
}

// Wants holds the members of metrics that something reads, by figure. Figures without any are left out.
type Wants map[Figure]Members

// Figures returns the figures of which any member is wanted, in the order for display.
func (w Wants) Figures() []Figure { return slices.SortedFunc(maps.Keys(w), Figure.Compare) }

// With returns the union of w and other.
func (w Wants) With(other Wants) Wants {
	both := Wants{}
	for _, wants := range []Wants{w, other} {
		for figure, members := range wants {
			both[figure] |= members
		}
	}
	return both
}

// peerRatio is the member that needs the peers of a device.
const peerRatio = "peer_ratio"

// Peers reports whether the comparison of devices with their peers is wanted.
func (w Wants) Peers() bool {
	for _, members := range w {
		if members&MembersOf(peerRatio) != 0 {
			return true
		}
	}
	return false
}
