package lang

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
	typecheck "github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// memoryBudget bounds the elements of all lists that one evaluation makes.
const memoryBudget = 100_000

// errTooComplex is returned for expressions whose programs would be too large.
var errTooComplex = errors.New("is nested too deeply")

// value computes a checked tree on a struct of the layout. The value is nil if it is no data.
func (l *Layout) value(n ast.Node, machine *vm.VM, env any) (any, error) {
	c := l.compilation()
	p, err := c.program(choose(and(c.known(n)), c.value(n), &ast.NilNode{}))
	if err != nil {
		return nil, err
	}
	return machine.Run(p, env)
}

// program compiles a tree that the compilation made.
func (c *compilation) program(n ast.Node) (*vm.Program, error) {
	if c.left < 0 {
		return nil, errTooComplex
	}
	config := conf.New(c.layout.zero())
	tree := &parser.Tree{Node: n}
	if _, err := typecheck.Check(tree, config); err != nil {
		return nil, fmt.Errorf("checking %s: %s", n, message(err))
	}
	if err := optimizer.Optimize(&tree.Node, config); err != nil {
		return nil, fmt.Errorf("optimizing %s: %s", n, message(err))
	}
	return compiler.Compile(tree, config)
}

// message returns the message of an error of expr, without the position and the source that it quotes.
func message(err error) string {
	if at, ok := errors.AsType[*file.Error](err); ok {
		return at.Message
	}
	return err.Error()
}
