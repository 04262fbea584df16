package notify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"notewatch/internal/words"
)

// What is told to PagerDuty. It takes a summary of 1,024 characters, and events of 512 KB, of which the rows are most.
const (
	maxPagerDutySummary = 1024
	maxPagerDutyRows    = 100
	maxPagerDutyRow     = 400 // characters
	maxPagerDutyTop     = 3   // subjects in the summary of several alerts
)

// A pagerDutyEvent is what the Events API v2 takes. To acknowledge and to resolve nothing is described.
type pagerDutyEvent struct {
	RoutingKey string            `json:"routing_key"`
	Action     string            `json:"event_action"`
	DedupKey   string            `json:"dedup_key"`
	Client     string            `json:"client,omitempty"`
	Payload    *pagerDutyPayload `json:"payload,omitempty"`
	Links      []pagerDutyLink   `json:"links,omitempty"`
}

type pagerDutyPayload struct {
	Summary   string           `json:"summary"`
	Source    string           `json:"source"`
	Severity  string           `json:"severity"`
	Timestamp *time.Time       `json:"timestamp,omitempty"`
	Component string           `json:"component,omitempty"`
	Group     string           `json:"group,omitempty"`
	Class     string           `json:"class,omitempty"`
	Details   pagerDutyDetails `json:"custom_details"`
}

// pagerDutyDetails are shown as a table, in this order.
type pagerDutyDetails struct {
	Alerts  string            `json:"alerts,omitempty"` // counts
	Figures map[string]string `json:"figures,omitempty"`
	Since   string            `json:"since,omitempty"`
	AsOf    string            `json:"as_of,omitempty"`
	Detail  []string          `json:"detail,omitempty"`
	Advice  string            `json:"advice,omitempty"`
	Rules   []string          `json:"rules,omitempty"` // of a digest
	Worst   []string          `json:"worst,omitempty"` // a row each
	More    string            `json:"more,omitempty"`
	Subject string            `json:"subject,omitempty"`
	UID     string            `json:"uid,omitempty"`
	Project string            `json:"project,omitempty"`
	Rule    string            `json:"rule,omitempty"`
	Alert   string            `json:"alert,omitempty"`
	Message string            `json:"message"`
}

type pagerDutyLink struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// describe says in e what the alerts of n are about, of which at least one needs somebody.
func (e *pagerDutyEvent) describe(n Notification, alerts []Alert) {
	sorted := WorstFirst(alerts)
	firing := onlyFiring(sorted)
	worst := firing[slices.IndexFunc(firing, needsSomebody)]
	e.Client, e.Links = "notewatch", pagerDutyLinks(firing)
	if len(alerts) == 1 {
		e.Payload = pagerDutyCard(worst)
	} else {
		n.Alerts = alerts
		e.Payload = pagerDutyList(n, sorted)
	}
	if !slices.ContainsFunc(alerts, func(a Alert) bool { return !a.Drill }) {
		e.Payload.Summary = drillMark + e.Payload.Summary
	}
	e.Payload.Summary = words.Cut(e.Payload.Summary, maxPagerDutySummary)
	e.Payload.Severity = pagerDutySeverity(worst.Level)
	e.Payload.Timestamp = jsonTime(happened(worst))
	e.Payload.Details.Message = n.ID
}

// pagerDutySeverity is the level, which PagerDuty calls the same.
func pagerDutySeverity(level string) string {
	if Severity(level) > 0 {
		return level
	}
	return "error"
}

// pagerDutyCard says what one alert is about.
func pagerDutyCard(a Alert) *pagerDutyPayload {
	c := describe(a)
	details := pagerDutyDetails{
		Figures: make(map[string]string), Detail: append(slices.Clip(c.detail), c.body...), Advice: c.advice,
		Subject: c.subject, UID: c.uid, Project: c.project, Rule: c.rule, Alert: c.id,
	}
	for _, f := range c.figures {
		details.Figures[f.label] = f.value
	}
	if !c.since.IsZero() {
		details.Since = words.Time(c.since)
	}
	if !c.asOf.IsZero() {
		details.AsOf = words.Time(c.asOf)
	}
	return &pagerDutyPayload{
		Summary: words.Dotted(c.headline, joinFacts(c.figures)), Source: c.subject, Component: words.Clean(a.Figure, maxName),
		Group: cmp.Or(c.project, c.subject), Class: c.rule, Details: details,
	}
}

// pagerDutyList says what the alerts of n are about: how many there are, and the worst of them.
func pagerDutyList(n Notification, sorted []Alert) *pagerDutyPayload {
	l := describeList(n, sorted)
	project, _ := common(sorted, func(a Alert) string { return words.Clean(cmp.Or(a.Project.Name, a.Project.UID), maxName) })
	details := pagerDutyDetails{
		Alerts: countLevels(sorted), Detail: l.detail, Worst: pagerDutyRows(sorted, l.digest()), Project: project,
	}
	if !l.asOf.IsZero() {
		details.AsOf = words.Time(l.asOf)
	}
	if left := sorted[len(details.Worst):]; len(left) > 0 {
		details.More = "and " + words.Number(len(left)) + " more" + ": " + countLevels(left) + "; see " + l.hint()
	}
	payload := &pagerDutyPayload{
		Summary: l.headline + ": " + topSubjects(onlyFiring(sorted)), Source: cmp.Or(project, "notewatch"), Group: project,
	}
	if l.digest() {
		for _, g := range l.groups {
			details.Rules = append(details.Rules, g.rule+": "+joinWords(g.counts, labelled("→ ", g.advice)))
		}
		details.Rules = filled(append(details.Rules, l.more))
	} else {
		only := l.groups[0]
		payload.Component, payload.Class = only.figure, only.rule
		details.Rule, details.Advice = only.rule, only.advice
	}
	payload.Details = details
	return payload
}

// pagerDutyRows are the worst alerts, one on a line, with the rule of each if there are several.
func pagerDutyRows(sorted []Alert, rules bool) []string {
	var rows []string
	for _, a := range sorted[:min(len(sorted), maxPagerDutyRows)] {
		r, rule := rowOf(a), ""
		if rules {
			rule = words.Clean(a.Rule, maxName)
		}
		rows = append(rows, words.Cut(words.Dotted(r.word+" "+nameOf(a.Subject), rule, r.text), maxPagerDutyRow))
	}
	return rows
}

// topSubjects names the subjects of the worst alerts with their figures, for a headline.
func topSubjects(firing []Alert) string {
	shown := firing[:min(len(firing), maxPagerDutyTop)]
	names := make([]string, 0, len(shown)+1)
	for _, a := range shown {
		name := nameOf(a.Subject)
		if words.Known(a.Value) {
			name += " " + ofLimit(a.Value, a.Limit, a.Unit)
		}
		names = append(names, name)
	}
	if left := len(firing) - len(shown); left > 0 {
		names = append(names, words.Number(left)+" more")
	}
	return strings.Join(names, ", ")
}

// pagerDutyLinks lead to the worst subjects and to their projects.
func pagerDutyLinks(firing []Alert) []pagerDutyLink {
	var links []pagerDutyLink
	for _, a := range firing[:min(len(firing), maxPagerDutyTop)] {
		for _, n := range []Named{a.Subject, a.Project} {
			link := pagerDutyLink{Href: words.Page(n.URL), Text: nameOf(n)}
			if link.Href != "" && !slices.Contains(links, link) {
				links = append(links, link)
			}
		}
	}
	return links
}
