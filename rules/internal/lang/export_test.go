package lang

import "reflect"

// The bounds that tests go to.
const (
	MaxLoops  = maxLoops
	MaxParts  = maxParts
	MaxValues = maxValues
	MaxLine   = maxLine
)

// Atoms returns the expressions below the connectives of e, or e itself.
func (e *Expression) Atoms() []*Expression {
	if e.operator == "" {
		return []*Expression{e}
	}
	var all []*Expression
	for _, operand := range e.operands {
		all = append(all, operand.Atoms()...)
	}
	return all
}

// AllKnown reports whether all that e reads is known, and e has a program for that.
func (e *Expression) AllKnown(v *View) bool {
	v.see(e.layout)
	return e.known != nil && !e.reads.meets(v.unknown)
}

// WithoutKnown returns e without the program for when all is known. Its operands keep theirs.
func (e *Expression) WithoutKnown() *Expression {
	twin := *e
	twin.known = nil
	return &twin
}

// WithoutVital returns e without the short cut for when something vital is not known.
func (e *Expression) WithoutVital() *Expression {
	twin := *e
	twin.vital, twin.operands = nil, nil
	for _, operand := range e.operands {
		twin.operands = append(twin.operands, operand.WithoutVital())
	}
	return &twin
}

// Leaves returns all leaves of the vocabulary.
func (v *Vocabulary) Leaves() []*Leaf { return v.leaves }

// Field returns the field of a struct that the leaf is read from.
func (l *Leaf) Field(structure reflect.Value) reflect.Value { return structure.FieldByIndex(l.index) }

// Scope returns the only scope that sees the leaf; "" is that all do.
func (l *Leaf) Scope() string { return l.scope }

// HasKnown reports whether the object of the leaf can be unknown as a whole.
func (l *Leaf) HasKnown() bool { return l.known != nil }
