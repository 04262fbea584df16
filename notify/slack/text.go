package slack

import (
	"strings"
	"unicode/utf8"

	"notewatch/internal/slackapi"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// linesText joins lines to a text of at most maxText bytes. It leaves out whole lines, but neither the first nor the last, and replaces
// them with a mark.
func linesText(lines []string) string {
	first, last := slackapi.MrkdwnEscapes.Replace(lines[0]), slackapi.MrkdwnEscapes.Replace(lines[len(lines)-1])
	if len(lines) == 1 {
		return first
	}
	const mark = "\n…"
	text, room := first, maxText-len(first)-len(last)-len(mark)-1
	for _, line := range lines[1 : len(lines)-1] {
		line = "\n" + slackapi.MrkdwnEscapes.Replace(line)
		if room -= len(line); room < 0 {
			text += mark
			break
		}
		text += line
	}
	return text + "\n" + last
}

// packed joins lines to texts of at most limit characters. It does not split a line.
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

// bodySections returns sections of at most room characters in total that show lines unchanged, with their blanks. The last line counts what
// does not fit.
func bodySections(lines []string, room int) []string {
	const fence = "```"
	var shown []string
	for i, line := range lines {
		line = strings.ReplaceAll(slackapi.MrkdwnEscapes.Replace(line), "`", "'") // a fence would end the block
		if room -= utf8.RuneCountInString(line) + 1; room < maxName {
			shown = append(shown, "… "+words.Count(len(lines)-i, "more line"))
			break
		}
		shown = append(shown, line)
	}
	sections := packed(shown, maxSection-2*len(fence)-2)
	for i, section := range sections {
		sections[i] = fence + "\n" + section + "\n" + fence
	}
	return sections
}

// link returns the name of n, as a link if n has a page.
func link(n notify.Named) string { return slackapi.Link(message.NameOf(n), n.URL) }
