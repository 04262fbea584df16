package rules

import (
	"cmp"
	"slices"

	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/templates"
)

// value returns what messages lead with; NaN is no data.
func (r *Rule) value(v *View) float64 {
	if r.computed != nil {
		return r.computed.Of(v)
	}
	return v.Number(r.shown)
}

// show finds what messages lead with: the figure or computed number that is named, else the first figure that a condition compares.
func (b *builder) show(r *Rule, conditions []*lang.Expression) {
	if b.spec.Show == "" {
		r.shown = compared(conditions)
	} else if n := b.lang.Number("show", b.spec.Show); n != nil {
		b.reads = append(b.reads, n.Reads...)
		if r.shown = n.Leaf(); r.shown == nil {
			r.computed, r.Show, r.Unit = n, templates.OneLine(b.spec.Show), cmp.Or(b.spec.Unit, n.Unit)
		}
	}
	if r.shown == nil {
		return
	}
	r.Show, r.Unit, b.reads = r.shown.Path(), cmp.Or(b.spec.Unit, r.shown.Unit), append(b.reads, r.shown)
	if usual, ok := usualOf(r.Show); ok {
		leaf := vocabulary.Leaf(r.shown.Object + "." + usual.member)
		if usual.member == "prev" && !slices.Contains(b.reads, leaf) {
			return // what the period before needs is too much to fetch for a value that only messages show
		}
		r.usual, r.perDay, b.reads = leaf, usual.perDay, append(b.reads, leaf)
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
