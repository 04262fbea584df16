package bounded

import (
	"errors"
	"fmt"
	"strings"
)

// ErrTooLarge says that more was written than there is room for.
var ErrTooLarge = errors.New("the text is too large")

// A Writer keeps the beginning of what is written to it.
type Writer struct {
	text strings.Builder
	most int
}

// NewWriter returns a writer with room for a number of bytes.
func NewWriter(most int) *Writer { return &Writer{most: most} }

// Write keeps p. It fails with ErrTooLarge, and keeps the beginning of p, when there is no room for all.
func (w *Writer) Write(p []byte) (int, error) {
	n := min(len(p), w.most-w.text.Len())
	w.text.Write(p[:n])
	if n < len(p) {
		return n, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, w.most)
	}
	return n, nil
}

// String returns what is kept.
func (w *Writer) String() string { return w.text.String() }
