package notehub

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/bits"
	"strconv"
)

// literal reads word if it comes next.
func (s *scanner) literal(word string) bool {
	if s.peek() != word[0] {
		return false
	}
	for s.end-s.pos < len(word) {
		if !s.fill() {
			s.outOfInput()
			return false
		}
	}
	if string(s.buf[s.pos:s.pos+len(word)]) != word {
		s.fail("want %s at byte %d", word, s.offset())
		return false
	}
	s.pos += len(word)
	return true
}

// null reads null if it comes next.
func (s *scanner) null() bool { return s.peek() == 'n' && s.literal("null") }

// boolean reads true, false or null, which is false.
func (s *scanner) boolean() bool {
	switch s.peek() {
	case 't':
		return s.literal("true")
	case 'f':
		s.literal("false")
	default:
		if !s.null() {
			s.unexpected("true or false")
		}
	}
	return false
}

// text reads a string, which is valid until the next read.
func (s *scanner) text() []byte {
	if s.peek() != '"' {
		s.unexpected("a string")
		return nil
	}
	for n := 1; ; {
		n += plain(s.buf[s.pos+n : s.end])
		if s.pos+n == s.end {
			if !s.fill() {
				s.outOfInput()
				return nil
			}
			continue
		}
		switch c := s.buf[s.pos+n]; {
		case c == '"':
			text := s.buf[s.pos+1 : s.pos+n]
			s.pos += n + 1
			return text
		case c < ' ':
			s.fail("a string holds the control character %q", c)
			return nil
		default:
			return s.quoted()
		}
	}
}

// plain returns the number of bytes at the start of text that need no decoding in a JSON string and do not end it. It tests eight bytes at
// once: each expression sets at least the highest bit of the first byte that it looks for.
func plain(text []byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(text)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(text[n:])
		quote, backslash := w^ones*'"', w^ones*'\\'
		control := w - ones*' '
		found := (w | control&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & high
		if found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for ; n < len(text); n++ {
		if c := text[n]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 {
			break
		}
	}
	return n
}

// quoted reads a string that has escapes or is not ASCII.
func (s *scanner) quoted() []byte {
	escaped := false
	for i := s.pos + 1; ; i++ {
		if i == s.end {
			i -= s.pos
			if !s.fill() {
				s.outOfInput()
				return nil
			}
			i += s.pos
		}
		switch {
		case escaped:
			escaped = false
		case s.buf[i] == '\\':
			escaped = true
		case s.buf[i] == '"':
			var text string
			if json.Unmarshal(s.buf[s.pos:i+1], &text) != nil {
				s.fail("a string before byte %d is not JSON", s.before+int64(i))
				return nil
			}
			s.pos = i + 1
			s.unquoted = append(s.unquoted[:0], text...)
			return s.unquoted
		}
	}
}

// number reads a possible number, which is valid until the next read.
func (s *scanner) number() []byte {
	s.peek()
	for i := s.pos; ; i++ {
		if i == s.end {
			i -= s.pos
			if !s.fill() && (i == 0 || s.failed) {
				s.outOfInput()
				return nil
			}
			i += s.pos
		}
		if i < s.end {
			if c := s.buf[i]; '0' <= c && c <= '9' || c == '-' || c == '.' || c == '+' || c == 'e' || c == 'E' {
				continue
			}
		}
		number := s.buf[s.pos:i]
		s.pos = i
		return number
	}
}

// count reads a number or null. A number that is not whole is not known and marked as invalid: the rest of the answer is still valid.
func (s *scanner) count() Count {
	first := s.peek()
	if first == 'n' {
		s.literal("null")
		return Count{}
	}
	if first != '-' && (first < '0' || first > '9') {
		s.unexpected("a whole number")
		return Count{}
	}
	number := s.number()
	n, ok := wholeNumber(number)
	if ok {
		return Count{N: n, Known: true}
	}
	c, ok := countOf(number)
	if !ok {
		s.fail("want a whole number, got %.40s", number)
	}
	return c
}

// wholeNumber reads an integer as JSON writes it.
func wholeNumber(text []byte) (int64, bool) {
	if len(text) == 0 || len(text) > 18 || text[0] == '0' && len(text) > 1 || text[0] == '-' {
		n, err := strconv.ParseInt(string(text), 10, 64)
		return n, err == nil && json.Valid(text)
	}
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// float reads a number or null, which is NaN.
func (s *scanner) float() float64 {
	if s.null() {
		return math.NaN()
	}
	if c := s.peek(); c != '-' && (c < '0' || c > '9') {
		s.unexpected("a number")
		return 0
	}
	number := s.number()
	f, err := strconv.ParseFloat(string(number), 64)
	if err != nil || !json.Valid(number) {
		s.fail("want a number, got %.40s", number)
	}
	return f
}

// skip reads a value and discards it.
func (s *scanner) skip() {
	switch s.peek() {
	case '{':
		for range s.fields {
			s.skip()
		}
	case '[':
		for range s.elements {
			s.skip()
		}
	case '"':
		s.skipText()
	case 't', 'f':
		s.boolean()
	case 'n':
		s.null()
	default:
		if c := s.peek(); c != '-' && (c < '0' || c > '9') {
			s.unexpected("a value")
		} else if number := s.number(); !json.Valid(number) {
			s.fail("want a number, got %.40s", number)
		}
	}
}

// skipText reads a string of any length and discards it.
func (s *scanner) skipText() {
	const hexDigits = 4
	escaped, hex := false, 0
	for s.pos++; ; s.pos++ {
		if s.pos == s.end && !s.fill() {
			s.outOfInput()
			return
		}
		c := s.buf[s.pos]
		switch {
		case hex > 0 && isHex(c):
			hex--
		case hex > 0, c < ' ', escaped && !isEscape(c):
			s.fail("a string is not JSON at byte %d", s.offset())
			return
		case escaped:
			escaped = false
			if c == 'u' {
				hex = hexDigits
			}
		case c == '\\':
			escaped = true
		case c == '"':
			s.pos++
			return
		}
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isEscape(c byte) bool {
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't', 'u':
		return true
	}
	return false
}
