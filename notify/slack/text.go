package notify

import (
	"strings"
	"unicode/utf8"

	"notewatch/internal/words"
)

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

// slackLink returns the name of n, as a link if n has a page.
func slackLink(n Named) string { return MrkdwnLink(nameOf(n), n.URL) }
