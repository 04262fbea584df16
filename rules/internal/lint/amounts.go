package lint

// checkAmounts looks for multiples of a value that may be 0, and for estimates.
func (l *linter) checkAmounts() {
	for _, e := range conditions(l.rule.When) {
		for _, a := range l.alternatives(e, false) {
			l.checkFloor(a)
			l.checkEstimate(a)
		}
	}
}

// checkFloor looks for ratios, and for comparisons with a multiple of another value, that lack a least amount.
func (l *linter) checkFloor(a alternative) {
	for _, t := range a {
		c, ok := l.compared(t)
		if !ok {
			continue
		}
		if c, ok = c.greaterLeft(); !ok || l.bounded(a, c.left) {
			continue
		}
		leaf := c.left.reads[c.left.leaf]
		switch ofMetric := func(l Leaf) bool { return l.Metric && l.Member != "days" }; {
		case isRatio(leaf) && c.right.fixed() && c.right.single():
			hint := "add && " + leaf.Object + "." + ratios[leaf.Member] + " > " + enough(leaf)
			l.find(Floor, t.expression, hint, "is true from %s on", amount(c.right.Least*leaf.Floor, leaf))
		case c.left.parted != (Leaf{}) && c.right.fixed() && c.right.single():
			l.find(Floor, t.expression, "add && "+c.left.parted.Path+" > "+enough(c.left.parted),
				"has no least amount: if %s is 1, one of them is all", c.left.parted.Path)
		case c.left.any(ofMetric) && c.right.any(ofMetric) && !c.right.opaque && c.right.Least <= 0:
			l.find(Floor, t.expression, "add && "+c.left.first().Path+" > "+enough(c.left.first()), "has no least amount: if %s is 0, anything is above it", c.right.expression)
		}
	}
}

// enough is an example of an amount that is worth a look. Only bytes have a floor of thousands.
func enough(l Leaf) string {
	if l.Floor >= 1000 {
		return "kb(500)"
	}
	return "500"
}

// ratios are the members that divide by a floor, each with the member that it divides.
var ratios = map[string]string{"ratio": "today", "peer_ratio": "yesterday"}

func isRatio(l Leaf) bool { return l.Metric && ratios[l.Member] != "" }

// bounded reports whether an alternative compares a metric of a value with a lower bound that is a number.
func (l *linter) bounded(a alternative, v side) bool {
	for _, t := range a {
		c, ok := l.compared(t)
		if !ok {
			continue
		}
		c, ok = c.greaterLeft()
		shared := func(l Leaf) bool {
			return l.Metric && !isRatio(l) && l.Member != "z" && l.Member != "days" && v.any(func(o Leaf) bool { return o.Object == l.Object })
		}
		if ok && c.right.Least > 0 && c.left.parted == (Leaf{}) && c.left.any(shared) {
			return true
		}
	}
	return false
}

// amount writes a number of what a metric counts.
func amount(x float64, l Leaf) string {
	if unit(l.Unit) == bytes {
		return written(x) + " bytes"
	}
	return written(x) + " " + l.Object
}

// estimated is the metric that Notehub corrects after each session.
const estimated = "session_bytes"

// checkEstimate looks for an estimate with which an alert would fire and be corrected by turns.
func (l *linter) checkEstimate(a alternative) {
	if len(l.rule.ResolveWhen) > 0 {
		return
	}
	for _, t := range a {
		for _, leaf := range l.reads(t).sorted() {
			if leaf.Object == estimated && leaf.Grows {
				l.find(Estimate, t.expression, "add resolve_when with a lower value, such as "+leaf.Path+" < 0.9 * limit",
					"%s is corrected by some per cent each day, so this may fire and be corrected by turns", leaf.Path)
				return
			}
		}
	}
}
