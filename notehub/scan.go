package notehub

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	windowSize = 64 << 10 // bytes; the longest string or number that can be read
	maxDepth   = 1000     // nested objects and lists
)

// A scanner reads JSON from a stream through a window of fixed size. It supports only what a few row types need, and is therefore faster
// than jsontext.Decoder: BenchmarkDecodeEvents compares them.
//
// The first failure is kept: after it every method returns at once with a zero value, and loops over fields and elements end. So decoders
// read straight down and check for a failure only once, at their end.
type scanner struct {
	src      io.Reader
	buf      []byte // buf[pos:end] has arrived and is unread
	pos, end int
	before   int64 // bytes of the stream before buf
	srcErr   error // error at the end of src
	depth    int

	name      []byte // of the innermost field read last; in buf, or moved to nameSpace
	nameSpace []byte
	unquoted  []byte // last string with escapes
	row       int    // current row, from 1; 0 outside of rows

	failed  bool
	problem string // error in the answer
	broken  error  // error that ended the reading
	stopped error  // error of the receiver of rows
}

// offset returns the number of bytes read.
func (s *scanner) offset() int64 { return s.before + int64(s.pos) }

// halt stops all reading. Nothing is left to read, so no method needs to check for a failure.
func (s *scanner) halt() {
	s.failed = true
	s.before, s.pos, s.end = s.offset(), 0, 0
	s.srcErr = io.EOF
}

// fail records an error in the answer with its place.
func (s *scanner) fail(format string, args ...any) {
	if s.failed {
		return
	}
	s.problem = fmt.Sprintf(format, args...)
	if len(s.name) > 0 {
		s.problem = fmt.Sprintf("field %q: %s", s.name, s.problem)
	}
	if s.row > 0 {
		s.problem = fmt.Sprintf("row %d: %s", s.row, s.problem)
	}
	s.halt()
}

// stop ends reading with an error of the receiver of rows.
func (s *scanner) stop(err error) {
	if s.failed || err == nil {
		return
	}
	s.stopped = err
	s.halt()
}

// outOfInput fails because the stream has ended in the middle of a value.
func (s *scanner) outOfInput() {
	switch {
	case s.failed:
	case errors.Is(s.srcErr, io.EOF), errors.Is(s.srcErr, io.ErrUnexpectedEOF):
		s.fail("it ends in the middle, after %d bytes", s.before+int64(s.end))
	case errors.Is(s.srcErr, errTooLong):
		s.fail("it is longer than %d bytes", s.before+int64(s.end))
	default:
		s.pos = s.end
		s.broken = s.srcErr
		s.halt()
	}
}

// fill moves the unread bytes to the front of the window and reads more. It reports whether there were more.
func (s *scanner) fill() bool {
	if s.srcErr != nil {
		return false
	}
	s.nameSpace = append(s.nameSpace[:0], s.name...)
	s.name = s.nameSpace
	copy(s.buf, s.buf[s.pos:s.end])
	s.before += int64(s.pos)
	s.pos, s.end = 0, s.end-s.pos
	if s.end == len(s.buf) {
		s.fail("a string or number is longer than %d bytes", len(s.buf))
		return false
	}
	for range 100 {
		n, err := s.src.Read(s.buf[s.end:])
		s.end += n
		s.srcErr = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.srcErr = io.ErrNoProgress
	return false
}

// space skips white space and reports whether anything follows.
func (s *scanner) space() bool {
	for {
		for ; s.pos < s.end; s.pos++ {
			switch s.buf[s.pos] {
			case ' ', '\t', '\r', '\n':
			default:
				return true
			}
		}
		if !s.fill() {
			return false
		}
	}
}

// peek returns the next byte, or 0 after a failure.
func (s *scanner) peek() byte {
	if s.pos < s.end && s.buf[s.pos] > ' ' {
		return s.buf[s.pos]
	}
	return s.peekFar()
}

func (s *scanner) peekFar() byte {
	if !s.space() {
		s.outOfInput()
		return 0
	}
	return s.buf[s.pos]
}

// take reads c if it comes next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// unexpected fails because the next value is not the expected one.
func (s *scanner) unexpected(want string) {
	var got string
	switch c := s.peek(); c {
	case '{':
		got = "an object"
	case '[':
		got = "a list"
	case '"':
		got = "a string"
	case 't', 'f':
		got = "true or false"
	case 'n':
		got = "null"
	default:
		got = strconv.QuoteRuneToASCII(rune(c))
		if c == '-' || '0' <= c && c <= '9' {
			got = "a number"
		}
	}
	s.fail("want %s, got %s at byte %d", want, got, s.offset())
}

// finish fails if anything but white space is left.
func (s *scanner) finish() {
	if s.space() {
		s.fail("something follows its end at byte %d", s.offset())
	} else if !errors.Is(s.srcErr, io.EOF) {
		s.outOfInput()
	}
}

func (s *scanner) open(c byte, want string) bool {
	if !s.take(c) {
		s.unexpected(want)
		return false
	}
	if s.depth++; s.depth > maxDepth {
		s.fail("values are nested more than %d deep", maxDepth)
		return false
	}
	return true
}

// fields reads an object and yields the name of each field, whose value the loop must read. The name is valid only until then.
func (s *scanner) fields(yield func(name []byte) bool) {
	if !s.open('{', "an object") {
		return
	}
	defer s.leave()
	s.name = nil
	if s.take('}') {
		return
	}
	for {
		s.unquoted = s.unquoted[:0]
		s.name = s.text()
		if len(s.unquoted) > 0 { // the value may need that space before an error needs the name
			s.nameSpace, s.unquoted = s.unquoted, s.nameSpace
		}
		if !s.take(':') {
			s.unexpected("a colon")
			return
		}
		if !yield(s.name) || s.failed {
			return
		}
		s.name = nil
		if !s.take(',') {
			break
		}
	}
	if !s.take('}') {
		s.unexpected("a comma or the end of an object")
	}
}

// leave leaves an object or list.
func (s *scanner) leave() {
	s.depth--
	s.name = nil
}

// elements reads a list and yields before each element, which the loop must read.
func (s *scanner) elements(yield func() bool) {
	if !s.open('[', "a list") {
		return
	}
	defer s.leave()
	if s.take(']') {
		return
	}
	for {
		if !yield() || s.failed {
			return
		}
		if !s.take(',') {
			break
		}
	}
	if !s.take(']') {
		s.unexpected("a comma or the end of a list")
	}
}
