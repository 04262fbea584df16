package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapp"
	"notewatch/internal/words"
	"notewatch/notify"
	notifyslack "notewatch/notify/slack"
	"notewatch/rules"
)

// A pressed is a press of a button below the message that it belongs to.
type pressed struct {
	asked    slackapp.Press
	answerer *Answerer
	bot      *bot.Bot
	reader   *lookup.Reader
	message  string        // ID
	alerts   []rules.Alert // of the message
}

// Press carries out the press of a button and returns the reply, unless the message itself will show the result.
func (a *Answerer) Press(ctx context.Context, p slackapp.Press) slackapp.Reply {
	reply, err := a.pressed(ctx, p)
	if err == nil {
		return reply
	}
	denied, ok := errors.AsType[refusalError](err)
	if !ok {
		a.config.Log.Error("handling a button press", "err", err)
		denied = slackapp.SorryText
	}
	return slackapp.Reply{Text: string(denied), Failed: true}
}

func (a *Answerer) pressed(ctx context.Context, p slackapp.Press) (slackapp.Reply, error) {
	do, message, changes, ok := actionOf(p)
	if !ok {
		return slackapp.Reply{}, refusalError("This button is no longer supported. Use a newer message, or `" + a.config.Command() + "`.")
	}
	q := pressed{asked: p, answerer: a, bot: a.config.Bot(), reader: a.config.Reader(), message: message}
	if err := q.look(ctx); err != nil {
		return slackapp.Reply{}, err
	}
	if err := a.mayLook(ctx, p.Person, p.Channel); err != nil {
		return slackapp.Reply{}, err
	}
	if changes {
		if err := a.mayChange(ctx, p.Person, p.Channel, []string{p.Channel}); err != nil {
			return slackapp.Reply{}, err
		}
	}
	return do(&q, ctx)
}

// actionOf returns the action of a press, the ID of its message, and whether the action changes anything.
func actionOf(p slackapp.Press) (do func(*pressed, context.Context) (slackapp.Reply, error), message string, changes, ok bool) {
	switch p.Action {
	case notifyslack.ActionAcknowledge:
		return (*pressed).acknowledge, p.Value, true, true
	case notifyslack.ActionUnacknowledge:
		return (*pressed).unacknowledge, p.Value, true, true
	case notifyslack.ActionExplain:
		return (*pressed).explain, p.Value, false, true
	case notifyslack.ActionUsage:
		return (*pressed).usage, p.Value, false, true
	case notifyslack.ActionSnooze:
		length, message, ok := notifyslack.ParseSnooze(p.Value)
		snooze := func(q *pressed, ctx context.Context) (slackapp.Reply, error) { return q.snooze(ctx, length) }
		return snooze, message, true, ok
	}
	return nil, "", false, false
}

// look reads the alerts of the message. It returns a [refusalError] unless the press comes from below that very message: values can be
// invented, messages can be forwarded, and when a message was posted again, the old one stays in the channel.
func (q *pressed) look(ctx context.Context) error {
	message, found, err := q.reader.Message(ctx, q.message)
	if err != nil {
		return err
	}
	if message.Sending {
		return refusalError("Slack has not confirmed this message yet. Press again in a moment.")
	}
	channel, ts, ok := notifyslack.Place(notify.Ref(message.Ref))
	_, kept := q.answerer.config.Channels()[message.Receiver]
	if !found || !ok || !kept || channel != q.asked.Channel || ts != q.asked.TS || len(message.Alerts) == 0 {
		return refusalError("This message is outdated or a copy. Use the newest message about this alert, or `" + q.answerer.config.Command() + " alerts`.")
	}
	q.alerts = message.Alerts
	return nil
}

// firing returns the firing alerts.
func (q *pressed) firing() []rules.Alert {
	return slices.DeleteFunc(slices.Clone(q.alerts), func(a rules.Alert) bool { return a.State != rules.Firing })
}

// over returns the refusal when nothing is left to do.
func (q *pressed) over() refusalError {
	if len(q.alerts) > 1 {
		return "All alerts of this message have ended."
	}
	return refusalError("This alert ended at " + words.Time(q.alerts[0].EndedAt) + ".")
}

