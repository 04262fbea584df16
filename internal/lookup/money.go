package lookup

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"notewatch/internal/env"
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
func (r *Reader) cost(ctx context.Context, s Subject, span Span, events, forecast float64) (Cost, error) {
	prices, ok := r.pricesFor(r.accountsOf(s))
	if !ok || prices.Event == 0 {
		return Cost{}, nil
	}
	cost := Cost{
		Amount: events * prices.Event, Forecast: forecast * prices.Event, Currency: prices.Currency, Note: r.costNote(s, prices, span),
	}
	if !r.billed(s.Project.UID, span) {
		return cost, nil
	}
	cost.Amount, cost.Forecast = 0, 0
	for _, account := range r.accountsOf(s) {
		all, err := r.accountEvents(ctx, account)
		if err != nil {
			return Cost{}, err
		}
		if s.Kind == KindAll || s.Kind == KindOrganization {
			events, forecast = all.now, all.end
		}
		cost.Amount, cost.Forecast = cost.Amount+events*prices.rate(all.now), cost.Forecast+forecast*prices.rate(all.end)
	}
	return cost, nil
}

// costNote explains a cost.
func (r *Reader) costNote(s Subject, p Prices, span Span) string {
	switch {
	case !r.billed(s.Project.UID, span):
		return p.note(fmt.Sprintf("at list price, before the %s events that are free each month", words.Figure(p.FreeEvents, "")))
	case s.Kind == KindAll || s.Kind == KindOrganization:
		return p.note("what is billed this month, if only the watched projects use their accounts")
	}
	return p.note("share of what the account is billed this month, if only the watched projects use it")
}

// pricesFor returns the prices of some accounts; ok is false if they have different ones.
func (r *Reader) pricesFor(accounts []string) (prices Prices, ok bool) {
	prices = r.config.Prices
	for i, name := range accounts {
		of := r.pricesOf(name)
		if i > 0 && of != prices {
			return Prices{}, false
		}
		prices = of
	}
	return prices, true
}

// bills returns the bills of the account of a project as of an instant; nil if no rule reads costs.
func (r *Reader) bills(ctx context.Context, project string, now time.Time) (*env.Bills, error) {
	of, ok := r.project(project)
	if !ok || !r.readsCost() {
		return nil, nil
	}
	projects, err := r.accountProjects(ctx, of.Account)
	return r.billsOf(of.Account, projects, now), err
}

// readsCost reports whether a rule reads costs.
func (r *Reader) readsCost() bool {
	return slices.ContainsFunc(r.config.Rules, func(rule *rules.Rule) bool { return rule.Reads.Cost() })
}

// billsOf returns the bills of an account with its projects as of an instant; nil if no rule reads costs.
func (r *Reader) billsOf(account string, projects []env.AccountProject, now time.Time) *env.Bills {
	if !r.readsCost() {
		return nil
	}
	prices := r.pricesOf(account)
	return env.NewBills(r.config.Store.Usage, env.Prices{Event: prices.Event, Free: prices.FreeEvents}, projects, now)
}

// accountProjects returns the projects of an account with the states of their polls.
func (r *Reader) accountProjects(ctx context.Context, account string) (all []env.AccountProject, err error) {
	for _, p := range r.config.Projects {
		if p.Account != account {
			continue
		}
		of, err := env.ReadAccountProject(ctx, r.config.Store, p.UID, p.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, of)
	}
	return all, nil
}

// pricesOf returns the prices of an account.
func (r *Reader) pricesOf(account string) Prices {
	for _, a := range r.config.Accounts {
		if a.Name == account && a.Prices != nil {
			return *a.Prices
		}
	}
	return r.config.Prices
}

// note adds the date of the prices to a note.
func (p Prices) note(text string) string {
	if p.AsOf == "" {
		return text
	}
	return text + "; prices of " + p.AsOf
}

// defaultBlock is the number of bytes that Notehub adds to a SIM when its data runs out.
const defaultBlock = 500e6

// blocks returns what cellular data costs as a part of the blocks that are added to SIMs.
func (r *Reader) blocks(s Subject, bytes, forecast float64) Cost {
	prices, ok := r.pricesFor(r.accountsOf(s))
	if !ok || prices.DataBlock == 0 {
		return Cost{}
	}
	size := cmp.Or(prices.BlockSize, defaultBlock)
	return Cost{
		Amount: bytes / size * prices.DataBlock, Forecast: forecast / size * prices.DataBlock, Currency: prices.Currency,
		Note: prices.note("as part of added blocks of " + words.Figure(size, "B") + ", once what came with the SIM is used up"),
	}
}

// billed reports whether a span is in a project the calendar month, over which accounts are billed.
func (r *Reader) billed(project string, span Span) bool {
	period := r.periodOf(project)
	return span == Period && period.String() == "month" && period.MonthDay <= 1
}

// rate returns the cost of one of all events of an account in a month, of which some are free.
func (p Prices) rate(all float64) float64 {
	if all <= p.FreeEvents {
		return 0
	}
	return (all - p.FreeEvents) * p.Event / all
}

// accountsOf returns the names of the accounts that pay for a subject.
func (r *Reader) accountsOf(s Subject) (names []string) {
	for _, p := range r.ProjectsOf(s) {
		if !slices.Contains(names, p.Account) {
			names = append(names, p.Account)
		}
	}
	return names
}

// ofMonth are the events of an account so far, and at its end, as expected.
type ofMonth struct{ now, end float64 }

// accountEvents returns how many events the watched projects of an account use this month.
func (r *Reader) accountEvents(ctx context.Context, account string) (all ofMonth, err error) {
	for _, p := range r.config.Projects {
		if p.Account != account {
			continue
		}
		asOf, err := r.asOf(ctx, []Project{p})
		if err != nil {
			return all, err
		}
		t, err := r.tally(ctx, questionIn(p.Subject(), Period, asOf.day, rules.PeriodSpec{}, rules.Events))
		if err != nil {
			return all, err
		}
		f := t[rules.Events].over(rules.Events)
		all.now, all.end = all.now+f.Total, all.end+f.Forecast
	}
	return all, nil
}

// rates returns the cost of an event, by account.
func (r *Reader) rates(ctx context.Context, projects []Project, span Span) (map[string]float64, error) {
	rates := map[string]float64{}
	for _, p := range projects {
		if _, ok := rates[p.Account]; ok {
			continue
		}
		prices := r.pricesOf(p.Account)
		rates[p.Account] = prices.Event
		if r.billed(p.UID, span) {
			all, err := r.accountEvents(ctx, p.Account)
			if err != nil {
				return nil, err
			}
			rates[p.Account] = prices.rate(all.now)
		}
	}
	return rates, nil
}
