package main

import (
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/rules"
)

// A usageView is a usage as JSON.
type usageView struct {
	subjectView
	Span string    `json:"span"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	source
	Devices    int          `json:"devices"`
	Period     periodView   `json:"period"`
	Device     *deviceView  `json:"device,omitempty"`
	Figures    []figureView `json:"figures"`
	NotRead    []string     `json:"not_read"`
	Alerts     []briefAlert `json:"alerts"`
	AlertCount int          `json:"alert_count"`
}

type subjectView struct {
	Kind    string `json:"kind"`
	UID     string `json:"uid,omitempty"`
	Name    string `json:"name,omitempty"`
	Project *named `json:"project,omitempty"`
	Gone    bool   `json:"gone,omitempty"`
}

type periodView struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	DaysLeft *float64  `json:"days_left"`
}

type deviceView struct {
	SKU          string    `json:"sku"`
	Firmware     string    `json:"firmware"`
	Voltage      *float64  `json:"voltage"`
	LastActivity time.Time `json:"last_activity,omitzero"`
	Disabled     bool      `json:"disabled"`
}

type figureView struct {
	Figure    string    `json:"figure"`
	Unit      string    `json:"unit"`
	Total     *float64  `json:"total"`
	Limit     *float64  `json:"limit"`
	LimitRule string    `json:"limit_rule,omitempty"`
	Pace      *float64  `json:"pace"`
	Forecast  *float64  `json:"forecast"`
	Usual     *float64  `json:"usual"`
	Days      []dayView `json:"days"`
	Unknown   int       `json:"unknown_days"`
	Missing   int       `json:"missing"`
	Cost      *costView `json:"cost,omitempty"`
}

type dayView struct {
	Day   string   `json:"day"`
	Value *float64 `json:"value"`
}

type costView struct {
	Amount   *float64 `json:"amount"`
	Forecast *float64 `json:"forecast"`
	Currency string   `json:"currency"`
	Note     string   `json:"note"`
}

type briefAlert struct {
	ID      string    `json:"id"`
	Rule    string    `json:"rule"`
	State   string    `json:"state"`
	Level   string    `json:"level"`
	Since   time.Time `json:"since"`
	Subject named     `json:"subject"`
	Summary string    `json:"summary"`
}

// usageViewOf returns usage as it is printed at an instant.
func usageViewOf(u lookup.Usage, now time.Time) usageView {
	v := usageView{
		subjectView: subjectViewOf(u.Subject), Span: string(u.Span), From: u.From, To: u.To,
		source:  source{AsOf: u.AsOf, Failures: u.Failures, Failure: u.Failure, Truncated: u.Truncated},
		Devices: u.Devices, Device: deviceViewOf(u.Device),
		Period:  periodView{u.Period.Start, u.Period.End, figure(u.Period.DaysLeft)},
		Figures: make([]figureView, len(u.Figures)), NotRead: []string{}, Alerts: []briefAlert{}, AlertCount: u.AlertCount,
	}
	for i, f := range u.Figures {
		v.Figures[i] = figureViewOf(f)
	}
	for _, f := range u.NotRead {
		v.NotRead = append(v.NotRead, f.String())
	}
	for _, a := range u.Alerts {
		v.Alerts = append(v.Alerts, briefOf(a, now))
	}
	return v
}

func subjectViewOf(s lookup.Subject) subjectView {
	if s.Kind == lookup.KindAll {
		return subjectView{Kind: "all"}
	}
	return subjectView{string(s.Kind), s.UID, s.Name, &named{s.Project.UID, s.Project.Name}, s.Gone}
}

func deviceViewOf(d *store.Device) *deviceView {
	if d == nil {
		return nil
	}
	return &deviceView{d.SKU, d.Firmware, figure(d.Voltage), d.LastActivity, d.Disabled}
}

func figureViewOf(f lookup.FigureUsage) figureView {
	v := figureView{
		Figure: f.Figure.String(), Unit: f.Unit, Total: figure(f.Total), Limit: figure(f.Limit), LimitRule: f.LimitRule,
		Pace: figure(f.Pace), Forecast: figure(f.Forecast), Usual: figure(f.Usual), Days: []dayView{}, Unknown: f.Unknown, Missing: f.Missing,
	}
	for _, d := range f.Days {
		v.Days = append(v.Days, dayView{d.Day.UTC().Format(time.DateOnly), figure(d.Value)})
	}
	if f.Cost.Currency != "" {
		v.Cost = &costView{figure(f.Cost.Amount), figure(f.CostForecast.Amount), f.Cost.Currency, f.Cost.Note}
	}
	return v
}

func briefOf(a rules.Alert, now time.Time) briefAlert {
	return briefAlert{
		ID: a.ID, Rule: a.Rule, State: string(a.State), Level: a.Level.String(), Since: a.Since,
		Subject: named{a.Subject, a.Told.Subject}, Summary: a.Told.Headline(now),
	}
}
