package lookup

import (
	"context"
	"fmt"
	"slices"

	"notewatch/internal/words"
	"notewatch/rules"
)

// A Cost is an amount of money. The zero value means that no price is set.
type Cost struct {
	Amount   float64 `json:"amount"`   // over the span; NaN: no data
	Forecast float64 `json:"forecast"` // at the end of the period; NaN: no data, or another span
	Currency string  `json:"currency"` // such as USD
	Note     string  `json:"note"`     // what Amount is
}

// cost returns the cost of events over a span, and at the end of the period. Over the calendar month so far, it is a share of the account's
// bill, if only the watched projects use the account; otherwise it is the list price.
func (d *Desk) cost(ctx context.Context, s Subject, span Span, events, forecast float64) (Cost, error) {
	if d.Prices.Event == 0 {
		return Cost{}, nil
	}
	cost := Cost{
		Amount: events * d.Prices.Event, Forecast: forecast * d.Prices.Event, Currency: d.Prices.Currency, Note: d.costNote(s, span),
	}
	if !d.billed(s.Project.UID, span) {
		return cost, nil
	}
	cost.Amount, cost.Forecast = 0, 0
	for _, account := range d.accountsOf(s) {
		all, err := d.accountEvents(ctx, account)
		if err != nil {
			return Cost{}, err
		}
		if s.Kind == KindAll {
			events, forecast = all.now, all.end
		}
		cost.Amount, cost.Forecast = cost.Amount+events*d.rate(all.now), cost.Forecast+forecast*d.rate(all.end)
	}
	return cost, nil
}

// costNote explains a cost.
func (d *Desk) costNote(s Subject, span Span) string {
	switch {
	case !d.billed(s.Project.UID, span):
		return d.priced(fmt.Sprintf("at list price, before the %s events that are free each month", words.Figure(d.Prices.FreeEvents, "")))
	case s.Kind == KindAll:
		return d.priced("what is billed this month, if only the watched projects use their accounts")
	}
	return d.priced("share of what the account is billed this month, if only the watched projects use it")
}

// priced adds the date of the prices to a note.
func (d *Desk) priced(note string) string {
	if d.Prices.AsOf == "" {
		return note
	}
	return note + "; prices of " + d.Prices.AsOf
}

// dataBlock is the number of bytes that Notehub adds to a SIM when its data runs out.
const dataBlock = 500e6

// blocks returns what cellular data costs as a part of the blocks that are added to SIMs.
func (d *Desk) blocks(bytes, forecast float64) Cost {
	if d.Prices.DataBlock == 0 {
		return Cost{}
	}
	return Cost{
		Amount: bytes / dataBlock * d.Prices.DataBlock, Forecast: forecast / dataBlock * d.Prices.DataBlock, Currency: d.Prices.Currency,
		Note: d.priced("as part of added blocks of " + words.Figure(dataBlock, "B") + ", once what came with the SIM is used up"),
	}
}

// billed reports whether a span is in a project the calendar month, over which accounts are billed.
func (d *Desk) billed(project string, span Span) bool {
	period := d.periodOf(project)
	return span == Period && period.String() == "month" && period.MonthDay <= 1
}

// rate returns the cost of one of all events of an account in a month, of which some are free.
func (d *Desk) rate(all float64) float64 {
	if all <= d.Prices.FreeEvents {
		return 0
	}
	return (all - d.Prices.FreeEvents) * d.Prices.Event / all
}

// accountsOf returns the names of the accounts that pay for a subject.
func (d *Desk) accountsOf(s Subject) (names []string) {
	for _, p := range d.ProjectsOf(s) {
		if !slices.Contains(names, p.Account) {
			names = append(names, p.Account)
		}
	}
	return names
}

// ofMonth are the events of an account so far, and at its end, as expected.
type ofMonth struct{ now, end float64 }

// accountEvents returns how many events the watched projects of an account use this month.
func (d *Desk) accountEvents(ctx context.Context, account string) (all ofMonth, err error) {
	for _, p := range d.Projects {
		if p.Account != account {
			continue
		}
		asOf, err := d.asOf(ctx, []Project{p})
		if err != nil {
			return all, err
		}
		t, err := d.tally(ctx, questionIn(p.subject(), Period, asOf.day, rules.PeriodSpec{}))
		if err != nil {
			return all, err
		}
		f := t[rules.Events].over(rules.Events)
		all.now, all.end = all.now+f.Total, all.end+f.Forecast
	}
	return all, nil
}

// rates returns the cost of an event, by account.
func (d *Desk) rates(ctx context.Context, projects []Project, span Span) (map[string]float64, error) {
	rates := map[string]float64{}
	for _, p := range projects {
		if _, ok := rates[p.Account]; ok {
			continue
		}
		rates[p.Account] = d.Prices.Event
		if d.billed(p.UID, span) {
			all, err := d.accountEvents(ctx, p.Account)
			if err != nil {
				return nil, err
			}
			rates[p.Account] = d.rate(all.now)
		}
	}
	return rates, nil
}
