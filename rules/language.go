package rules

import "notewatch/rules/internal/lang"

// vocabulary is what expressions can read.
var vocabulary = lang.NewVocabulary[Env]()

// A Problem is something wrong with a Spec.
type Problem = lang.Problem

// A Truth is a value of Kleene's three-valued logic.
type Truth = lang.Truth

// The three truth values.
const (
	False  = lang.False
	NoData = lang.NoData
	True   = lang.True
)

// A View is an Env made ready for evaluation: boxed once, read by all rules of the subject. A View is used by one
// goroutine at a time.
type View = lang.View

// NewView boxes env. The View shares the slices of env. Numbers that are not data, and all of an object that is not
// known, are made NaN; a series that is empty or has a hole is made empty.
func NewView(env *Env) *View { return lang.NewView(vocabulary, env) }

// What an explanation consists of.
type (
	// An Explained is one condition of a rule.
	Explained = lang.Explained
	// A Part is a condition or a part of one.
	Part = lang.Part
	// A Meaning is what a name in an expression stands for.
	Meaning = lang.Meaning
	// A Phrase is a piece of an expression with what it read.
	Phrase = lang.Phrase
	// A Value is something that an expression reads or computes.
	Value = lang.Value
)
