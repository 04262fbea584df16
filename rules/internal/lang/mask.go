package lang

import "slices"

// A bitmap has one bit for each leaf of a layout, in words of 64.
type bitmap []uint64

// A mask selects leaves in a bitmap: it has the words in which they have bits. The few leaves of an expression are in one word or two,
// however many leaves there are.
type mask []maskWord

type maskWord struct {
	at   int    // the place of the word in the bitmap
	bits uint64 // at least one
}

// maskOf returns the mask of the leaves at some places, which must be in ascending order.
func maskOf(places []int) mask {
	var m mask
	for _, place := range places {
		at, bit := place/64, uint64(1)<<(place%64)
		if last := len(m) - 1; last >= 0 && m[last].at == at {
			m[last].bits |= bit
		} else {
			m = append(m, maskWord{at, bit})
		}
	}
	return m
}

// with returns the mask of the leaves of either mask.
func (m mask) with(other mask) mask {
	both := slices.Clone(m)
	for _, w := range other {
		at, found := slices.BinarySearchFunc(both, w.at, func(w maskWord, at int) int { return w.at - at })
		if found {
			both[at].bits |= w.bits
		} else {
			both = slices.Insert(both, at, w)
		}
	}
	return both
}

// meets reports whether the bit of any leaf of the mask is set.
func (m mask) meets(b bitmap) bool {
	for _, w := range m {
		if b[w.at]&w.bits != 0 {
			return true
		}
	}
	return false
}
