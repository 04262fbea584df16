package onboard

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"notewatch/internal/config"
	"notewatch/internal/words"
	"notewatch/notehub"
	"notewatch/rules"
)

// A group is rules of the catalogue for one purpose.
type group struct {
	about string
	names []string
}

// groups holds all rules of the catalogue except the built-in one.
var groups = []group{
	{"cellular data and sessions", []string{
		"data-spike", "data-outlier-in-fleet", "chatty-sessions", "heavy-sessions", "tls-heavy", "sessions-no-events", "debug-log-left-on",
		"new-device-hungry", "plan-80", "plan-runs-out", "top-up-imminent",
	}},
	{"events", []string{"event-flood", "event-spike-day", "tracker-storm", "activity-drop", "watchdog-billing"}},
	{"health", []string{"silent-device", "fleet-silent", "fleet-late", "reboot-loop"}},
	{"satellite", []string{"sat-70", "sat-burst", "sat-sessions"}},
	{"routes", []string{"route-failing", "route-slow"}},
	{"money", moneyRules},
}

// moneyRules are the rules about the organization that pays.
var moneyRules = []string{"free-events-80", "month-over-budget", "balance-low", "suspended"}

// The budgets are rules of a draft that are not in the catalogue.
const (
	dataBudget  = "data-budget"
	eventBudget = "event-budget"
)

// allowance names the measure from which the satellite allowance of each device is proposed.
const allowance = "satellite"

// measures are the measures from which limits are proposed.
var measures = []measure{
	{"data-spike", []rules.Figure{rules.Bytes}, first, exceptional},
	{"chatty-sessions", []rules.Figure{rules.Sessions}, first, exceptional},
	{"tls-heavy", []rules.Figure{rules.TLS, rules.Sessions}, tlsShare, exceptional},
	{"debug-log-left-on", []rules.Figure{rules.Notefile("_log.qo")}, first, exceptional},
	{"event-spike-day", []rules.Figure{rules.Events}, first, exceptional},
	{"reboot-loop", []rules.Figure{rules.Reboots}, first, exceptional},
	{"sat-burst", []rules.Figure{rules.Sat}, first, exceptional},
	{dataBudget, []rules.Figure{rules.Bytes}, first, monthly},
	{allowance, []rules.Figure{rules.Sat}, first, monthly},
}

const (
	headroom       = 1.5 // times the usual value
	budgetHeadroom = 2
	shareHeadroom  = 1.15
	costHeadroom   = 1.3
	updateData     = 6e5 // bytes that a firmware update takes at most
	leastData      = 1e6 // bytes of a month
	leastCost      = 5
	maxOwn         = 20 // fleets with a limit of their own, for each rule
)

// need returns the limit that a rule needs in a fleet.
func need(rule string, l level) float64 {
	switch rule {
	case "tls-heavy":
		return min(math.Ceil(shareHeadroom*l.value), 100)
	case dataBudget:
		return max(round(budgetHeadroom*l.value+updateData), leastData)
	}
	return round(headroom * l.value)
}

// steps are the numbers to which limits are rounded up, times a power of ten.
var steps = []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10}

// round rounds a limit up to a number that people would write.
func round(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, step := range steps {
		if limit := step * power; limit >= x {
			return math.Ceil(limit - 1e-9*limit)
		}
	}
	return math.Ceil(x)
}

// A choice is a rule of the draft.
type choice struct {
	name   string
	limit  *proposal // nil keeps that of the catalogue
	own    []proposal
	result string // a sentence about the alerts of the trial; "" is not known
}

// A proposal is a limit with its reason.
type proposal struct {
	subject string // UID of a fleet or project with its own limit
	value   float64
	why     string
}

// A leftOut is a rule of the catalogue that does not fit.
type leftOut struct{ name, why string }

// propose fills in the rules of a draft. file holds all rules of the catalogue.
func (d *draft) propose(file *config.File) {
	compiled := map[string]config.Rule{}
	for _, r := range file.Rules {
		compiled[r.Spec.Name] = r
	}
	for _, g := range groups {
		for _, name := range g.names {
			if why := d.unfit(name); why != "" {
				d.leftOut = append(d.leftOut, leftOut{name, why})
				continue
			}
			c := choice{name: name}
			if r := compiled[name].Rule; r != nil {
				c.limit, c.own = d.raised(name, r.Limit, r.Unit)
			}
			if name == "month-over-budget" {
				c.limit = d.costLimit()
			}
			d.choices = append(d.choices, c)
		}
	}
	d.budgets = append(d.dataBudget(), d.eventBudget()...)
}

