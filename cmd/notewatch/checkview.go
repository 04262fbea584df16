package main

import (
	"fmt"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/watch"
)

// A checkView is how a rules file is understood as it is printed.
type checkView struct {
	File      string         `json:"file"`
	Projects  []named        `json:"projects"`
	Accounts  []accountView  `json:"accounts"`
	Rules     []ruleView     `json:"rules"`
	Receivers []receiverView `json:"receivers"`
	Windows   []silenceView  `json:"windows"`
}

// An accountView is how often the projects of an account are polled, as it is printed.
type accountView struct {
	Name      string  `json:"name"`
	Projects  int     `json:"projects"`
	PerMinute float64 `json:"requests_per_minute"`
	Interval  float64 `json:"interval_seconds"`
}

// A ruleView is a rule as it is printed.
type ruleView struct {
	Name      string   `json:"name"`
	Each      string   `json:"each"`
	Kind      string   `json:"kind"`
	Levels    []string `json:"levels"`
	Reads     []string `json:"reads"`
	Receivers []string `json:"receivers"`
}

// A receiverView is a receiver as it is printed, without its settings: these hold secrets.
type receiverView struct {
	Name     string `json:"name"`
	From     string `json:"from"`
	Fallback string `json:"fallback,omitempty"`
}

func viewOfFile(file *config.File, wired watch.Config, now time.Time) checkView {
	view := checkView{
		File: file.Path, Projects: []named{}, Accounts: viewOfAccounts(wired.Bot), Rules: []ruleView{}, Receivers: []receiverView{}, Windows: []silenceView{},
	}
	for _, p := range file.Projects {
		view.Projects = append(view.Projects, named{p.UID, p.Name})
	}
	for _, r := range file.Rules {
		view.Rules = append(view.Rules, ruleView{
			Name: r.Spec.Name, Each: fmt.Sprint(r.Spec.Each), Kind: fmt.Sprint(r.Kind),
			Levels: levels(r.Spec), Reads: reads(r.Reads), Receivers: told(file, r),
		})
	}
	for _, r := range file.Receivers {
		view.Receivers = append(view.Receivers, receiverView{r.Name, r.From.String(), r.Fallback})
	}
	for _, w := range file.Silences {
		view.Windows = append(view.Windows, directory{}.viewOfWindow(w, now))
	}
	return view
}

// viewOfAccounts returns how often the projects of each account are polled, as far as that is known without their device lists.
func viewOfAccounts(wired bot.Config) []accountView {
	view, b := []accountView{}, bot.New(wired)
	for _, a := range wired.Accounts {
		projects := 0
		for _, p := range wired.Projects {
			if p.Account == a.Name {
				projects++
			}
		}
		view = append(view, accountView{a.Name, projects, a.PerMinute, b.Cadence(a).Seconds()})
	}
	return view
}
