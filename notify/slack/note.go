package slack

import (
	"slices"
	"strings"

	"notewatch/internal/slackapi"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// A note is what the thread of a message is told of a change.
type note struct {
	text      string
	broadcast bool           // to the channel too
	calls     []notify.Alert // for which people may be called
}

// maxNoteNames is how many subjects a note names.
const maxNoteNames = 3

// noteAbout returns the note about what changed in n, if that is worth one: an alert that got worse, is remembered, eased
// or ended. All else people see in the message when they look.
func noteAbout(n notify.Notification) (about note, ok bool) {
	var worth []notify.Alert
	for _, a := range notify.WorstFirst(n.Alerts) {
		if a.Changed && notable(a) {
			worth = append(worth, a)
		}
	}
	if len(worth) == 0 {
		return note{}, false
	}
	loud := func(a notify.Alert) bool { return worse(a) || message.StatusOf(a) == message.Reminder }
	return note{text: noteText(n, worth), broadcast: slices.ContainsFunc(worth, loud), calls: worth}, true
}

// notable reports whether a note is worth it. Of what is muted only the end is.
func notable(a notify.Alert) bool {
	switch message.StatusOf(a) {
	case message.Firing, message.Escalated, message.Reminder, message.Deescalated:
		return a.Mute == ""
	case message.Resolved, message.PeriodEnded, message.Corrected, message.Withdrawn, message.Revised:
		return true
	}
	return false
}

// noteText is one line: an alert with its figures, or how many of n changed in which way.
func noteText(n notify.Notification, alerts []notify.Alert) string {
	still := ""
	if len(n.Alerts) > 1 {
		still = message.StillFiring(n.Alerts)
	}
	if len(alerts) == 1 {
		return words.Dotted(noteOf(alerts[0]), still)
	}
	return words.Dotted(append(noteCounts(alerts), still)...)
}

// noteOf is a note about one alert.
func noteOf(a notify.Alert) string {
	c := message.Describe(a)
	lasted := ""
	switch {
	case c.Lasted == 0:
	case c.Ended.IsZero():
		lasted = "for " + words.Duration(c.Lasted)
	default:
		lasted = "lasted " + words.Duration(c.Lasted)
	}
	said := slackapi.Escape(words.Dotted(message.JoinFacts(c.Figures), c.Why, lasted, message.Labelled("rule ", c.Rule)), maxSection)
	return "*" + slackapi.Escape(c.Word, maxName) + "*  " + words.Dotted(link(a.Subject), said)
}

// noteCounts are notes about several alerts, by what happened and of which rule.
func noteCounts(alerts []notify.Alert) []string {
	type kind struct{ word, rule string }
	var kinds []kind
	names := make(map[kind][]string)
	for _, a := range alerts {
		k := kind{message.WordOf(a, message.StatusOf(a)), words.Clean(a.Rule, message.MaxName)}
		if names[k] == nil {
			kinds = append(kinds, k)
		}
		names[k] = append(names[k], message.NameOf(a.Subject))
	}
	notes := make([]string, 0, len(kinds))
	for _, k := range kinds[:min(len(kinds), notify.MaxRules)] {
		shown := names[k][:min(len(names[k]), maxNoteNames)]
		who := strings.Join(shown, ", ")
		if more := len(names[k]) - len(shown); more > 0 {
			who += " and " + words.Number(more) + " more"
		}
		notes = append(notes, "*"+slackapi.Escape(k.word, maxName)+"*  "+slackapi.Escape(k.rule+": "+who, maxField))
	}
	if more := len(kinds) - len(notes); more > 0 {
		notes = append(notes, words.Count(more, "more change"))
	}
	return notes
}
