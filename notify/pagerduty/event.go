package pagerduty

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// Limits of an event. PagerDuty accepts a summary of 1,024 characters and events of 512 KB; the rows are the largest part.
const (
	maxSummary = 1024
	maxRows    = 100
	maxRow     = 400 // characters
	maxTop     = 3   // subjects in the summary of several alerts
)

// An event is the body of an Events API v2 request. Acknowledging and resolving need no description.
type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"`
	DedupKey   string   `json:"dedup_key"`
	Client     string   `json:"client,omitempty"`
	Payload    *payload `json:"payload,omitempty"`
	Links      []link   `json:"links,omitempty"`
}

type payload struct {
	Summary   string    `json:"summary"`
	Source    string    `json:"source"`
	Severity  string    `json:"severity"`
	Timestamp time.Time `json:"timestamp,omitzero"`
	Component string    `json:"component,omitempty"`
	Group     string    `json:"group,omitempty"`
	Class     string    `json:"class,omitempty"`
	Details   details   `json:"custom_details"`
}

// details are displayed as a table, in this order.
type details struct {
	Alerts  string            `json:"alerts,omitempty"` // counts
	Figures map[string]string `json:"figures,omitempty"`
	Since   string            `json:"since,omitempty"`
	AsOf    string            `json:"as_of,omitempty"`
	Detail  []string          `json:"detail,omitempty"`
	Advice  string            `json:"advice,omitempty"`
	Rules   []string          `json:"rules,omitempty"` // of a digest
	Worst   []string          `json:"worst,omitempty"` // one row each
	More    string            `json:"more,omitempty"`
	Subject string            `json:"subject,omitempty"`
	UID     string            `json:"uid,omitempty"`
	Project string            `json:"project,omitempty"`
	Rule    string            `json:"rule,omitempty"`
	Alert   string            `json:"alert,omitempty"`
	Message string            `json:"message"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// describe adds the description of the alerts of n, at least one of which is neither muted nor acknowledged.
func (e *event) describe(n notify.Notification, alerts []notify.Alert) {
	sorted := notify.WorstFirst(alerts)
	firing := onlyFiring(sorted)
	worst := firing[slices.IndexFunc(firing, unhandled)]
	e.Client, e.Links = "notewatch", linksTo(firing)
	if len(alerts) == 1 {
		e.Payload = describeOne(worst)
	} else {
		n.Alerts = alerts
		e.Payload = describeSeveral(n, sorted)
	}
	if !slices.ContainsFunc(alerts, func(a notify.Alert) bool { return !a.Drill }) {
		e.Payload.Summary = message.DrillMark + e.Payload.Summary
	}
	e.Payload.Summary = words.Cut(e.Payload.Summary, maxSummary)
	e.Payload.Severity = severityOf(worst.Level)
	e.Payload.Timestamp = message.Happened(worst).UTC().Truncate(time.Second)
	e.Payload.Details.Message = n.ID
}

// severityOf returns the severity of PagerDuty for a level, which has the same name.
func severityOf(level string) string {
	if notify.Severity(level) > 0 {
		return level
	}
	return "error"
}

// describeOne describes one alert.
func describeOne(a notify.Alert) *payload {
	c := message.Describe(a)
	details := details{
		Figures: make(map[string]string), Detail: append(slices.Clip(c.Detail), c.Body...), Advice: c.Advice,
		Subject: c.Subject, UID: c.UID, Project: c.Project, Rule: c.Rule, Alert: c.ID,
	}
	for _, f := range c.Figures {
		details.Figures[f.Label] = f.Value
	}
	if !c.Since.IsZero() {
		details.Since = words.Time(c.Since)
	}
	if !c.AsOf.IsZero() {
		details.AsOf = words.Time(c.AsOf)
	}
	return &payload{
		Summary: words.Dotted(c.Headline, message.JoinFacts(c.Figures)), Source: c.Subject, Component: words.Clean(a.Figure, message.MaxName),
		Group: cmp.Or(c.Project, c.Subject), Class: c.Rule, Details: details,
	}
}

// describeSeveral describes the alerts of n: their counts, and the worst of them.
func describeSeveral(n notify.Notification, sorted []notify.Alert) *payload {
	l := message.DescribeList(n, sorted)
	project, _ := message.Common(sorted, func(a notify.Alert) string {
		return words.Clean(cmp.Or(a.Project.Name, a.Project.UID), message.MaxName)
	})
	details := details{
		Alerts: message.CountLevels(sorted), Detail: l.Detail, Worst: rowsOf(sorted, l.Digest()), Project: project,
	}
	if !l.AsOf.IsZero() {
		details.AsOf = words.Time(l.AsOf)
	}
	if left := sorted[len(details.Worst):]; len(left) > 0 {
		details.More = "and " + words.Number(len(left)) + " more" + ": " + message.CountLevels(left) + "; see " + l.Hint()
	}
	payload := &payload{
		Summary: l.Headline + ": " + topSubjects(onlyFiring(sorted)), Source: cmp.Or(project, "notewatch"), Group: project,
	}
	if l.Digest() {
		for _, g := range l.Groups {
			details.Rules = append(details.Rules, g.Rule+": "+message.JoinWords(g.Counts, message.Labelled("→ ", g.Advice)))
		}
		details.Rules = message.Filled(append(details.Rules, l.More))
	} else {
		only := l.Groups[0]
		payload.Component, payload.Class = only.Figure, only.Rule
		details.Rule, details.Advice = only.Rule, only.Advice
	}
	payload.Details = details
	return payload
}

// rowsOf returns the worst alerts, one per line, with the rule of each if there are several.
func rowsOf(sorted []notify.Alert, rules bool) []string {
	var rows []string
	for _, a := range sorted[:min(len(sorted), maxRows)] {
		r, rule := message.RowOf(a), ""
		if rules {
			rule = words.Clean(a.Rule, message.MaxName)
		}
		rows = append(rows, words.Cut(words.Dotted(r.Word+" "+message.NameOf(a.Subject), rule, r.Text), maxRow))
	}
	return rows
}

// topSubjects returns the subjects of the worst alerts with their values, for a headline.
func topSubjects(firing []notify.Alert) string {
	shown := firing[:min(len(firing), maxTop)]
	names := make([]string, 0, len(shown)+1)
	for _, a := range shown {
		name := message.NameOf(a.Subject)
		if words.Known(a.Value) {
			name += " " + message.OfLimit(a.Value, a.Limit, a.Unit)
		}
		names = append(names, name)
	}
	if left := len(firing) - len(shown); left > 0 {
		names = append(names, words.Number(left)+" more")
	}
	return strings.Join(names, ", ")
}

// linksTo returns links to the worst subjects and to their projects.
func linksTo(firing []notify.Alert) []link {
	var links []link
	for _, a := range firing[:min(len(firing), maxTop)] {
		if runbook := (link{Href: words.Page(a.Runbook), Text: "Runbook"}); runbook.Href != "" && !slices.Contains(links, runbook) {
			links = append(links, runbook)
		}
		for _, n := range []notify.Named{a.Subject, a.Project} {
			link := link{Href: words.Page(n.URL), Text: message.NameOf(n)}
			if link.Href != "" && !slices.Contains(links, link) {
				links = append(links, link)
			}
		}
	}
	return links
}
