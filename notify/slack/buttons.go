package notify

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"notewatch/internal/words"
)

// The actions that messages offer: their action IDs. The value of a button is the ID of the message, that of a choice of
// SlackSnooze is read by [ParseSnooze].
const (
	SlackAcknowledge = "ack"
	SlackGiveBack    = "unack"
	SlackSnooze      = "snooze"
	SlackExplain     = "explain"
	SlackUsage       = "usage"
)

// A Snooze is for how long somebody does not want to hear of alerts.
type Snooze string

// The choices of SlackSnooze.
const (
	SnoozeHour Snooze = "1h"
	SnoozeDay  Snooze = "1d"
	SnoozeOver Snooze = "over" // until the alert is over; of a period rule, for the rest of the period
)

// MaxSnoozeOver is how many alerts of one message can be snoozed until they are over: each has to be silenced by itself.
const MaxSnoozeOver = 20

// value is what comes back when s is chosen below a message.
func (s Snooze) value(message string) string { return string(s) + " " + message }

// ParseSnooze reads the value of a choice. ok is false if no message of ours offers it.
func ParseSnooze(value string) (s Snooze, message string, ok bool) {
	choice, message, _ := strings.Cut(value, " ")
	s = Snooze(choice)
	return s, message, message != "" && slices.Contains([]Snooze{SnoozeHour, SnoozeDay, SnoozeOver}, s)
}

// The limits of what is pressed, in characters.
const (
	maxButtonLabel = 75
	maxButtonID    = 64 // of a message: the value of a choice has 75
	maxBlockID     = 255
)

// slackButtons are what people can do about the alerts of n that fire; nil if none does.
func slackButtons(n Notification) *slack.ActionBlock {
	open := slices.DeleteFunc(slices.Clone(n.Alerts), func(a Alert) bool { return a.State != "firing" || a.Reason == "reported" })
	if len(open) == 0 || n.ID == "" || len(n.ID) > maxButtonID || len(n.Key) > maxBlockID {
		return nil
	}
	all, about := "", nameOf(open[0].Subject)+", "+words.Clean(open[0].Rule, maxName)
	if len(n.Alerts) > 1 {
		all, about = " all", words.Count(len(open), "alert")
	}
	take := slackButton(SlackAcknowledge, n.ID, "Acknowledge"+all, about)
	if !slices.ContainsFunc(open, func(a Alert) bool { return a.Ack == "" }) {
		take = slackButton(SlackGiveBack, n.ID, "Give"+all+" back", about)
	}
	elements := []slack.BlockElement{take}
	if slices.ContainsFunc(open, func(a Alert) bool { return !a.Drill }) { // nothing silences a drill
		elements = append(elements, slackSnooze(n.ID, "Snooze"+all, open))
	}
	if len(n.Alerts) == 1 && open[0].Project.UID != "" { // else it is about notewatch itself
		elements = append(elements,
			slackButton(SlackExplain, n.ID, "Explain", about), slackButton(SlackUsage, n.ID, "Usage", about))
	}
	// What is chosen in a menu stays chosen, and cannot be chosen again, as long as its block has the same ID.
	return slack.NewActionBlock(n.Key, elements...)
}

// slackButton is a button below a message. Screen readers say what it is about.
func slackButton(action, message, text, about string) slack.BlockElement {
	button := slack.NewButtonBlockElement(action, message, slackPlain(text))
	button.AccessibilityLabel = words.Cut(text+": "+about, maxButtonLabel)
	return button
}

// slackSnooze is a menu of how long to hear nothing of alerts.
func slackSnooze(message, text string, open []Alert) slack.BlockElement {
	option := func(s Snooze, text string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(s.value(message), slackPlain(text), nil)
	}
	options := []*slack.OptionBlockObject{option(SnoozeHour, "for 1 hour"), option(SnoozeDay, "for 1 day")}
	if len(open) <= MaxSnoozeOver {
		options = append(options, option(SnoozeOver, untilOver(open)))
	}
	return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, slackPlain(text), SlackSnooze, options...)
}

// untilOver says what SnoozeOver is for some alerts.
func untilOver(open []Alert) string {
	switch {
	case !slices.ContainsFunc(open, func(a Alert) bool { return a.PeriodEnd.IsZero() }):
		return "for the rest of the period"
	case len(open) == 1:
		return "until it is over"
	}
	return "until they are over"
}

// slackPlain is text without any markup.
func slackPlain(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}
