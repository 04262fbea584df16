package slack

import (
	"slices"
	"strings"

	"notewatch/internal/slackapi"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// A note is a message in the thread about a change.
type note struct {
	text      string
	broadcast bool           // also to the channel
	calls     []notify.Alert // alerts for which people may be mentioned
}

// maxNoteNames is the maximum number of subjects that a note names.
const maxNoteNames = 3

// noteAbout returns the note about the changes in n. ok is false unless an alert escalated, de-escalated, was reminded or ended: all other
// changes people see in the message when they look.
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
	loud := func(a notify.Alert) bool { return escalates(a) || message.StatusOf(a) == message.Reminder }
	return note{text: noteText(n, worth), broadcast: slices.ContainsFunc(worth, loud), calls: worth}, true
}

// notable reports whether a change of a deserves a note. Of a muted alert only the end does.
func notable(a notify.Alert) bool {
	switch message.StatusOf(a) {
	case message.Firing, message.Escalated, message.Reminder, message.Deescalated:
		return a.Mute == ""
	case message.Resolved, message.PeriodEnded, message.Corrected, message.Withdrawn, message.Revised:
		return true
	}
	return false
}

// noteText returns one line: an alert with its values, or how many alerts of n changed in which way.
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

// noteOf returns a note about one alert.
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

// noteCounts returns notes about several alerts, by event and rule.
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
