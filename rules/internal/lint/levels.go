package lint

import "strings"

// checkLevels looks for a level that is reached whenever a lower one is.
func (l *linter) checkLevels() {
	levels := conditions(l.rule.When)
	for i, lower := range levels {
		for _, higher := range levels[i+1:] {
			if l.implies(lower, higher) {
				name := strings.TrimPrefix(lower.Field, "when.")
				l.find(Levels, higher, "exchange them, or raise what is compared here", "is true whenever %s is, so %s is never announced", name, name)
				break
			}
		}
	}
}

// implies reports whether a condition is true whenever another is, as far as its form shows.
func (l *linter) implies(one, other expression) bool {
	wanted := l.alternatives(other, false)
	if len(wanted) != 1 {
		return false
	}
	for _, a := range l.alternatives(one, false) {
		ranges := l.narrowed(a)
		for _, t := range wanted[0] {
			if !a.has(t) && !l.follows(t, ranges) {
				return false
			}
		}
	}
	return true
}

// has reports whether a test is one of an alternative, in the same words.
func (a alternative) has(t test) bool {
	for _, own := range a {
		if own.negated == t.negated && own.String() == t.String() {
			return true
		}
	}
	return false
}

// follows reports whether a comparison with a fixed number is true of all numbers in some ranges.
func (l *linter) follows(t test, ranges map[string]Range) bool {
	c, ok := l.compared(t)
	if !ok {
		return false
	}
	if c, ok = c.fixedRight(); !ok || !c.right.single() || c.operator == "!=" {
		return false
	}
	r, known := ranges[c.left.key()]
	return known && r.within(bounds(c.operator, c.right.Range))
}
