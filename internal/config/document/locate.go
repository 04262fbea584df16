package document

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Locate returns the position of the text from which the byte at an offset of the value of n was decoded. YAML reports only where a scalar
// begins, and its folding, escapes and indentation separate the value from the source. So the raw scalar is decoded again beside its value.
// If they do not agree, the position is the start of the scalar.
func (s Source) Locate(n *yaml.Node, offset int) (line, column int) {
	start, ok := s.offset(n.Line, n.Column)
	if !ok || offset < 0 {
		return n.Line, n.Column
	}
	a := aligner{data: s.data, at: start, want: n.Value}
	a.skipProperties()
	if !a.scalar(n.Style) {
		return n.Line, n.Column
	}
	if offset >= len(a.from) {
		return s.position(a.end)
	}
	return s.position(a.from[offset])
}

// An aligner decodes a raw scalar and records where each byte of the value comes from. It stops if the raw text does not decode to the
// wanted value, which also shows it where the scalar ends.
type aligner struct {
	data   []byte
	at     int // the next byte of data
	want   string
	from   []int // where each byte of want comes from, as far as decoded
	end    int   // behind what was decoded last
	differ bool
}

// more reports whether there is something left to decode.
func (a *aligner) more() bool { return !a.differ && len(a.from) < len(a.want) && a.at < len(a.data) }

// emit notes that text was decoded from size bytes at an offset.
func (a *aligner) emit(text string, at, size int) {
	if a.differ = a.differ || !strings.HasPrefix(a.want[len(a.from):], text); a.differ {
		return
	}
	for range len(text) {
		a.from = append(a.from, at)
	}
	a.end = at + size
}

// emitRune decodes the next character as itself.
func (a *aligner) emitRune() {
	_, size := utf8.DecodeRune(a.data[a.at:])
	a.emit(string(a.data[a.at:a.at+size]), a.at, size)
	a.at += size
}

func (a *aligner) peek(ahead int) byte {
	if a.at+ahead >= len(a.data) {
		return 0
	}
	return a.data[a.at+ahead]
}

func (a *aligner) isBlank() bool { return a.peek(0) == ' ' || a.peek(0) == '\t' }

func (a *aligner) skipBlanks() {
	for a.isBlank() {
		a.at++
	}
}

// skipProperties passes over an anchor and a tag before the scalar, which itself begins with neither sign.
func (a *aligner) skipProperties() {
	for a.peek(0) == '&' || a.peek(0) == '!' {
		for a.at < len(a.data) && !a.isBlank() && breakSize(a.data, a.at) == 0 {
			a.at++
		}
		for a.isBlank() || breakSize(a.data, a.at) > 0 {
			a.at++
		}
	}
}

// scalar decodes a scalar of a style and reports whether it gave the value wanted.
func (a *aligner) scalar(style yaml.Style) bool {
	a.end = a.at
	switch {
	case style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		a.block(style&yaml.FoldedStyle != 0)
	case style&yaml.SingleQuotedStyle != 0:
		a.flow('\'')
	case style&yaml.DoubleQuotedStyle != 0:
		a.flow('"')
	default:
		a.flow(0)
	}
	return !a.differ && len(a.from) == len(a.want)
}

// flow decodes a plain or quoted scalar.
func (a *aligner) flow(quote byte) {
	if quote != 0 {
		a.at++
	}
	for a.more() {
		c := a.peek(0)
		switch {
		case a.isBlank() || breakSize(a.data, a.at) > 0:
			a.fold()
		case quote == '\'' && c == '\'':
			a.emit("'", a.at, 2)
			a.at += 2
		case quote == '"' && c == '\\':
			a.escape()
		default:
			a.emitRune()
		}
	}
}

// fold decodes white space within a flow scalar. With a line break in it, blanks around are nothing, one break is a
// space and more are one newline fewer.
func (a *aligner) fold() {
	begin := a.at
	a.skipBlanks()
	if breakSize(a.data, a.at) == 0 {
		end := a.at
		for a.at = begin; a.at < end; {
			a.emitRune()
		}
		return
	}
	first, size := a.at, breakSize(a.data, a.at)
	a.at += size
	if a.emptyLines() == 0 {
		a.emit(" ", first, size)
	}
}

