package slackapi

import (
	"strings"
	"unicode/utf8"

	"notewatch/internal/words"
)

// MrkdwnEscapes are the only characters with which text could become a link, or a mention that pings people.
var MrkdwnEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Mrkdwn makes outside text fit for one line of Slack's mrkdwn, of at most limit characters after escaping: nothing in it
// becomes a link, a mention or a code block.
func Mrkdwn(text string, limit int) string {
	return Escape(strings.ReplaceAll(words.Clean(text, limit), "`", "'"), limit)
}

// Escape escapes clean text for Slack and cuts it so that at most limit characters come out, never within an escape.
func Escape(s string, limit int) string {
	escaped := MrkdwnEscapes.Replace(s)
	if utf8.RuneCountInString(escaped) <= limit {
		return escaped
	}
	var b strings.Builder
	length := 0
	for _, r := range s {
		piece := MrkdwnEscapes.Replace(string(r))
		length += utf8.RuneCountInString(piece)
		if length >= limit { // the last character is for the mark
			break
		}
		b.WriteString(piece)
	}
	return b.String() + "…"
}

// urlEscapes are the characters that end a URL within a link, and &, which Slack wants escaped there.
var urlEscapes = strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", " ", "%20", "&", "&amp;")

// maxLinkName is how many characters of a name a link shows.
const maxLinkName = 200

// Link returns a name as it is shown in mrkdwn: as a link if address is that of a web page.
func Link(name, address string) string {
	name = Mrkdwn(name, maxLinkName)
	page := words.Page(address)
	if page == "" {
		return name
	}
	return "<" + urlEscapes.Replace(page) + "|" + name + ">"
}
