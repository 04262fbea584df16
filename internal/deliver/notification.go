package deliver

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/outbox"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/rules"
)

// notification returns the content of a message.
func (s *Sender) notification(ctx context.Context, r Receiver, m outgoing) (notify.Notification, error) {
	n := notify.Notification{ID: m.Message.ID, Sent: s.machine(), Quiet: quiet(m), Tried: !m.Message.BegunAt.IsZero()}
	n.Alerts = make([]notify.Alert, 0, len(m.Members))
	states := int64(0) // number of states that the members have had
	for _, d := range m.Members {
		states += d.Alert.Version + d.Turns
		a := r.alert(d, s.now())
		a.PeriodEnd = s.periodEnd(d.Alert)
		if d.Alert.Reason == rules.PeriodEnded && a.AsOf.Before(a.PeriodEnd) {
			a.Value = math.NaN() // the value is not that of the end of the period
		}
		n.Alerts = append(n.Alerts, a)
	}
	n.Key = fmt.Sprintf("%s-%d", n.ID, states)
	n.TopUps = s.topUps(m.Members)
	var err error
	if n.Cohort, err = cohortOf(m.Message); err != nil {
		return n, fmt.Errorf("reading the cohort of message %q: %w", n.ID, err)
	}
	if !r.Live || len(m.Members) > 1 {
		return n, nil
	}
	trend, err := s.trend(ctx, m.Members[0].Alert)
	n.Alerts[0].Trend = trend
	return n, err
}

// periodEnd returns the end of the period of an alert of a period rule; the zero time for other alerts.
func (s *Sender) periodEnd(a rules.Alert) time.Time {
	if a.Period.IsZero() {
		return time.Time{}
	}
	_, next := s.period(a.Rule, a.Project).Bounds(rules.DayOf(a.Period))
	return next.Start()
}

// quiet reports whether a message is sent without notifying anyone.
func quiet(m outgoing) bool {
	return !slices.ContainsFunc(m.Members, func(d outbox.Delivery) bool {
		return d.View(d.Facts(), m.Policy).Loud
	})
}

// body returns the lines of a report or of a firing alert. When the alert has ended, they are no longer true.
func body(a rules.Alert) string {
	if a.State == rules.Firing || a.Reason == rules.Reported {
		return a.Texts.Body
	}
	return ""
}

// alert returns a delivery as the alert that the receiver shows at an instant.
func (r Receiver) alert(d outbox.Delivery, now time.Time) notify.Alert {
	a := d.Alert
	out := notify.Alert{
		ID: a.ID, Version: a.Version, Changed: d.Outdated(d.Facts()),
		State: string(a.State), Reason: string(a.Reason), Level: a.Level.String(),
		Rule:    a.Rule,
		Project: notify.Named{UID: a.Project, Name: a.Texts.Project, URL: words.ProjectURL(a.Project)},
		Subject: notify.Named{UID: a.Subject, Name: a.Texts.Subject, URL: words.SubjectURL(a.Project, a.Subject)},
		Summary: a.Texts.Headline(now), Advice: a.Texts.Advice, Runbook: a.Texts.Runbook, Why: a.Why, Detail: detail(a, now), Body: body(a),
		Drill: a.Drill, Mute: MuteText(a.Mute), Ack: AckText(a.Ack), AckedBy: notify.Ack(a.Ack),
		MutedBy: notify.Mute{Kind: string(a.Mute.Kind), Until: a.Mute.Until, By: a.Mute.By, Because: a.Mute.Because},
		Figure:  a.Texts.Figure, Unit: a.Texts.Unit,
		Value: a.ValueAtEnd(), Peak: a.Peak, Limit: a.Limit, Usual: a.Usual, UsualName: a.UsualName(),
		QuietNow: !a.QuietSince.IsZero() && a.State == rules.Firing,
		Since:    a.Since, FiredAt: a.FiredAt, EndedAt: a.EndedAt, AsOf: a.AsOf,
		Contributors: contributors(a.Texts.Contributors), Condition: condition(a.Texts.Met), Forecast: forecast(a.Texts.Forecast),
		Causes: causes(a.Texts.Causes),
	}
	if d.Shown > rules.Inactive {
		out.Was = d.Shown.String()
	}
	switch {
	case a.Project == "":
		out.Project, out.Subject.UID = notify.Named{Name: a.Texts.Project}, ""
	case a.Subject == "":
		out.Subject = out.Project
	}
	if d.For != "" {
		out.Detail = append(out.Detail, "sent here because "+d.For+" is unreachable")
	}
	switch d.View(d.Facts(), r.policy()).Reason {
	case delivery.ReasonRerouted:
		out.State, out.Reason, out.Why = string(rules.Withdrawn), string(rules.EventWithdrawn), delivery.ReroutedDetail
	case delivery.ReasonBelow:
		out.State = string(rules.Resolved)
		out.Detail = append(out.Detail, fmt.Sprintf("now %s, below the lowest level of this receiver", a.Level))
	}
	return out
}

// detail returns short lines that complement the headline.
func detail(a rules.Alert, now time.Time) []string {
	var lines []string
	if a.Already && a.Version == 1 {
		lines = append(lines, "already true when this rule was first evaluated")
	}
	if !a.QuietSince.IsZero() && a.State == rules.Firing {
		lines = append(lines, quietText(a, now))
	}
	if a.Texts.Met != nil {
		lines = append(lines, conditionText(a.Texts.Met))
	}
	lines = append(lines, contributorTexts(a.Texts.Contributors)...)
	if a.Texts.Causes != nil {
		lines = append(lines, causesText(a.Texts.Causes))
	}
	switch {
	case a.Reason == rules.Unacknowledged && a.By != "":
		lines = append(lines, "unacknowledged by "+Name(a.By))
	case a.Reason == rules.Unmuted && a.By != "":
		lines = append(lines, "silence ended by "+Name(a.By))
	}
	return lines
}

// quietText returns, for a firing alert whose condition has become false, since when that is so and when the alert resolves. A day rule
// waits for a complete day.
func quietText(a rules.Alert, now time.Time) string {
	resolves := a.Resolves()
	if now.Before(resolves) {
		return fmt.Sprintf("quiet since %s; resolves %s if it stays quiet", a.QuietSince.UTC().Format("15:04 UTC"), words.Time(resolves))
	}
	return fmt.Sprintf("quiet since %s; resolves once a complete day is known to be quiet", words.Time(a.QuietSince))
}
