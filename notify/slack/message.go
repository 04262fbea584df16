package notify

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"notewatch/internal/words"
)

// What Slack takes, in characters after escaping. Each is below Slack's own limit: 3,000 a section, 2,000 a field, about
// 13,000 all blocks together. The text of an update has 4,000, perhaps bytes, which is how ours is counted.
const (
	maxSlackText     = 3800
	maxSlackTotal    = 11_000
	maxSlackHeadline = 1900
	maxSlackSection  = 2500
	maxSlackDetail   = 2000
	maxSlackAdvice   = 1500
	maxSlackField    = 400
	maxSlackName     = 200
)

// slackColors are the colours of the bar beside a message.
var slackColors = map[tone]string{
	"critical": "#d72b3f",
	"warning":  "#e8912d",
	"info":     "#2f7fd1",
	good:       "#2e9e6b",
	gone:       "#8a8a8a",
	neutral:    "#5b6b8c",
}

// A slackMessage is what Slack shows. The text is for notifications, screen readers and for when Slack refuses the rest.
type slackMessage struct {
	text        string
	blocks      []slack.Block                 // the headline
	chart       *slack.DataVisualizationBlock // below it; nil is none
	buttons     *slack.ActionBlock            // below that, where Slack hides them least; nil is none
	attachments []slack.Attachment            // all else, behind a coloured bar
	hidden      bool                          // some alerts are not shown
}

// layouts are m and what to send in its place, in turn, when Slack refuses it: m without its chart, and its text alone.
func (m slackMessage) layouts() []slackMessage {
	plain := slackMessage{text: m.text}
	if m.chart == nil {
		return []slackMessage{m, plain}
	}
	bare := m
	bare.chart = nil
	return []slackMessage{m, bare, plain}
}

// blockSet is the headline, the chart and the buttons.
func (m slackMessage) blockSet() []slack.Block {
	blocks := slices.Clip(m.blocks)
	if m.chart != nil {
		blocks = append(blocks, m.chart)
	}
	if m.buttons != nil {
		blocks = append(blocks, m.buttons)
	}
	return blocks
}

// A slackLayout is what a slackMessage is built of. Its texts are escaped, except plain.
type slackLayout struct {
	tone     tone
	headline string
	chart    *slack.DataVisualizationBlock
	fields   []string
	sections []string
	context  string
	hidden   bool
	plain    []string // the same as lines of text: a headline, what may be left out, a line that tells which alert it is
}

// newSlackMessage shows some alerts of n, all of them or those that changed. The mention, which may be "", is Slack's markup
// and calls people.
func newSlackMessage(n Notification, alerts []Alert, mention string) slackMessage {
	var layout slackLayout
	if len(alerts) == 1 {
		layout = slackCard(alerts[0], describeIn(n, alerts[0]))
	} else {
		layout = slackList(describeList(n, alerts))
	}
	attachment := slack.Attachment{
		Color:    cmp.Or(slackColors[layout.tone], slackColors[gone]),
		Fallback: mrkdwn(layout.plain[0], maxSlackHeadline),
		Blocks:   slack.Blocks{BlockSet: layout.body()},
	}
	return slackMessage{
		text:        joinWords(mention, slackText(layout.plain)),
		blocks:      []slack.Block{slackSection(joinWords(layout.headline, mention))},
		chart:       layout.chart,
		attachments: []slack.Attachment{attachment},
		hidden:      layout.hidden,
	}
}

func (l slackLayout) body() []slack.Block {
	var blocks []slack.Block
	if len(l.fields) > 0 {
		fields := make([]*slack.TextBlockObject, len(l.fields))
		for i, field := range l.fields {
			fields[i] = slackMarkdown(field)
		}
		blocks = append(blocks, slack.NewSectionBlock(nil, fields, nil))
	}
	for _, section := range l.sections {
		blocks = append(blocks, slackSection(section))
	}
	if l.context == "" {
		return blocks
	}
	return append(blocks, slack.NewContextBlock("", slackMarkdown(l.context)))
}

// room is how many characters are left for further sections.
func (l slackLayout) room() int {
	room := maxSlackTotal - utf8.RuneCountInString(l.headline) - utf8.RuneCountInString(l.context)
	if l.chart != nil {
		room -= maxSlackChart
	}
	for _, text := range slices.Concat(l.fields, l.sections) {
		room -= utf8.RuneCountInString(text)
	}
	return room
}

func slackSection(text string) slack.Block {
	return slack.NewSectionBlock(slackMarkdown(text), nil, nil)
}

// slackMarkdown is verbatim: Slack makes no links and mentions of its own out of the text.
func slackMarkdown(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

// slackCard lays out one alert.
func slackCard(a Alert, c card) slackLayout {
	layout := slackLayout{tone: c.tone, headline: slackHeadline(c.word, c.headline), chart: slackChart(a), plain: plainCard(c)}
	for _, f := range c.facts() {
		layout.fields = append(layout.fields, slackField(f))
	}
	if len(c.detail) > 0 {
		layout.sections = append(layout.sections, mrkdwn(strings.Join(c.detail, "\n"), maxSlackDetail))
	}
	if c.advice != "" {
		layout.sections = append(layout.sections, mrkdwn("→ "+c.advice, maxSlackAdvice))
	}
	var subject, project string
	if a.Subject != (Named{}) {
		subject = slackLink(a.Subject)
	}
	if c.project != "" {
		project = "project " + slackLink(a.Project)
	}
	layout.context = words.Dotted(subject, mrkdwn(c.uid, maxSlackName), project, mrkdwn(labelled("rule ", c.rule), maxSlackName),
		mrkdwn(labelled("alert ", c.id), maxSlackName), asOf(c.asOf))
	layout.sections = append(slackBody(c.body, layout.room()), layout.sections...)
	return layout
}

// plainCard is c as lines of text.
func plainCard(c card) []string {
	lines := filled(append([]string{c.word + ": " + c.headline, joinFacts(c.facts())}, c.detail...))
	lines = append(lines, c.body...) // an empty line of it is meant
	last := words.Dotted(c.uid, c.project, labelled("rule ", c.rule), labelled("alert ", c.id), asOf(c.asOf))
	return append(lines, filled([]string{labelled("→ ", c.advice), last})...)
}

func slackHeadline(word, text string) string {
	return "*" + mrkdwn(word, maxSlackName) + "*  " + mrkdwn(text, maxSlackHeadline)
}

func slackField(f fact) string {
	return "*" + mrkdwn(f.label, maxSlackName) + "*\n" + mrkdwn(f.value, maxSlackField)
}
