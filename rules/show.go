package rules

import (
	"slices"

	"notewatch/rules/internal/lang"
)

// show finds the figure that messages lead with: the one named, else the first that a condition compares.
func (b *builder) show(r *Rule, conditions []*lang.Expression) {
	if b.spec.Show != "" {
		r.shown = b.lang.Figure("show", b.spec.Show)
	} else {
		r.shown = compared(conditions)
	}
	if r.shown == nil {
		return
	}
	r.Show, r.Unit, b.reads = r.shown.Path(), r.shown.Unit, append(b.reads, r.shown)
	if usual, ok := usualOf(r.Show); ok {
		r.usual, r.perDay = vocabulary.Leaf(r.shown.Object+"."+usual.member), usual.perDay
		b.reads = append(b.reads, r.usual)
	}
}

// compared returns the first figure that a condition compares; nil if there is none. How many days are known, and how
// far the period has gone, lead a message only if nothing else can.
func compared(conditions []*lang.Expression) *lang.Leaf {
	leads := func(l *lang.Leaf) bool { return l.Number() && l.Member != "days" && l.Object != "period" }
	for _, accept := range []func(*lang.Leaf) bool{leads, (*lang.Leaf).Number} {
		for _, condition := range conditions {
			if i := slices.IndexFunc(condition.Compared, accept); i >= 0 {
				return condition.Compared[i]
			}
		}
	}
	return nil
}
