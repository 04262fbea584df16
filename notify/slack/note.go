package notify

import (
	"slices"
	"strings"

	"notewatch/internal/words"
)

// A slackNote is what the thread of a message is told of a change.
type slackNote struct {
	text      string
	broadcast bool    // to the channel too
	calls     []Alert // for which people may be called
}

// maxNoteNames is how many subjects a note names.
const maxNoteNames = 3

// slackNoteOf returns the note about what changed in n, if that is worth one: an alert that got worse, is remembered, eased
// or ended. All else people see in the message when they look.
func slackNoteOf(n Notification) (note slackNote, ok bool) {
	var worth []Alert
	for _, a := range WorstFirst(n.Alerts) {
		if a.Changed && notable(a) {
			worth = append(worth, a)
		}
	}
	if len(worth) == 0 {
		return slackNote{}, false
	}
	loud := func(a Alert) bool { return worse(a) || statusOf(a) == reminder }
	return slackNote{text: noteText(n, worth), broadcast: slices.ContainsFunc(worth, loud), calls: worth}, true
}

// notable reports whether a note is worth it. Of what is muted only the end is.
func notable(a Alert) bool {
	switch statusOf(a) {
	case firing, escalated, reminder, eased:
		return a.Mute == ""
	case resolved, periodEnded, corrected, withdrawn, revised:
		return true
	}
	return false
}

// noteText is one line: an alert with its figures, or how many of n changed in which way.
func noteText(n Notification, alerts []Alert) string {
	still := ""
	if len(n.Alerts) > 1 {
		still = stillFiring(n.Alerts)
	}
	if len(alerts) == 1 {
		return words.Dotted(noteOf(alerts[0]), still)
	}
	return words.Dotted(append(noteCounts(alerts), still)...)
}

// noteOf is a note about one alert.
func noteOf(a Alert) string {
	c := describe(a)
	lasted := ""
	switch {
	case c.lasted == 0:
	case c.ended.IsZero():
		lasted = "for " + words.Duration(c.lasted)
	default:
		lasted = "lasted " + words.Duration(c.lasted)
	}
	said := mrkdwn(words.Dotted(joinFacts(c.figures), c.why, lasted, labelled("rule ", c.rule)), maxSlackSection)
	return "*" + mrkdwn(c.word, maxSlackName) + "*  " + words.Dotted(slackLink(a.Subject), said)
}

// noteCounts are notes about several alerts, by what happened and of which rule.
func noteCounts(alerts []Alert) []string {
	type kind struct{ word, rule string }
	var kinds []kind
	names := make(map[kind][]string)
	for _, a := range alerts {
		k := kind{wordOf(a, statusOf(a)), words.Clean(a.Rule, maxName)}
		if names[k] == nil {
			kinds = append(kinds, k)
		}
		names[k] = append(names[k], nameOf(a.Subject))
	}
	notes := make([]string, 0, len(kinds))
	for _, k := range kinds[:min(len(kinds), MaxRules)] {
		shown := names[k][:min(len(names[k]), maxNoteNames)]
		who := strings.Join(shown, ", ")
		if more := len(names[k]) - len(shown); more > 0 {
			who += " and " + words.Number(more) + " more"
		}
		notes = append(notes, "*"+mrkdwn(k.word, maxSlackName)+"*  "+mrkdwn(k.rule+": "+who, maxSlackField))
	}
	if more := len(kinds) - len(notes); more > 0 {
		notes = append(notes, words.Count(more, "more change"))
	}
	return notes
}
