package lint

import (
	"strings"

	"github.com/expr-lang/expr/ast"

	"notewatch/rules/internal/names"
)

// The lists of fleets of a device, and how the UIDs of fleets begin.
const (
	fleetLabels = "device.fleets"
	fleetUIDs   = "device.fleet_uids"
	fleetUID    = "fleet:"
)

// checkFleets looks for UIDs in the list of labels, and for labels in that of UIDs.
func (l *linter) checkFleets() {
	for _, e := range conditions(l.rule.Named, l.rule.Where, l.rule.When, l.rule.ResolveWhen) {
		found := &memberships{}
		ast.Walk(&e.node, found)
		for _, in := range found.nodes {
			text, constant := in.Left.(*ast.StringNode)
			list, _ := names.PathOf(in.Right)
			if !constant {
				continue
			}
			uid := strings.HasPrefix(text.Value, fleetUID)
			switch {
			case uid && list == fleetLabels:
				l.find(Fleets, e.at(in), "write "+fleetUIDs, "%q is a UID, and %s has labels", text.Value, fleetLabels).Certain = true
			case !uid && list == fleetUIDs:
				l.find(Fleets, e.at(in), "write "+fleetLabels, "%q is a label, and %s has UIDs", text.Value, fleetUIDs).Certain = true
			}
		}
	}
}

// memberships finds where something is looked for in a list.
type memberships struct{ nodes []*ast.BinaryNode }

// Visit looks at one node.
func (m *memberships) Visit(n *ast.Node) {
	if b, ok := (*n).(*ast.BinaryNode); ok && b.Operator == "in" {
		m.nodes = append(m.nodes, b)
	}
}
