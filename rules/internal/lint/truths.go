package lint

import (
	"strconv"
	"strings"
)

// written writes a number as it is in an expression.
func written(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// checkTruths looks for conditions that can never be true, or always are.
func (l *linter) checkTruths() {
	for _, e := range conditions(l.rule.Where, l.rule.When, l.rule.ResolveWhen) {
		alternatives := l.alternatives(e, false)
		for _, a := range alternatives {
			if !l.checkNever(a) {
				l.checkAlways(e, a)
			}
		}
	}
}

// checkNever looks for a test that can never be true, by itself or together with the others of its alternative.
func (l *linter) checkNever(a alternative) (found bool) {
	for _, t := range a {
		if can, _ := l.possible(t); !can && len(l.reads(t).reads) > 0 {
			found = true
			l.never(t, "can never be true"+l.why(t))
		}
	}
	if found {
		return true
	}
	ranges := l.narrowed(a)
	narrow := l.with(func(l Leaf) Range {
		if r, ok := ranges[l.Path]; ok {
			return r
		}
		return l.Range
	})
	for _, t := range a {
		if can, _ := narrow.possible(t); can || len(l.reads(t).reads) == 0 {
			continue
		}
		if others := l.others(a, t); len(others) > 0 {
			l.never(t, "can never be true together with "+strings.Join(others, " and "))
			return true
		}
	}
	return false
}

// never notes a test that can never be true. How many days are known may depend on the version.
func (l *linter) never(t test, message string) {
	f := l.find(Never, t.expression, "", "%s", message)
	f.Certain = !l.reads(t).any(func(l Leaf) bool { return l.Member == "days" })
}

// others returns the other tests of an alternative that read what a test reads.
func (l *linter) others(a alternative, t test) (texts []string) {
	for _, other := range a {
		shared := func(leaf Leaf) bool { _, ok := l.reads(t).reads[leaf.Path]; return ok }
		if other != t && l.reads(other).any(shared) {
			texts = append(texts, other.String())
		}
	}
	return texts
}

// why names the end of a leaf's range that decides a comparison with a fixed number; "" if the test is not one.
func (l *linter) why(t test) string {
	c, ok := l.compared(t)
	if !ok {
		return ""
	}
	if c, ok = c.fixedRight(); !ok {
		return ""
	}
	leaf, isLeaf := c.left.reads[c.left.leaf]
	switch {
	case !isLeaf:
		return ""
	case c.right.Least <= leaf.Range.Least:
		return ": " + leaf.Path + " is never below " + written(leaf.Range.Least)
	}
	return ": " + leaf.Path + " is at most " + written(leaf.Range.Most)
}

// checkAlways looks for tests that are always true.
func (l *linter) checkAlways(condition expression, a alternative) {
	all := true
	var found []test
	for _, t := range a {
		if _, can := l.possible(t); can {
			all = false
		} else if len(l.reads(t).reads) > 0 {
			found = append(found, t)
		}
	}
	for _, t := range found {
		message := "is always true once it is known" + l.why(t)
		if all && strings.HasPrefix(condition.Field, "when") {
			message += "; so the rule fires for every " + l.rule.Subject
		}
		hint := "leave it out"
		if n, _, right, ok := t.comparison(); ok && n == ">=" && right.String() == "0" {
			hint = "write > 0, or leave it out"
		}
		l.find(Always, t.expression, hint, "%s", message)
	}
}
