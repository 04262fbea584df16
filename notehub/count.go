package notehub

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
)

// A Count is a number that Notehub may answer as null or leave out; Known distinguishes this from zero.
type Count struct {
	N       int64
	Known   bool
	Invalid bool // Notehub answered a number that is not whole, or too large for N; then it is not known
}

// MarshalJSON writes the number, or null if it is not known.
func (c Count) MarshalJSON() ([]byte, error) {
	if !c.Known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, c.N, 10), nil
}

// UnmarshalJSON reads a number or null, which means not known.
func (c *Count) UnmarshalJSON(text []byte) error {
	*c = Count{}
	if string(text) == "null" {
		return nil
	}
	number, ok := countOf(text)
	if !ok {
		return errors.New("a count must be a number or null")
	}
	*c = number
	return nil
}

// countOf returns the count for a JSON number. ok is false if text is not a JSON number.
func countOf(text []byte) (c Count, ok bool) {
	if n, whole := wholeNumber(text); whole {
		return Count{N: n, Known: true}, true
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if !json.Valid(text) || err != nil && !errors.Is(err, strconv.ErrRange) {
		return Count{}, false
	}
	if f != math.Trunc(f) || math.Abs(f) > maxExact {
		return Count{Invalid: true}, true
	}
	return Count{N: int64(f), Known: true}, true // such as 5.0 or 1e3
}

// maxExact is the limit up to which a float64 represents every whole number.
const maxExact = 1 << 53

// or returns c, or other if c is not known.
func (c Count) or(other Count) Count {
	if c.Known {
		return c
	}
	return other
}
