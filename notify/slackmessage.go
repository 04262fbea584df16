package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// What Slack takes, in characters after escaping. Each is below Slack's own limit: 3,000 a section, 2,000 a field, about
// 13,000 all blocks together. The text of an update has 4,000, perhaps bytes, of which a character takes up to four.
const (
	maxSlackText    = 1000
	maxSlackSection = 2500
	maxSlackField   = 400
	maxSlackName    = 200
	maxSlackRows    = 10
)

// slackColors are the colours of the bar beside a message.
var slackColors = map[tone]string{
	"critical": "#d72b3f",
	"warning":  "#e8912d",
	"info":     "#2f7fd1",
	good:       "#2e9e6b",
	gone:       "#8a8a8a",
}

// A slackMessage is what Slack shows. The text is for notifications, screen readers and for when Slack refuses the rest.
type slackMessage struct {
	text        string
	blocks      []slack.Block      // the headline
	attachments []slack.Attachment // all else, behind a coloured bar
}

// plain is m without its layout.
func (m slackMessage) plain() slackMessage { return slackMessage{text: m.text} }

// A slackLayout is what a slackMessage is built of. Its texts are escaped, except plain.
type slackLayout struct {
	tone     tone
	headline string
	fields   []string
	sections []string
	context  string
	plain    []string // the same as lines of text
}

