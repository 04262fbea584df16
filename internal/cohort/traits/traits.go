package traits

import (
	"cmp"

	"notewatch/internal/cohort"
	"notewatch/rules"
)

// A Counter counts the devices that a rule is about by their traits.
type Counter struct {
	rule     *rules.Rule
	alerting map[string]bool   // UIDs of devices with an alert
	labels   map[string]string // of fleets, by UID
	updates  bool              // fw_updates are read, but not by the rule
	count    cohort.Count
}

// NewCounter returns a counter for a rule, the labels of fleets by UID, and the UIDs of the devices with an alert. fetched reports whether
// firmware updates are fetched.
func NewCounter(rule *rules.Rule, labels map[string]string, alerting []string, fetched bool) *Counter {
	c := &Counter{rule: rule, alerting: map[string]bool{}, labels: labels}
	c.updates = fetched && !c.reads(cohort.Updated)
	for _, device := range alerting {
		c.alerting[device] = true
	}
	return c
}

// Wants returns the members of figures that Add reads.
func (c *Counter) Wants() rules.Wants {
	wants := c.rule.Selection().Members
	if c.updates {
		wants = wants.With(rules.Wants{rules.FwUpdates: rules.MembersOf("today", "yesterday")})
	}
	return wants
}

// Find returns what the devices with an alert have in common; ok is false if that is nothing.
func (c *Counter) Find() (cohort.Cohort, bool) { return c.count.Find() }

// Add counts a device, unless it is disabled or the rule is not about it.
func (c *Counter) Add(device string, e *rules.Env) {
	if selected, err := c.rule.Selects(rules.NewView(e)); err != nil || selected != rules.True || e.Device.Disabled {
		return
	}
	var traits []cohort.Trait
	add := func(kind cohort.Kind, has bool, value string) {
		if has && !c.reads(kind) {
			traits = append(traits, cohort.Trait{Kind: kind, Value: value})
		}
	}
	d := &e.Device
	add(cohort.Updated, c.updates && (e.FwUpdates.Today >= 1 || e.FwUpdates.Yesterday >= 1), "")
	add(cohort.Firmware, true, d.Firmware)
	add(cohort.HostFirmware, true, d.HostFirmware)
	add(cohort.SKU, true, d.SKU)
	add(cohort.Product, true, d.Product)
	for _, uid := range d.Fleets {
		add(cohort.Fleet, true, cmp.Or(c.labels[uid], uid))
	}
	add(cohort.New, d.IsNew, "")
	c.count.Add(c.alerting[device], traits...)
}

// traitsRead are the members of device that say the same as a kind of trait, where its name is another.
var traitsRead = map[cohort.Kind]string{cohort.Updated: "updating", cohort.Fleet: "fleets", cohort.New: "is_new"}

// reads reports whether the rule reads a kind of trait.
func (c *Counter) reads(kind cohort.Kind) bool {
	reads := c.rule.Reads
	return kind == cohort.Updated && reads.Members[rules.FwUpdates] != 0 || reads.Objects.Read("device."+cmp.Or(traitsRead[kind], string(kind)))
}
