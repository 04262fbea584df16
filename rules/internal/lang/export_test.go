package lang

// Atoms returns the expressions below the connectives of e, or e itself.
func (e *Expression) Atoms() []*Expression {
	if e.Operator == "" {
		return []*Expression{e}
	}
	var all []*Expression
	for _, operand := range e.Operands {
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
	twin.vital, twin.Operands = nil, nil
	for _, operand := range e.Operands {
		twin.Operands = append(twin.Operands, operand.WithoutVital())
	}
	return &twin
}
