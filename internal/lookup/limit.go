package lookup

import (
	"math"

	"notewatch/internal/store"
	"notewatch/rules"
)

// members are what rules call the figures over spans.
var members = map[Span]string{Today: "today", Week: "d7", Month: "d30", Period: "used"}

// limit returns the limit of a rule that shows a figure over the span for the subject, and the name of the rule: of several
// the lowest that is not passed yet, or else the highest. NaN is none.
func (d *Desk) limit(u Usage, figure rules.Figure, total float64) (limit float64, rule string) {
	limit = math.NaN()
	for _, r := range d.Rules {
		about := r.Show == figure.String()+"."+members[u.Span] && string(r.Spec.Each) == string(u.Kind) && selects(r, u.Device)
		if !about || math.IsNaN(r.Limit) {
			continue
		}
		passed := total > limit
		if math.IsNaN(limit) || passed && r.Limit > limit || !passed && r.Limit < limit && !(total > r.Limit) {
			limit, rule = r.Limit, r.Spec.Name
		}
	}
	return limit, rule
}

// selects reports whether a rule may be about a device; nil is none in particular.
func selects(r *rules.Rule, d *store.Device) bool {
	if d == nil {
		return true
	}
	unknown := rules.UnknownMetric()
	env := &rules.Env{Bytes: unknown, Events: unknown, Sessions: unknown, Device: rules.Device{
		Known: true, UID: d.UID, Name: d.Name, SKU: d.SKU, Product: d.Product, Fleets: d.Fleets, Firmware: d.Firmware,
		Disabled: d.Disabled, Voltage: d.Voltage, SilentHours: math.NaN(), AgeDays: math.NaN(),
	}}
	return r.Eval(rules.NewView(env)).Selected != rules.False
}
