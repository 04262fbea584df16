// Package lang is the language of rules: it checks the text of an expression, compiles it, and evaluates it with a third truth value.
// Package explain explains the result. Package lang does not know what a name in an expression means; package rules provides the names.
//
// Expressions have the syntax of github.com/expr-lang/expr, without the parts that could run for long or depend on the time of day. A
// number that is NaN is no data: neither zero nor nil. A comparison with no data, or a computation from it, is no data; and, or, not, all,
// any, none and ?: follow Kleene, so that "no data or true" is true. Only x ?? y replaces no data. Dividing by zero, reading beyond the end
// of a list, and a series with a hole give no data as well.
//
// The main types, in the order in which an expression meets them:
//
//   - A [Vocabulary] of package names holds the names that expressions can read: the leaves of a struct type, each an object and a
//     member, such as bytes.today. It is made once, from the tags of the type.
//   - A [Layout] gives each leaf that the rules of a set read a place in the struct that programs run on.
//   - A [Compiler] takes the expressions of one rule: first [Compiler.Limit] and [Compiler.Let], which name parts, then
//     [Compiler.Condition] and [Compiler.Number], which use them. It collects a [Problem], with a position and a hint, for each thing
//     that is wrong.
//   - An [Expression] is a compiled condition. It lists what it reads, so that nothing else has to be fetched or computed.
//   - A [View] is the struct that a Vocabulary was made from. It reads all leaves of one Layout at once. [Expression.Truth] reads it.
//
// The way of an expression from text to truth:
//
//	text ─expr's parser→ tree
//	   ─checker (check.go, operators.go, functions.go)→ tree of known kinds, named parts in place, within its bounds
//	   ─compilation (kleene.go, needs.go)→ trees that test what is known before they read it
//	   ─expr's compiler (program.go)→ programs
//	   ─Truth (expression.go)→ true, false or no data
//
// expr has no time limit. The form of an expression ensures that it ends soon: the checker bounds its nodes, the depth of its loops and the
// size of its programs (maxNodes, maxLoops, maxProgram). The checker also bounds the magnitude of every number (kinds.go, operators.go), so
// that known numbers give a known result.
//
// An expression has several programs for one truth. One runs when everything that it reads is known; it is as fast as expr itself. The
// others belong to its atoms; each joins two trees, surely true and surely false. The tests compare them on random expressions
// (property_test.go).
package lang
