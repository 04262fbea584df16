package notify

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// mrkdwnEscapes are the only characters with which text could become a link, or a mention that pings people.
var mrkdwnEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// mrkdwn escapes clean text for Slack and cuts it so that at most limit characters come out, never within an escape.
func mrkdwn(s string, limit int) string {
	escaped := mrkdwnEscapes.Replace(s)
	if utf8.RuneCountInString(escaped) <= limit {
		return escaped
	}
	var b strings.Builder
	length := 0
	for _, r := range s {
		piece := mrkdwnEscapes.Replace(string(r))
		length += utf8.RuneCountInString(piece)
		if length >= limit { // the last character is for the mark
			break
		}
		b.WriteString(piece)
	}
	return b.String() + "…"
}

// maxSlackURL is the longest URL that is made a link.
const maxSlackURL = 500

// slackURLEscapes are the characters that end a URL within a link, and &, which Slack wants escaped there.
var slackURLEscapes = strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", " ", "%20", "&", "&amp;")

// slackLink returns the name of n for people, as a link if n has a URL that can be one.
func slackLink(n Named) string {
	name := mrkdwn(nameOf(n), maxSlackName)
	u, err := url.Parse(n.URL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || clean(n.URL, maxSlackURL) != n.URL {
		return name
	}
	return "<" + slackURLEscapes.Replace(n.URL) + "|" + name + ">"
}
