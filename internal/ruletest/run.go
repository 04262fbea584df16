package ruletest

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/driven"
	"notewatch/internal/rehearse"
	"notewatch/internal/ruletest/testfile"
	"notewatch/internal/store"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A Result is the result of a test.
type Result struct {
	File        string       `json:"file"`
	Test        string       `json:"test"`
	Line        int          `json:"line"`
	Passed      bool         `json:"passed"`
	Took        float64      `json:"seconds"`
	Differences []Difference `json:"differences"`
}

// An Alert is an alert of a test.
type Alert struct {
	Rule    string
	Subject string // its name; that of the project for a rule about projects
	Level   string // the highest that was announced
	Fired   time.Time
	Ended   time.Time // zero: it is firing at the end of the test
	As      string    // the reason of its end
}

// An actual is the result of a test.
type actual struct {
	alerts   []Alert
	messages map[string][]rehearse.Message // by receiver
	results  []string                      // in the order of the expected results
}

// Run runs a test of a file. It does not wait for real time.
func Run(ctx context.Context, file *testfile.File, t *testfile.Test) (Result, error) {
	began := time.Now()
	got, err := rehearseTest(ctx, file.Rules, t)
	if err != nil {
		return Result{}, fmt.Errorf("running the test %q of %s: %w", t.Name, file.Path, err)
	}
	r := Result{File: file.Path, Test: t.Name, Line: t.Line, Differences: compare(t, got)}
	r.Passed, r.Took = len(r.Differences) == 0, time.Since(began).Seconds()
	return r, nil
}

// A rehearsal is a watch on a simulated Notehub while a test runs.
type rehearsal struct {
	stage    *rehearse.Stage
	test     *testfile.Test
	project  config.Project
	accounts []config.Account
	rules    []config.Rule
	hub      *notehubtest.Server
	world    *world
	results  []string
}

// rehearseTest runs the steps of a test.
func rehearseTest(ctx context.Context, file *config.File, t *testfile.Test) (got actual, err error) {
	r := &rehearsal{test: t, world: newWorld(t)}
	at := slices.IndexFunc(file.Projects, func(p config.Project) bool { return p.Name == t.Project })
	r.project = file.Projects[at]
	r.accounts, r.rules = file.Accounts, file.Rules
	only := *file
	only.Projects = []config.Project{r.project}
	clock := driven.NewClock(t.Begins())
	r.hub = notehubtest.New(r.hubConfig(clock.Now))
	r.stage, err = rehearse.New(ctx, rehearse.Config{File: &only, Hub: r.hub, Clock: clock, Interval: t.Every(), Refusal: r.refusal})
	if err != nil {
		return got, err
	}
	defer r.stage.Close()
	if err := r.play(ctx); err != nil {
		return got, err
	}
	return r.collect(ctx)
}

// refusal returns the error with which a receiver refuses a message at an instant; nil if no step says so.
func (r *rehearsal) refusal(receiver string, now time.Time) error {
	for _, s := range r.test.Steps {
		if s.Receiver != receiver || now.Before(s.When.In(r.test.Begins())) || !now.Before(ends(s, r.test)) {
			continue
		}
		switch s.Answers {
		case testfile.Refused:
			return &notify.Error{Class: notify.Permanent, Err: errors.New("refuses all messages in this test")}
		case testfile.Malformed:
			return &notify.Error{Class: notify.Payload, Err: errors.New("cannot show this message in this test")}
		}
		return &notify.Error{Class: notify.Temporary, Err: errors.New("unavailable in this test")}
	}
	return nil
}

