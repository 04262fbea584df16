package lang

// A Truth is a value of Kleene's three-valued logic.
type Truth int8

// The three truth values.
const (
	False  Truth = -1
	NoData Truth = 0
	True   Truth = 1
)

// String returns "true", "false" or "no data".
func (t Truth) String() string { return [...]string{"false", "no data", "true"}[t-False] }

// Mark returns the sign of a truth in texts: ✓, ✗, or ? for no data.
func (t Truth) Mark() string { return [...]string{"✗", "?", "✓"}[t-False] }
