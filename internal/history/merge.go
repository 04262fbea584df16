package history

import "slices"

// Merge returns the stored column with the cells of an answer, and the positions of the cells that this changed. Where the answer says
// Nothing, and beyond its end, the stored cells stay. stored may be reused for the result.
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
