package backtest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"notewatch/internal/config"
	"notewatch/internal/driven"
	"notewatch/internal/rehearse"
	"notewatch/internal/store"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// A Query says which days to test.
type Query struct {
	Days int                   // complete days before today
	Now  time.Time             // today
	Done func(days, total int) // called after each day; may be nil
}

// MaxDays is the maximum number of days: figures are kept for 13 months, and rules look back.
const MaxDays = 366

// A Report holds the alerts and messages of a test. Days are UTC days.
type Report struct {
	File      string     `json:"file"` // the rules file
	First     time.Time  `json:"first"`
	Last      time.Time  `json:"last"`
	Rules     []Rule     `json:"rules"`
	Receivers []Receiver `json:"receivers"`
	Alerts    []Alert    `json:"alerts"`
	LeftOut   []LeftOut  `json:"left_out"`
}

// A Rule holds the alerts of one rule.
type Rule struct {
	Name     string `json:"name"`
	Alerts   int    `json:"alerts"`
	Subjects int    `json:"subjects"` // that had an alert
	Firing   int    `json:"firing"`   // at the end
	PerDay   []int  `json:"per_day"`  // alerts that fired, by day
	First    string `json:"first"`    // the first message, as the terminal prints it; "" if there was none
}

// A Receiver holds the messages of one receiver, without reports.
type Receiver struct {
	Name     string    `json:"name"`
	Messages int       `json:"messages"`
	PerDay   []int     `json:"per_day"`
	Most     int       `json:"most"` // on one day
	MostOn   time.Time `json:"most_on,omitzero"`
	MostOf   string    `json:"most_of,omitempty"` // the rule with the most messages on that day
	OfRule   int       `json:"of_rule,omitempty"` // messages of that day about that rule
}

// An Alert is an alert that would have fired. Times within a day are not known: a day is evaluated at its end.
type Alert struct {
	Rule    string    `json:"rule"`
	Project string    `json:"project"` // name; for a rule about organizations, that of the account
	Subject string    `json:"subject"` // name
	Level   string    `json:"level"`   // the highest
	Fired   time.Time `json:"fired"`
	Ended   time.Time `json:"ended,omitzero"`
	As      string    `json:"as,omitempty"` // the reason of its end
}

// hours are the hours of a day at which it is evaluated: twice without its data, and twice with all of it.
var hours = []time.Duration{6 * time.Hour, 12 * time.Hour, wholeHour * time.Hour, 24*time.Hour - time.Minute}

// The errors of a rules file that cannot be tested.
var (
	ErrNoRules    = errors.New("none of the rules can be shown by days: all of them read what has no history")
	ErrNoProjects = errors.New("no projects are known yet: is notewatch run running?")
)

// Run tests a rules file on the figures of a database. The secrets of the file may be missing.
func Run(ctx context.Context, db *store.Store, file *config.File, q Query) (Report, error) {
	today := rules.DayOf(q.Now)
	r := Report{File: file.Path, First: (today - rules.Day(q.Days)).Start(), Last: (today - 1).Start(), Alerts: []Alert{}, LeftOut: []LeftOut{}}
	only, left := Shown(file)
	r.LeftOut = left
	switch {
	case len(only.Rules) == 0:
		return r, ErrNoRules
	case len(only.Projects) == 0:
		return r, ErrNoProjects
	}
	clock := driven.NewClock(r.First.Add(hours[0]))
	pasts, hub, err := hubOf(ctx, db, only, clock)
	if err != nil {
		return r, err
	}
	counts := newTally(r.First)
	stage, err := rehearse.New(ctx, rehearse.Config{File: only, Hub: hub, Clock: clock, Interval: 24 * time.Hour, Accepted: counts.add, MaxRows: rowsOf(pasts)})
	if err != nil {
		return r, err
	}
	defer stage.Close()
	for day := range q.Days {
		for _, hour := range hours {
			if err := play(ctx, stage, r.First.AddDate(0, 0, day).Add(hour)); err != nil {
				return r, err
			}
		}
		for _, p := range pasts {
			if err := p.failure(); err != nil {
				return r, err
			}
		}
		if q.Done != nil {
			q.Done(day+1, q.Days)
		}
	}
	return r, r.gather(ctx, stage, counts, only)
}

// hubOf returns a simulated Notehub with the data of the projects in the database.
func hubOf(ctx context.Context, db *store.Store, file *config.File, clock *driven.Clock) (pasts []*past, hub *notehubtest.Server, err error) {
	var figures []rules.Figure
	for _, r := range file.Rules {
		figures = append(figures, r.Reads.Figures...)
	}
	slices.SortFunc(figures, rules.Figure.Compare)
	figures = slices.Compact(figures)
	c := notehubtest.Config{Now: clock.Now, Token: rehearse.Token, Remembered: 1}
	k := newKept()
	for _, project := range file.Projects {
		p, err := newPast(ctx, db, project.UID, figures, k)
		if err != nil {
			return nil, nil, err
		}
		pasts, c.Projects = append(pasts, p), append(c.Projects, p.project(project.Name))
	}
	return pasts, notehubtest.New(c), nil
}

