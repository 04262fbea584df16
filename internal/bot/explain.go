package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/evaluate"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/rules"
)

// An Explanation says why a rule fires, or does not, for one subject, from what the store knows.
type Explanation struct {
	rules.Explanation // of the figures in the store, as of Now
	Rule              *rules.Rule
	Project, Subject  notify.Named // of a rule about projects they are the same
	Now               time.Time    // or when Notehub was last read, if that is longer than StaleAfter ago
	Period            rules.Period // what used is counted over, as of Now

	Alert    rules.Alert // pending or firing; State "" is that there is none
	Mute     rules.Mute  // what mutes the alert, or would mute it
	TooShort []TooShort  // levels that are true, but not yet for long enough to fire, highest first

	PolledAt  time.Time // last successful poll; zero if there was none
	Failures  int       // failed polls since then; while there are any, only rules that read nothing but poll are evaluated
	Failure   string    // error of the last one
	Truncated bool      // Notehub truncated an answer
	ListedAt  time.Time // time of the device list; zero if there is none
}

// A TooShort is a level that is true, but not yet for long enough to fire.
type TooShort struct {
	Level rules.Level
	For   time.Duration // from the first evaluation that found it true to the last
	Need  time.Duration
}

// An UnknownError says that nothing has the given name.
type UnknownError struct {
	What string // "rule", "project" or "device"
	Name string
}

// Error implements error.
func (e *UnknownError) Error() string { return fmt.Sprintf("there is no %s %q", e.What, e.Name) }

// StaleAfter is the age from which data counts as old.
const StaleAfter = 2 * time.Hour

// Explain explains why a rule fires, or does not, for a device of a project, given by UID; subject "" is the project itself. A rule for
// projects is explained for the project of the device. Only the stored data of this subject is read, and nothing is decided. If the last
// poll is long ago, the result is that of the last poll. For a rule about organizations, project is the identifier of one, or a project of its
// account. The error is an *UnknownError if there is no such rule, project or device.
func (b *Bot) Explain(ctx context.Context, rule, project, subject string) (Explanation, error) {
	if r, account, ok := b.ofOrganization(rule, project); ok {
		return b.explainOrganization(ctx, r, account, 0)
	}
	r, p, subject, err := b.explainable(rule, project, subject)
	if err != nil {
		return Explanation{}, err
	}
	asOf, err := b.explainedAsOf(ctx, r, p)
	if err != nil {
		return Explanation{}, err
	}
	seen, err := b.lookAt(ctx, p, subject, asOf, r.PeriodIn(b.periodOf(p.UID)), r.Reads.Counts)
	if err != nil {
		return Explanation{}, err
	}
	e := b.explanation(r, p, seen.Env, seen.State)
	e.Now, e.ListedAt = asOf, seen.Counts.ListedAt
	if e.Subject = e.Project; subject != "" {
		e.Subject = notify.Named{UID: subject, Name: seen.SubjectName(), URL: words.SubjectURL(p.UID, subject)}
	}
	return e, b.explainAlert(ctx, &e, subject)
}

// explainable returns the rule, the project and the subject to explain.
func (b *Bot) explainable(rule, project, subject string) (*Rule, Project, string, error) {
	r, ok := b.rule(rule)
	if !ok {
		return nil, Project{}, "", &UnknownError{"rule", rule}
	}
	at := slices.IndexFunc(b.projects, func(p Project) bool { return p.UID == project })
	if at < 0 {
		return nil, Project{}, "", &UnknownError{"project", project}
	}
	if r.Spec.Each == rules.EachProject {
		subject = ""
	} else if rules.ScopeOf(project, subject) != r.Spec.Each {
		return nil, Project{}, "", fmt.Errorf("rule %q is about %ss: say which one", rule, r.Spec.Each)
	}
	return r, b.projects[at], subject, nil
}

// ExplainAt explains the result of a rule as of the end of a past day, with the data known now. What has no history is no data: what only a
// device list says, and growth between polls. The explanation has no alert. Its errors are those of Explain.
func (b *Bot) ExplainAt(ctx context.Context, rule, project, subject string, day rules.Day) (Explanation, error) {
	if r, account, ok := b.ofOrganization(rule, project); ok {
		return b.explainOrganization(ctx, r, account, day)
	}
	r, p, subject, err := b.explainable(rule, project, subject)
	if err != nil {
		return Explanation{}, err
	}
	state, err := b.store.Project(ctx, p.UID)
	if err != nil {
		return Explanation{}, err
	}
	data, err := b.look(ctx, p, state, b.clock.Now().UTC())
	if err != nil {
		return Explanation{}, err
	}
	data = data.In(r.PeriodIn(data.Spec()))
	block, i, listed := data.BlockOf(subject)
	if !listed {
		return Explanation{}, &UnknownError{string(rules.ScopeOf(p.UID, subject)), subject}
	}
	read, err := data.Read(ctx, data.Reader(r.Reads.Members), block)
	if err != nil {
		return Explanation{}, err
	}
	seen, err := read.EnvAt(ctx, i, day)
	if err != nil {
		return Explanation{}, err
	}
	e := b.explanation(r, p, seen, state)
	e.Now, e.ListedAt = day.End(), data.Counts.ListedAt
	if e.Subject = e.Project; subject != "" {
		e.Subject = notify.Named{UID: subject, Name: data.NameOf(subject), URL: words.SubjectURL(p.UID, subject)}
	}
	return e, nil
}

