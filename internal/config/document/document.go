package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Bounds of a rules file. They are far above what people write and far below what would take long to read.
const (
	MaxBytes  = 1 << 20 // of the text
	maxDepth  = 32      // mappings and lists within each other
	maxValues = 50_000  // with every alias written out
)

// Parse reads one YAML document, with aliases and merge keys replaced by what they stand for.
func (s Source) Parse() (*yaml.Node, *Error) {
	if len(s.data) > MaxBytes {
		return nil, &Error{Line: 1, Column: 1, Message: "the file is larger than 1 MiB"}
	}
	if at := findNonText(s.data); at >= 0 {
		line, column := s.position(at)
		return nil, &Error{Line: line, Column: column, Message: "not plain text in UTF-8"}
	}
	loader, err := yaml.NewLoader(bytes.NewReader(s.data))
	if err != nil {
		return nil, s.syntaxProblem(err)
	}
	var first, second yaml.Node
	switch err := loader.Load(&first); {
	case errors.Is(err, io.EOF):
		return nil, &Error{Line: 1, Column: 1, Message: "the file is empty"}
	case err != nil:
		return nil, s.syntaxProblem(err)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return nil, &Error{Line: second.Line, Column: second.Column, Message: "a second document begins here",
			Hint: "a rules file is one document; remove the line ---"}
	case !errors.Is(err, io.EOF):
		return nil, s.syntaxProblem(err)
	}
	root := first.Content[0]
	e := expander{left: maxValues}
	if err := e.expand(root, 0); err != nil {
		return nil, err
	}
	return root, nil
}

// IsText reports whether YAML takes data as text: UTF-8 without control characters.
func IsText(data []byte) bool { return findNonText(data) < 0 }

// findNonText returns the offset of the first byte that YAML does not take as text, -1 if there is none.
func findNonText(data []byte) int {
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		control := unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' && r != '\u0085'
		mark := r == '\ufeff' && at > 0
		if r == utf8.RuneError && size == 1 || control || mark || r == '\ufffe' || r == '\uffff' {
			return at
		}
		at += size
	}
	return -1
}

// An expander replaces aliases. What several aliases stand for is shared, not copied, but counted as often as it
// stands somewhere, since reading the document takes time for each.
type expander struct{ left int }

func (e *expander) expand(n *yaml.Node, depth int) *Error {
	e.left--
	if e.left < 0 {
		return errorAt(n, fmt.Sprintf("more than %d values, aliases written out", maxValues))
	}
	if depth > maxDepth {
		return errorAt(n, fmt.Sprintf("more than %d mappings and lists within each other", maxDepth))
	}
	for i, child := range n.Content {
		for child.Kind == yaml.AliasNode {
			child = child.Alias
		}
		n.Content[i] = child
		if err := e.expand(child, depth+1); err != nil {
			return err
		}
	}
	if n.Kind == yaml.MappingNode {
		return merge(n)
	}
	return nil
}

// merge puts the pairs of the mappings under the key << beside the mapping's own pairs, which take precedence.
func merge(n *yaml.Node) *Error {
	own := make([]*yaml.Node, 0, len(n.Content))
	var sources []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, source := n.Content[i], n.Content[i+1]
		switch {
		case key.ShortTag() != "!!merge":
			own = append(own, key, source)
		case source.Kind == yaml.SequenceNode:
			sources = append(sources, source.Content...)
		default:
			sources = append(sources, source)
		}
	}
	if len(sources) == 0 {
		return nil
	}
	taken := map[string]bool{}
	for i := 0; i < len(own); i += 2 {
		taken[own[i].Value] = true
	}
	for _, source := range sources {
		if source.Kind != yaml.MappingNode {
			return errorAt(source, "want a mapping to merge")
		}
		for i := 0; i+1 < len(source.Content); i += 2 {
			if key := source.Content[i]; !taken[key.Value] {
				taken[key.Value] = true
				own = append(own, key, source.Content[i+1])
			}
		}
	}
	n.Content = own
	return nil
}

// An Error is why a text is not a document, and where.
type Error struct {
	Line, Column int // from 1; columns count characters
	Message      string
	Hint         string // how to fix it; may be ""
}

// Error returns the position and the message.
func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message) }

func errorAt(n *yaml.Node, message string) *Error {
	return &Error{Line: max(n.Line, 1), Column: max(n.Column, 1), Message: message}
}
