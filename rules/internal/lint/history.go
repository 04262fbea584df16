package lint

import (
	"time"

	"github.com/expr-lang/expr/ast"
)

// checkHistory looks for values of the previous period that are no longer kept.
func (l *linter) checkHistory() {
	if needed := 2 * l.rule.Period; needed > l.rule.Kept {
		for _, e := range conditions(l.rule.Named, l.rule.Where, l.rule.When, l.rule.ResolveWhen) {
			found := &previousNodes{reader: l.reader}
			ast.Walk(&e.node, found)
			for _, n := range found.nodes {
				f := l.find(History, e.at(n), "shorten the period", "needs %d days of history, and %d are kept", days(needed), days(l.rule.Kept))
				f.Certain = true
			}
		}
	}
}

func days(length time.Duration) int { return int(length / day) }

// previousNodes finds what reads the period before.
type previousNodes struct {
	reader *reader
	nodes  []ast.Node
}

// Visit looks at one node.
func (p *previousNodes) Visit(n *ast.Node) {
	if l, ok := p.reader.leafOf(*n); ok && l.Metric && l.Member == "prev" {
		p.nodes = append(p.nodes, *n)
	}
}
