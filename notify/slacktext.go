package notify

import (
	"strings"
	"unicode/utf8"

	"notewatch/internal/words"
)

// mrkdwnEscapes are the only characters with which text could become a link, or a mention that pings people.
var mrkdwnEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// Mrkdwn makes outside text fit for one line of Slack's mrkdwn, of at most limit characters after escaping: nothing in it
// becomes a link, a mention or a code block.
func Mrkdwn(text string, limit int) string {
	return mrkdwn(strings.ReplaceAll(words.Clean(text, limit), "`", "'"), limit)
}

// MrkdwnLink returns the name of n for Slack's mrkdwn, as a link if n has a URL that can be one.
func MrkdwnLink(n Named) string { return strings.ReplaceAll(slackLink(n), "`", "'") }

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

// slackText is lines as one text of at most maxSlackText bytes. Lines are left out whole, neither the first nor the last,
// and a mark stands for them.
func slackText(lines []string) string {
	first, last := mrkdwnEscapes.Replace(lines[0]), mrkdwnEscapes.Replace(lines[len(lines)-1])
	if len(lines) == 1 {
		return first
	}
	const mark = "\n…"
	text, room := first, maxSlackText-len(first)-len(last)-len(mark)-1
	for _, line := range lines[1 : len(lines)-1] {
		line = "\n" + mrkdwnEscapes.Replace(line)
		if room -= len(line); room < 0 {
			text += mark
			break
		}
		text += line
	}
	return text + "\n" + last
}

// packed joins lines to texts of at most limit characters. A line is not split.
func packed(lines []string, limit int) []string {
	var texts []string
	room := 0
	for _, line := range lines {
		length := utf8.RuneCountInString(line) + 1
		if length > room || len(texts) == 0 {
			texts, room = append(texts, line), limit-length
			continue
		}
		texts[len(texts)-1] += "\n" + line
		room -= length
	}
	return texts
}

// slackBody is sections of at most room characters in all that show lines as written, blanks too. The last line counts
// what does not fit.
func slackBody(lines []string, room int) []string {
	const fence = "```"
	var shown []string
	for i, line := range lines {
		line = strings.ReplaceAll(mrkdwnEscapes.Replace(line), "`", "'") // a fence would end the block
		if room -= utf8.RuneCountInString(line) + 1; room < maxSlackName {
			shown = append(shown, "… "+words.Count(len(lines)-i, "more line"))
			break
		}
		shown = append(shown, line)
	}
	sections := packed(shown, maxSlackSection-2*len(fence)-2)
	for i, section := range sections {
		sections[i] = fence + "\n" + section + "\n" + fence
	}
	return sections
}

// slackURLEscapes are the characters that end a URL within a link, and &, which Slack wants escaped there.
var slackURLEscapes = strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", " ", "%20", "&", "&amp;")

// slackLink returns the name of n for people, as a link if n has a URL that can be one.
func slackLink(n Named) string {
	name := mrkdwn(nameOf(n), maxSlackName)
	page := words.Page(n.URL)
	if page == "" {
		return name
	}
	return "<" + slackURLEscapes.Replace(page) + "|" + name + ">"
}
