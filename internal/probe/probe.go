package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"notewatch/internal/words"
	"notewatch/notehub"
)

// MaxRequests is the maximum number of requests of a run.
const MaxRequests = 12

// A Config describes a run. All fields but Organization and Project are required.
type Config struct {
	Client       *notehub.Client // whose transport is wrapped by Tap
	Tap          *Tap
	Account      string // its name, for people
	Project      string // UID; "" is the first that the token sees
	Organization string // UID of the organization that pays; "" is the only one that the token sees
	PerMinute    int    // requests
	Now          func() time.Time
	Wait         func(ctx context.Context, d time.Duration) error
}

// A Level says how serious a finding is.
type Level string

// The levels of findings.
const (
	OK      Level = "ok"
	Note    Level = "note"    // something is no data, or new
	Problem Level = "problem" // rules or polls cannot work
)

// A Finding is the result of one comparison.
type Finding struct {
	Level Level  `json:"level"`
	About string `json:"about"` // an endpoint, or clock, roles, lag, limits
	Text  string `json:"text"`
	Next  string `json:"next,omitempty"` // step
}

// A Report compares the answers of an account with what notewatch assumes.
type Report struct {
	Account  string    `json:"account"`
	Project  string    `json:"project"` // UID; "" if none is visible
	Requests int       `json:"requests"`
	Findings []Finding `json:"findings"`
}

// Problems returns how many findings are problems.
func (r Report) Problems() (n int) {
	for _, f := range r.Findings {
		if f.Level == Problem {
			n++
		}
	}
	return n
}

// Run asks an account. An error means that the run was interrupted; every answer of Notehub, also a refusal, is a finding.
func Run(ctx context.Context, c Config) (Report, error) {
	p := &prober{Config: c, report: Report{Account: c.Account, Project: c.Project, Findings: []Finding{}}}
	for _, step := range []func(context.Context){p.listProjects, p.listOrganizations, p.readOrganization, p.listDevices, p.listFleets, p.listRoutes, p.readUsage} {
		if step(ctx); ctx.Err() != nil {
			return p.report, ctx.Err()
		}
		if p.stopped {
			break
		}
	}
	return p.report, nil
}

// A prober is a run.
type prober struct {
	Config
	report  Report
	sent    []time.Time
	stopped bool // no more requests are sent
	clocked bool // the clock was compared
	limited bool // headers about limits were noted

	in      notehub.Collection // the collection that lists organizations
	payer   string             // UID of the organization that pays; "" is not known
	role    string             // of the token in it
	devices []notehub.Device   // those with the newest activity
	routes  int
}

// find adds a finding.
func (p *prober) find(level Level, about, text, next string) {
	p.report.Findings = append(p.report.Findings, Finding{level, about, text, next})
}

// ask sends one request as soon as the rate allows, and adds its findings. ok is false if there is no answer to continue with. The caller
// handles a refusal that is in expected.
func (p *prober) ask(ctx context.Context, about string, request func() error, expected ...error) (ok bool, err error) {
	if p.stopped || len(p.sent) == MaxRequests || p.pace(ctx) != nil {
		return false, nil
	}
	p.sent = append(p.sent, p.Now())
	p.report.Requests++
	p.Tap.forget()
	err = request()
	p.compareClock()
	p.noteLimits()
	if err == nil {
		p.compareFields(about)
		return true, nil
	}
	if ctx.Err() == nil && !slices.ContainsFunc(expected, func(e error) bool { return errors.Is(err, e) }) {
		p.refused(about, err)
	}
	return false, err
}

// pace waits until a request may be sent.
func (p *prober) pace(ctx context.Context) error {
	if len(p.sent) < p.PerMinute {
		return nil
	}
	wait := p.sent[len(p.sent)-p.PerMinute].Add(time.Minute).Sub(p.Now())
	if wait <= 0 {
		return nil
	}
	return p.Wait(ctx, wait)
}

// A refusal is the meaning of an error of Notehub for this command.
type refusal struct {
	of   error
	stop bool
	text string
	next string
}

var refusals = []refusal{
	{notehub.ErrUnauthorized, true, "the token is not valid", "make a new token at notehub.io/api-access"},
	{notehub.ErrSuspended, true, "the billing account is suspended, so no usage can be read", "settle the billing account at notehub.io"},
	{notehub.ErrRateLimited, true, "Notehub refuses further requests for now (429)", "other tools share the rate limit of this account: repeat the check later, or lower requests_per_minute"},
	{notehub.ErrForbidden, false, "the role of the token does not allow this (403)", "give the owner of the token the role viewer in the project, or leave out rules that read this"},
	{notehub.ErrNotFound, false, "Notehub does not know this address (404)", "check the UID in the rules file; if it is right, Notehub has changed and notewatch needs an update"},
	{notehub.ErrTookTooLong, false, "Notehub took too long (504)", "polls ask again for less at once; repeat the check later"},
	{notehub.ErrInvalidAnswer, false, "the answer has not the expected form", "notewatch needs an update if the address is right: check NOTEWATCH_NOTEHUB_URL and the proxy"},
}

