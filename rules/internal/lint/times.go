package lint

import (
	"math"
	"time"
)

// lateFor is how long after midnight a rule must wait, because Notehub still adds to yesterday.
const lateFor = 6 * time.Hour

const day = 24 * time.Hour

// A beginning is a time at which some members are 0 for every subject.
type beginning struct {
	member string // that is 0: today, used or yesterday
	zero   func(Leaf) (Range, bool)
}

// The beginnings of a day, of a period, and of the day of which yesterday is not yet known in full.
var (
	ofDay = beginning{"today", func(l Leaf) (Range, bool) {
		switch l.Member {
		case "today", "ratio":
			return exactly(0), true
		case "z":
			return Range{Least: math.Inf(-1)}, true
		}
		return Range{}, false
	}}
	ofPeriod = beginning{"used", func(l Leaf) (Range, bool) {
		if l.Member == "used" {
			return exactly(0), true
		}
		return ofDay.zero(l)
	}}
	ofYesterday = beginning{"yesterday", func(l Leaf) (Range, bool) { return exactly(0), l.Member == "yesterday" || l.Member == "peer_ratio" }}
)

// reads reports whether a leaf begins at 0 because of the member that the beginning is about.
func (b beginning) reads(l Leaf) bool {
	_, zero := b.zero(l)
	return l.Metric && zero && (b.member != "used" || l.Member == "used")
}

// at returns a reader with the ranges that leaves have at a beginning.
func (l *linter) at(b beginning) *reader {
	return l.with(func(leaf Leaf) Range {
		if zero, ok := b.zero(leaf); ok && leaf.Metric {
			return zero
		}
		return leaf.Range
	})
}

// open returns the test of an alternative that reads a member that is 0 at a beginning, and the path of that member. ok is false if the
// alternative is false then.
func (l *linter) open(a alternative, b beginning) (at test, path string, ok bool) {
	then := l.at(b)
	for _, t := range a {
		reads := l.reads(t)
		touched := reads.any(b.reads)
		if can, _ := then.possible(t); !can || touched && !then.clear(t) {
			return test{}, "", false
		}
		if touched && path == "" {
			at, path = t, metricOf(reads, b)+"."+b.member
		}
	}
	return at, path, path != ""
}

// metricOf returns the first metric, by name, with a member that is read and is 0 at a beginning.
func metricOf(reads value, b beginning) (metric string) {
	for _, l := range reads.reads {
		if b.reads(l) && (metric == "" || l.Object < metric) {
			metric = l.Object
		}
	}
	return metric
}

// elapsed is how much of the period has passed.
const elapsed = "period.elapsed_pct"

// leastElapsed is the percentage of a period that must have passed before usage since its start can be compared.
const leastElapsed = 5

// waits reports whether an alternative is true only when some of the period has passed.
func (l *linter) waits(a alternative) bool {
	r, ok := l.narrowed(a)[elapsed]
	return ok && r.Least >= leastElapsed
}

// checkTimes looks for conditions that become true, or cannot stay true, because a day or period begins.
func (l *linter) checkTimes() {
	for _, e := range conditions(l.rule.When) {
		all := l.alternatives(e, false)
		for _, a := range all {
			l.checkBeginnings(a)
			l.checkStart(a)
		}
		l.checkHold(e, all)
	}
	for _, e := range conditions(l.rule.ResolveWhen) {
		for _, a := range l.alternatives(e, false) {
			if at, path, ok := l.open(a, ofDay); ok {
				l.find(Midnight, at.expression, "", "would end the alert at every midnight, when %s begins at 0", path)
			}
			l.checkLate(a)
		}
	}
}

func (l *linter) checkBeginnings(a alternative) {
	waits := l.waits(a)
	if at, path, ok := l.open(a, ofDay); ok && !(waits && l.rule.Period <= day) {
		metric := path[:len(path)-len(ofDay.member)]
		l.find(Midnight, at.expression, "look at "+metric+"yesterday, with for: 6h", "is true at every midnight, when %s begins at 0", path)
	} else if at, path, ok := l.open(a, ofPeriod); ok && !waits {
		l.find(Midnight, at.expression, "add && period.elapsed_pct > 10", "is true whenever a period begins, when %s begins at 0", path)
	}
	l.checkLate(a)
}

func (l *linter) checkLate(a alternative) {
	if at, _, ok := l.open(a, ofYesterday); ok && l.rule.For < lateFor {
		l.find(Late, at.expression, "add for: 6h", "values of yesterday still grow after midnight")
	}
}

// checkStart looks for usage since the start of the period that is compared with a part of something that grows with the period.
func (l *linter) checkStart(a alternative) {
	start := l.with(func(leaf Leaf) Range {
		if leaf.Path == elapsed {
			return exactly(0)
		}
		return leaf.Range
	})
	for _, t := range a {
		c, ok := start.compared(t)
		if !ok {
			continue
		}
		c, ok = c.greaterLeft()
		used := func(l Leaf) bool { return l.Metric && l.Member == "used" }
		if _, grows := c.right.reads[elapsed]; ok && grows && !c.right.opaque && c.right.Least <= 0 && c.left.any(used) && !l.waits(a) {
			l.find(Start, t.expression, "add && period.elapsed_pct > 10", "is true of any use when the period begins: %s is near 0 then",
				c.right.expression)
		}
	}
}

// checkHold looks for a condition that must be true for longer than its values grow before they begin at 0 again.
func (l *linter) checkHold(e expression, all []alternative) {
	for _, b := range []struct {
		beginning
		length time.Duration
		says   string
	}{
		{ofDay, day, "holds over midnight only if it is true at the first poll of the day already"},
		{ofPeriod, l.rule.Period, "holds when a period begins only if it is true at its first poll already"},
	} {
		if l.rule.For < b.length || b.length == 0 {
			continue
		}
		ends := len(all) > 0
		for _, a := range all {
			ends = ends && l.endsAt(a, b.beginning)
		}
		if ends {
			l.find(Hold, e, "shorten for, or look at yesterday or d7", "%s", b.says)
			return
		}
	}
}

// endsAt reports whether an alternative is surely false at a beginning, and only because of it.
func (l *linter) endsAt(a alternative, b beginning) bool {
	then := l.at(b)
	for _, t := range a {
		if can, _ := then.possible(t); !can && l.reads(t).any(b.reads) {
			return true
		}
	}
	return false
}
