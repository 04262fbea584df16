package history

import "math"

// BlockSize is how many subjects a block has at most.
const BlockSize = 2048

// MaxValue is the largest value that a cell holds. Up to it a float64 counts exactly.
const MaxValue = 1 << 53

// A Cell is one figure of one subject on one day: not known, null or a whole number from 0 to MaxValue.
type Cell uint64

// What a cell is besides a number.
const (
	// NotKnown is a figure that nobody has read: not yet, or of an answer that was cut short. A sum over subjects of which
	// one is not known is no data.
	NotKnown Cell = 0
	// Null is a figure that Notehub left out while it named the subject. Sums over subjects leave it out too.
	Null Cell = 1
	// Nothing stands only in answers, of a subject and day of which the answer says nothing. What is stored stays.
	Nothing Cell = math.MaxUint64
)

// Value returns the cell of a whole number. A number below 0 or above MaxValue is not known, and ok is false.
func Value(n int64) (c Cell, ok bool) {
	if n < 0 || n > MaxValue {
		return NotKnown, false
	}
	return Cell(n) + 2, true
}

// Known reports whether the cell holds a number.
func (c Cell) Known() bool { return c >= 2 && c != Nothing }

// Float returns the number of the cell, or NaN if it holds none.
func (c Cell) Float() float64 {
	if !c.Known() {
		return math.NaN()
	}
	return float64(c - 2)
}

// At returns the cell at a position of a column; beyond its end it is not known.
func At(column []Cell, position int) Cell {
	if position >= len(column) {
		return NotKnown
	}
	return column[position]
}
