package commands

import (
	"context"

	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapp/grammar"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// ack acknowledges an alert.
func (q *question) ack(ctx context.Context) (page, error) {
	a, err := q.alertToAck(ctx)
	if err != nil {
		return page{}, err
	}
	return q.acknowledge(ctx, a)
}

// acknowledge acknowledges an alert in the name of the person. It may have changed since it was read.
func (q *question) acknowledge(ctx context.Context, a rules.Alert) (page, error) {
	changed, err := q.bot.Acknowledge(ctx, a, q.asked.Person.String())
	if err == nil && !changed {
		a, err = q.reader.Alert(ctx, a.ID)
	}
	switch {
	case err != nil:
		return page{}, err
	case !changed && a.State != rules.Firing:
		return page{}, grammar.MistakeError("Alert " + a.ID + " has just ended and cannot be acknowledged.")
	case !changed && a.Ack.By != q.asked.Person.String():
		return page{}, grammar.MistakeError("Alert " + a.ID + " was acknowledged by someone else just now. Repeat the command to take it over.")
	}
	var p page
	p.say(q.ackText(a, changed))
	return p, nil
}

// unack removes the acknowledgement of an alert.
func (q *question) unack(ctx context.Context) (page, error) {
	a, err := q.alertToAck(ctx)
	if err != nil {
		return page{}, err
	}
	changed, err := q.bot.Unacknowledge(ctx, a, q.asked.Person.String())
	if err != nil {
		return page{}, err
	}
	var p page
	if changed {
		p.say("Removed the acknowledgement of " + whatText(a) + ".")
	} else {
		p.say(whatText(a) + " was not acknowledged.")
	}
	return p, nil
}

// alertToAck returns the alert of the command, if it is firing and the person may acknowledge it.
func (q *question) alertToAck(ctx context.Context) (rules.Alert, error) {
	id, err := grammar.ParseOne(q.line.Rest, "alert")
	if err != nil {
		return rules.Alert{}, err
	}
	a, err := q.alert(ctx, id)
	switch {
	case err != nil:
		return a, err
	case a.State != rules.Firing:
		return a, grammar.MistakeError("Alert " + a.ID + " is " + string(a.State) + ". Only firing alerts can be acknowledged or unacknowledged.")
	}
	return a, q.mayChangeAlerts(ctx, muting.Match{Alert: a.ID})
}

// whatText names an alert.
func whatText(a rules.Alert) string {
	return link(lookup.SubjectOf(a)) + " (" + name(a.Rule) + ", `" + name(a.ID) + "`)"
}

// ackText returns the answer about an acknowledgement: to the person, or to the channel if the answer is shared.
func (q *question) ackText(a rules.Alert, changed bool) string {
	who := "You"
	if q.line.Share {
		who = name(deliver.Name(q.asked.Person.String()))
	}
	if !changed {
		return who + " already acknowledged " + whatText(a) + ", at " + words.Time(a.Ack.At) + "."
	}
	text := who + " acknowledged " + whatText(a)
	if a.Ack.By != "" {
		text += ", replacing " + name(deliver.Name(a.Ack.By)) + "."
	} else {
		text += ": no reminders until it escalates."
	}
	return text + " To undo: " + q.typed("unack "+a.ID)
}
