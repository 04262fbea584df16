package incident

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"notewatch/internal/config"
	"notewatch/internal/driven"
	"notewatch/internal/rehearse"
	"notewatch/internal/store"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// A Rehearsal is a configuration to rehearse.
type Rehearsal struct {
	Hub      notehubtest.Config // of one project, with the UID of Project
	From, To time.Time
	Budget   float64                                                // for the events of a month, in the rules file that is made from the catalogue
	Every    time.Duration                                          // time between two polls
	Rules    []byte                                                 // the rules file, with a receiver of the name team; nil: the whole catalogue
	Sample   func(ctx context.Context, stage *rehearse.Stage) error // called after each poll; may be nil
}

// A Record is the result of a rehearsal.
type Record struct {
	Alerts   []rules.Alert      // those that were announced, in the order in which they fired
	Messages []rehearse.Message // of the receiver team
}

// The UID and the name of the rehearsed project.
const (
	Project     = "app:00000000-0000-4000-8000-000000000001"
	ProjectName = "depot"
)

// Rules returns a rules file with the whole catalogue, and a budget for the events of a month.
func Rules(budget float64) string {
	return fmt.Sprintf(`projects: [{uid: %q, name: %s}]
receivers: [{name: team, slack: {channel: C0123456789}}]
prices: {currency: USD, event: 0.00075, free_events: 5000}
satellite: {allowance: kb(30), every: month}
include: [catalogue/*]
rules: [{like: catalogue/month-over-budget, limit: %.0f}]
`, Project, ProjectName, budget)
}

// Rehearse runs a watch on the hub.
func Rehearse(ctx context.Context, r Rehearsal) (got Record, err error) {
	text := r.Rules
	if text == nil {
		text = []byte(Rules(r.Budget))
	}
	file, err := config.Parse("rules.yaml", text, func(string) (string, bool) { return "x", true })
	if err != nil {
		return got, err
	}
	clock := driven.NewClock(r.From)
	r.Hub.Now, r.Hub.Token = clock.Now, rehearse.Token
	stage, err := rehearse.New(ctx, rehearse.Config{File: file, Hub: notehubtest.New(r.Hub), Clock: clock, Interval: r.Every})
	if err != nil {
		return got, err
	}
	defer stage.Close()
	for at := r.From; at.Before(r.To); at = at.Add(r.Every) {
		if err := stage.Run(ctx, at.Add(r.Every-1)); err != nil {
			return got, err
		}
		if r.Sample == nil {
			continue
		}
		if err := r.Sample(ctx, stage); err != nil {
			return got, err
		}
	}
	got.Messages = stage.Messages()["team"]
	all, err := stage.Store.Alerts(ctx, store.AlertFilter{})
	if err != nil {
		return got, err
	}
	for _, a := range all {
		if !a.FiredAt.IsZero() {
			got.Alerts = append(got.Alerts, a)
		}
	}
	slices.SortFunc(got.Alerts, func(a, b rules.Alert) int {
		return cmp.Or(a.FiredAt.Compare(b.FiredAt), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	})
	return got, nil
}

// Rehearse runs a watch through the incident.
func (i Incident) Rehearse(ctx context.Context, every time.Duration, sample func(context.Context, *rehearse.Stage) error) (Record, error) {
	got, err := Rehearse(ctx, Rehearsal{Hub: i.Hub(Project, ProjectName), Budget: 50, From: i.Watch, To: i.Until(), Every: every, Sample: sample})
	if err != nil {
		return got, fmt.Errorf("rehearsing the incident %q: %w", i.Name, err)
	}
	return got, nil
}
