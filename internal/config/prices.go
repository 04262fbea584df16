package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

func (v value) readPrices() {
	p, known := &v.file.Prices, len(v.problems)
	v.keys(
		key{name: "currency", required: true, read: func(v value) { p.Currency = v.currency() }},
		key{name: "event", read: func(v value) { p.Event = v.amount() }},
		key{name: "free_events", read: func(v value) { p.FreeEvents = v.amount() }},
		key{name: "data_block", read: func(v value) { p.DataBlock = v.amount() }},
		key{name: "as_of", read: func(v value) { p.AsOf = v.monthOrDate() }},
	)
	switch {
	case !v.has("event") && v.has("free_events"):
		v.child(v.node, "event").report("missing", "free_events says how many of them cost nothing")
	case v.has("currency") && v.count("event", "data_block") == 0:
		v.report("no price", "want event, data_block or both")
	case len(v.problems) > known:
	case p.Event == 0 && p.DataBlock == 0:
		v.warn("no price is above 0, so no answer names costs", "")
	case p.Event == 0 && v.has("free_events"):
		v.at("free_events").warn("has no effect while the price of an event is 0", "")
	}
}

// currency matches a code of ISO 4217.
var currency = regexp.MustCompile(`^[A-Z]{3}$`)

func (v value) currency() string {
	text := v.text()
	if text != "" && !currency.MatchString(text) {
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
	if text == "" {
		return ""
	}
	_, notMonth := time.Parse("2006-01", text)
	_, notDate := time.Parse(time.DateOnly, text)
	if notMonth != nil && notDate != nil {
		v.report("not a month or date", "such as 2026-06 or 2026-06-14")
	}
	return text
}
