package bounded

import (
	"errors"
	"fmt"
	"strconv"
	"text/template/parse"
)

// step is the name of the hidden function. No template can call it, since it is not defined when templates are parsed.
const step = "step"

// stringCost is the number of bytes of a constant that count as one node.
const stringCost = 8

// count returns how many steps it takes to execute n once, and adds the hidden action to the body of each loop in it.
func count(n parse.Node) int {
	total := cost(n)
	loop, isLoop := n.(*parse.RangeNode)
	for _, child := range children(n) {
		steps := count(child)
		if isLoop && child == parse.Node(loop.List) {
			addStep(loop.List, steps)
		}
		total += steps
	}
	return total
}

// cost returns the steps of n without its children.
func cost(n parse.Node) int {
	switch n := n.(type) {
	case *parse.StringNode:
		return 1 + len(n.Text)/stringCost
	case *parse.FieldNode:
		return len(n.Ident)
	case *parse.VariableNode:
		return len(n.Ident)
	case *parse.ChainNode:
		return len(n.Field)
	}
	return 1
}

// addStep puts the hidden action before the others of a list.
func addStep(list *parse.ListNode, steps int) {
	at := list.Pos
	call := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: at, Args: []parse.Node{
		parse.NewIdentifier(step).SetPos(at),
		&parse.NumberNode{NodeType: parse.NodeNumber, Pos: at, IsInt: true, Int64: int64(steps), Text: strconv.Itoa(steps)},
	}}
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: at, Cmds: []*parse.CommandNode{call}}
	action := &parse.ActionNode{NodeType: parse.NodeAction, Pos: at, Pipe: pipe}
	list.Nodes = append([]parse.Node{action}, list.Nodes...)
}

// checkMethods returns an error if a method has an argument that is not a constant. In a loop a method such as time.Time.Format
// could double a text with every call.
func checkMethods(tree *parse.Tree) error {
	bad := methodCall(tree.Root)
	if bad == nil {
		return nil
	}
	at, shown := tree.ErrorContext(bad)
	return fmt.Errorf("template: %s: %s: %w", at, shown, errArguments)
}

var errArguments = errors.New("a method is called with constants only; use a function instead")

// methodCall returns the first call of a method with something that is not a constant; nil if there is none.
func methodCall(n parse.Node) parse.Node {
	if pipe, ok := n.(*parse.PipeNode); ok {
		for i, command := range pipe.Cmds {
			if isMember(command.Args[0]) && (i > 0 || !constant(command.Args[1:])) {
				return command
			}
		}
	}
	for _, child := range children(n) {
		if found := methodCall(child); found != nil {
			return found
		}
	}
	return nil
}

// isMember reports whether n names a field or a method of a value.
func isMember(n parse.Node) bool {
	switch n := n.(type) {
	case *parse.FieldNode, *parse.ChainNode:
		return true
	case *parse.VariableNode:
		return len(n.Ident) > 1
	}
	return false
}

func constant(nodes []parse.Node) bool {
	for _, n := range nodes {
		switch n.Type() {
		case parse.NodeString, parse.NodeNumber, parse.NodeBool:
		default:
			return false
		}
	}
	return true
}

// children returns the nodes right below n.
func children(n parse.Node) (below []parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		return n.Nodes
	case *parse.ActionNode:
		return []parse.Node{n.Pipe}
	case *parse.TemplateNode:
		if n.Pipe != nil {
			return []parse.Node{n.Pipe}
		}
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			below = append(below, command)
		}
	case *parse.CommandNode:
		return n.Args
	case *parse.ChainNode:
		return []parse.Node{n.Node}
	case *parse.IfNode:
		return branches(&n.BranchNode)
	case *parse.WithNode:
		return branches(&n.BranchNode)
	case *parse.RangeNode:
		return branches(&n.BranchNode)
	}
	return below
}

func branches(n *parse.BranchNode) []parse.Node {
	if n.ElseList == nil {
		return []parse.Node{n.Pipe, n.List}
	}
	return []parse.Node{n.Pipe, n.List, n.ElseList}
}