// unfit returns why a rule does not fit the account; "" if it does.
func (d *draft) unfit(name string) string {
	v := d.view
	if v.devices == 0 && !slices.Contains(moneyRules, name) {
		return "" // nothing is known yet
	}
	switch name {
	case "plan-80", "plan-runs-out", "top-up-imminent":
		switch {
		case v.plans == 0:
			return "Notehub shows no data plan of a SIM"
		case name == "top-up-imminent" && !v.assured:
			return "no fleet buys data by itself (Connectivity Assurance)"
		}
	case "data-spike", "data-outlier-in-fleet", "new-device-hungry":
		if v.totals[string(rules.Bytes)] == 0 {
			return "no cellular data was used"
		}
	case "fleet-silent", "fleet-late":
		if v.biggest < 10 {
			return "it is for projects with ten devices or more"
		}
	case "sat-70": // the other two rules notice devices that fall back to satellites
		if v.remote == 0 && v.totals[string(rules.Sat)] == 0 && v.totals[string(rules.Transport("ntn"))] == 0 {
			return "no device uses satellites"
		}
	case "route-failing", "route-slow":
		if v.routes == 0 {
			return "no route is listed"
		}
	}
	if slices.Contains(moneyRules, name) {
		return d.unpaid
	}
	return ""
}

// satellite proposes how much each device may send by satellite in a month; nil if none does.
func (d *draft) satellite() *proposal {
	var most level
	for _, l := range d.view.usual[allowance] {
		if l.value > most.value {
			most = l
		}
	}
	if most.value == 0 {
		return nil
	}
	return &proposal{value: round(budgetHeadroom * most.value), why: reason(most, "usually sends "+words.Figure(most.value, "B")+" in 30 days")}
}

// raised proposes higher limits for a rule where the usual value needs them: for single fleets, or for all if many need one.
func (d *draft) raised(rule string, limit float64, unit string) (all *proposal, own []proposal) {
	for _, l := range d.view.usual[rule] {
		p := proposal{l.fleet, need(rule, l), reason(l, fmt.Sprintf("is above %s on 7 of 35 days at most", words.Figure(l.value, unit)))}
		switch {
		case !(p.value > limit):
		case l.fleet == "":
			all = &p
		default:
			own = append(own, p)
		}
	}
	if len(own) > maxOwn {
		highest := slices.MaxFunc(own, func(a, b proposal) int { return cmp.Compare(a.value, b.value) })
		if all == nil || highest.value > all.value {
			all = &highest
		}
		return all, nil
	}
	if all != nil {
		own = slices.DeleteFunc(own, func(p proposal) bool { return p.value <= all.value })
	}
	return all, own
}

// reason describes the level that a limit comes from.
func reason(l level, does string) string {
	name := l.name
	if l.fleet == "" {
		name = "without a fleet"
	}
	text := fmt.Sprintf("%s, %s: %s %s", words.Clean(name, maxText), words.Count(l.devices, "device"), words.Clean(l.device, maxText), does)
	if l.odd > 0 {
		text += fmt.Sprintf("; %s at over 5 times the others not counted", words.Count(l.odd, "device"))
	}
	return text
}

// dataBudget proposes how much cellular data a device may use in a month. The largest fleet sets the limit for all; other fleets have their
// own.
func (d *draft) dataBudget() []choice {
	if d.view.totals[string(rules.Bytes)] == 0 {
		return nil
	}
	all := slices.Clone(d.view.usual[dataBudget])
	if len(all) == 0 {
		return nil
	}
	proposed := func(l level) proposal {
		return proposal{l.fleet, need(dataBudget, l), reason(l, "usually uses "+words.Figure(l.value, "B")+" in 30 days")}
	}
	slices.SortStableFunc(all, func(a, b level) int { return cmp.Compare(b.devices, a.devices) })
	c := choice{name: dataBudget}
	base := proposed(all[0])
	for _, l := range all[1:] {
		p := proposed(l)
		switch {
		case l.fleet == "" && p.value > base.value, len(all) > maxOwn && p.value > base.value:
			base = p
		case len(all) <= maxOwn && p.value != base.value && l.fleet != "" && l.value > 0:
			c.own = append(c.own, p)
		}
	}
	c.limit = &base
	return []choice{c}
}

// eventBudget proposes how many events a project may have in a month.
func (d *draft) eventBudget() []choice {
	c := choice{name: eventBudget}
	for _, p := range d.view.projects {
		if !(p.events > 0) {
			continue
		}
		why := fmt.Sprintf("%s had %s in the last 30 days", nameOf(p.Project), words.Count(int(p.events), "event"))
		c.own = append(c.own, proposal{p.UID, round(headroom * p.events), why})
	}
	if len(c.own) == 0 {
		return nil
	}
	highest := slices.MaxFunc(c.own, func(a, b proposal) int { return cmp.Compare(a.value, b.value) })
	c.limit = &highest
	c.own = slices.DeleteFunc(c.own, func(p proposal) bool { return p.value == highest.value })
	return []choice{c}
}

// costLimit proposes a limit for the cost of the events of a month; nil if the cost is not known.
func (d *draft) costLimit() *proposal {
	events := 0.0
	for _, p := range d.view.projects {
		if p.devices > 0 {
			events += p.events
		}
	}
	if math.IsNaN(events) {
		return nil
	}
	cost := max(0, events-freeEvents) * eventPrice
	why := fmt.Sprintf("%s in the last 30 days cost %s, as far as other projects of the organization use no free events",
		words.Count(int(events), "event"), words.Money(cost, currency))
	return &proposal{value: max(round(costHeadroom*cost), leastCost), why: why}
}

// nameOf returns the name of a project for people.
func nameOf(p notehub.Project) string { return cmp.Or(words.Clean(p.Name, maxText), p.UID) }
