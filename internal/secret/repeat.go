package secret

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// Lengths in characters for finding a secret in a text: of a piece, and of secrets so short that words contain them by chance.
const (
	piece    = 12
	tooShort = 5
)

// In reports whether text repeats the secret or a piece of it that has 12 characters: in any case of letters, as it is, in base64 or
// hexadecimal digits, or with the escapes of URLs and JSON. Use it for text from outside that is about to be shown or stored, because the
// other side of a connection may repeat what it received. A secret of 5 characters or less is not searched for.
func (t Text) In(text string) bool {
	value := t.Reveal()
	if len(value) <= tooShort {
		return false
	}
	text = folded(text)
	for _, form := range forms(value) {
		size := min(piece, len(form))
		for at := range len(form) - size + 1 {
			if strings.Contains(text, form[at:at+size]) {
				return true
			}
		}
	}
	return false
}

// forms returns the ways in which others may write value, folded. Its base64 form depends on the number of bytes before it.
func forms(value string) []string {
	all := []string{folded(value), hex.EncodeToString([]byte(value))}
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + value))
		foreign := (before*8 + 5) / 6 // characters that do not depend on value alone; there may be one at the end
		all = append(all, folded(encoded[foreign:len(encoded)-1]))
	}
	return all
}

// escape matches a character in the escapes of URLs and JSON.
var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}|\\u00[0-9A-Fa-f]{2}`)

// folded returns text in a form that is the same for all ways to write it.
func folded(text string) string {
	text = escape.ReplaceAllStringFunc(text, func(escaped string) string {
		code, err := strconv.ParseUint(escaped[len(escaped)-2:], 16, 8)
		if err != nil {
			return escaped
		}
		return string([]byte{byte(code)})
	})
	return strings.NewReplacer(`\`, "", "-", "+", "_", "/").Replace(strings.ToLower(text))
}
