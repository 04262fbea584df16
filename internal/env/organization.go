package env

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// An Organization is the state of the organization that pays for the projects of an account, at one instant.
type Organization struct {
	Account  string // name
	Projects []AccountProject
	Stored   usage.Organization // what Notehub said last
	Every    time.Duration      // between two polls of a project; 0 is not known
}

// An AccountProject is a project of an account with the state of its polls.
type AccountProject struct {
	Name  string
	State store.Project
	Born  time.Time // when its first device was provisioned; zero: not known
}

// ReadAccountProject loads a project of an account.
func ReadAccountProject(ctx context.Context, db *store.Store, uid, name string) (p AccountProject, err error) {
	p.Name = name
	if p.State, err = db.Project(ctx, uid); err != nil {
		return p, err
	}
	p.Born, err = db.Usage.Born(ctx, uid)
	return p, err
}

// born returns the first day of the project; 0 is not known.
func (p AccountProject) born() rules.Day {
	if p.Born.IsZero() {
		return 0
	}
	return rules.DayOf(p.Born)
}

// days returns a figure of the project by day. It used nothing before it was born, unless it is known to have.
func (p AccountProject) days(ctx context.Context, db *usage.Store, figure rules.Figure, first, last rules.Day) ([]float64, error) {
	days, err := Days(ctx, db, p.State.UID, 0, figure, first, last)
	for i, x := range days {
		if first+rules.Day(i) < p.born() && !rules.Known(x) {
			days[i] = 0
		}
	}
	return days, err
}

const (
	organizationFor = 24 * time.Hour      // for which what Notehub has said of an organization counts
	balanceFor      = 3 * organizationFor // likewise its balances
)

// ReadOrganization loads the organization of an account with its projects.
func ReadOrganization(ctx context.Context, db *store.Store, account string, projects []AccountProject) (o Organization, err error) {
	o = Organization{Account: account, Projects: projects}
	o.Stored, err = db.Usage.Organization(ctx, account)
	return o, err
}

// OrganizationData loads the data of an organization at an instant. bills may be nil.
func (s Source) OrganizationData(ctx context.Context, o Organization, bills *Bills, now time.Time) (d *ProjectData, err error) {
	at := Project{UID: rules.OfAccount(o.Account), Name: o.Name(), Now: now, Every: o.Every, Bills: bills}
	at.State.UID = at.UID
	at.Bill, err = bills.Of(ctx, rules.DayOf(now))
	d = s.Data(at, nil)
	d.organization = &o
	return d, err
}

// Name returns the name that Notehub gives the organization, or that of the account.
func (o Organization) Name() string { return cmp.Or(o.Stored.Name, o.Account) }

// OfOrganization reports whether the data is that of an organization.
func (d *ProjectData) OfOrganization() bool { return d.organization != nil }

// Account returns the name of the account of the organization.
func (d *ProjectData) Account() string { return d.organization.Account }

// NewestPoll is that of its organization.
func (d *ProjectData) NewestPoll() store.Project { return d.organization.NewestPoll() }

// NewestPoll returns the state of polling of the project of the organization that was polled last.
func (o Organization) NewestPoll() (newest store.Project) {
	for _, p := range o.Projects {
		if !p.State.PolledAt.Before(newest.PolledAt) {
			newest = p.State
		}
	}
	return newest
}

// Without names the projects of the organization that have not been polled for a day, with the day of the newest poll: "without lab since
// 3 Jun"; "" if there are none.
func (d *ProjectData) Without() string {
	if d.organization == nil {
		return ""
	}
	var names []string
	for _, p := range d.organization.Projects {
		switch polled := p.State.PolledAt; {
		case polled.IsZero():
			names = append(names, "without "+p.Name)
		case d.Now.Sub(polled) > organizationFor:
			names = append(names, fmt.Sprintf("without %s since %s", p.Name, polled.UTC().Format("2 Jan")))
		}
	}
	return strings.Join(names, ", ")
}

// seen returns what expressions see of the organization now.
func (o Organization) seen(now time.Time) rules.Org {
	seen := rules.UnknownEnv().Org
	suspended := o.suspended(now)
	seen.Suspended, seen.SuspendedKnown = suspended == rules.True, suspended != rules.NoData
	if now.Sub(o.Stored.Read) >= organizationFor {
		return seen
	}
	seen.Name, seen.NameKnown = o.Stored.Name, o.Stored.Name != ""
	seen.Type, seen.TypeKnown = o.Stored.Type, o.Stored.Type != ""
	seen.Balance, seen.Capacity, seen.DaysLeft = o.Stored.Balance, o.Stored.Capacity, DaysLeft(o.Stored, now)
	if !o.Stored.End.IsZero() {
		seen.ContractDaysLeft = o.Stored.End.Sub(now).Hours() / 24
	}
	return seen
}

