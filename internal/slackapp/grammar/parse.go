package grammar

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

// maxText is the maximum number of characters of a command.
const maxText = 1000

// A MistakeError describes a mistake in a command, for the person who typed it.
type MistakeError string

func (m MistakeError) Error() string { return string(m) }

// A Line is a command split into its parts.
type Line struct {
	Word   string // first word, folded; "" if there is none
	Rest   []Token
	Reason string // text after because
	Share  bool   // the answer is for everyone in the channel
}

// A Token is a word of a command, or a text in quotes.
type Token struct {
	Text   string
	Quoted bool // it is a name, even if it looks like a word
}

// Word returns the token as a word of the grammar, without the dashes of an option.
func (t Token) Word() string {
	return strings.TrimLeft(strings.ToLower(words.PlainDashes(t.Text)), "-")
}

// Is reports whether the token is one of words.
func (t Token) Is(words ...string) bool { return !t.Quoted && slices.Contains(words, t.Word()) }

// Span reports whether the token is a span of time, or looks like one.
func (t Token) Span() bool { return lookup.LikeSpan(t.spanWord()) }

// spanWord returns the word that may name a time span; "" for a token in quotes.
func (t Token) spanWord() string {
	if t.Quoted {
		return ""
	}
	return t.Word()
}

// metricWord returns the word that may name a metric; "" for a token in quotes.
func (t Token) metricWord() string {
	if t.Quoted {
		return ""
	}
	return strings.TrimLeft(t.Text, "-")
}

// by returns the ranking that the token names; "" if it names none.
func (t Token) by() string {
	by, ok := lookup.ParseBy(t.metricWord())
	if !ok {
		return ""
	}
	return by
}

// Special reports whether some command would read the token as something other than a name.
func (t Token) Special() bool {
	_, notNumber := strconv.Atoi(t.Word())
	return t.Span() || notNumber == nil || t.by() != "" ||
		t.Is("share", "because", "project", "fleet", "device", "route", "organization", "alert", "rule", "everything", "from", "for", "until")
}

// Parse splits a command. The case of words does not matter. A text in quotes is a name, even if it has blanks or looks like a word; the
// quotes may be curly, or backticks. Everything after the word because is a reason.
func Parse(text string) (Line, error) {
	if n := utf8.RuneCountInString(text); n > maxText {
		return Line{}, MistakeError("That is " + words.Number(n) + " characters" + " long; a command has at most " +
			words.Figure(maxText, "") + ".")
	}
	var l Line
	rest := unescape(text)
	for {
		t, after, ok, err := next(rest)
		switch {
		case err != nil:
			return Line{}, err
		case !ok:
			return l.named(), nil
		case t.Is("because"):
			return l.named().because(after), nil
		case t.Is("share"):
			l.Share = true
		default:
			l.Rest = append(l.Rest, t)
		}
		rest = after
	}
}

// named makes the first token the word of the command.
func (l Line) named() Line {
	if len(l.Rest) > 0 {
		l.Word, l.Rest = cmp.Or(l.Rest[0].Word(), l.Rest[0].Text), l.Rest[1:]
	}
	return l
}

// because sets the reason. A last word share is not part of it, nor are quotes around all of it.
func (l Line) because(reason string) Line {
	words := strings.Fields(reason)
	if last := len(words) - 1; last > 0 && (Token{Text: words[last]}).Is("share") {
		l.Share, words = true, words[:last]
	}
	l.Reason = quotedWhole.ReplaceAllString(strings.Join(words, " "), "$1")
	return l
}

// doubleQuotes are the quotes around names. Opening and closing quotes may differ.
const doubleQuotes = `"“”„‟«»`

// quotedWhole matches a text in quotes that contains none.
var quotedWhole = regexp.MustCompile(`^[` + doubleQuotes + `]([^` + doubleQuotes + `]*)[` + doubleQuotes + `]$`)

// next returns the first token of text and the text after it. ok is false if there is none.
func next(text string) (t Token, rest string, ok bool, err error) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	if text == "" {
		return Token{}, "", false, nil
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
		return Token{Text: text[:end]}, text[end:], true, nil
	}
	inside := text[size:]
	end := strings.IndexAny(inside, closing)
	if end < 0 {
		return Token{}, "", false, MistakeError("The quote before " + Quote(inside) + " is not closed.")
	}
	_, size = utf8.DecodeRuneInString(inside[end:])
	return Token{Text: strings.TrimSpace(inside[:end]), Quoted: true}, inside[end+size:], true, nil
}

// escape matches mentions and addresses as Slack sends them: <@U123|amy>, <https://example.com|example.com>.
var escape = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// unescape returns the typed text: mentions and addresses as people saw them, without characters that do not print.
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

// Quote quotes outside text in a sentence.
func Quote(text string) string {
	const shown = 80
	runes := []rune(text)
	if len(runes) > shown {
		text = string(runes[:shown-1]) + "…"
	}
	return `"` + text + `"`
}

// Joined returns the text of several tokens: a name may have blanks without quotes.
func Joined(tokens []Token) string {
	texts := make([]string, len(tokens))
	for i, t := range tokens {
		texts[i] = t.Text
	}
	return strings.Join(texts, " ")
}

// maxPlain is the maximum number of bytes of a name that can be typed as it is shown.
const maxPlain = 80

// Plain reports whether a name can be typed as it is shown.
func Plain(name string) bool {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == '`' || strings.ContainsRune(doubleQuotes, r) }
	return name != "" && strings.TrimSpace(name) == name && !strings.ContainsFunc(name, odd) && len(name) <= maxPlain
}

// Called returns a name as it is typed in a command: in quotes if it has blanks, or looks like a word.
func Called(name string) string {
	if t := (Token{Text: name}); strings.ContainsFunc(name, unicode.IsSpace) || t.Special() {
		return `"` + name + `"`
	}
	return name
}
