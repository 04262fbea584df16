package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"notewatch/internal/store/usage"
	"notewatch/notehub"
	"notewatch/rules"
)

// BalanceDays is how many complete days of the balance of an organization are kept; the oldest shows only what was left when the others began.
const BalanceDays = 8

// An Account describes what is read of the organization that pays for the projects of an account.
type Account struct {
	UID     string // of the organization; "": the only one that the token sees
	Client  *notehub.Client
	Request func(ctx context.Context, request func(context.Context) error) error // as that of a Poll
	Now     time.Time                                                            // domain clock
	Balance bool                                                                 // read the balance of the last days too
}

// ReadOrganization returns what Notehub says now of the organization of an account. before is what is stored of it. A refusal
// becomes the Failure of the organization; other errors are returned, and before with them.
func ReadOrganization(ctx context.Context, a Account, before usage.Organization) (usage.Organization, error) {
	r := &organizationReading{Account: a, in: notehub.Collection(cmp.Or(before.Collection, string(notehub.Organizations)))}
	uid, seen, err := r.find(ctx, before)
	now := usage.NoOrganization()
	if err == nil && uid != "" {
		now, err = r.details(ctx, uid)
	}
	if err == nil && uid != "" && a.Balance {
		now.Balances, err = r.balances(ctx, uid)
		now.Balanced = a.Now
	}
	if err != nil && !refusal(err) {
		return before, err
	}
	if errors.Is(err, notehub.ErrNotFound) || errors.Is(err, notehub.ErrForbidden) && now.Name == "" {
		uid = a.UID // so that it is looked for again
	}
	now.UID, now.Seen, now.Read, now.Collection = uid, seen, a.Now, string(r.in)
	if err != nil {
		now.Failure = err.Error()
	}
	if errors.Is(err, notehub.ErrSuspended) {
		now.Suspended = rules.True
	}
	if !a.Balance && uid == before.UID {
		now.Balances, now.Balanced = before.Balances, before.Balanced
	}
	return now, nil
}

// refusal reports whether an error is what Notehub answers, and would answer again.
func refusal(err error) bool {
	for _, answer := range []error{
		notehub.ErrForbidden, notehub.ErrSuspended, notehub.ErrUnauthorized, notehub.ErrNotFound,
	} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// An organizationReading reads the organization of an account.
type organizationReading struct {
	Account
	in notehub.Collection
}

// request makes a request. If Notehub does not have the collection, it asks the one of other versions of Notehub.
func (r *organizationReading) request(ctx context.Context, request func(ctx context.Context, in notehub.Collection) error) error {
	ask := func() error {
		return r.Request(ctx, func(ctx context.Context) error { return request(ctx, r.in) })
	}
	err := ask()
	if !errors.Is(err, notehub.ErrNotFound) {
		return err
	}
	first := r.in
	if r.in = notehub.Organizations; first == notehub.Organizations {
		r.in = notehub.BillingAccounts
	}
	other := ask()
	if errors.Is(other, notehub.ErrNotFound) {
		r.in = first
		return err
	}
	return other
}

// find returns the UID of the organization, if it is given or the token sees only one; else the names and UIDs of those that the token sees.
func (r *organizationReading) find(ctx context.Context, before usage.Organization) (uid string, seen []string, err error) {
	switch {
	case r.UID != "":
		return r.UID, nil, nil
	case before.UID != "":
		return before.UID, nil, nil
	}
	var all []notehub.Organization
	err = r.request(ctx, func(ctx context.Context, in notehub.Collection) error {
		all = nil
		return r.Client.Organizations(ctx, in, func(o notehub.Organization) error {
			all = append(all, o)
			return nil
		})
	})
	if err != nil {
		return "", nil, fmt.Errorf("reading the organizations: %w", err)
	}
	if len(all) == 1 {
		return all[0].UID, nil, nil
	}
	for _, o := range all {
		if o.Name == "" || o.Name == o.UID {
			seen = append(seen, o.UID)
		} else {
			seen = append(seen, o.Name+" ("+o.UID+")")
		}
	}
	slices.Sort(seen)
	return "", seen, nil
}

// details reads the organization itself.
func (r *organizationReading) details(ctx context.Context, uid string) (usage.Organization, error) {
	var said notehub.Organization
	err := r.request(ctx, func(ctx context.Context, in notehub.Collection) (err error) {
		said, err = r.Client.Organization(ctx, in, uid)
		return err
	})
	now := usage.NoOrganization()
	if err != nil {
		return now, fmt.Errorf("reading organization %q: %w", uid, err)
	}
	now.Name, now.Type, now.Suspended, now.End = said.Name, said.Plan.Type, truthOf(said.Suspended), said.Plan.End
	now.Balance, now.Capacity = numberOf(said.Plan.Balance), numberOf(said.Plan.Capacity)
	return now, nil
}

// balances reads what was left of the plan of the organization on the last days.
func (r *organizationReading) balances(ctx context.Context, uid string) (all []usage.Balance, err error) {
	first := rules.DayOf(r.Now) - BalanceDays
	err = r.request(ctx, func(ctx context.Context, in notehub.Collection) error {
		all = nil
		return r.Client.BalanceHistory(ctx, in, uid, first.Start(), time.Time{}, func(b notehub.Balance) error {
			if !b.Period.Before(first.Start()) && !b.Period.After(r.Now) {
				all = append(all, usage.Balance{At: b.Period, Remaining: eventsOf(b.Remaining), Used: eventsOf(b.Used)})
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading the balance of organization %q: %w", uid, err)
	}
	slices.SortStableFunc(all, func(a, b usage.Balance) int { return a.At.Compare(b.At) })
	return all[max(0, len(all)-mostBalances):], nil
}

// mostBalances is the maximum number of balances that are kept; Notehub answers one for each day.
const mostBalances = 400

// numberOf returns a count as a number; NaN if it is not known.
func numberOf(c notehub.Count) float64 {
	if !c.Known || c.N < 0 {
		return math.NaN()
	}
	return float64(c.N)
}

// eventsOf returns a count of events; -1 if it is not known.
func eventsOf(c notehub.Count) int64 {
	if !c.Known || c.N < 0 {
		return -1
	}
	return c.N
}
