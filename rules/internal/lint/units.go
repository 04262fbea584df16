package lint

import "math"

// leastBytes is a number of bytes below which a number beside bytes is likely to have been meant as kB or MB.
const leastBytes = 1000

// checkUnits looks at both sides of all comparisons, those in named parts too.
func (l *linter) checkUnits() {
	for _, e := range conditions(l.rule.Named, l.rule.Where, l.rule.When, l.rule.ResolveWhen) {
		for _, c := range e.comparisons() {
			_, left, right, _ := c.comparison()
			a, b := l.value(left.node), l.value(right.node)
			if a.unit.named() && b.unit.named() && a.unit != b.unit {
				l.find(Units, c, "", "compares %s with %s", unitWords[a.unit], unitWords[b.unit])
			}
			l.checkBytes(right, b, a)
			l.checkBytes(left, a, b)
		}
	}
}

// checkBytes looks at a number that is compared with bytes. Satellite data is so little that single bytes are usual.
func (l *linter) checkBytes(at expression, number, beside value) {
	ofSatellite := func(l Leaf) bool { return l.Object == "sat" || l.Object == "sat_plan" }
	size := math.Abs(number.Least)
	if beside.unit != bytes || number.unit != bare || !number.fixed() || !number.single() || size == 0 || size >= leastBytes ||
		beside.any(ofSatellite) {
		return
	}
	text := written(number.Least)
	l.find(Bytes, at, "write kb("+text+") or mb("+text+")", "%s is %s bytes", at, text)
}