// hubConfig returns the simulated Notehub of the test.
func (r *rehearsal) hubConfig(now func() time.Time) notehubtest.Config {
	p := notehubtest.Project{
		UID: r.project.UID, Name: r.project.Name, Script: r.world.script(), Fleets: map[string]string{},
		FleetSettings: map[string]notehubtest.FleetSettings{}, RouteSettings: map[string]notehubtest.RouteSettings{},
	}
	begins := r.test.Begins()
	for _, d := range r.test.Devices {
		one := notehubtest.Device{UID: d.Value.UID, Name: d.Key, Product: d.Value.Product, Provisioned: d.Value.Provisioned.In(begins)}
		if d.Value.Removed.Given() {
			one.Removed = d.Value.Removed.In(begins)
		}
		for _, name := range d.Value.Fleets {
			one.Fleets = append(one.Fleets, fleetUID(name))
		}
		p.Devices = append(p.Devices, one)
	}
	for _, name := range r.test.FleetNames() {
		settings, _ := r.test.Fleets.Get(name)
		p.Fleets[fleetUID(name)] = name
		p.FleetSettings[fleetUID(name)] = notehubtest.FleetSettings{
			ConnectivityAssurance: settings.AutoTopup, WatchdogMinutes: int64(settings.Watchdog),
		}
	}
	for _, route := range r.test.Routes {
		p.Routes = append(p.Routes, route.Value.UID)
		p.RouteSettings[route.Value.UID] = notehubtest.RouteSettings{Name: route.Key, Type: route.Value.Type, Disabled: route.Value.Disabled}
	}
	return notehubtest.Config{
		Now: now, Token: rehearse.Token, Projects: []notehubtest.Project{p}, Organizations: []notehubtest.Organization{r.organization()},
	}
}

// organization returns the organization that pays for the project.
func (r *rehearsal) organization() notehubtest.Organization {
	begins := r.test.Begins()
	o := notehubtest.Organization{UID: "org:test", Name: testfile.OrganizationName, Start: time.Date(begins.Year(), 1, 1, 0, 0, 0, 0, time.UTC), Capacity: 10_000_000}
	if given := r.test.Organization; given != nil {
		o.Type, o.Capacity = string(given.Type), cmp.Or(int64(given.Capacity), o.Capacity)
		if !given.Start.Start.IsZero() {
			o.Start = given.Start.Start
		}
	}
	for _, a := range r.accounts {
		if a.Name == r.project.Account {
			o.UID = cmp.Or(a.Organization, o.UID)
		}
	}
	for _, s := range r.test.Steps {
		if s.Suspended {
			o.Suspensions = append(o.Suspensions, notehubtest.Suspension{Start: s.When.In(begins), Duration: time.Duration(s.For)})
		}
	}
	return o
}

func fleetUID(name string) string { return "fleet:" + name }

// An act is something to do at an instant, before or after the work that is due then.
type act struct {
	at     time.Time
	before bool
	do     func(ctx context.Context) error
}

// play lets time pass, and does the acts.
func (r *rehearsal) play(ctx context.Context) error {
	acts := r.acts()
	slices.SortStableFunc(acts, func(a, b act) int { return a.at.Compare(b.at) })
	for _, a := range acts {
		until := a.at
		if a.before {
			until = until.Add(-1)
		}
		if err := r.stage.Run(ctx, until); err != nil {
			return err
		}
		if err := a.do(ctx); err != nil {
			return err
		}
	}
	return r.stage.Run(ctx, r.test.Ends().Add(-1))
}

// acts returns everything to do at instants: begin and end faults, acknowledge or silence for people, and note results.
func (r *rehearsal) acts() (all []act) {
	begins := r.test.Begins()
	for _, s := range r.test.Steps {
		at := s.When.In(begins)
		switch {
		case s.Notehub != "":
			all = append(all, act{at, true, func(context.Context) error { return r.setFaults(at) }})
			if end := ends(s, r.test); end.Before(r.test.Ends()) {
				all = append(all, act{end, true, func(context.Context) error { return r.setFaults(end) }})
			}
		case s.Ack != nil:
			all = append(all, act{at, false, func(ctx context.Context) error {
				return r.acknowledge(ctx, *s.Ack, s.By, r.stage.Watch.Bot.Acknowledge)
			}})
		case s.Unack != nil:
			all = append(all, act{at, false, func(ctx context.Context) error {
				return r.acknowledge(ctx, *s.Unack, s.By, r.stage.Watch.Bot.Unacknowledge)
			}})
		case s.Silence != nil:
			all = append(all, act{at, false, func(ctx context.Context) error { return r.silence(ctx, s) }})
		}
	}
	r.results = make([]string, len(r.test.Expect.Results))
	for i, want := range r.test.Expect.Results {
		all = append(all, act{want.When.In(begins), false, func(ctx context.Context) (err error) {
			r.results[i], err = r.result(ctx, want)
			return err
		}})
	}
	return all
}

