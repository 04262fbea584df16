package slack

import (
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"notewatch/internal/slackapi"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// listParts lays out several alerts: their counts, and the worst of each rule.
func listParts(l message.List) parts {
	p := parts{tone: l.Tone, headline: headlineText(l.Word, l.Headline), plain: []string{l.Word + ": " + l.Headline}}
	add := func(section string, plain ...string) {
		p.sections = append(p.sections, section)
		p.plain = append(p.plain, plain...)
	}
	if len(l.Detail) > 0 {
		add(slackapi.Escape(strings.Join(l.Detail, "\n"), maxDetail), l.Detail...)
	}
	const rest = 3 * maxField // for what comes after the groups
	room := min(maxSection, (p.room()-rest)/len(l.Groups))
	for _, g := range l.Groups {
		section, plain, hidden := groupSection(g, l.Digest(), room)
		add(section, plain...)
		p.hidden = p.hidden || hidden
	}
	if l.More != "" {
		add(slackapi.Escape(l.More, maxField), l.More)
		p.hidden = true
	}
	if p.hidden {
		all := "All " + words.Number(l.Count) + ": " + l.Hint()
		add(slackapi.Escape(all, maxField), all)
	}
	context := listContext(l)
	p.context = slackapi.Escape(context, maxField)
	p.plain = append(p.plain, context)
	return p
}

func listContext(l message.List) string {
	what := words.Count(l.Count, "alert")
	if first := l.Groups[0]; !l.Digest() {
		what = words.Dotted(first.Figure, message.Labelled("rule ", first.Rule), what)
	}
	return words.Dotted(what, message.AsOf(l.AsOf), message.Labelled("message ", l.ID))
}

// groupSection returns a section of about room characters with the worst alerts of a rule, led by the name of the rule in a digest: as
// mrkdwn and as lines of text.
func groupSection(g message.Group, digest bool, room int) (section string, plain []string, hidden bool) {
	var lines []string
	if digest {
		lines = append(lines, "*"+slackapi.Escape(g.Rule, maxName)+"*  "+slackapi.Escape(g.About(), maxName))
		plain = append(plain, g.Rule+": "+g.About())
	}
	advice := slackapi.Escape(message.Labelled("→ ", g.Advice), maxField)
	runbook := ""
	if g.Runbook != "" {
		runbook = slackapi.Link("Runbook", g.Runbook)
	}
	room -= utf8.RuneCountInString(runbook) + 2*maxName + utf8.RuneCountInString(advice) // the title, the number of others, the advice and the runbook
	shown := 0
	for _, a := range g.Alerts[:g.Top] {
		r := message.RowOf(a)
		line := "• *" + slackapi.Escape(r.Word, maxName) + "* " + link(a.Subject) + " · " + slackapi.Escape(r.Text, maxField)
		if room -= utf8.RuneCountInString(line) + 1; room < 0 {
			break
		}
		lines = append(lines, line)
		plain = append(plain, "• "+r.Word+" "+message.NameOf(a.Subject)+" · "+r.Text)
		shown++
	}
	left := g.Left(shown)
	lines = append(lines, slackapi.Escape(left, maxName), advice, runbook)
	plain = append(plain, left, message.Labelled("→ ", g.Advice), message.RunbookLine(g.Runbook))
	return strings.Join(message.Filled(lines), "\n"), message.Filled(plain), left != ""
}

// fullList returns as many of the alerts of n as one message can contain, one line each, for the thread of a message that shows only the
// worst.
func fullList(n notify.Notification) content {
	sorted := notify.WorstFirst(n.Alerts)
	l := message.DescribeList(n, n.Alerts)
	var blocks []slack.Block
	for _, section := range packed(fullLines(l, sorted, maxTotal), maxSection) {
		blocks = append(blocks, slack.NewSectionBlock(markdown(section), nil, nil, slack.SectionBlockOptionExpand(true)))
	}
	return content{text: strings.Join(fullLines(l, sorted, maxText), "\n"), blocks: blocks}
}

// fullLines returns escaped lines, of at most room bytes, for as many alerts as fit. The last line counts the others.
func fullLines(l message.List, sorted []notify.Alert, room int) []string {
	lines := []string{slackapi.Escape(words.Dotted("All "+words.Count(l.Count, "alert"), message.AsOf(l.AsOf)), maxField)}
	room -= len(lines[0]) + maxName
	for i, a := range sorted {
		r := message.RowOf(a)
		text := r.Brief
		if l.Digest() {
			text = words.Dotted(words.Clean(a.Rule, message.MaxName), text)
		}
		line := "• " + slackapi.Escape(r.Word+" "+message.NameOf(a.Subject)+" · "+text, maxSection-1)
		if room -= len(line) + 1; room < 0 {
			return append(lines, slackapi.Escape("and "+words.Number(len(sorted)-i)+" more: "+l.Hint(), maxName))
		}
		lines = append(lines, line)
	}
	return lines
}
