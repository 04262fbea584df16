package main

import (
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/words"
	"notewatch/rules"
)

// An explanationView is an explanation as JSON.
type explanationView struct {
	Rule     string    `json:"rule"`
	Each     string    `json:"each"`
	Project  named     `json:"project"`
	Subject  named     `json:"subject"`
	AsOf     time.Time `json:"as_of"`
	PolledAt time.Time `json:"polled_at,omitzero"`

	Failures  int       `json:"failures"`
	Failure   string    `json:"failure,omitempty"`
	Truncated bool      `json:"truncated"`
	ListedAt  time.Time `json:"listed_at,omitzero"`

	Least string `json:"least"`
	Most  string `json:"most"`
	Error string `json:"error,omitempty"`

	Figure string   `json:"figure"`
	Unit   string   `json:"unit"`
	Value  *float64 `json:"value"`
	Usual  *float64 `json:"usual"`
	Limit  *float64 `json:"limit"`

	Conditions []conditionView `json:"conditions"`
	Alert      *briefAlert     `json:"alert,omitempty"`
	Mute       rules.Mute      `json:"mute,omitzero"`
	Held       []heldView      `json:"held"`
}

type conditionView struct {
	Field string `json:"field"`
	partView
	Omitted int `json:"omitted"`
}

type partView struct {
	Text     string     `json:"text"`
	Filled   string     `json:"filled"`
	Truth    string     `json:"truth"`
	Name     string     `json:"name,omitempty"`
	Operator string     `json:"operator,omitempty"`
	Parts    []partView `json:"parts,omitempty"`
	Lets     []letView  `json:"lets,omitempty"`
}

type letView struct {
	Name   string `json:"name"`
	Text   string `json:"text"`
	Filled string `json:"filled"`
}

type heldView struct {
	Level     string  `json:"level"`
	Seconds   float64 `json:"seconds"`
	OfSeconds float64 `json:"of_seconds"`
}

// explanationViewOf returns an explanation as it is printed at an instant.
func explanationViewOf(e bot.Explanation, now time.Time) explanationView {
	v := explanationView{
		Rule: e.Rule.Spec.Name, Each: string(e.Rule.Spec.Each),
		Project: named{e.Project.UID, e.Project.Name}, Subject: named{e.Subject.UID, e.Subject.Name},
		AsOf: e.Now, PolledAt: e.PolledAt, Failures: e.Failures, Failure: e.Failure, Truncated: e.Truncated, ListedAt: e.ListedAt,
		Least: e.Result.Least.String(), Most: e.Result.Most.String(),
		Figure: e.Rule.Show, Unit: e.Rule.Unit, Value: figure(e.Value), Usual: figure(e.Usual), Limit: figure(e.Rule.Limit),
		Conditions: []conditionView{}, Mute: e.Mute, Held: []heldView{},
	}
	if e.Err != nil {
		v.Error = e.Err.Error()
	}
	for _, c := range e.Conditions {
		v.Conditions = append(v.Conditions, conditionView{c.Field, partViewOf(c.Part), c.Omitted})
	}
	if e.Alert.Open() {
		brief := briefOf(e.Alert, now)
		v.Alert = &brief
	}
	for _, h := range e.Held {
		v.Held = append(v.Held, heldView{h.Level.String(), h.For.Seconds(), h.Need.Seconds()})
	}
	return v
}

func partViewOf(p rules.Part) partView {
	v := partView{
		Text: p.Text, Filled: p.Fill(words.Figure), Truth: p.Truth.String(), Name: p.Name, Operator: p.Operator,
	}
	for _, part := range p.Parts {
		v.Parts = append(v.Parts, partViewOf(part))
	}
	for _, let := range p.Lets {
		v.Lets = append(v.Lets, letView{let.Name, let.Text, let.Fill(words.Figure)})
	}
	return v
}
