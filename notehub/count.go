package notehub

import (
	"errors"
	"strconv"
)

// A Count is a figure that Notehub may answer as null or leave out; Known tells that from zero.
type Count struct {
	N     int64
	Known bool
}

// MarshalJSON writes a number, or null if it is not known.
func (c Count) MarshalJSON() ([]byte, error) {
	if !c.Known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, c.N, 10), nil
}

// UnmarshalJSON reads a whole number, or null, which is not known.
func (c *Count) UnmarshalJSON(text []byte) error {
	*c = Count{}
	if string(text) == "null" {
		return nil
	}
	n, ok := wholeNumber(text)
	if !ok {
		return errors.New("a count must be a whole number or null")
	}
	*c = Count{N: n, Known: true}
	return nil
}

// or returns c, or other if c is not known.
func (c Count) or(other Count) Count {
	if c.Known {
		return c
	}
	return other
}
