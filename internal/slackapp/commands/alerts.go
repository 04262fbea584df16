package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/slackapi"
	"notewatch/internal/slackapp/grammar"
	"notewatch/internal/words"
	"notewatch/rules"
)

// maxAlerts is the maximum number of alerts in an answer.
const maxAlerts = 30

// alerts lists the open alerts.
func (q *question) alerts(ctx context.Context) (page, error) {
	if i := slices.IndexFunc(q.line.Rest, grammar.Token.Span); i >= 0 {
		return page{}, grammar.MistakeError("alerts shows the current state and takes no time span such as " + q.line.Rest[i].Text + ".")
	}
	named, kinds := grammar.TakeKind(q.line.Rest)
	of := lookup.Subject{}
	if len(named) > 0 {
		var err error
		if of, err = q.find(ctx, grammar.Joined(named), kinds...); err != nil {
			return page{}, err
		}
	}
	open, count, err := q.reader.OpenAlerts(ctx, of, maxAlerts)
	if err != nil {
		return page{}, err
	}
	return q.alertsPage(of, open, count), nil
}

// alertsPage lays out alerts.
func (q *question) alertsPage(of lookup.Subject, open []lookup.Alert, count int) page {
	var p page
	about := ""
	if of.Kind != lookup.KindAll {
		about = " for " + subjectText(of)
	}
	if count == 0 {
		p.say("No open alerts" + about + ".")
		return p
	}
	p.say("*" + words.Count(count, "open alert") + "*" + about + ", worst first")
	var lines []string
	var oldest time.Time
	for _, a := range open {
		lines = append(lines, "• "+alertText(a, q.reader.Now()))
		if !a.AsOf.IsZero() && (oldest.IsZero() || a.AsOf.Before(oldest)) {
			oldest = a.AsOf
		}
	}
	if more := count - len(open); more > 0 {
		lines = append(lines, fmt.Sprintf("%d more not shown. Add a project or device name, or run notewatch alerts in a terminal.", more))
	}
	p.say(lines...)
	p.note = asOfText(oldest, q.reader.Now())
	return p
}

// alertText returns an alert in one line.
func alertText(a lookup.Alert, now time.Time) string {
	level, since := a.Level.String(), a.FiredAt
	if a.State == rules.Pending {
		level, since = "pending", a.Since
	}
	drill := ""
	if a.Drill {
		drill = "drill"
	}
	return "*" + level + "* " + words.Dotted(link(a.About()), alertValue(a), name(a.Rule),
		"since "+agoText(since, now), slackapi.Mrkdwn(deliver.AckAge(a.Ack, a.AcknowledgedFor), maxSaid),
		slackapi.Mrkdwn(deliver.MuteAge(a.Mute, a.MutedFor), maxSaid), drill, "`"+name(a.ID)+"`")
}

// alertValue returns the value of an alert with its limit.
func alertValue(a lookup.Alert) string {
	if a.Figure == "" {
		return ""
	}
	text := words.Figure(a.Value, a.Unit)
	if rules.Known(a.Limit) {
		text += " of " + words.Figure(a.Limit, a.Unit)
	}
	return strings.TrimSpace(text + " " + name(a.Figure))
}