// emptyLines decodes the blanks and line breaks that follow a line break, each break as a newline, and counts them.
func (a *aligner) emptyLines() (count int) {
	for {
		a.skipBlanks()
		size := breakSize(a.data, a.at)
		if size == 0 {
			return count
		}
		count++
		a.emit("\n", a.at, size)
		a.at += size
	}
}

// escapes are the escapes of one letter in double quotes.
var escapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b",
	' ': " ", '"': `"`, '/': "/", '\\': `\`, 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// escapeDigits are the hexadecimal digits of the escapes that give a code point.
var escapeDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// escape decodes a backslash in double quotes and what follows.
func (a *aligner) escape() {
	start, letter := a.at, a.peek(1)
	a.at++
	if size := breakSize(a.data, a.at); size > 0 {
		a.at += size
		a.emptyLines()
		return
	}
	text, simple := escapes[letter]
	digits := escapeDigits[letter]
	a.at = min(a.at+1+digits, len(a.data))
	if !simple {
		code, err := strconv.ParseUint(string(a.data[a.at-digits:a.at]), 16, 32)
		if err != nil {
			a.differ = true
			return
		}
		text = string(rune(code))
	}
	a.emit(text, start, a.at-start)
}

// block decodes a literal or folded scalar. Its indentation is that of its first line unless the header says otherwise,
// which it does relative to something not known here; then the indentation that gives the value wanted is the right one.
func (a *aligner) block(folded bool) {
	for a.at < len(a.data) && breakSize(a.data, a.at) == 0 {
		a.at++
	}
	a.at += breakSize(a.data, a.at)
	first := *a
	for indent := min(first.indentation(), maxIndent); indent >= 0; indent-- {
		*a = first
		a.lines(indent, folded)
		if !a.differ && len(a.from) == len(a.want) {
			return
		}
	}
}

const maxIndent = 64

// indentation returns the spaces before the first line that has more than spaces, or before a longer one above it.
func (a aligner) indentation() (indent int) {
	for {
		begin := a.at
		for a.peek(0) == ' ' {
			a.at++
		}
		indent = max(indent, a.at-begin)
		size := breakSize(a.data, a.at)
		if size == 0 {
			return indent
		}
		a.at += size
	}
}

// lines decodes the lines of a block scalar. Between two lines that do not begin with a blank, a folded one has a space
// for a single line break, and one newline fewer than there are breaks otherwise.
func (a *aligner) lines(indent int, folded bool) {
	breaks, within := a.emptyBlockLines(indent, nil)
	for afterBlank := true; within && a.more(); {
		blank := a.isBlank()
		switch {
		case !folded || afterBlank || blank:
			a.emitNewlines(breaks)
		case len(breaks) == 1:
			a.emit(" ", breaks[0], 1)
		default:
			a.emitNewlines(breaks[1:])
		}
		for a.more() && breakSize(a.data, a.at) == 0 {
			a.emitRune()
		}
		breaks, within = a.endBlockLine(indent)
		afterBlank = blank
	}
	a.emitNewlines(breaks[:min(len(breaks), len(a.want)-len(a.from))])
}

// endBlockLine passes over the break at the end of a line and the empty lines after it.
func (a *aligner) endBlockLine(indent int) (breaks []int, within bool) {
	size := breakSize(a.data, a.at)
	if size == 0 {
		return nil, false
	}
	a.at += size
	return a.emptyBlockLines(indent, []int{a.at - size})
}

// emptyBlockLines passes over empty lines and the indentation of the line after them. It returns breaks with the
// offsets of theirs, and whether that line is within the scalar.
func (a *aligner) emptyBlockLines(indent int, breaks []int) (_ []int, within bool) {
	for {
		spaces := 0
		for spaces < indent && a.peek(0) == ' ' {
			a.at++
			spaces++
		}
		size := breakSize(a.data, a.at)
		if size == 0 {
			return breaks, spaces == indent && a.at < len(a.data)
		}
		breaks = append(breaks, a.at)
		a.at += size
	}
}

func (a *aligner) emitNewlines(breaks []int) {
	for _, at := range breaks {
		a.emit("\n", at, breakSize(a.data, at))
	}
}
