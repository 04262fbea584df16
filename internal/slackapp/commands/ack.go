package commands

import (
	"context"

	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapp/grammar"
	"notewatch/internal/words"
	"notewatch/rules"
)

// ack notes that the person has taken an alert on.
func (q *question) ack(ctx context.Context) (page, error) {
	a, err := q.mine(ctx)
	if err != nil {
		return page{}, err
	}
	return q.takeOn(ctx, a)
}

// takeOn notes that the person has taken an alert on. Since it was read, others may have changed it, or the person themself.
func (q *question) takeOn(ctx context.Context, a rules.Alert) (page, error) {
	changed, err := q.bot.Acknowledge(ctx, a, q.asked.Person.String())
	if err == nil && !changed {
		a, err = q.desk.Alert(ctx, a.ID)
	}
	switch {
	case err != nil:
		return page{}, err
	case !changed && a.State != rules.Firing:
		return page{}, grammar.MistakeError("Alert " + a.ID + " has just ended: there is nothing to take on.")
	case !changed && a.Ack.By != q.asked.Person.String():
		return page{}, grammar.MistakeError("Alert " + a.ID + " has just changed hands: please ask again if you want it.")
	}
	var p page
	p.say(q.ackText(a, changed))
	return p, nil
}

// unack notes that nobody has an alert any more.
func (q *question) unack(ctx context.Context) (page, error) {
	a, err := q.mine(ctx)
	if err != nil {
		return page{}, err
	}
	changed, err := q.bot.Unacknowledge(ctx, a, q.asked.Person.String())
	if err != nil {
		return page{}, err
	}
	var p page
	if changed {
		p.say("Nobody has " + whatText(a) + " any more.")
	} else {
		p.say("Nobody had " + whatText(a) + ".")
	}
	return p, nil
}

// mine returns the alert that is asked about, if it fires and the person may take it on.
func (q *question) mine(ctx context.Context) (rules.Alert, error) {
	id, err := grammar.ParseOne(q.line.Rest, "alert")
	if err != nil {
		return rules.Alert{}, err
	}
	a, err := q.alert(ctx, id)
	switch {
	case err != nil:
		return a, err
	case a.State != rules.Firing:
		return a, grammar.MistakeError("Alert " + a.ID + " is " + string(a.State) + ", not firing: there is nothing to take on.")
	}
	return a, q.mayAlter(ctx, rules.Match{Alert: a.ID})
}

// whatText names an alert.
func whatText(a rules.Alert) string {
	return link(lookup.SubjectOf(a)) + " (" + name(a.Rule) + ", `" + name(a.ID) + "`)"
}

// ackText says what has come of it: to the person, or to the channel if that sees it.
func (q *question) ackText(a rules.Alert, changed bool) string {
	who, again, have := "You", "you", "have"
	if q.line.Share {
		who = name(deliver.Name(q.asked.Person.String()))
		again, have = who, "has"
	}
	text := who + " " + have + " " + whatText(a)
	switch {
	case !changed:
		return text + " already, since " + words.Time(a.Ack.At) + "."
	case a.Ack.By != "":
		text += " now, in place of " + name(deliver.Name(a.Ack.By)) + "."
	default:
		text += " now: nobody is reminded of it while " + again + " " + have + " it."
	}
	return text + " To give it back: " + q.typed("unack "+a.ID)
}
