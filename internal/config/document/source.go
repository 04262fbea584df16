package document

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A Source is the text of a document with where its lines begin. Lines end as YAML has it.
type Source struct {
	data  []byte
	lines []int // offset of the first byte of each line
}

// New returns the source of a text.
func New(data []byte) Source {
	lines := []int{0}
	if size := len(ByteOrderMark); len(data) >= size && string(data[:size]) == ByteOrderMark {
		lines[0] = size
	}
	for at := lines[0]; at < len(data); {
		size := breakSize(data, at)
		at += max(size, 1)
		if size > 0 {
			lines = append(lines, at)
		}
	}
	return Source{data, lines}
}

// ByteOrderMark may stand before the first line and is not of it.
const ByteOrderMark = "\ufeff"

// breakSize returns how many bytes the line break at an offset takes, 0 if there is none.
func breakSize(data []byte, at int) int {
	switch rest := data[at:]; {
	case len(rest) >= 2 && rest[0] == '\r' && rest[1] == '\n':
		return 2
	case len(rest) >= 1 && (rest[0] == '\n' || rest[0] == '\r'):
		return 1
	case len(rest) >= 2 && rest[0] == 0xc2 && rest[1] == 0x85: // next line
		return 2
	case len(rest) >= 3 && rest[0] == 0xe2 && rest[1] == 0x80 && rest[2]|1 == 0xa9: // line or paragraph separator
		return 3
	}
	return 0
}

// Begins reports whether the raw text of n, behind no anchor or tag, begins with prefix.
func (s Source) Begins(n *yaml.Node, prefix string) bool {
	at, ok := s.offset(n.Line, n.Column)
	return ok && bytes.HasPrefix(s.data[at:], []byte(prefix))
}

// position returns the line and column, from 1, of the byte at an offset. Columns count characters.
func (s Source) position(at int) (line, column int) {
	line = max(sort.SearchInts(s.lines, at+1), 1)
	begin := min(s.lines[line-1], at)
	return line, utf8.RuneCount(s.data[begin:at]) + 1
}

// offset is the inverse of position.
func (s Source) offset(line, column int) (at int, ok bool) {
	if line < 1 || line > len(s.lines) {
		return 0, false
	}
	at = s.lines[line-1]
	for range column - 1 {
		if at >= len(s.data) {
			return 0, false
		}
		_, size := utf8.DecodeRune(s.data[at:])
		at += size
	}
	return at, true
}

// line returns a line, from 1, without its end; "" when there is none.
func (s Source) line(number int) string {
	if number < 1 || number > len(s.lines) {
		return ""
	}
	begin, end := s.lines[number-1], s.lines[number-1]
	for end < len(s.data) && breakSize(s.data, end) == 0 {
		end++
	}
	return string(s.data[begin:end])
}