func newSlackMessage(alerts []Alert) slackMessage {
	var layout slackLayout
	if len(alerts) == 1 {
		layout = slackCard(alerts[0])
	} else {
		layout = slackList(alerts)
	}
	text := mrkdwn(strings.Join(layout.plain, "\n"), maxSlackText)
	attachment := slack.Attachment{
		Color:    cmp.Or(slackColors[layout.tone], slackColors[gone]),
		Fallback: mrkdwn(layout.plain[0], maxSlackText),
		Blocks:   slack.Blocks{BlockSet: layout.body()},
	}
	return slackMessage{
		text:        text,
		blocks:      []slack.Block{slackSection(layout.headline)},
		attachments: []slack.Attachment{attachment},
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
	return append(blocks, slack.NewContextBlock("", slackMarkdown(l.context)))
}

func slackSection(text string) slack.Block {
	return slack.NewSectionBlock(slackMarkdown(text), nil, nil)
}

// slackMarkdown is verbatim: Slack makes no links and mentions of its own out of the text.
func slackMarkdown(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

// slackCard lays out one alert.
func slackCard(a Alert) slackLayout {
	c := describe(a)
	layout := slackLayout{tone: c.tone, headline: slackHeadline(c.word, c.headline), plain: plainCard(c)}
	for _, f := range slackFacts(c) {
		layout.fields = append(layout.fields, slackField(f))
	}
	if len(c.detail) > 0 {
		layout.sections = append(layout.sections, mrkdwn(strings.Join(c.detail, "\n"), maxSlackSection))
	}
	if c.advice != "" {
		layout.sections = append(layout.sections, mrkdwn("→ "+c.advice, maxSlackSection))
	}
	project := ""
	if c.project != "" {
		project = "project " + slackLink(a.Project)
	}
	layout.context = join(slackLink(a.Subject), mrkdwn(c.uid, maxSlackName), project,
		"rule "+mrkdwn(c.rule, maxSlackName), "alert "+mrkdwn(c.id, maxSlackName), asOf(c.asOf))
	return layout
}

// plainCard is c as lines of text.
func plainCard(c card) []string {
	lines := append([]string{c.word + ": " + c.headline, joinFacts(slackFacts(c))}, c.detail...)
	if c.advice != "" {
		lines = append(lines, "→ "+c.advice)
	}
	lines = append(lines, join(c.uid, c.project, "rule "+c.rule, "alert "+c.id, asOf(c.asOf)))
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

func slackHeadline(word, text string) string {
	return "*" + mrkdwn(word, maxSlackName) + "*  " + mrkdwn(text, maxSlackSection)
}

func slackField(f fact) string {
	return "*" + mrkdwn(f.label, maxSlackName) + "*\n" + mrkdwn(f.value, maxSlackField)
}

// slackFacts are the figures of c, since when, and until when if it is over.
func slackFacts(c card) []fact {
	if c.since.IsZero() {
		return c.figures
	}
	since := fact{"since", FormatTime(c.since)}
	if !c.ended.IsZero() {
		return append(slices.Clip(c.figures), since, fact{"ended", FormatTime(c.ended) + ", after " + FormatDuration(c.lasted)})
	}
	if c.lasted >= time.Minute {
		since.value += " (" + FormatDuration(c.lasted) + ")"
	}
	return append(slices.Clip(c.figures), since)
}

func asOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return "as of " + FormatTime(t)
}

// slackList lays out several alerts of one rule: how many there are of what, and the worst of them.
func slackList(alerts []Alert) slackLayout {
	sorted := worstFirst(alerts)
	first := describe(sorted[0])
	where := ""
	if first.project != "" && !slices.ContainsFunc(alerts, func(a Alert) bool { return a.Project != alerts[0].Project }) {
		where = " in " + first.project
	}
	title := first.rule + ": " + countLevels(alerts) + where
	word := listWord(sorted)
	layout := slackLayout{
		tone:     first.tone,
		headline: slackHeadline(word, title),
		plain:    []string{word + ": " + title},
	}
	rows, plain := slackRows(sorted)
	layout.sections = append(layout.sections, rows)
	layout.plain = append(layout.plain, plain...)
	if detail := commonDetail(alerts); len(detail) > 0 {
		layout.sections = append(layout.sections, mrkdwn(strings.Join(detail, "\n"), maxSlackSection))
		layout.plain = append(layout.plain, detail...)
	}
	if first.advice != "" {
		layout.sections = append(layout.sections, mrkdwn("→ "+first.advice, maxSlackSection))
		layout.plain = append(layout.plain, "→ "+first.advice)
	}
	figure := mrkdwn(clean(sorted[0].Figure, maxName), maxSlackName)
	layout.context = join(figure, "rule "+mrkdwn(first.rule, maxSlackName), count(len(alerts), "alerts"), asOf(oldest(alerts)))
	return layout
}

// slackRows lists the first alerts, as many as fit, and counts the rest: as mrkdwn and as lines of text.
func slackRows(sorted []Alert) (rows string, plain []string) {
	for i, a := range sorted {
		c := describe(a)
		what := strings.ToLower(c.word)
		if !c.status.ended() {
			what = clean(a.Level, maxName)
		}
		text := rowOf(a, c)
		row := "• *" + mrkdwn(what, maxSlackName) + "* " + slackLink(a.Subject) + " · " + mrkdwn(text, maxSlackField) + "\n"
		if i == maxSlackRows || utf8.RuneCountInString(rows+row) > maxSlackSection {
			more := "and " + count(len(sorted)-i, "more") + ": " + countLevels(sorted[i:])
			return rows + mrkdwn(more, maxSlackField), append(plain, more)
		}
		rows += row
		plain = append(plain, fmt.Sprintf("• %s %s · %s", what, c.subject, text))
	}
	return strings.TrimSpace(rows), plain
}

// rowOf says of an alert in a list what its card would say at length.
func rowOf(a Alert, c card) string {
	var value, peak, times string
	switch {
	case c.status.ended():
		peak = "peak " + ofLimit(a.Peak, a.Limit, a.Unit)
		value = "now " + FormatFigure(a.Value, a.Unit)
		times = "lasted " + FormatDuration(c.lasted)
	case a.Figure != "" || known(a.Value):
		value = ofLimit(a.Value, a.Limit, a.Unit)
	}
	if !c.status.ended() && !c.since.IsZero() {
		times = "since " + FormatTime(c.since)
	}
	return join(value, peak, times, c.id)
}

// ofLimit formats a figure with its share of the limit: "41.2 MB (103 % of 40 MB)".
func ofLimit(value, limit float64, unit string) string {
	text := FormatFigure(value, unit)
	if share := formatShare(value, limit); share != "" {
		text += " (" + share + " of " + FormatFigure(limit, unit) + ")"
	}
	return text
}

// listWord is the word for several alerts, the worst of which comes first.
func listWord(sorted []Alert) string {
	word := func(a Alert) string { return wordOf(a, statusOf(a)) }
	first := word(sorted[0])
	switch {
	case !slices.ContainsFunc(sorted, func(a Alert) bool { return word(a) != first }):
		return first
	case statusOf(sorted[0]).ended():
		return string(resolved)
	}
	return wordOf(sorted[0], firing)
}

// countLevels counts alerts by level, and those that have ended: "2 critical, 7 warning, 3 ended".
func countLevels(alerts []Alert) string {
	counts := make(map[string]int)
	for _, a := range alerts {
		if statusOf(a).ended() {
			counts["ended"]++
		} else {
			counts[a.Level]++
		}
	}
	var parts []string
	for _, kind := range []string{"critical", "warning", "info", "ended"} {
		if counts[kind] > 0 {
			parts = append(parts, count(counts[kind], kind))
		}
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string { return FormatFigure(float64(n), "") + " " + what }

// commonDetail returns the detail lines that all alerts have.
func commonDetail(alerts []Alert) []string {
	common := describe(alerts[0]).detail
	for _, a := range alerts[1:] {
		detail := detailOf(a, statusOf(a))
		common = slices.DeleteFunc(common, func(line string) bool { return !slices.Contains(detail, line) })
	}
	return common
}

// oldest returns when the oldest of the figures was read.
func oldest(alerts []Alert) time.Time {
	var oldest time.Time
	for _, a := range alerts {
		if !a.AsOf.IsZero() && (oldest.IsZero() || a.AsOf.Before(oldest)) {
			oldest = a.AsOf
		}
	}
	return oldest
}
