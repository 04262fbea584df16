package config

import (
	"fmt"
	"math"
	"strconv"

	"notewatch/internal/config/content"
	"notewatch/rules"
)

// readPrices reads the prices of the file.
func (v value) readPrices() {
	v.file.Prices = v.prices(Prices{})
	v.pricesFor(v.file.Prices)
}

// pricesFor warns of prices that have no effect.
func (v value) pricesFor(p Prices) {
	switch {
	case len(v.problems) > 0:
	case p.Event == 0 && p.DataBlock == 0:
		v.warn("no price is above 0, so no answer names costs", "")
	case p.Event == 0 && v.has("free_events"):
		v.at("free_events").warn("has no effect while the price of an event is 0", "")
	}
}

// prices reads prices; what is left out is as in others, whose zero value is that there are none.
func (v value) prices(others Prices) Prices {
	p := others
	v.keys(
		key{name: "currency", required: others.Currency == "", read: func(v value) { p.Currency = v.currency() }},
		key{name: "event", read: func(v value) { p.Event = v.amount() }},
		key{name: "free_events", read: func(v value) { p.FreeEvents = v.amount() }},
		key{name: "data_block", read: func(v value) { p.DataBlock = v.amount() }},
		key{name: "block_size", read: func(v value) { p.BlockSize = v.bytes() }},
		key{name: "as_of", read: func(v value) { p.AsOf = v.monthOrDate() }},
	)
	switch {
	case others.Currency != "":
	case !v.has("event") && v.has("free_events"):
		v.child(v.node, "event").report("missing", "free_events says how many of them cost nothing")
	case v.has("currency") && v.count("event", "data_block") == 0:
		v.report("no price", "want event, data_block or both")
	}
	return p
}

// bytes reads a constant that is more than 0.
func (v value) bytes() float64 {
	number, ok := v.constant()
	if ok && !(number > 0 && number <= math.MaxInt64) {
		v.report("want more than 0", "such as mb(500)")
		return 0
	}
	return number
}

// accountPrices gives each account the prices of the file, but for what it has of its own.
func (d *decoder) accountPrices() {
	for i := range d.file.Accounts {
		a := &d.file.Accounts[i]
		a.Prices = d.file.Prices
		if i < len(d.accountsAt) && d.accountsAt[i].has("prices") {
			a.Prices = d.accountsAt[i].at("prices").prices(d.file.Prices)
		}
	}
}

// checkPrices reports a rule that reads what needs prices or an allowance, if these are not set.
func (v value) checkPrices(r draft, rule *rules.Rule) {
	price, free := false, false
	for _, a := range v.file.Accounts {
		price, free = price || a.Prices.Event > 0, free || a.Prices.FreeEvents > 0
	}
	report := func(path, missing, hint string) {
		place := v.place(r, "when")
		p := place.problem(place.node.Line, place.node.Column, path+" is read, but "+missing, hint)
		p.Code = rules.CodePrices
		v.problems = append(v.problems, p)
	}
	switch objects := rule.Reads.Objects; {
	case rule.Reads.Cost() && !price:
		report("cost", "no prices are set", "such as prices: {currency: USD, event: 0.00075, free_events: 5000}")
	case objects.Read("cost.free_") && !free:
		report("cost.free_used_pct", "prices has no free_events", "such as free_events: 5000")
	}
	if rule.Reads.Objects.Read("sat_plan.") && !v.satellite && !v.catalogue && !rule.Accepts(rules.CodePrices) {
		place := v.place(r, "when")
		p := place.problem(place.node.Line, place.node.Column, "sat_plan counts 10 kB once, because the file has no satellite", "such as satellite: {allowance: kb(10), every: once}")
		p.Code, p.Warning = rules.CodePrices, true
		v.warnings = append(v.warnings, p)
	}
}

// currency reads a code of ISO 4217.
func (v value) currency() string {
	text := v.text()
	if text != "" && !content.IsCurrency(text) {
		v.report("not a currency", "want its code of three capital letters, such as USD")
	}
	return text
}

// maxAmount is more than anything of Notehub's costs or is counted in.
const maxAmount = 1_000_000_000

// amount reads a number that is not below 0.
func (v value) amount() float64 {
	text, ok := v.scalar("a number")
	if !ok {
		return 0
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(number) || number < 0 || number > maxAmount {
		v.report(fmt.Sprintf("want a number from 0 to %d", maxAmount), "such as 0.00075, with a point and without a currency")
		return 0
	}
	return number
}

// monthOrDate reads a month or a day as it stands.
func (v value) monthOrDate() string {
	text := v.text()
	if text != "" && !content.IsMonthOrDate(text) {
		v.report("not a month or date", "such as 2026-06 or 2026-06-14")
	}
	return text
}
