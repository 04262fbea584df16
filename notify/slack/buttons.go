package slack

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// The action IDs of buttons and the menu. The value of a button is the ID of the message; [ParseSnooze] reads that of a choice in the menu.
const (
	ActionAcknowledge   = "ack"
	ActionUnacknowledge = "unack"
	ActionSnooze        = "snooze"
	ActionExplain       = "explain"
	ActionUsage         = "usage"
)

// A Snooze is how long alerts are silenced.
type Snooze string

// The choices of the menu.
const (
	SnoozeHour Snooze = "1h"
	SnoozeDay  Snooze = "1d"
	SnoozeOver Snooze = "over" // until the alert ends; for a period rule, for the rest of the period
)

// MaxSnoozeOver is the maximum number of alerts of one message that can be snoozed until they end: each needs its own silence.
const MaxSnoozeOver = 20

// value returns the value of the choice s below a message.
func (s Snooze) value(message string) string { return string(s) + " " + message }

// ParseSnooze reads the value of a choice. ok is false if it is not one of ours.
func ParseSnooze(value string) (s Snooze, message string, ok bool) {
	choice, message, _ := strings.Cut(value, " ")
	s = Snooze(choice)
	return s, message, message != "" && slices.Contains([]Snooze{SnoozeHour, SnoozeDay, SnoozeOver}, s)
}

// Limits in characters.
const (
	maxButtonLabel = 75
	maxButtonID    = 64 // of a message: the value of a choice has 75
	maxBlockID     = 255
)

// buttonsOf returns the buttons for the firing alerts of n; nil if none is firing.
func buttonsOf(n notify.Notification) *slack.ActionBlock {
	open := slices.DeleteFunc(slices.Clone(n.Alerts), func(a notify.Alert) bool { return a.State != "firing" || a.Reason == "reported" })
	if len(open) == 0 || n.ID == "" || len(n.ID) > maxButtonID || len(n.Key) > maxBlockID {
		return nil
	}
	all, about := "", message.NameOf(open[0].Subject)+", "+words.Clean(open[0].Rule, message.MaxName)
	if len(n.Alerts) > 1 {
		all, about = " all", words.Count(len(open), "alert")
	}
	take := newButton(ActionAcknowledge, n.ID, "Acknowledge"+all, about)
	if !slices.ContainsFunc(open, func(a notify.Alert) bool { return a.Ack == "" }) {
		take = newButton(ActionUnacknowledge, n.ID, "Unacknowledge"+all, about)
	}
	elements := []slack.BlockElement{take}
	if slices.ContainsFunc(open, func(a notify.Alert) bool { return !a.Drill }) { // drills cannot be silenced
		elements = append(elements, snoozeMenu(n.ID, "Snooze"+all, open))
	}
	if len(n.Alerts) == 1 && open[0].Project.UID != "" { // otherwise it is about notewatch itself
		elements = append(elements,
			newButton(ActionExplain, n.ID, "Explain", about), newButton(ActionUsage, n.ID, "Usage", about))
	}
	// Slack keeps the choice of a menu selected, and offers it no longer, as long as its block has the same ID.
	return slack.NewActionBlock(n.Key, elements...)
}

// newButton returns a button below a message. Screen readers read about.
func newButton(action, message, text, about string) slack.BlockElement {
	button := slack.NewButtonBlockElement(action, message, plainObject(text))
	button.AccessibilityLabel = words.Cut(text+": "+about, maxButtonLabel)
	return button
}

// snoozeMenu returns the menu of times for which alerts can be silenced.
func snoozeMenu(message, text string, open []notify.Alert) slack.BlockElement {
	option := func(s Snooze, text string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(s.value(message), plainObject(text), nil)
	}
	options := []*slack.OptionBlockObject{option(SnoozeHour, "for 1 hour"), option(SnoozeDay, "for 1 day")}
	if len(open) <= MaxSnoozeOver {
		options = append(options, option(SnoozeOver, untilOver(open)))
	}
	return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainObject(text), ActionSnooze, options...)
}

// untilOver returns the label of SnoozeOver for some alerts.
func untilOver(open []notify.Alert) string {
	switch {
	case !slices.ContainsFunc(open, func(a notify.Alert) bool { return a.PeriodEnd.IsZero() }):
		return "for the rest of the period"
	case len(open) == 1:
		return "until it ends"
	}
	return "until they end"
}

// plainObject returns text without any markup.
func plainObject(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}
