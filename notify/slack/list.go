package notify

import (
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"notewatch/internal/words"
)

// slackList lays out several alerts: how many there are of what, and the worst of each rule.
func slackList(l list) slackLayout {
	layout := slackLayout{tone: l.tone, headline: slackHeadline(l.word, l.headline), plain: []string{l.word + ": " + l.headline}}
	add := func(section string, plain ...string) {
		layout.sections = append(layout.sections, section)
		layout.plain = append(layout.plain, plain...)
	}
	if len(l.detail) > 0 {
		add(mrkdwn(strings.Join(l.detail, "\n"), maxSlackDetail), l.detail...)
	}
	const rest = 3 * maxSlackField // what comes after the groups
	room := min(maxSlackSection, (layout.room()-rest)/len(l.groups))
	for _, g := range l.groups {
		section, plain, hidden := slackGroup(g, l.digest(), room)
		add(section, plain...)
		layout.hidden = layout.hidden || hidden
	}
	if l.more != "" {
		add(mrkdwn(l.more, maxSlackField), l.more)
		layout.hidden = true
	}
	if layout.hidden {
		all := "All " + words.Number(l.count) + ": " + l.hint()
		add(mrkdwn(all, maxSlackField), all)
	}
	context := listContext(l)
	layout.context = mrkdwn(context, maxSlackField)
	layout.plain = append(layout.plain, context)
	return layout
}

func listContext(l list) string {
	what := words.Count(l.count, "alert")
	if first := l.groups[0]; !l.digest() {
		what = words.Dotted(first.figure, labelled("rule ", first.rule), what)
	}
	return words.Dotted(what, asOf(l.asOf), labelled("message ", l.id))
}

// slackGroup is a section of about room characters with the worst alerts of a rule, led by the name of the rule in a digest:
// as mrkdwn and as lines of text.
func slackGroup(g group, digest bool, room int) (section string, plain []string, hidden bool) {
	var lines []string
	if digest {
		lines = append(lines, "*"+mrkdwn(g.rule, maxSlackName)+"*  "+mrkdwn(g.about(), maxSlackName))
		plain = append(plain, g.rule+": "+g.about())
	}
	advice := mrkdwn(labelled("→ ", g.advice), maxSlackField)
	room -= 2*maxSlackName + utf8.RuneCountInString(advice) // the title, what is left, and the advice
	shown := 0
	for _, a := range g.alerts[:g.top] {
		r := rowOf(a)
		line := "• *" + mrkdwn(r.word, maxSlackName) + "* " + slackLink(a.Subject) + " · " + mrkdwn(r.text, maxSlackField)
		if room -= utf8.RuneCountInString(line) + 1; room < 0 {
			break
		}
		lines = append(lines, line)
		plain = append(plain, "• "+r.word+" "+nameOf(a.Subject)+" · "+r.text)
		shown++
	}
	left := g.left(shown)
	lines = append(lines, mrkdwn(left, maxSlackName), advice)
	plain = append(plain, left, labelled("→ ", g.advice))
	return strings.Join(filled(lines), "\n"), filled(plain), left != ""
}

// slackFullList is as many of the alerts of n as one message holds, a line each, to stand in the thread of a message that
// shows only the worst.
func slackFullList(n Notification) slackMessage {
	sorted := WorstFirst(n.Alerts)
	l := describeList(n, n.Alerts)
	var blocks []slack.Block
	for _, section := range packed(fullLines(l, sorted, maxSlackTotal), maxSlackSection) {
		blocks = append(blocks, slack.NewSectionBlock(slackMarkdown(section), nil, nil, slack.SectionBlockOptionExpand(true)))
	}
	return slackMessage{text: strings.Join(fullLines(l, sorted, maxSlackText), "\n"), blocks: blocks}
}

// fullLines are escaped lines, of at most room bytes, for as many alerts as fit. The last says how many do not.
func fullLines(l list, sorted []Alert, room int) []string {
	lines := []string{mrkdwn(words.Dotted("All "+words.Count(l.count, "alert"), asOf(l.asOf)), maxSlackField)}
	room -= len(lines[0]) + maxSlackName
	for i, a := range sorted {
		r := rowOf(a)
		text := r.brief
		if l.digest() {
			text = words.Dotted(words.Clean(a.Rule, maxName), text)
		}
		line := "• " + mrkdwn(r.word+" "+nameOf(a.Subject)+" · "+text, maxSlackSection-1)
		if room -= len(line) + 1; room < 0 {
			return append(lines, mrkdwn("and "+words.Number(len(sorted)-i)+" more: "+l.hint(), maxSlackName))
		}
		lines = append(lines, line)
	}
	return lines
}
