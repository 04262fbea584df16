package history

import (
	"iter"
	"math/bits"
)

// Bits are a set of positions in a block. The zero Bits is empty. Its bytes are stored as they are.
type Bits []byte

// Set adds a position.
func (b *Bits) Set(position int) {
	for position/8 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[position/8] |= 1 << (position % 8)
}

// Has reports whether a position is in the set.
func (b Bits) Has(position int) bool {
	return position/8 < len(b) && b[position/8]&(1<<(position%8)) != 0
}

// Empty reports whether the set has no position.
func (b Bits) Empty() bool {
	for _, eight := range b {
		if eight != 0 {
			return false
		}
	}
	return true
}

// All returns the positions in the set, in order.
func (b Bits) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, eight := range b {
			for ; eight != 0; eight &= eight - 1 {
				if !yield(8*i + bits.TrailingZeros8(eight)) {
					return
				}
			}
		}
	}
}

// Or returns the positions that are in either set.
func (b Bits) Or(other Bits) Bits {
	if len(other) > len(b) {
		b, other = other, b
	}
	either := append(Bits{}, b...)
	for i, eight := range other {
		either[i] |= eight
	}
	return either
}

// Without returns the positions that are in the set and not in the other.
func (b Bits) Without(other Bits) Bits {
	left := append(Bits{}, b...)
	for i := range min(len(left), len(other)) {
		left[i] &^= other[i]
	}
	return left
}
