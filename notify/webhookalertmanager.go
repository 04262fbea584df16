package notify

import (
	"cmp"
	"maps"
	"strings"
	"time"
)

// maxAlertmanagerAlerts is how many alerts a body of Alertmanager's format holds.
const maxAlertmanagerAlerts = 1000

// An alertmanagerBody is what Alertmanager posts to its webhook receivers, version 4.
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

// alertmanagerFormat posts the message as a group of alerts, each time with all of them. Alertmanager has no reports. What
// is quiet is posted only to end what was posted before.
func alertmanagerFormat(receiver string) webhookFormat {
	return func(n Notification, was webhookRef) (*webhookRequest, error) {
		n.Alerts = withoutReports(n.Alerts)
		closing := (was.Posted != "" || n.Tried) && over(n.Alerts)
		if len(n.Alerts) == 0 || n.Quiet && !closing {
			return nil, nil
		}
		return postJSON("application/json", newAlertmanagerBody(n, receiver))
	}
}

func newAlertmanagerBody(n Notification, receiver string) alertmanagerBody {
	alerts := worstFirst(n.Alerts)
	alerts = alerts[:min(len(alerts), maxAlertmanagerAlerts)]
	body := alertmanagerBody{
		Version: "4", GroupKey: n.ID, TruncatedAlerts: len(n.Alerts) - len(alerts),
		Status: stateOf(n.Alerts), Receiver: receiver, GroupLabels: map[string]string{},
		Alerts: make([]alertmanagerAlert, len(alerts)),
	}
	if rule, ok := common(n.Alerts, func(a Alert) string { return a.Rule }); ok {
		body.GroupLabels["alertname"] = rule
	}
	for i, a := range alerts {
		body.Alerts[i] = newAlertmanagerAlert(a)
	}
	body.CommonLabels = commonPairs(body.Alerts, func(a alertmanagerAlert) map[string]string { return a.Labels })
	body.CommonAnnotations = commonPairs(body.Alerts, func(a alertmanagerAlert) map[string]string { return a.Annotations })
	return body
}

func newAlertmanagerAlert(a Alert) alertmanagerAlert {
	c := describe(a)
	alert := alertmanagerAlert{
		Status: stateOf([]Alert{a}),
		Labels: pairs(
			"alertname", a.Rule, "severity", a.Level,
			"project", a.Project.Name, "project_uid", a.Project.UID, "subject", a.Subject.Name, "subject_uid", a.Subject.UID,
		),
		Annotations: pairs(
			"summary", a.Summary, "advice", a.Advice, "figures", joinFacts(c.figures), "description", strings.Join(c.detail, "\n"),
			"muted", a.Mute, "acknowledged", a.Ack,
		),
		StartsAt:     cmp.Or(a.FiredAt, a.Since).UTC().Truncate(time.Second),
		GeneratorURL: a.Subject.URL,
		Fingerprint:  a.ID,
	}
	if a.State != "firing" {
		alert.EndsAt = happened(a).UTC().Truncate(time.Second)
	}
	if a.Drill {
		alert.Labels["drill"] = "true"
	}
	return alert
}

// pairs makes a map of names and values that follow each other, without empty values.
func pairs(namesAndValues ...string) map[string]string {
	m := make(map[string]string)
	for i := 0; i < len(namesAndValues); i += 2 {
		if namesAndValues[i+1] != "" {
			m[namesAndValues[i]] = namesAndValues[i+1]
		}
	}
	return m
}

// commonPairs returns what all alerts have the same of.
func commonPairs(alerts []alertmanagerAlert, of func(alertmanagerAlert) map[string]string) map[string]string {
	shared := maps.Clone(of(alerts[0]))
	for _, a := range alerts[1:] {
		has := of(a)
		maps.DeleteFunc(shared, func(name, value string) bool { return has[name] != value })
	}
	return shared
}