// suspended reports whether Notehub suspends the account. A refused project shows it until a request for the same project succeeds.
func (o Organization) suspended(now time.Time) rules.Truth {
	answered := rules.NoData
	for _, p := range o.Projects {
		switch {
		case p.State.Cause == store.Suspended:
			return rules.True
		case !p.State.PolledAt.IsZero():
			answered = rules.False
		}
	}
	if o.Stored.Suspended != rules.NoData && now.Sub(o.Stored.Read) < organizationFor {
		return o.Stored.Suspended
	}
	return answered
}

// poll returns the state of polling: of each value the worst among the projects.
func (o Organization) poll(now time.Time) rules.Poll {
	worst := rules.Poll{AgeMinutes: math.NaN(), EveryMinutes: math.NaN()}
	if o.Every > 0 {
		worst.EveryMinutes = o.Every.Minutes()
	}
	for i, p := range o.Projects {
		worst.Failures = max(worst.Failures, float64(p.State.Failures))
		worst.Truncated = worst.Truncated || p.State.Truncated
		age := math.NaN()
		if !p.State.PolledAt.IsZero() {
			age = now.Sub(p.State.PolledAt).Minutes()
		}
		if i == 0 {
			worst.AgeMinutes = age
		}
		worst.AgeMinutes = max(worst.AgeMinutes, age) // NaN if any is
	}
	return worst
}

// DaysLeft returns for how many days the events of the plan of an organization last at the pace of the last complete days; NaN if fewer than
// two balances are known.
func DaysLeft(o usage.Organization, now time.Time) float64 {
	if now.Sub(o.Balanced) >= balanceFor {
		return math.NaN()
	}
	today := rules.DayOf(now)
	var complete []usage.Balance
	remaining := int64(-1)
	for _, b := range o.Balances {
		if b.Remaining >= 0 {
			remaining = b.Remaining
		}
		if day := rules.DayOf(b.At); day < today && day >= today-paceDays-1 && b.Remaining >= 0 {
			complete = append(complete, b)
		}
	}
	if len(complete) < 2 {
		return math.NaN()
	}
	days := complete[len(complete)-1].At.Sub(complete[0].At).Hours() / 24
	switch used := spent(complete); {
	case remaining == 0:
		return 0
	case used == 0:
		return notAtThisPace
	default:
		return min(float64(remaining)*days/used, notAtThisPace)
	}
}

// spent returns how many events were used between the first and the last of some balances: by the count of used ones if it grows, else by
// what remains, which rises when more are bought.
func spent(balances []usage.Balance) float64 {
	first, last := balances[0], balances[len(balances)-1]
	if first.Used >= 0 && last.Used > first.Used {
		return float64(last.Used - first.Used)
	}
	falls := int64(0)
	for i := 1; i < len(balances); i++ {
		falls += max(0, balances[i-1].Remaining-balances[i].Remaining)
	}
	return float64(falls)
}

// identity returns an Env with only the identity of the organization.
func (o Organization) identity() *rules.Env {
	env := new(rules.UnknownEnv())
	env.Account = o.Account
	env.Org.Name, env.Org.NameKnown = o.Stored.Name, o.Stored.Name != ""
	return env
}

// present adds the values of the organization without history, as of now.
func (o Organization) present(env *rules.Env, now time.Time) {
	env.Org, env.Poll = o.seen(now), o.poll(now)
}

// bornOf returns the first day of the oldest of some projects; 0 if that of one is not known.
func bornOf(projects []AccountProject) (born rules.Day) {
	for i, p := range projects {
		if i == 0 || p.born() < born {
			born = p.born()
		}
	}
	return born
}

// organizationMetrics returns the metrics of an organization as of a day: the sums of those of its projects, which are no data while that of
// one project is.
func (r *Reader) organizationMetrics(ctx context.Context, projects []AccountProject, asOf rules.Day) (Metrics, error) {
	m := Metrics{figures: r.Wants.Figures()}
	for _, figure := range m.figures {
		past, wants := metric.NewPast(figure, r.Period, asOf, bornOf(projects)), r.Wants[figure]
		first := past.First(wants)
		past.Values = make([]float64, asOf-first+1)
		for _, p := range projects {
			days, err := p.days(ctx, r.Usage, figure, first, asOf)
			if err != nil {
				return Metrics{}, err
			}
			for i, x := range days {
				past.Values[i] += x
			}
		}
		m.by = append(m.by, []rules.Metric{past.Metric(wants)})
	}
	return m, nil
}
