package slackapi

import (
	"strings"
	"unicode/utf8"

	"notewatch/internal/words"
)

// MrkdwnEscapes escapes the only characters with which text could become a link, or a mention that pings people.
var MrkdwnEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Mrkdwn makes outside text fit for one line of Slack's mrkdwn, of at most limit characters after escaping: nothing in it becomes a link, a
// mention or a code block.
func Mrkdwn(text string, limit int) string {
	return Escape(strings.ReplaceAll(words.Clean(text, limit), "`", "'"), limit)
}

// Escape escapes clean text for Slack and cuts it to at most limit escaped characters, never within an escape.
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
		if length >= limit { // the last character is left for the mark of a cut
			break
		}
		b.WriteString(piece)
	}
	return b.String() + "…"
}

// urlEscapes escapes the characters that end a URL within a link, and &, which Slack requires escaped there.
var urlEscapes = strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", " ", "%20", "&", "&amp;")

// maxLinkName is the maximum number of characters of a name in a link.
const maxLinkName = 200

// Link returns a name in mrkdwn, as a link if address is that of a web page.
func Link(name, address string) string {
	name = Mrkdwn(name, maxLinkName)
	page := words.Page(address)
	if page == "" {
		return name
	}
	return "<" + urlEscapes.Replace(page) + "|" + name + ">"
}
