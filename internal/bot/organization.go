package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/evaluate"
	"notewatch/internal/fetch"
	"notewatch/internal/request"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// OrganizationEvery is how often Notehub is asked about the organization of an account.
const OrganizationEvery = time.Hour

// EvaluateOrganization evaluates the rules about the organization that pays for the projects of an account. It is due at each commit of a
// poll of these projects. Once an hour it asks Notehub about the organization first, if a rule reads that.
func (b *Bot) EvaluateOrganization(ctx context.Context, lease work.Lease) error {
	at := slices.IndexFunc(b.accounts, func(a Account) bool { return a.Name == lease.Key })
	if at < 0 {
		return b.store.Work.Complete(ctx, lease, b.clock.Now(), time.Time{}, 0)
	}
	account := b.accounts[at]
	next, err := b.readOrganization(ctx, account, lease)
	if err != nil {
		return err
	}
	if b.evaluatesPolling() {
		next = work.Earlier(next, b.clock.Now().Add(lateEvery))
	}
	for {
		data, err := b.lookAtOrganization(ctx, account)
		if err != nil {
			return err
		}
		t, err := b.evaluator.Evaluate(ctx, data, b.aboutOrganization(account))
		if err != nil {
			return err
		}
		if err := b.mute(ctx, t, data); err != nil {
			return err
		}
		t.Commit.Due = next
		t.Commit.Mute = len(t.Commit.Show) > 0 // they may mute other alerts by unless
		if err = b.store.CommitOrganization(ctx, lease, t.Commit); errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		b.wakeReceivers(t.Commit)
		if t.Commit.Mute {
			b.wake(work.Mute)
		}
		return b.reportBroken(ctx, Project{UID: data.UID, Name: data.Name}, data, t.Counts)
	}
}

// readOrganization brings what is stored of the organization of an account up to date, if a rule reads that and it is due, and returns when it is due
// next; zero is never. If Notehub cannot be asked, the rules go by what it said before.
func (b *Bot) readOrganization(ctx context.Context, account Account, lease work.Lease) (next time.Time, err error) {
	if !b.reads.Objects.Read("org.") {
		return time.Time{}, nil
	}
	stored, err := b.store.Usage.Organization(ctx, account.Name)
	if err != nil {
		return time.Time{}, err
	}
	now, last := b.clock.Now().UTC(), stored.Read
	if tried, ok := b.asked.Load(account.Name); ok && tried.(time.Time).After(last) {
		last = tried.(time.Time)
	}
	if due := last.Add(OrganizationEvery); !last.IsZero() && due.After(now) && !last.After(now) {
		return due, nil
	}
	b.asked.Store(account.Name, now)
	answer, err := fetch.ReadOrganization(ctx, fetch.Account{
		UID: account.Organization, Client: account.Client, Request: b.requestsOf(account, "", lease, request.Times{}).Do, Now: now,
		Balance: b.reads.Objects.Read("org.days_left") && rules.DayOf(stored.Balanced) != rules.DayOf(now),
	}, stored)
	if stop := errors.Join(ctx.Err(), unlessNotehub(err)); stop != nil {
		return time.Time{}, stop
	}
	if err != nil {
		b.log.Warn("asking Notehub about an organization: rules go by what it said before", "account", account.Name, "err", err, "next", now.Add(OrganizationEvery))
		return now.Add(OrganizationEvery), nil
	}
	if answer.Failure != "" && answer.Failure != stored.Failure {
		b.log.Warn("Notehub refuses to say all about an organization", "account", account.Name, "err", answer.Failure,
			"hint", "give the owner of the token the role org_admin or billing_manager in it")
	}
	return now.Add(OrganizationEvery), b.store.Usage.SaveOrganization(ctx, lease, answer)
}

// lookAtOrganization loads the data of the organization of an account, as of now.
func (b *Bot) lookAtOrganization(ctx context.Context, account Account) (*env.ProjectData, error) {
	projects, err := b.accountProjects(ctx, account, store.Project{})
	if err != nil {
		return nil, err
	}
	o, err := env.ReadOrganization(ctx, b.store, account.Name, projects)
	if err != nil {
		return nil, err
	}
	o.Every = b.schedule.Interval(account.Name)
	now := b.clock.Now().UTC()
	source := env.Source{Usage: b.store.Usage, Period: b.period, Objects: b.reads.Objects}
	return source.OrganizationData(ctx, o, b.bills(account, projects, now), now)
}

// accountProjects returns the projects of an account with the states of their polls. current replaces the stored state of its project.
func (b *Bot) accountProjects(ctx context.Context, account Account, current store.Project) (all []env.AccountProject, err error) {
	for _, p := range b.projects {
		if p.Account != account.Name {
			continue
		}
		one, err := env.ReadAccountProject(ctx, b.store, p.UID, p.Name)
		if err != nil {
			return nil, err
		}
		if p.UID == current.UID {
			one.State = current
		}
		all = append(all, one)
	}
	return all, nil
}

// billsOf returns the bills of the account of a project in a state; nil if no rule reads costs.
func (b *Bot) billsOf(ctx context.Context, state store.Project, now time.Time) (*env.Bills, error) {
	_, account, err := b.project(state.UID)
	if err != nil || !b.reads.Objects.Read("cost.") {
		return nil, err
	}
	projects, err := b.accountProjects(ctx, account, state)
	return b.bills(account, projects, now), err
}

