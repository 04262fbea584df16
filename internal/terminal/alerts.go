package terminal

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/selection"
	"notewatch/internal/status"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// Alerts prints alerts with the receivers that were notified.
func Alerts(s Screen, alerts []lookup.Alert) error {
	t := &table{columns: columns("ID", "LEVEL", "STATE", "SINCE (UTC)=", "SUBJECT~", "VALUE~", "RULE_", "PROJECT_", "NOTIFIED_")}
	for _, a := range alerts {
		t.add(a.ID, levelOf(a), stateOf(a), minute(a.Since), subjectOf(a.Subject, a.Project), named(a.Figure, valueOf(a)), a.Rule, nameOf(a.Project), notifiedText(a))
	}
	return t.print(s)
}

// levelOf returns the level of an alert, if it has one.
func levelOf(a lookup.Alert) string {
	if a.State == rules.Pending {
		return "-"
	}
	return a.Level.String()
}

// stateOf returns the state of an alert. A firing one may also be muted or acknowledged.
func stateOf(a lookup.Alert) string {
	switch {
	case a.Reason == rules.Corrected, a.Reason == rules.PeriodEnded:
		return eventWord(a.Reason)
	case a.State != rules.Firing:
		return string(a.State)
	case a.Mute.Kind != rules.ByNothing:
		return "firing, muted"
	case a.Ack != rules.Ack{}:
		return "firing, acknowledged"
	}
	return string(a.State)
}

// valueOf returns the value of an alert with its limit; for a resolved alert it is the peak.
func valueOf(a lookup.Alert) string {
	value, prefix := a.Value, ""
	if a.State == rules.Resolved && a.Reason != rules.Corrected {
		value, prefix = a.Peak, "peak "
	}
	text := figureText(value, a.Figure, a.Unit)
	switch {
	case text == "-":
		return text
	case !words.Known(a.Limit):
		return prefix + text
	}
	return prefix + text + " of " + words.Figure(a.Limit, a.Unit)
}

// named puts the name of a figure before its value: events.today 10,814.
func named(figure, value string) string {
	if value == "-" {
		return value
	}
	return strings.TrimSpace(figure + " " + value)
}

// figureText formats the value of a figure; an alert without a figure has a dash.
func figureText(value float64, figure, unit string) string {
	if figure == "" && !words.Known(value) {
		return "-"
	}
	return words.Figure(value, unit)
}

// notifiedText lists the receivers by state, and the reasons why some were not notified.
func notifiedText(a lookup.Alert) string {
	parts := []string{summarize(a.Receivers)}
	if a.State == rules.Firing {
		if a.Mute.Kind != rules.ByNothing {
			parts = append(parts, deliver.MuteAge(a.Mute, a.MutedFor))
		}
		if a.Ack != (rules.Ack{}) {
			parts = append(parts, deliver.AckAge(a.Ack, a.AcknowledgedFor))
		}
	}
	if a.Why != "" {
		parts = append(parts, a.Why)
	}
	if a.Drill {
		parts = append(parts, "drill")
	}
	return strings.Join(parts, " · ")
}

// nameOf returns the name of something, else its UID.
func nameOf(n lookup.Named) string { return cmp.Or(n.Name, n.UID, "-") }

// subjectOf returns the name of the subject of an alert, which may be its project.
func subjectOf(subject, project lookup.Named) string {
	return cmp.Or(subject.Name, subject.UID, nameOf(project))
}

// Firing prints the firing alerts after a cycle.
func Firing(s Screen, alerts []lookup.Alert) error {
	if len(alerts) == 0 {
		return s.Say("No alert is firing.")
	}
	t := &table{columns: columns("LEVEL", "SUBJECT~", "RULE_", "VALUE", "LIMIT=", "SINCE=", "ID")}
	for _, a := range alerts {
		t.add(levelOf(a), subjectOf(a.Subject, a.Project), a.Rule, figureText(a.Value, a.Figure, a.Unit), figureText(a.Limit, "", a.Unit),
			moment(a.Since)+" UTC", a.ID)
	}
	return t.print(s)
}

// AsOf prints the time of the data below Firing: of each project whose polls fail, and of the others together.
func AsOf(s Screen, answer status.Status) error {
	var oldest time.Time
	for _, p := range answer.Projects {
		if p.Failures == 0 {
			if oldest.IsZero() || p.PolledAt.Before(oldest) {
				oldest = p.PolledAt
			}
			continue
		}
		text := "never polled, so there is no data"
		if !p.PolledAt.IsZero() {
			text = "alerts and data as of " + words.Time(p.PolledAt) + " (" + ago(answer.Now.Sub(p.PolledAt)) + "), because polls fail"
		}
		if err := s.say(amber, p.Name+": "+text); err != nil {
			return err
		}
	}
	if oldest.IsZero() {
		return nil
	}
	return s.say(dim, "Data as of "+words.Time(oldest)+".")
}

// NoAlerts prints a remark that no alert was found: among those that match, those of a message, or all including ended ones.
func NoAlerts(s Screen, m muting.Match, ofMessage, all bool) {
	of := MatchText(selection.Of(m))
	if of != "" {
		of = " for " + words.Line(of)
	}
	switch {
	case ofMessage:
		s.remark("This message contains no alert%s.\n", of)
	case all:
		s.remark("No open or ended alerts%s.\n", of)
	default:
		s.remark("No open alerts%s. Use --all to include ended alerts.\n", of)
	}
}

// Candidates lists what an ambiguous name matches, one per line.
func Candidates(e *lookup.AmbiguousError) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q is ambiguous. It matches:", e.Text)
	for _, s := range e.Candidates {
		fmt.Fprintf(&b, "\n  %-7s  %s  %s", s.Kind, s.UID, words.Line(s.Name))
		if s.Kind != lookup.KindProject {
			fmt.Fprintf(&b, "  (%s)", words.Line(s.Project.Name))
		}
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n  … and %s more", words.Number(e.More))
	}
	return b.String()
}
