package notehub

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Collection is where Notehub keeps organizations. A Notehub from before June 2026 has only billing accounts, with the same answers;
// later ones will have only organizations. A caller that gets [ErrNotFound] from one asks the other.
type Collection string

// The collections.
const (
	Organizations   Collection = "organizations"
	BillingAccounts Collection = "billing-accounts"
)

// member names one entry of the collection in an error.
func (in Collection) member() string {
	if in == BillingAccounts {
		return "billing account"
	}
	return "organization"
}

// address returns the path of the collection, or the path below it.
func (in Collection) address(path ...string) (string, error) {
	if in != Organizations && in != BillingAccounts {
		return "", fmt.Errorf("unknown collection %q: want %s or %s", string(in), Organizations, BillingAccounts)
	}
	return "/v1/" + strings.Join(append([]string{string(in)}, path...), "/"), nil
}

// An Organization pays for projects.
type Organization struct {
	UID, Name string
	Role      string // of the token in it, such as org_admin; only in the list of organizations
	Suspended Truth  // not in the list of organizations
	Plan      Plan   // not in the list of organizations
	Invalid   bool   // Notehub answered a text, a time or the plan in another form; that value is not known
}

// A Plan is what an organization has bought. Notehub shows it only to some roles.
type Plan struct {
	Type       string    // Essentials or Enterprise; "" is no data
	Balance    Count     // Notehub does not document the unit
	Capacity   Count     // events
	Start, End time.Time // zero: no data
}

// A Balance is what an organization had left of its plan at an instant.
type Balance struct {
	Period          time.Time // in UTC
	Remaining, Used Count     // events; Used is the sum since Notehub began to count
}

const (
	maxOrganizations = 10_000 // visible to a token; the answer has no pages
	maxBalances      = 20_000 // days of half a century
)

// Organizations calls each for every organization that the token sees. An error of each ends the reading and is returned, wrapped.
func (c *Client) Organizations(ctx context.Context, in Collection, each func(Organization) error) error {
	address, err := in.address()
	if err == nil {
		list := strings.ReplaceAll(string(in), "-", "_")
		err = c.read(ctx, address, nil, maxOrganizations, func(d *decoder) {
			d.onlyList(list, func() {
				organization, _ := d.organization()
				d.require("uid", organization.UID != "")
				if !d.failed {
					d.stop(each(organization))
				}
			})
		})
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", in, err)
	}
	return nil
}

// Organization returns an organization.
func (c *Client) Organization(ctx context.Context, in Collection, uid string) (organization Organization, err error) {
	address, err := in.addressOf(uid)
	if err == nil {
		err = c.read(ctx, address, nil, 0, func(d *decoder) {
			var fields int
			organization, fields = d.organization()
			d.require("uid", fields > 0)
		})
	}
	if err != nil {
		return Organization{}, fmt.Errorf("reading %s %q: %w", in.member(), uid, err)
	}
	return organization, nil
}

// BalanceHistory calls each for every known balance of an organization from start on. A zero end means now. An error of each ends the
// reading and is returned, wrapped.
func (c *Client) BalanceHistory(
	ctx context.Context, in Collection, uid string, start, end time.Time, each func(Balance) error,
) error {
	address, err := in.addressOf(uid, "balance-history")
	switch {
	case err != nil:
	case start.Unix() < 0: // as the zero time does
		err = errors.New("the query has no start, or one before 1970")
	case !end.IsZero() && end.Before(start):
		err = errors.New("the query ends before it starts")
	default:
		query := url.Values{"startDate": {strconv.FormatInt(start.Unix(), 10)}}
		if !end.IsZero() {
			query.Set("endDate", strconv.FormatInt(end.Unix(), 10))
		}
		err = c.read(ctx, address, query, maxBalances, func(d *decoder) {
			d.onlyList("data", func() {
				if balance := d.balance(); !d.failed {
					d.stop(each(balance))
				}
			})
		})
	}
	if err != nil {
		return fmt.Errorf("reading balance history of %s %q: %w", in.member(), uid, err)
	}
	return nil
}

// addressOf returns the path of an organization, or the path below it.
func (in Collection) addressOf(uid string, path ...string) (string, error) {
	if !isPathElement(uid) {
		return "", errors.New("that is not the UID of an organization")
	}
	return in.address(append([]string{url.PathEscape(uid)}, path...)...)
}

// organization reads an organization, and counts the fields that we know.
func (d *decoder) organization() (o Organization, known int) {
	for name := range d.fields {
		known++
		switch string(name) {
		case "uid":
			o.UID = d.lenientText(&o.Invalid)
		case "name":
			o.Name = d.lenientText(&o.Invalid)
		case "role":
			o.Role = d.lenientText(&o.Invalid)
		case "suspended":
			o.Suspended = d.truth()
		case "plan":
			o.Plan = d.plan(&o.Invalid)
		default:
			known--
			d.skip()
		}
	}
	return o, known
}

func (d *decoder) plan(invalid *bool) (plan Plan) {
	d.lenientFields(invalid, func(name string) {
		switch name {
		case "type":
			plan.Type = d.lenientText(invalid)
		case "current_balance":
			plan.Balance = d.lenientCount()
		case "event_capacity":
			plan.Capacity = d.lenientCount()
		case "start_date":
			plan.Start = d.lenientInstant(invalid)
		case "end_date":
			plan.End = d.lenientInstant(invalid)
		default:
			d.skip()
		}
	})
	return plan
}

func (d *decoder) balance() (balance Balance) {
	for name := range d.fields {
		switch string(name) {
		case "period":
			balance.Period = d.instant()
		case "remaining_event_capacity":
			balance.Remaining = d.lenientCount()
		case "total_event_capacity_used":
			balance.Used = d.lenientCount()
		default:
			d.skip()
		}
	}
	d.require("period", !balance.Period.IsZero())
	return balance
}
