package bounded

import (
	"errors"
	"fmt"
	"strings"
)

// ErrTooLarge is the error of a [Writer] that is full.
var ErrTooLarge = errors.New("the text is too large")

// A Writer keeps the first bytes that are written to it.
type Writer struct {
	text strings.Builder
	most int
}

// NewWriter returns a writer with room for a number of bytes.
func NewWriter(most int) *Writer { return &Writer{most: most} }

// Write keeps p. If there is no room for all of p, it keeps the beginning and fails with ErrTooLarge.
func (w *Writer) Write(p []byte) (int, error) {
	n := min(len(p), w.most-w.text.Len())
	w.text.Write(p[:n])
	if n < len(p) {
		return n, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, w.most)
	}
	return n, nil
}

// String returns the kept text.
func (w *Writer) String() string { return w.text.String() }