// bills returns the bills of an account with its projects; nil if no rule reads costs.
func (b *Bot) bills(account Account, projects []env.AccountProject, now time.Time) *env.Bills {
	if !b.reads.Objects.Read("cost.") {
		return nil
	}
	return env.NewBills(b.store.Usage, account.Prices, projects, now)
}

// aboutOrganization returns what alerts of an organization show in addition to its data. Projects do not say who is notified of them.
func (b *Bot) aboutOrganization(account Account) evaluate.Context {
	c := evaluate.Context{Recipients: map[string][]string{}, Currency: account.Currency}
	for _, r := range b.rules {
		c.Recipients[r.Spec.Name] = Project{Notify: b.defaultReceivers}.Recipients(r)
	}
	return c
}

// evaluatesPolling reports whether a rule about organizations reads the state of polling, which changes while nothing is polled.
func (b *Bot) evaluatesPolling() bool {
	return slices.ContainsFunc(b.rules, func(r Rule) bool { return r.Spec.Each == rules.EachOrganization && r.Reads.Poll })
}

// registerOrganizations makes the rules about organizations due, and those that were about others withdrawn.
func (b *Bot) registerOrganizations(ctx context.Context, now time.Time) error {
	for _, a := range b.accounts {
		if err := b.store.Work.MakeDue(ctx, work.Organization, a.Name, now); err != nil {
			return err
		}
	}
	return b.store.Work.Keep(ctx, work.Organization, names(b.accounts, func(a Account) string { return a.Name }))
}

// suspendedBy returns the rule by which an alert fires that an account is suspended; "" if there is none.
func (b *Bot) suspendedBy(ctx context.Context, account string) (string, error) {
	for _, r := range b.rules {
		if r.Spec.Each != rules.EachOrganization || r.Spec.Shadow || !r.Reads.Objects.Read("org.suspended") {
			continue
		}
		a, ok, err := b.store.OpenAlert(ctx, r.Spec.Name, rules.OfAccount(account), "")
		if err != nil || ok && a.State == rules.Firing && !a.Drill {
			return r.Spec.Name, err
		}
	}
	return "", nil
}

// above returns a function that reports whether a rule fires for the organization that pays for a project; nil if no rule is muted by one.
func (b *Bot) above(ctx context.Context) (func(rule, project string) bool, error) {
	firing := map[rules.Key]bool{}
	for _, r := range b.rules {
		by, ok := b.rule(r.Spec.Unless)
		if r.Spec.Unless == "" || !ok || by.Spec.Each != rules.EachOrganization || by.Spec.Shadow {
			continue
		}
		for _, a := range b.accounts {
			of := rules.OfAccount(a.Name)
			alert, open, err := b.store.OpenAlert(ctx, by.Spec.Name, of, "")
			if err != nil {
				return nil, err
			}
			firing[rules.Key{Rule: by.Spec.Name, Project: of}] = open && alert.State == rules.Firing && !alert.Drill
		}
	}
	return func(rule, project string) bool {
		at := slices.IndexFunc(b.projects, func(p Project) bool { return p.UID == project })
		return at >= 0 && firing[rules.Key{Rule: rule, Project: rules.OfAccount(b.projects[at].Account)}]
	}, nil
}

// ofOrganization returns a rule about organizations and the account of a project, or of the identifier of an organization. ok is false if
// there is no such rule or account.
func (b *Bot) ofOrganization(rule, project string) (r *Rule, account Account, ok bool) {
	if r, ok = b.rule(rule); !ok || r.Spec.Each != rules.EachOrganization {
		return nil, Account{}, false
	}
	name, organization := rules.AccountOf(project)
	for _, p := range b.projects {
		if !organization && p.UID == project {
			name = p.Account
		}
	}
	at := slices.IndexFunc(b.accounts, func(a Account) bool { return a.Name == name })
	if at < 0 {
		return nil, Account{}, false
	}
	return r, b.accounts[at], true
}

// explainOrganization explains a rule for the organization of an account as of now, or as of the end of a past day; day 0 is now.
func (b *Bot) explainOrganization(ctx context.Context, r *Rule, account Account, day rules.Day) (Explanation, error) {
	data, err := b.lookAtOrganization(ctx, account)
	if err != nil {
		return Explanation{}, err
	}
	data = data.In(r.PeriodIn(data.Spec()))
	block, err := data.Read(ctx, data.Reader(r.Reads.Members), data.Blocks(rules.EachOrganization)[0])
	if err != nil {
		return Explanation{}, err
	}
	seen := new(rules.Env)
	if day == 0 {
		block.See(seen, 0)
	} else if seen, err = block.EnvAt(ctx, 0, day); err != nil {
		return Explanation{}, err
	}
	e := b.explanation(r, Project{UID: data.UID, Name: data.Name}, seen, data.NewestPoll())
	e.Now, e.Subject = data.Now, e.Project
	if day != 0 {
		e.Now = day.End()
		return e, nil
	}
	return e, b.explainAlert(ctx, &e, "")
}