// setFaults sets the answers of Notehub for the time from an instant on.
func (r *rehearsal) setFaults(at time.Time) error {
	r.hub.ClearFaults()
	for _, s := range r.test.Steps {
		if s.Notehub == "" || s.When.In(r.test.Begins()).After(at) || !ends(s, r.test).After(at) {
			continue
		}
		endpoint := notehubtest.Endpoint(s.Endpoint)
		if slices.Contains([]testfile.Endpoint{"data", "events", "sessions", "route-logs"}, s.Endpoint) {
			endpoint = "usage/" + endpoint
		}
		r.hub.Fail(notehubtest.Fault{Kind: notehubtest.FaultKind(s.Notehub), Endpoint: endpoint})
	}
	return nil
}

// acknowledge acknowledges an alert in the name of a person, or removes the acknowledgement.
func (r *rehearsal) acknowledge(
	ctx context.Context, of testfile.Target, by string, do func(context.Context, rules.Alert, string) (bool, error),
) error {
	a, open, err := r.stage.Store.OpenAlert(ctx, of.Rule, r.project.UID, r.uid(of.Subject))
	if err != nil {
		return err
	}
	if !open || a.State != rules.Firing {
		return fmt.Errorf("line %d: the alert of %s about %q is not firing at %s", of.Line, of.Rule, cmp.Or(of.Subject, r.project.Name), stamp(r.stage.Clock.Now(), r.test))
	}
	_, err = do(ctx, a, cmp.Or(by, "someone"))
	return err
}

// silence silences alerts in the name of a person.
func (r *rehearsal) silence(ctx context.Context, s testfile.Step) error {
	now := r.stage.Clock.Now()
	match := muting.Match{Rule: s.Silence.Rule, Project: r.project.UID, Subject: r.uid(s.Silence.Subject)}
	return r.stage.Watch.Bot.Silence(ctx, muting.Silence{
		ID: "s-" + strings.ToLower(rand.Text()[:8]), Match: match, Start: now, End: ends(s, r.test),
		By: cmp.Or(s.By, "someone"), Because: cmp.Or(s.Because, "a step of this test"),
	})
}

// uid returns the UID of a subject by its name; "" for the project.
func (r *rehearsal) uid(name string) string {
	if d, ok := r.test.Devices.Get(name); ok {
		return d.UID
	}
	if route, ok := r.test.Routes.Get(name); ok {
		return route.UID
	}
	if slices.Contains(r.test.FleetNames(), name) {
		return fleetUID(name)
	}
	return ""
}

// result returns the result of a rule for a subject now.
func (r *rehearsal) result(ctx context.Context, of testfile.Result) (string, error) {
	e, err := r.stage.Watch.Bot.Explain(ctx, of.Rule, r.project.UID, r.uid(of.Subject))
	if err != nil {
		return "", fmt.Errorf("line %d: %w", of.Line, err)
	}
	return outcome(e), nil
}

// outcome returns the result of a rule in the words of tests.
func outcome(e bot.Explanation) string {
	switch {
	case e.Err != nil || e.Result.Least != e.Result.Most:
		return string(testfile.NoData)
	case e.Result.Least == rules.Inactive:
		return string(testfile.False)
	}
	return e.Result.Least.String()
}

// collect returns the results.
func (r *rehearsal) collect(ctx context.Context) (got actual, err error) {
	got = actual{messages: r.stage.Messages(), results: r.results}
	var names []string // of rules: other alerts are about notewatch itself
	for _, rule := range r.rules {
		names = append(names, rule.Spec.Name)
	}
	all, err := r.stage.Store.Alerts(ctx, store.AlertFilter{})
	if err != nil {
		return got, err
	}
	for _, a := range all {
		ofProject := a.Project == r.project.UID || rules.ScopeOf(a.Project, a.Subject) == rules.EachOrganization && slices.Contains(names, a.Rule)
		if ofProject && !a.FiredAt.IsZero() {
			got.alerts = append(got.alerts, r.alert(a))
		}
	}
	slices.SortFunc(got.alerts, func(a, b Alert) int {
		return cmp.Or(a.Fired.Compare(b.Fired), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	})
	return got, nil
}

func (r *rehearsal) alert(a rules.Alert) Alert {
	one := Alert{Rule: a.Rule, Subject: cmp.Or(a.Texts.Subject, r.project.Name), Level: a.Worst.String(), Fired: a.FiredAt.UTC()}
	if a.Project != r.project.UID {
		one.Subject = r.project.Name // tests name no organizations
	}
	if !a.Open() {
		one.Ended, one.As = a.EndedAt.UTC(), string(a.Reason)
	}
	return one
}
