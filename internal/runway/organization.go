package runway

import (
	"context"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
)

// An Organization is what an organization has bought, as Notehub says. NaN is no data.
type Organization struct {
	Type      string    `json:"type"` // "" is no data
	Suspended bool      `json:"suspended"`
	Balance   float64   `json:"balance"`
	Capacity  float64   `json:"capacity"`  // events
	DaysLeft  float64   `json:"days_left"` // until its events are used up at the pace of the last days
	AsOf      time.Time `json:"as_of"`
}

// OfAccount returns what the organization of an account has bought; nil if that was not read.
func OfAccount(ctx context.Context, db *store.Store, account string, now time.Time) (*Organization, error) {
	stored, err := db.Usage.Organization(ctx, account)
	if err != nil || stored.Read.IsZero() {
		return nil, err
	}
	return &Organization{stored.Type, stored.Suspended == rules.True, stored.Balance, stored.Capacity, env.DaysLeft(stored, now), stored.Read}, nil
}

// Facts returns what is known of the plan, in words.
func (o Organization) Facts() (facts []string) {
	if o.Suspended {
		facts = append(facts, "suspended")
	}
	if o.Type != "" {
		facts = append(facts, "plan "+o.Type)
	}
	if rules.Known(o.Balance) {
		facts = append(facts, "balance "+words.Figure(o.Balance, ""))
	}
	if rules.Known(o.Capacity) {
		facts = append(facts, "capacity "+words.Figure(o.Capacity, "")+" events")
	}
	switch {
	case !rules.Known(o.DaysLeft):
		return append(facts, "when its events run out is not known")
	case o.DaysLeft > far:
		return append(facts, "its events do not run out at the pace of the last days")
	}
	return append(facts, lasts(o.DaysLeft, o.AsOf))
}

// far is the number of days after which a date means nothing.
const far = 10 * 365

// lasts says for how many days something lasts, and until when.
func lasts(days float64, from time.Time) string {
	return "lasts " + words.Figure(days, "d") + " at the pace of the last days, until about " + after(from, days).Format("Mon 2 Jan")
}

// after returns an instant some days after another one, in UTC.
func after(t time.Time, days float64) time.Time {
	return t.Add(time.Duration(days * 24 * float64(time.Hour))).UTC()
}
