package slackapp

import (
	"context"

	"notewatch/notify"
	"notewatch/rules"
)

// ack notes that the person has taken an alert on.
func (q *question) ack(ctx context.Context) (page, error) {
	return q.acknowledge(ctx, q.Person.String())
}

// unack notes that nobody has an alert any more.
func (q *question) unack(ctx context.Context) (page, error) { return q.acknowledge(ctx, "") }

// acknowledge notes who has an alert; "" is nobody.
func (q *question) acknowledge(ctx context.Context, by string) (page, error) {
	id, err := parseOne(q.rest, "alert")
	if err != nil {
		return page{}, err
	}
	a, err := q.alert(ctx, id)
	if err != nil {
		return page{}, err
	}
	if a.State != rules.Firing {
		return page{}, mistake("Alert " + a.ID + " is " + string(a.State) + ", not firing: there is nothing to take on.")
	}
	if err := q.mayAlter(ctx, rules.Match{Alert: a.ID}); err != nil {
		return page{}, err
	}
	changed, err := q.bot.Acknowledge(ctx, a, by)
	if err != nil {
		return page{}, err
	}
	var p page
	p.say(q.ackText(a, by, changed))
	return p, nil
}

// ackText says what has come of it.
func (q *question) ackText(a rules.Alert, by string, changed bool) string {
	what := notify.MrkdwnLink(subjectOf(q.desk, a).Link()) + " (" + name(a.Rule) + ", `" + name(a.ID) + "`)"
	switch {
	case !changed && by == "":
		return "Nobody had " + what + "."
	case !changed:
		return "You have " + what + " already, since " + notify.FormatTime(a.Ack.At) + "."
	case by == "":
		return "Nobody has " + what + " any more."
	case a.Ack.By != "":
		return "You have " + what + " now, in place of " + name(a.Ack.By) + ". To give it back: " + q.typed("unack "+a.ID)
	}
	return "You have " + what + " now: nobody is reminded of it while you have it. To give it back: " + q.typed("unack "+a.ID)
}