// refused adds the finding of a failed request.
func (p *prober) refused(about string, err error) {
	for _, r := range refusals {
		if !errors.Is(err, r.of) {
			continue
		}
		p.stopped = p.stopped || r.stop
		text := r.text
		if errors.Is(err, notehub.ErrInvalidAnswer) {
			text += ": " + words.Line(err.Error())
		}
		if errors.Is(err, notehub.ErrRateLimited) && p.Tap.header.Get("Retry-After") == "" {
			text += ", without saying for how long: polls then wait 30 seconds and longer"
		}
		p.find(Problem, about, text, r.next)
		return
	}
	p.stopped = p.stopped || !errors.As(err, new(*notehub.Error))
	p.find(Problem, about, words.Line(err.Error()), "check the network, the proxy and NOTEWATCH_NOTEHUB_URL, and repeat the check")
}

// compareFields compares the fields of the last answer with the known ones.
func (p *prober) compareFields(about string) {
	s := shapes[about]
	rows := s.rows(p.Tap.body.Bytes())
	missing, unknown := s.compare(rows)
	var hard, mild []string
	for _, f := range missing {
		switch {
		case !f.mild:
			hard = append(hard, named(f))
		case f.affect != "":
			mild = append(mild, named(f))
		}
	}
	if len(hard) > 0 {
		p.find(Problem, about, "no row has "+strings.Join(hard, ", "), "notewatch needs an update: Notehub has changed its answer")
	}
	if len(mild) > 0 {
		p.find(Note, about, "no row has "+strings.Join(mild, ", "), "rules that read this cannot fire; that is right if no device has it")
	}
	if len(unknown) > 0 {
		p.find(Note, about, "fields that notewatch does not know: "+words.Clean(strings.Join(unknown, ", "), maxText), "none: they are ignored")
	}
	switch {
	case len(rows) == 0:
		p.find(OK, about, "no rows, whose fields could be compared", "")
	case len(hard) == 0:
		p.find(OK, about, words.Count(len(rows), "row")+" as expected", "")
	}
}

const maxText = 300

// named returns a field, with the values that are no data without it.
func named(f field) string {
	if f.affect == "" {
		return f.name
	}
	return f.name + " (" + f.affect + ")"
}

// maxSkew is the difference between clocks that is tolerated.
const maxSkew = 2 * time.Minute

// compareClock compares the clock with that of the first answer.
func (p *prober) compareClock() {
	at, err := http.ParseTime(p.Tap.header.Get("Date"))
	if err != nil || p.clocked {
		return
	}
	p.clocked = true
	skew := p.Now().Sub(at)
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	if skew.Abs() > maxSkew {
		p.find(Problem, "clock", fmt.Sprintf("the clock of this host is %s %s that of Notehub", words.Duration(skew.Abs()), direction), "set the clock: days and silence are counted by it")
		return
	}
	p.find(OK, "clock", "agrees with that of Notehub", "")
}

// noteLimits notes headers about limits, once.
func (p *prober) noteLimits() {
	var found []string
	for name, values := range p.Tap.header {
		if strings.Contains(strings.ToLower(name), "ratelimit") {
			found = append(found, name+": "+strings.Join(values, ", "))
		}
	}
	if len(found) == 0 || p.limited {
		return
	}
	p.limited = true
	slices.Sort(found)
	p.find(Note, "limits", "Notehub states limits: "+words.Clean(strings.Join(found, "; "), maxText), "compare them with requests_per_minute; notewatch assumes 7 a minute")
}

// listProjects finds the project and the role in it.
func (p *prober) listProjects(ctx context.Context) {
	var all []notehub.Project
	ok, _ := p.ask(ctx, projects, func() error {
		return p.Client.Projects(ctx, func(one notehub.Project) error {
			all = append(all, one)
			return nil
		})
	})
	if !ok {
		return
	}
	if p.report.Project == "" && len(all) > 0 {
		p.report.Project = all[0].UID
	}
	at := slices.IndexFunc(all, func(one notehub.Project) bool { return one.UID == p.report.Project })
	switch {
	case len(all) == 0:
		p.find(Problem, "roles", "the token sees no project", "give its owner the role viewer in the projects to watch")
	case at < 0 && strings.HasPrefix(p.report.Project, "app:"):
		p.find(Problem, "roles", fmt.Sprintf("the token does not see project %q", p.report.Project), "give its owner the role viewer in it, or correct the UID in the rules file")
	case at < 0:
		p.find(Note, "roles", "the project is named by a product UID, which the list of projects does not have", "")
	case all[at].Role == "":
		p.find(Note, "roles", "Notehub does not say which role the token has in the project", "")
	default:
		p.find(OK, "roles", "the token has the role "+words.Clean(all[at].Role, maxText)+" in the project", "")
	}
	if p.report.Project == "" {
		p.stopped = true
	}
}

