package history

import "math"

// BlockSize is the maximum number of subjects in a block.
const BlockSize = 2048

// MaxValue is the largest value of a cell. A float64 represents all whole numbers up to it exactly.
const MaxValue = 1 << 53

// A Cell is one figure of one subject on one day: not known, null or a whole number from 0 to MaxValue.
type Cell uint64

// The cells that are not numbers.
const (
	// NotKnown is a figure that was not read: not yet, or because the answer was truncated. A sum is no data if a cell of one of its
	// subjects is not known.
	NotKnown Cell = 0
	// Null is a figure that Notehub left out for a subject that it named. Sums over subjects leave it out too.
	Null Cell = 1
	// Nothing occurs only in answers, for a subject and day that the answer does not mention. The stored cell stays.
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

// Float returns the number in the cell, or NaN if there is none.
func (c Cell) Float() float64 {
	if !c.Known() {
		return math.NaN()
	}
	return float64(c - 2)
}

// At returns the cell at a position of a column. Cells beyond its end are not known.
func At(column []Cell, position int) Cell {
	if position >= len(column) {
		return NotKnown
	}
	return column[position]
}
