package terminal

import (
	"bufio"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"notewatch/internal/lookup"
)

// WriteJSON prints a value as indented JSON.
func WriteJSON(w io.Writer, value any) error {
	text, err := json.Marshal(value, lookup.JSON(), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// WriteList prints an indented JSON array.
func WriteList[T any](w io.Writer, list []T) error {
	l := NewListWriter[T](w)
	for _, element := range list {
		if err := l.Add(element); err != nil {
			return err
		}
	}
	return l.End()
}

// A ListWriter prints an indented JSON array, one element after the other.
type ListWriter[T any] struct {
	Count int // elements so far
	out   *bufio.Writer
	json  json.Options
}

// NewListWriter returns a writer of an array to w.
func NewListWriter[T any](w io.Writer) *ListWriter[T] {
	return &ListWriter[T]{
		out:  bufio.NewWriterSize(w, 64<<10),
		json: json.JoinOptions(lookup.JSON(), jsontext.WithIndentPrefix("  "), jsontext.WithIndent("  ")),
	}
}

// Add prints an element.
func (l *ListWriter[T]) Add(element T) error {
	text, err := json.Marshal(element, l.json)
	if err != nil {
		return err
	}
	before := ",\n  "
	if l.Count == 0 {
		before = "[\n  "
	}
	l.Count++
	_, _ = l.out.WriteString(before) // the next line returns the error
	_, err = l.out.Write(text)
	return err
}

// End prints the end of the array.
func (l *ListWriter[T]) End() error {
	end := "\n]\n"
	if l.Count == 0 {
		end = "[]\n"
	}
	_, _ = l.out.WriteString(end) // Flush returns the error
	return l.out.Flush()
}
