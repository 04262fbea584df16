package history

import "slices"

// Merge returns the column that is stored with what an answer says of it, and which cells changed by that. Where the answer says
// Nothing, and beyond its end, what is stored stays. stored may be reused for the result.
func Merge(stored, said []Cell) (merged []Cell, changed Bits) {
	if len(said) > len(stored) {
		stored = slices.Grow(stored, len(said)-len(stored))
		for len(stored) < len(said) {
			stored = append(stored, NotKnown)
		}
	}
	for i, c := range said {
		if c == Nothing || c == stored[i] {
			continue
		}
		if changed == nil {
			changed = make(Bits, (len(said)+7)/8)
		}
		stored[i] = c
		changed.Set(i)
	}
	return stored, changed
}
