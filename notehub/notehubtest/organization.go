package notehubtest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"notewatch/notehub/notehubtest/wire"
)

// An Organization pays for the billed events of projects, from a capacity that it has bought.
type Organization struct {
	UID, Name string
	Role      string    // of the token; "" is org_admin; only org_admin and billing_manager see the plan
	Type      string    // Essentials, whose capacity is full again at the beginning of each month, or Enterprise; "" is Enterprise
	Start     time.Time // of the plan, a day; zero: 2026-01-01
	End       time.Time // of the plan; zero: a year later
	Capacity  int64     // events
	Projects  []string  // UIDs; none: all of the server

	RechargeBelow, Recharge int64      // events: when fewer than RechargeBelow remain, Recharge are bought; 0: never
	Purchases               []Purchase // of more capacity
	Suspensions             []Suspension
}

// A Purchase is capacity that an organization buys at an instant.
type Purchase struct {
	At     time.Time
	Events int64
}

// A Suspension is a time in which requests for projects of an organization are refused.
type Suspension struct {
	Start    time.Time
	Duration time.Duration // 0: forever
}

// essentials is the type of a plan with a monthly capacity.
const essentials = "Essentials"

// An organization is an Organization with its projects.
type organization struct {
	Organization
	projects []*project

	mu     sync.Mutex
	closed []int64 // billed events from Start to each past day
}

// newOrganization panics if the UID of the organization is missing or used twice, or if a project is not simulated.
func (s *Server) newOrganization(given Organization) *organization {
	if given.UID == "" || s.organization(given.UID) != nil {
		panic(fmt.Sprintf("notehubtest: the UID of organization %q is missing or comes twice", given.UID))
	}
	given.Role, given.Type = cmp.Or(given.Role, "org_admin"), cmp.Or(given.Type, "Enterprise")
	if given.Start.IsZero() {
		given.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	given.Start = given.Start.UTC().Truncate(day)
	if given.End.IsZero() {
		given.End = given.Start.AddDate(1, 0, 0)
	}
	o := &organization{Organization: given, projects: s.projects}
	if len(given.Projects) > 0 {
		o.projects = nil
	}
	for _, uid := range given.Projects {
		p := s.project(uid)
		if p == nil {
			panic(fmt.Sprintf("notehubtest: organization %q pays for the unknown project %q", given.UID, uid))
		}
		o.projects = append(o.projects, p)
	}
	return o
}

func (s *Server) organization(uid string) *organization {
	i := slices.IndexFunc(s.organizations, func(o *organization) bool { return o.UID == uid })
	if i < 0 {
		return nil
	}
	return s.organizations[i]
}

// suspends reports whether requests for a project are refused because the account is suspended.
func (s *Server) suspends(p *project, now time.Time) bool {
	return slices.ContainsFunc(s.organizations, func(o *organization) bool {
		return slices.Contains(o.projects, p) && o.suspended(now)
	})
}

func (o *organization) suspended(now time.Time) bool {
	return slices.ContainsFunc(o.Suspensions, func(s Suspension) bool {
		return !now.Before(s.Start) && (s.Duration == 0 || now.Before(s.Start.Add(s.Duration)))
	})
}

// Balance returns the number of events that are left in the plan of an organization at an instant, and the number used since the plan
// began. Both are 0 for an unknown organization.
func (s *Server) Balance(uid string, at time.Time) (remaining, used int64) {
	o := s.organization(uid)
	if o == nil {
		return 0, 0
	}
	return o.balance(at.UTC())
}

func (o *organization) balance(at time.Time) (remaining, used int64) {
	used = o.used(at)
	if o.Type == essentials {
		month := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
		return max(o.Capacity-used+o.used(month), 0), used
	}
	capacity := o.Capacity
	for _, p := range o.Purchases {
		if !at.Before(p.At) {
			capacity += p.Events
		}
	}
	if short := o.RechargeBelow - (capacity - used); short > 0 && o.Recharge > 0 {
		capacity += (short + o.Recharge - 1) / o.Recharge * o.Recharge
	}
	return max(capacity-used, 0), used
}

// used returns the billed events from the start of the plan until an instant.
func (o *organization) used(until time.Time) int64 {
	days := int(until.Sub(o.Start) / day)
	if until.Before(o.Start) {
		return 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for date := o.Start.AddDate(0, 0, len(o.closed)); len(o.closed) < days; date = date.Add(day) {
		o.closed = append(o.closed, o.closedBefore(len(o.closed))+o.billed(date, date.Add(day)))
	}
	return o.closedBefore(days) + o.billed(o.Start.AddDate(0, 0, days), until)
}

// closedBefore returns the billed events of the first days of the plan.
func (o *organization) closedBefore(days int) int64 {
	if days == 0 {
		return 0
	}
	return o.closed[days-1]
}

// billed returns the billed events of a day, as known at an instant. The events of a past day do not change.
func (o *organization) billed(date, now time.Time) (sum int64) {
	for _, p := range o.projects {
		for _, d := range p.devices {
			if date.Add(day).After(d.Provisioned) {
				sum += p.billed(d, date, now)
			}
		}
	}
	return sum
}

// billed returns the billed events of a device on a day, as known at an instant.
func (p *project) billed(d *device, date, now time.Time) int64 {
	if p.Script != nil {
		return max(p.Script.Usage(d.UID, date, now).Events, 0)
	}
	f := d.figures(date, now)
	return f.Events + f.WatchdogEvents
}

// organizationAnswer leaves out the plan for roles that do not see it.
func organizationAnswer(q query) wire.OrganizationDetails {
	o := q.organization
	details := wire.OrganizationDetails{UID: o.UID, Name: o.Name, Suspended: o.suspended(q.now)}
	if o.Role == "org_admin" || o.Role == "billing_manager" {
		remaining, _ := o.balance(q.now)
		details.Plan = &wire.OrganizationPlan{Type: o.Type, Balance: remaining, Capacity: o.Capacity, Start: o.Start, End: o.End}
	}
	return details
}

// balanceAnswer has a row for each day of the plan: the balance at its end, or now.
func balanceAnswer(q query) wire.BalanceEnvelope {
	o := q.organization
	answer := wire.BalanceEnvelope{Data: []wire.BalancePoint{}}
	first := later(q.start.Truncate(day), o.Start)
	for date := first; date.Before(q.end) && date.Before(o.End); date = date.Add(day) {
		remaining, used := o.balance(earlier(date.Add(day), q.now).Add(-1))
		answer.Data = append(answer.Data, wire.BalancePoint{Period: date, Remaining: remaining, Used: used})
	}
	return answer
}