// rowsOf returns how many rows an answer has at most. An answer is in memory as a whole, and one day of a project must fit.
func rowsOf(pasts []*past) int {
	const few, perDevice = 10_000, 4
	most := few
	for _, p := range pasts {
		most = max(most, perDevice*p.list.Len())
	}
	return min(most, notehub.MaxLimit)
}

// play moves the clock to an instant and evaluates.
func play(ctx context.Context, stage *rehearse.Stage, at time.Time) error {
	if err := stage.Run(ctx, at.Add(-1)); err != nil {
		return err
	}
	stage.Clock.Forward(at)
	if err := stage.Watch.Bot.Schedule().PollNow(ctx); err != nil {
		return err
	}
	return stage.Run(ctx, at)
}

// gather fills the report with the results.
func (r *Report) gather(ctx context.Context, stage *rehearse.Stage, counts *tally, file *config.File) error {
	if err := r.gatherAlerts(ctx, stage, file); err != nil {
		return err
	}
	for _, rule := range file.Rules {
		r.Rules = append(r.Rules, r.rule(rule.Spec.Name, counts.first[rule.Spec.Name]))
	}
	for _, receiver := range file.Receivers {
		r.Receivers = append(r.Receivers, r.receiver(receiver.Name, counts.days[receiver.Name]))
	}
	return nil
}

// alertsAtATime is how many alerts are read together: each has texts and figures, of which the report takes little.
const alertsAtATime = 500

// gatherAlerts puts the alerts that fired into the report.
func (r *Report) gatherAlerts(ctx context.Context, stage *rehearse.Stage, file *config.File) error {
	names := map[string]string{}
	for _, p := range file.Projects {
		names[p.UID] = p.Name
	}
	for _, a := range file.Accounts {
		names[rules.OfAccount(a.Name)] = a.Name
	}
	err := stage.Store.EachAlerts(ctx, store.AlertFilter{}, alertsAtATime, func(some []rules.Alert) error {
		for _, a := range some {
			if names[a.Project] != "" && !a.FiredAt.IsZero() {
				r.Alerts = append(r.Alerts, alertOf(a, names[a.Project]))
			}
		}
		return nil
	})
	slices.SortFunc(r.Alerts, func(a, b Alert) int {
		return cmp.Or(a.Fired.Compare(b.Fired), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Subject, b.Subject))
	})
	return err
}

// alertOf returns what the report says of an alert of a project.
func alertOf(a rules.Alert, project string) Alert {
	one := Alert{Rule: a.Rule, Project: project, Subject: cmp.Or(a.Texts.Subject, project), Level: a.Worst.String(), Fired: a.FiredAt.UTC()}
	if !a.Open() {
		one.Ended, one.As = a.EndedAt.UTC(), string(a.Reason)
	}
	return one
}

// day returns the day of the report that contains an instant.
func (r *Report) day(at time.Time) int { return int(rules.DayOf(at) - rules.DayOf(r.First)) }

// days returns the number of days of the report.
func (r *Report) days() int { return r.day(r.Last) + 1 }

func (r *Report) rule(name, first string) Rule {
	one := Rule{Name: name, PerDay: make([]int, r.days()), First: first}
	subjects := map[[2]string]bool{}
	for _, a := range r.Alerts {
		if a.Rule != name {
			continue
		}
		one.Alerts++
		one.PerDay[r.day(a.Fired)]++
		subjects[[2]string{a.Project, a.Subject}] = true
		if a.Ended.IsZero() {
			one.Firing++
		}
	}
	one.Subjects = len(subjects)
	return one
}

func (r *Report) receiver(name string, days map[int]messages) Receiver {
	one := Receiver{Name: name, PerDay: make([]int, r.days())}
	for day := range one.PerDay {
		n := days[day].number
		one.Messages += n
		one.PerDay[day] = n
		if n > one.Most {
			one.Most, one.MostOn = n, r.First.AddDate(0, 0, day)
			one.MostOf, one.OfRule = days[day].most()
		}
	}
	return one
}

// Busiest returns the receiver with the most messages on one day. Its Most is 0 if there were no messages.
func (r *Report) Busiest() (busiest Receiver) {
	for _, one := range r.Receivers {
		if one.Most > busiest.Most {
			busiest = one
		}
	}
	return busiest
}
