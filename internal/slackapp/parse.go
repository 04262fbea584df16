package slackapp

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"notewatch/internal/lookup"
	"notewatch/internal/words"
)

// maxText is how many characters a command may have.
const maxText = 1000

// A mistakeError is what is wrong with a command, in words for whoever typed it.
type mistakeError string

func (m mistakeError) Error() string { return string(m) }

// A line is a command taken apart.
type line struct {
	word   string // what is asked for, folded; "" is nothing
	rest   []token
	reason string // what follows because
	share  bool   // the answer is for everybody in the channel
}

// A token is a piece of a command: a word, or what stands in quotes.
type token struct {
	text   string
	quoted bool // it is a name, whatever it looks like
}

// word is the token as a word of the grammar, without the dashes of an option.
func (t token) word() string {
	return strings.TrimLeft(strings.ToLower(words.PlainDashes(t.text)), "-")
}

// is reports whether the token is one of some words.
func (t token) is(words ...string) bool { return !t.quoted && slices.Contains(words, t.word()) }

// span reports whether the token is a span of time, or meant as one.
func (t token) span() bool {
	return !t.quoted && lookup.LikeSpan(t.word())
}

// special reports whether the token would be taken for something other than a name in some command.
func (t token) special() bool {
	_, notNumber := strconv.Atoi(t.word())
	return t.span() || notNumber == nil || t.is(lookup.By()...) ||
		t.is("share", "because", "project", "fleet", "device", "alert", "rule", "everything", "for", "until")
}

// parse takes a command apart. Words are read whatever their case. What stands in quotes is a name, also if it has blanks or
// is like a word; the quotes may be curly, or backticks. All that follows the word because is a reason.
func parse(text string) (line, error) {
	if n := utf8.RuneCountInString(text); n > maxText {
		return line{}, mistakeError("That is " + words.Number(n) + " characters" + " long; a command has at most " +
			words.Figure(maxText, "") + ".")
	}
	var l line
	rest := unescape(text)
	for {
		t, after, ok, err := next(rest)
		switch {
		case err != nil:
			return line{}, err
		case !ok:
			return l.named(), nil
		case t.is("because"):
			return l.named().because(after), nil
		case t.is("share"):
			l.share = true
		default:
			l.rest = append(l.rest, t)
		}
		rest = after
	}
}

// named makes the first token the word that is asked for.
func (l line) named() line {
	if len(l.rest) > 0 {
		l.word, l.rest = cmp.Or(l.rest[0].word(), l.rest[0].text), l.rest[1:]
	}
	return l
}

// because sets the reason. A last word share is taken for what it is, and quotes around it all are not part of it.
func (l line) because(reason string) line {
	words := strings.Fields(reason)
	if last := len(words) - 1; last > 0 && (token{text: words[last]}).is("share") {
		l.share, words = true, words[:last]
	}
	l.reason = quotedWhole.ReplaceAllString(strings.Join(words, " "), "$1")
	return l
}

// doubleQuotes are those that names may stand in. What opens with one may close with another.
const doubleQuotes = `"“”„‟«»`

// quotedWhole matches what stands in quotes and holds none.
var quotedWhole = regexp.MustCompile(`^[` + doubleQuotes + `]([^` + doubleQuotes + `]*)[` + doubleQuotes + `]$`)

// next returns the first token of text and what follows it. ok is false if there is none.
func next(text string) (t token, rest string, ok bool, err error) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	if text == "" {
		return token{}, "", false, nil
	}
	first, size := utf8.DecodeRuneInString(text)
	var closing string
	switch {
	case first == '`':
		closing = "`"
	case strings.ContainsRune(doubleQuotes, first):
		closing = doubleQuotes
	default:
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		return token{text: text[:end]}, text[end:], true, nil
	}
	inside := text[size:]
	end := strings.IndexAny(inside, closing)
	if end < 0 {
		return token{}, "", false, mistakeError("The quote before " + quote(inside) + " is not closed.")
	}
	_, size = utf8.DecodeRuneInString(inside[end:])
	return token{text: strings.TrimSpace(inside[:end]), quoted: true}, inside[end+size:], true, nil
}

// escape matches what Slack makes of mentions and addresses: <@U123|amy>, <https://example.com|example.com>.
var escape = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// unescape returns what was typed: of mentions and addresses what people saw, and nothing that does not print.
func unescape(text string) string {
	text = escape.ReplaceAllStringFunc(strings.ToValidUTF8(text, "\uFFFD"), func(s string) string {
		parts := escape.FindStringSubmatch(s)
		if parts[2] != "" {
			return parts[2]
		}
		return parts[1]
	})
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, unescaper.Replace(text))
}

// quote shows outside text in words for people.
func quote(text string) string {
	const shown = 80
	runes := []rune(text)
	if len(runes) > shown {
		text = string(runes[:shown-1]) + "…"
	}
	return `"` + text + `"`
}

// joined is the text of several tokens: a name may have blanks without standing in quotes.
func joined(tokens []token) string {
	texts := make([]string, len(tokens))
	for i, t := range tokens {
		texts[i] = t.text
	}
	return strings.Join(texts, " ")
}