// listOrganizations finds the organization that pays.
func (p *prober) listOrganizations(ctx context.Context) {
	var all []notehub.Organization
	list := func() error {
		all = nil
		return p.Client.Organizations(ctx, p.in, func(one notehub.Organization) error {
			all = append(all, one)
			return nil
		})
	}
	p.in = notehub.Organizations
	ok, err := p.ask(ctx, organizations, list, notehub.ErrNotFound)
	if errors.Is(err, notehub.ErrNotFound) {
		p.in = notehub.BillingAccounts
		if ok, _ = p.ask(ctx, accounts, list); ok {
			p.find(Note, organizations, "Notehub has only billing accounts, as before June 2026", "none: notewatch reads them instead")
		}
	}
	if !ok {
		return
	}
	for _, o := range all {
		if o.UID == p.Organization || p.Organization == "" && len(all) == 1 {
			p.payer, p.role = o.UID, o.Role
		}
	}
	switch {
	case p.payer != "":
	case p.Organization != "":
		p.find(Problem, "roles", fmt.Sprintf("the token does not see organization %q", p.Organization), "correct organization in the rules file, or give the owner of the token a role in it")
	case len(all) == 0:
		p.find(Note, "roles", "the token sees no organization, so rules for each organization have no data", "give its owner a role in the organization if you need such rules")
	default:
		p.find(Note, "roles", "the token sees several organizations, and the rules file names none, so rules for each organization have no data", "set organization: of the account in the rules file")
	}
}

// readOrganization compares the organization and its balance.
func (p *prober) readOrganization(ctx context.Context) {
	if p.payer == "" {
		return
	}
	var o notehub.Organization
	ok, _ := p.ask(ctx, organization, func() (err error) {
		o, err = p.Client.Organization(ctx, p.in, p.payer)
		return err
	})
	if ok && o.Plan.Type == "" {
		p.find(Note, "roles", fmt.Sprintf("the role %q does not see the plan of the organization", p.role), "rules that read org.type or org.balance need the role org_admin or billing_manager")
	}
	const back = 8 * 24 * time.Hour
	_, err := p.ask(ctx, balance, func() error {
		return p.Client.BalanceHistory(ctx, p.in, p.payer, p.Now().Add(-back), time.Time{}, func(notehub.Balance) error { return nil })
	}, notehub.ErrForbidden)
	if errors.Is(err, notehub.ErrForbidden) {
		p.find(Note, "roles", fmt.Sprintf("the role %q may not read the balance (403)", p.role), "rules that read org.balance or org.days_left need the role org_admin or billing_manager")
	}
}

// shownDevices is the number of devices on the page that is requested.
const shownDevices = 200

// listDevices compares a page of devices, and keeps those with the newest activity.
func (p *prober) listDevices(ctx context.Context) {
	ok, _ := p.ask(ctx, devices, func() error {
		p.devices = nil
		_, err := p.Client.Devices(ctx, p.report.Project, 1, shownDevices, func(d notehub.Device) error {
			d.Fleets = nil
			p.devices = append(p.devices, d)
			return nil
		})
		return err
	})
	if ok && len(p.devices) == 0 {
		p.find(Note, devices, "the project has no devices, so their fields cannot be compared", "repeat the check when it has some")
	}
	slices.SortFunc(p.devices, func(a, b notehub.Device) int { return b.LastActivity.Compare(a.LastActivity) })
	p.devices = p.devices[:min(len(p.devices), askedDevices)]
}

func (p *prober) listFleets(ctx context.Context) {
	_, _ = p.ask(ctx, fleets, func() error {
		return p.Client.Fleets(ctx, p.report.Project, func(notehub.Fleet) error { return nil })
	})
}

func (p *prober) listRoutes(ctx context.Context) {
	_, _ = p.ask(ctx, routes, func() error {
		p.routes = 0
		return p.Client.Routes(ctx, p.report.Project, func(notehub.Route) error {
			p.routes++
			return nil
		})
	})
}