// explanation explains a rule for the subject of an Env, which is not named yet.
func (b *Bot) explanation(r *Rule, p Project, seen *rules.Env, state store.Project) Explanation {
	return Explanation{
		Explanation: r.Explain(rules.NewView(seen)), Rule: r.Rule, Period: seen.Period,
		Project:  notify.Named{UID: p.UID, Name: p.Name, URL: words.ProjectURL(p.UID)},
		PolledAt: state.PolledAt, Failures: state.Failures, Failure: state.Failure, Truncated: state.Truncated,
	}
}

// lookAt loads the data of one subject as of an instant, with the number of devices of the project if counts is set.
func (b *Bot) lookAt(ctx context.Context, p Project, subject string, at time.Time, period rules.PeriodSpec, counts bool) (env.Subject, error) {
	if err := b.schedule.Recount(ctx, b.clock.Now()); err != nil {
		return env.Subject{}, err
	}
	state, err := b.store.Project(ctx, p.UID)
	if err != nil {
		return env.Subject{}, err
	}
	bills, err := b.billsOf(ctx, state, at)
	if err != nil {
		return env.Subject{}, err
	}
	seen, err := env.Look(ctx, b.store, env.Query{
		Bills:   bills,
		Project: p.UID, Name: p.Name, Subject: subject, Now: at, Every: b.schedule.Interval(p.Account), Period: period, Wants: b.reads.Members, Counts: counts,
		Labels: b.reads.FleetNames, Objects: b.reads.Objects, Satellite: p.Satellite,
	})
	if err == nil && !seen.Listed() {
		err = &UnknownError{string(rules.ScopeOf(p.UID, subject)), subject}
	}
	return seen, err
}

// explainedAsOf returns the instant as of which a rule is explained: now, or the last poll if that is long ago, because there is no data
// for today then. Rules about polling are evaluated as of now in any case.
func (b *Bot) explainedAsOf(ctx context.Context, r *Rule, p Project) (time.Time, error) {
	now := b.clock.Now().UTC()
	state, err := b.store.Project(ctx, p.UID)
	if read := state.PolledAt; !r.Reads.OnlyPoll() && !read.IsZero() && now.Sub(read) > StaleAfter {
		return read.UTC(), err
	}
	return now, err
}

// explainAlert adds the alert of the subject.
func (b *Bot) explainAlert(ctx context.Context, e *Explanation, subject string) error {
	a, open, err := b.store.OpenAlert(ctx, e.Rule.Spec.Name, e.Project.UID, subject)
	if err != nil {
		return err
	}
	if open {
		e.Alert, e.TooShort = a, tooShort(e.Rule, a, e.PolledAt)
	}
	if a.State == rules.Firing {
		e.Mute = a.Mute
		return nil
	}
	a.Rule, a.Project, a.Subject = e.Rule.Spec.Name, e.Project.UID, subject
	a.Texts.Project, a.Texts.Subject = e.Project.Name, e.Subject.Name
	e.Mute, err = b.wouldMute(ctx, a, b.clock.Now())
	return err
}

// tooShort returns the levels above that of an alert that are true, but at the last poll not yet for long enough.
func tooShort(r *rules.Rule, a rules.Alert, polledAt time.Time) (all []TooShort) {
	for _, c := range r.Spec.When {
		if hold := a.Holds[c.Level]; c.Level > a.Level && hold.Count > 0 && r.Spec.For > 0 {
			all = append(all, TooShort{Level: c.Level, For: polledAt.Sub(hold.Since), Need: r.Spec.For})
		}
	}
	slices.SortFunc(all, func(a, b TooShort) int { return cmp.Compare(b.Level, a.Level) })
	return all
}

// wouldMute returns what would mute an alert.
func (b *Bot) wouldMute(ctx context.Context, a rules.Alert, now time.Time) (rules.Mute, error) {
	mutes, _, err := b.mutes(ctx, store.Project{}, now)
	if err != nil {
		return rules.Mute{}, err
	}
	var failed error
	mutes.Firing = func(rule, project, subject string) bool {
		other, _, err := b.store.OpenAlert(ctx, rule, project, subject)
		if err != nil {
			failed = err
		}
		firing := evaluate.NewFiringSet(mutes.Rules)
		firing.Note(&other)
		return firing.Has(rule, project, subject)
	}
	if mutes.Within, err = b.within(ctx, a.Project, mutes); err != nil {
		return rules.Mute{}, err
	}
	return mutes.Of(a, now), failed
}

// rule returns the rule with a name.
func (b *Bot) rule(name string) (*Rule, bool) {
	for i := range b.rules {
		if b.rules[i].Spec.Name == name {
			return &b.rules[i], true
		}
	}
	return nil, false
}
