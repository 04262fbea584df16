package webhook

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
)

// maxAlertmanagerAlerts is the maximum number of alerts in a body of Alertmanager's format.
const maxAlertmanagerAlerts = 1000

// An alertmanagerBody is the body that Alertmanager posts to its webhook receivers, version 4.
type alertmanagerBody struct {
	Version           string              `json:"version"`
	GroupKey          string              `json:"groupKey"`
	TruncatedAlerts   int                 `json:"truncatedAlerts"`
	Status            string              `json:"status"`
	Receiver          string              `json:"receiver"`
	GroupLabels       map[string]string   `json:"groupLabels"`
	CommonLabels      map[string]string   `json:"commonLabels"`
	CommonAnnotations map[string]string   `json:"commonAnnotations"`
	ExternalURL       string              `json:"externalURL"`
	Alerts            []alertmanagerAlert `json:"alerts"`
}

type alertmanagerAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"` // the zero time while it is firing
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// noPage is the link of a message without a page of its own: bridges show the link even if it is empty.
const noPage = "https://notehub.io"

// alertmanagerFormat posts the message as a group of alerts: each time all firing alerts, and those that have ended since
// the last post. Alertmanager has no reports. A quiet message is posted only to end alerts that were posted before.
func alertmanagerFormat(receiver string) layout {
	return func(n notify.Notification, was handle) (*request, error) {
		n.Alerts = withoutPast(message.WithoutReports(n.Alerts))
		closing := (was.Posted != "" || n.Tried) && (over(n.Alerts) || slices.ContainsFunc(n.Alerts, endsShown))
		if len(n.Alerts) == 0 || n.Quiet && !closing {
			return nil, nil
		}
		return postJSON("application/json", newAlertmanagerBody(n, receiver))
	}
}

// withoutPast removes alerts whose end was sent before. If no alert changed, the message is sent again with all of them.
func withoutPast(alerts []notify.Alert) []notify.Alert {
	if !slices.ContainsFunc(alerts, message.IsChanged) {
		return alerts
	}
	return slices.DeleteFunc(slices.Clone(alerts), func(a notify.Alert) bool { return !a.Changed && a.State != "firing" })
}

// endsShown reports whether an alert that the receiver shows as firing has ended. Its end is sent once, so it is sent even if
// the message is quiet.
func endsShown(a notify.Alert) bool { return a.Changed && a.Was != "" && a.State != "firing" }

func newAlertmanagerBody(n notify.Notification, receiver string) alertmanagerBody {
	alerts := notify.WorstFirst(n.Alerts)
	if len(alerts) > maxAlertmanagerAlerts {
		// An end is sent once, so it goes before alerts without a change.
		changed := slices.DeleteFunc(slices.Clone(alerts), func(a notify.Alert) bool { return !a.Changed })
		alerts = append(changed, slices.DeleteFunc(alerts, message.IsChanged)...)[:maxAlertmanagerAlerts]
	}
	body := alertmanagerBody{
		Version: "4", GroupKey: n.ID, TruncatedAlerts: len(n.Alerts) - len(alerts),
		Status: stateOf(n.Alerts), Receiver: receiver, GroupLabels: map[string]string{}, ExternalURL: noPage,
		Alerts: make([]alertmanagerAlert, len(alerts)),
	}
	if page, ok := message.Common(n.Alerts, func(a notify.Alert) string { return a.Project.URL }); ok && page != "" {
		body.ExternalURL = page
	}
	if rule, ok := message.Common(n.Alerts, func(a notify.Alert) string { return a.Rule }); ok {
		body.GroupLabels["alertname"] = rule
	}
	for i, a := range alerts {
		body.Alerts[i] = newAlertmanagerAlert(a)
	}
	body.CommonLabels = commonPairs(body.Alerts, func(a alertmanagerAlert) map[string]string { return a.Labels })
	body.CommonAnnotations = commonPairs(body.Alerts, func(a alertmanagerAlert) map[string]string { return a.Annotations })
	return body
}

func newAlertmanagerAlert(a notify.Alert) alertmanagerAlert {
	c := message.Describe(a)
	figures := message.JoinFacts(c.Figures)
	description := message.Filled(slices.Concat([]string{figures}, c.Detail, []string{c.Advice}))
	alert := alertmanagerAlert{
		Status: stateOf([]notify.Alert{a}),
		Labels: pairs(
			"alertname", a.Rule, "severity", a.Level,
			"project", a.Project.Name, "project_uid", a.Project.UID, "subject", a.Subject.Name, "subject_uid", a.Subject.UID,
			"instance", cmp.Or(a.Subject.Name, a.Subject.UID), // the label that bridges show for the subject
		),
		Annotations: pairs(
			"summary", a.Summary, "advice", a.Advice, "runbook_url", words.Page(a.Runbook), "figures", figures,
			"description", cmp.Or(strings.Join(description, "\n"), c.Headline),
			"muted", a.Mute, "acknowledged", a.Ack,
		),
		StartsAt:     cmp.Or(a.FiredAt, a.Since).UTC().Truncate(time.Second),
		GeneratorURL: cmp.Or(a.Subject.URL, a.Project.URL),
		Fingerprint:  a.ID,
	}
	if a.State != "firing" {
		alert.EndsAt = message.Happened(a).UTC().Truncate(time.Second)
	}
	if a.Drill {
		alert.Labels["drill"] = "true"
	}
	return alert
}

// pairs makes a map from alternating names and values, without empty values.
func pairs(namesAndValues ...string) map[string]string {
	m := make(map[string]string)
	for i := 0; i < len(namesAndValues); i += 2 {
		if namesAndValues[i+1] != "" {
			m[namesAndValues[i]] = namesAndValues[i+1]
		}
	}
	return m
}

// commonPairs returns the pairs of of that are the same for all alerts.
func commonPairs(alerts []alertmanagerAlert, of func(alertmanagerAlert) map[string]string) map[string]string {
	shared := maps.Clone(of(alerts[0]))
	for _, a := range alerts[1:] {
		has := of(a)
		maps.DeleteFunc(shared, func(name, value string) bool { return has[name] != value })
	}
	return shared
}
