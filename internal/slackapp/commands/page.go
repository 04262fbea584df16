package commands

import (
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp"
	"notewatch/internal/words"
	"notewatch/notify"
)

// Limits of an answer in characters. Slack accepts no more than 12,000 in all blocks together.
const (
	maxBlocks  = 40
	maxSection = 2900
	maxPage    = 10_000
	maxPlain   = 2950 // of the text for notifications
	maxShown   = 80   // of a name
	maxSaid    = 300  // of longer outside text
)

// A page is an answer: paragraphs of lines of mrkdwn, none longer than a section.
type page struct {
	paragraphs []paragraph
	note       string // small print: the age of the data
}

type paragraph struct {
	lines []string
	code  bool // shown unchanged
}

// say adds a paragraph of the lines that are not empty.
func (p *page) say(lines ...string) {
	var filled []string
	for _, line := range lines {
		if line != "" {
			filled = append(filled, line)
		}
	}
	if len(filled) > 0 {
		p.paragraphs = append(p.paragraphs, paragraph{lines: filled})
	}
}

// show adds lines of outside text unchanged.
func (p *page) show(text string) {
	var lines []string
	for line := range strings.Lines(text) {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		lines = append(lines, strings.Repeat(" ", min(indent, maxShown))+slackapi.Mrkdwn(line, maxSaid))
	}
	p.paragraphs = append(p.paragraphs, paragraph{lines: lines, code: true})
}

// reply returns the page as a reply, within Slack's limits. What does not fit is counted.
func (p page) reply() slackapp.Reply {
	var r slackapp.Reply
	room, left := maxPage, 0
	var plain []string
	for _, paragraph := range p.paragraphs {
		if len(r.Blocks) > maxBlocks {
			room = 0
		}
		sections, missing := paragraph.sections(&room)
		left += missing
		for _, text := range sections {
			r.Blocks = append(r.Blocks, sectionBlock(text))
			plain = append(plain, text)
		}
	}
	if left > 0 {
		more := "… " + words.Count(left, "more line") + " that do not fit into this message"
		r.Blocks, plain = append(r.Blocks, sectionBlock(more)), append(plain, more)
	}
	if p.note != "" {
		r.Blocks, plain = append(r.Blocks, slack.NewContextBlock("", markdown(p.note))), append(plain, p.note)
	}
	r.Text = fallback(plain)
	return r
}

// sections joins the lines to texts for sections, as far as there is room, and returns the number of lines left.
func (p paragraph) sections(room *int) (texts []string, left int) {
	var text string
	flush := func() {
		if text != "" && p.code {
			text = "```\n" + text + "```"
		}
		if text != "" {
			texts = append(texts, strings.TrimSuffix(text, "\n"))
		}
		text = ""
	}
	for i, line := range p.lines {
		size := utf8.RuneCountInString(line) + 1
		if *room -= size; *room < 0 {
			left = len(p.lines) - i
			break
		}
		if utf8.RuneCountInString(text)+size > maxSection {
			flush()
		}
		text += line + "\n"
	}
	flush()
	return texts, left
}

// fallback joins as many of the texts as fit into a notification.
func fallback(texts []string) string {
	var b strings.Builder
	room := maxPlain
	for _, text := range texts {
		if room -= utf8.RuneCountInString(text) + 1; room < 0 {
			break
		}
		b.WriteString(text + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func sectionBlock(text string) slack.Block {
	return slack.NewSectionBlock(markdown(text), nil, nil, slack.SectionBlockOptionExpand(true))
}

func markdown(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

// name returns outside text for a line of mrkdwn.
func name(text string) string { return slackapi.Mrkdwn(text, maxShown) }

// linkTo returns the name of something for a line of mrkdwn, as a link if it has a page.
func linkTo(n notify.Named) string { return slackapi.Link(words.Name(n.Name, n.UID), n.URL) }
