package lookup

import (
	"context"
	"fmt"
	"math"

	"notewatch/notify"
	"notewatch/rules"
)

// Money is what something costs.
type Money struct {
	Amount   float64 // NaN: no data, or no prices are set
	Currency string  // such as USD
	Note     string  // what Amount is
}

func noMoney() Money { return Money{Amount: math.NaN()} }

// cost returns what events cost: of the calendar month so far a share of what the account is billed, and the same for its
// end; otherwise the list price.
func (d *Desk) cost(ctx context.Context, s Subject, span Span, events, forecast float64) (now, end Money, err error) {
	switch {
	case !d.Prices.set():
		return noMoney(), noMoney(), nil
	case span == Period && d.monthly():
		return d.bill(ctx, s, events, forecast)
	}
	return d.listPrice(events), d.listPrice(forecast), nil
}

// monthly reports whether the period is the calendar month, over which accounts are billed.
func (d *Desk) monthly() bool {
	return d.Period.String() == "month" && d.Period.MonthDay <= 1
}

// listPrice is what events cost if none are free.
func (d *Desk) listPrice(events float64) Money {
	return Money{
		Amount: events * d.Prices.Event, Currency: d.Prices.Currency,
		Note: fmt.Sprintf("at list price, before the %s events that are free each month", notify.FormatFigure(d.Prices.FreeEvents, "")),
	}
}

// bill returns a subject's share of what its account is billed for the month so far, and at its end.
func (d *Desk) bill(ctx context.Context, s Subject, used, forecast float64) (now, end Money, err error) {
	now = Money{Currency: d.Prices.Currency, Note: "share of this month's bill"}
	end = Money{Currency: d.Prices.Currency, Note: "share of this month's bill if it goes on like the last 7 days"}
	for _, name := range d.accountsOf(s) {
		total, ahead, err := d.accountEvents(ctx, name)
		if err != nil {
			return noMoney(), noMoney(), err
		}
		part, partAhead := used, forecast
		if s.Kind == KindAll {
			part, partAhead = total, ahead
		}
		now.Amount += d.share(part, total)
		end.Amount += d.share(partAhead, ahead)
	}
	return now, end, nil
}

// share is a part's share of what is billed for all events of an account.
func (d *Desk) share(part, all float64) float64 {
	billed := max(0, all-d.Prices.FreeEvents) * d.Prices.Event
	if billed == 0 {
		return 0
	}
	return billed * part / all
}

// accountsOf returns the names of the accounts that a subject is billed to.
func (d *Desk) accountsOf(s Subject) []string {
	var names []string
	seen := map[string]bool{}
	for _, p := range d.projectsOf(s) {
		if !seen[p.Account] {
			seen[p.Account] = true
			names = append(names, p.Account)
		}
	}
	return names
}

// accountEvents returns how many events the projects of an account have used this month, and will have at its end.
func (d *Desk) accountEvents(ctx context.Context, account string) (used, forecast float64, err error) {
	for _, p := range d.Projects {
		if p.Account != account {
			continue
		}
		asOf, err := d.asOf(ctx, []Project{p})
		if err != nil {
			return 0, 0, err
		}
		all, err := d.tally(ctx, question{Subject: p.subject(), span: Period, day: asOf.day})
		if err != nil {
			return 0, 0, err
		}
		f := all[rules.Events].over(rules.Events, Period, d.Period.Period(asOf.day, asOf.instant))
		used, forecast = used+f.Total, forecast+f.Forecast
	}
	return used, forecast, nil
}
