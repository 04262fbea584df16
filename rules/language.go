package rules

import (
	"notewatch/rules/internal/explain"
	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/names"
)

// vocabulary lists what expressions can read.
var vocabulary = names.New[Env]()

// A Problem is an error in a Spec.
type Problem = lang.Problem

// A Truth is a value of Kleene's three-valued logic.
type Truth = lang.Truth

// The three truth values.
const (
	False  = lang.False
	NoData = lang.NoData
	True   = lang.True
)

// A View is an Env as rules read it, once for all rules of a [Set]. It is used by one goroutine at a time.
type View = lang.View

// NewView returns a view of env, which is read when a rule is evaluated. Numbers that are not data, all members of an object that is not
// known, and a series that is empty or has a gap are no data. After env has changed, call [View.Renew].
func NewView(env *Env) *View { return lang.NewView(env) }

// Parts of an explanation.
type (
	// An Explained is one condition of a rule.
	Explained = explain.Condition
	// A Part is a condition or a part of one.
	Part = explain.Part
	// A Meaning is the definition of a name in an expression.
	Meaning = explain.Meaning
	// A Phrase is a piece of an expression with the value that it read.
	Phrase = explain.Phrase
	// A Value is a value that an expression reads or computes.
	Value = explain.Value
)
