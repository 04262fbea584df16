package bot

import (
	"cmp"
	"context"
	"slices"

	"notewatch/internal/cohort"
	"notewatch/internal/env"
	"notewatch/rules"
)

// Cohort returns what the devices of alerts of a rule have in common, beside the other devices that the rule is about now. What the rule
// reads of devices is left out, because that is why they have alerts. ok is false if they have nothing in common, or the rule or project is
// no longer configured.
func (b *Bot) Cohort(ctx context.Context, rule, project string, devices []string) (found cohort.Cohort, ok bool, err error) {
	r, known := b.rule(rule)
	at := slices.IndexFunc(b.projects, func(p Project) bool { return p.UID == project })
	if !known || at < 0 || r.Spec.Each != rules.EachDevice {
		return found, false, nil
	}
	p := b.projects[at]
	state, err := b.store.Project(ctx, project)
	if err != nil {
		return found, false, err
	}
	data, err := b.look(ctx, p, state, b.clock.Now().UTC())
	if err != nil {
		return found, false, err
	}
	labels, err := env.FleetLabels(ctx, b.store.Usage, project)
	if err != nil {
		return found, false, err
	}
	c := counter{rule: r.Rule, alerting: map[string]bool{}, labels: labels}
	for _, device := range devices {
		c.alerting[device] = true
	}
	wants := r.Selection().Members
	if c.updates = b.reads.Members[rules.FwUpdates] != 0 && !c.reads("updated"); c.updates {
		wants = wants.With(rules.Wants{rules.FwUpdates: rules.MembersOf("today", "yesterday")})
	}
	query := env.SubjectQuery{Scope: rules.EachDevice, Wants: wants, Selects: func(string) bool { return true }}
	if err := data.In(r.PeriodIn(b.periodOf(project))).EachSubject(ctx, query, c.add); err != nil {
		return found, false, err
	}
	found, ok = c.count.Find()
	return found, ok, nil
}

// A counter counts the devices that a rule is about.
type counter struct {
	rule     *rules.Rule
	alerting map[string]bool   // UIDs of devices with an alert
	labels   map[string]string // of fleets, by UID
	updates  bool              // fw_updates are read, but not by the rule
	count    cohort.Count
}

// add counts a device, unless it is disabled or the rule is not about it.
func (c *counter) add(device string, e *rules.Env) {
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
func (c *counter) reads(kind cohort.Kind) bool {
	reads := c.rule.Reads
	return kind == cohort.Updated && reads.Members[rules.FwUpdates] != 0 || reads.Objects.Read("device."+cmp.Or(traitsRead[kind], string(kind)))
}
