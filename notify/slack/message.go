package slack

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"notewatch/internal/slackapi"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// Limits in characters after escaping. Each is below Slack's own limit: 3,000 for a section, 2,000 for a field, about 13,000 for all blocks
// together. The text of an update has 4,000, perhaps bytes, which is how ours is counted.
const (
	maxText     = 3800
	maxTotal    = 11_000
	maxHeadline = 1900
	maxSection  = 2500
	maxDetail   = 2000
	maxAdvice   = 1500
	maxField    = 400
	maxName     = 200
)

// colors are the colours of the bar beside a message.
var colors = map[message.Tone]string{
	"critical":      "#d72b3f",
	"warning":       "#e8912d",
	"info":          "#2f7fd1",
	message.Good:    "#2e9e6b",
	message.Gone:    "#8a8a8a",
	message.Neutral: "#5b6b8c",
}

// A content is the content of a message. The text is for notifications, for screen readers and if Slack refuses the rest.
type content struct {
	text        string
	blocks      []slack.Block                 // the headline
	chart       *slack.DataVisualizationBlock // below the headline; nil if there is none
	buttons     *slack.ActionBlock            // below the chart, where Slack hides them least; nil if there are none
	attachments []slack.Attachment            // everything else, behind a coloured bar
	hidden      bool                          // some alerts are not shown
}

// layouts returns m and its replacements in case Slack refuses it: m without its chart, and its text alone.
func (m content) layouts() []content {
	plain := content{text: m.text}
	if m.chart == nil {
		return []content{m, plain}
	}
	bare := m
	bare.chart = nil
	return []content{m, bare, plain}
}

// blockSet returns the headline, the chart and the buttons.
func (m content) blockSet() []slack.Block {
	blocks := slices.Clip(m.blocks)
	if m.chart != nil {
		blocks = append(blocks, m.chart)
	}
	if m.buttons != nil {
		blocks = append(blocks, m.buttons)
	}
	return blocks
}

// parts are what a content consists of. Their texts are escaped, except plain.
type parts struct {
	tone     message.Tone
	headline string
	chart    *slack.DataVisualizationBlock
	fields   []string
	sections []string
	context  string
	hidden   bool
	plain    []string // the same as lines of text: a headline, optional lines, a line that identifies the alert
}

// newContent lays out alerts of n, all of them or those that changed. The mention, which may be "", is Slack's markup for notifying people.
func newContent(n notify.Notification, alerts []notify.Alert, mention string) content {
	var p parts
	if len(alerts) == 1 {
		p = cardParts(alerts[0], message.DescribeIn(n, alerts[0]))
	} else {
		p = listParts(message.DescribeList(n, alerts))
	}
	attachment := slack.Attachment{
		Color:    cmp.Or(colors[p.tone], colors[message.Gone]),
		Fallback: slackapi.Escape(p.plain[0], maxHeadline),
		Blocks:   slack.Blocks{BlockSet: p.body()},
	}
	return content{
		text:        message.JoinWords(mention, linesText(p.plain)),
		blocks:      []slack.Block{newSection(message.JoinWords(p.headline, mention))},
		chart:       p.chart,
		attachments: []slack.Attachment{attachment},
		hidden:      p.hidden,
	}
}

func (p parts) body() []slack.Block {
	var blocks []slack.Block
	if len(p.fields) > 0 {
		fields := make([]*slack.TextBlockObject, len(p.fields))
		for i, field := range p.fields {
			fields[i] = markdown(field)
		}
		blocks = append(blocks, slack.NewSectionBlock(nil, fields, nil))
	}
	for _, section := range p.sections {
		blocks = append(blocks, newSection(section))
	}
	if p.context == "" {
		return blocks
	}
	return append(blocks, slack.NewContextBlock("", markdown(p.context)))
}

// room returns the number of characters left for further sections.
func (p parts) room() int {
	room := maxTotal - utf8.RuneCountInString(p.headline) - utf8.RuneCountInString(p.context)
	if p.chart != nil {
		room -= maxChart
	}
	for _, text := range slices.Concat(p.fields, p.sections) {
		room -= utf8.RuneCountInString(text)
	}
	return room
}

func newSection(text string) slack.Block {
	return slack.NewSectionBlock(markdown(text), nil, nil)
}

// markdown returns a verbatim text object, in which Slack makes no links and mentions of its own.
func markdown(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

// cardParts lays out one alert.
func cardParts(a notify.Alert, c message.Card) parts {
	p := parts{tone: c.Tone, headline: headlineText(c.Word, c.Headline), chart: chartOf(a), plain: plainCard(c)}
	for _, f := range c.Facts() {
		p.fields = append(p.fields, fieldText(f))
	}
	if len(c.Detail) > 0 {
		p.sections = append(p.sections, slackapi.Escape(strings.Join(c.Detail, "\n"), maxDetail))
	}
	if c.Advice != "" {
		p.sections = append(p.sections, slackapi.Escape("→ "+c.Advice, maxAdvice))
	}
	if c.Runbook != "" {
		p.sections = append(p.sections, slackapi.Link("Runbook", c.Runbook))
	}
	var subject, project string
	if a.Subject != (notify.Named{}) {
		subject = link(a.Subject)
	}
	if c.Project != "" {
		project = "project " + link(a.Project)
	}
	p.context = words.Dotted(subject, slackapi.Escape(c.UID, maxName), project, slackapi.Escape(message.Labelled("rule ", c.Rule), maxName),
		slackapi.Escape(message.Labelled("alert ", c.ID), maxName), message.AsOf(c.AsOf))
	p.sections = append(bodySections(c.Body, p.room()), p.sections...)
	return p
}

// plainCard returns c as lines of text.
func plainCard(c message.Card) []string {
	lines := message.Filled(append([]string{c.Word + ": " + c.Headline, message.JoinFacts(c.Facts())}, c.Detail...))
	lines = append(lines, c.Body...) // empty lines of it are intended
	last := words.Dotted(c.UID, c.Project, message.Labelled("rule ", c.Rule), message.Labelled("alert ", c.ID), message.AsOf(c.AsOf))
	return append(lines, message.Filled([]string{message.Labelled("→ ", c.Advice), message.RunbookLine(c.Runbook), last})...)
}

func headlineText(word, text string) string {
	return "*" + slackapi.Escape(word, maxName) + "*  " + slackapi.Escape(text, maxHeadline)
}

func fieldText(f message.Fact) string {
	return "*" + slackapi.Escape(f.Label, maxName) + "*\n" + slackapi.Escape(f.Value, maxField)
}