// acknowledge acknowledges the firing alerts that are not acknowledged yet.
func (q *pressed) acknowledge(ctx context.Context) (slackapp.Reply, error) {
	taken, err := q.bot.AcknowledgeMessage(ctx, q.message, q.asked.Person.String())
	if err != nil || taken > 0 {
		return slackapp.Reply{}, err
	}
	if err := q.look(ctx); err != nil { // another person may just have acknowledged
		return slackapp.Reply{}, err
	}
	return slackapp.Reply{}, q.alreadyAcknowledged()
}

// alreadyAcknowledged returns the refusal that names who acknowledged the firing alerts.
func (q *pressed) alreadyAcknowledged() refusalError {
	firing, me := q.firing(), q.asked.Person.String()
	switch {
	case len(firing) == 0:
		return q.over()
	case slices.ContainsFunc(firing, func(a rules.Alert) bool { return a.Ack == rules.Ack{} }):
		return "This has just changed. Press again to acknowledge it."
	case len(firing) > 1:
		return refusalError("All firing alerts of this message are already acknowledged, by " + acknowledgers(firing, me) + ".")
	case firing[0].Ack.By == me:
		return refusalError("You already acknowledged it, at " + words.Time(firing[0].Ack.At) + ".")
	}
	return refusalError(name(deliver.Name(firing[0].Ack.By)) + " already acknowledged it, at " + words.Time(firing[0].Ack.At) + ".")
}

// acknowledgers names the people who acknowledged some alerts.
func acknowledgers(alerts []rules.Alert, me string) string {
	const named = 3
	var all []string
	for _, a := range alerts {
		who := name(deliver.Name(a.Ack.By))
		if a.Ack.By == me {
			who = "you"
		}
		if !slices.Contains(all, who) {
			all = append(all, who)
		}
	}
	if more := len(all) - named; more > 0 {
		all = append(all[:named], words.Count(more, "other"))
	}
	return strings.Join(all, ", ")
}

// unacknowledge removes the acknowledgements of the firing alerts.
func (q *pressed) unacknowledge(ctx context.Context) (slackapp.Reply, error) {
	given, err := q.bot.UnacknowledgeMessage(ctx, q.message, q.asked.Person.String())
	if err != nil || given > 0 {
		return slackapp.Reply{}, err
	}
	if err := q.look(ctx); err != nil {
		return slackapp.Reply{}, err
	}
	switch {
	case len(q.firing()) == 0:
		return slackapp.Reply{}, q.over()
	case len(q.alerts) > 1:
		return slackapp.Reply{}, refusalError("None of these alerts is acknowledged.")
	}
	return slackapp.Reply{}, refusalError("This alert is not acknowledged.")
}

// explain explains the alert.
func (q *pressed) explain(ctx context.Context) (slackapp.Reply, error) {
	a, err := q.only("explain")
	if err != nil {
		return slackapp.Reply{}, err
	}
	return q.answerer.explainReply(ctx, a), nil
}

// usage returns the usage of the subject of the alert, for the span of the rule.
func (q *pressed) usage(ctx context.Context) (slackapp.Reply, error) {
	a, err := q.only("usage")
	if err != nil {
		return slackapp.Reply{}, err
	}
	span := lookup.Period
	if strings.HasSuffix(a.Texts.Figure, ".today") {
		span = lookup.Today
	}
	return q.answerer.usageReply(ctx, lookup.SubjectOf(a), span), nil
}

// only returns the only alert of a message, if it is about a project or a device.
func (q *pressed) only(word string) (rules.Alert, error) {
	switch a := q.alerts[0]; {
	case len(q.alerts) > 1:
		return a, refusalError(fmt.Sprintf("This message has several alerts. Ask about one of them: `%s %s …`.", q.answerer.config.Command(), word))
	case a.Project == "":
		return a, refusalError("This alert is about notewatch itself. See `" + q.answerer.config.Command() + " status`.")
	default:
		return a, nil
	}
}
