package rules

import "github.com/expr-lang/expr/ast"

// show finds the figure that messages lead with: the one named, else the first that a condition compares.
func (b *builder) show(r *Rule, conditions []ast.Node) {
	r.shown, r.usual = -1, -1
	if b.spec.Show != "" {
		r.shown = b.named(b.spec.Show)
	} else {
		r.shown = compared(conditions)
	}
	if r.shown < 0 {
		return
	}
	l := leaves[r.shown]
	r.Show = l.path()
	b.reads |= 1 << r.shown
	if median, ok := leafIndex[l.object+".median"]; ok && l.member != "days" {
		r.usual = median
		r.Unit = l.unit()
	}
}

// named returns the leaf that show names, through let too; -1 with a problem noted if it is none.
func (b *builder) named(text string) int {
	p := b.check("show", text)
	if p.broken() {
		return -1
	}
	if i, ok := leafOf(p.node); ok && leaves[i].kind == numberKind {
		return i
	}
	b.whole("show", "such as bytes.used", "must name one figure")
	return -1
}

// compared returns the first figure that a condition compares; -1 if there is none. How many days are known, and how
// far the period has gone, lead a message only if nothing else can.
func compared(conditions []ast.Node) int {
	leads := func(l leaf) bool { return l.kind == numberKind && l.member != "days" && l.object != "period" }
	for _, accept := range []func(leaf) bool{leads, func(l leaf) bool { return l.kind == numberKind }} {
		for _, condition := range conditions {
			if i := firstCompared(condition, false, accept); i >= 0 {
				return i
			}
		}
	}
	return -1
}

func firstCompared(n ast.Node, inComparison bool, accept func(leaf) bool) int {
	if i, ok := leafOf(n); ok && inComparison && accept(leaves[i]) {
		return i
	}
	if op, ok := n.(*ast.BinaryNode); ok {
		switch op.Operator {
		case "==", "!=", "<", "<=", ">", ">=", "in":
			inComparison = true
		}
	}
	for _, child := range children(n) {
		if i := firstCompared(*child, inComparison, accept); i >= 0 {
			return i
		}
	}
	return -1
}
