package cohort

import (
	"cmp"
	"math"
	"slices"
)

// A Kind is a kind of trait.
type Kind string

// The kinds, in the order in which they are preferred.
const (
	Updated      Kind = "updated" // a firmware update today or yesterday
	Firmware     Kind = "firmware"
	HostFirmware Kind = "host_firmware"
	SKU          Kind = "sku"
	Product      Kind = "product"
	Fleet        Kind = "fleet"
	New          Kind = "new" // provisioned less than 48 hours ago
)

var kinds = []Kind{Updated, Firmware, HostFirmware, SKU, Product, Fleet, New}

// A Trait is what devices can have in common.
type Trait struct {
	Kind  Kind   `json:"kind"`
	Value string `json:"value,omitempty"` // such as notecard-8.1.3; the name of a fleet. "" if the kind says it all
}

// A Cohort is a trait that the devices of many alerts share, and few others have.
type Cohort struct {
	Trait
	Alerts int     `json:"alerts"` // that have it
	Of     int     `json:"of"`     // alerts
	Share  float64 `json:"share"`  // percent of all devices that the rule is about
}

// Least is the number of alerts from which a cohort is looked for.
const Least = 6

const (
	leastShared = 5      // alerts that share a trait
	luck        = 0.0001 // the chance from which that may be accidental
)

// A Count counts devices by their traits. The zero Count is empty.
type Count struct {
	alerts, all int
	by          map[Trait]*shared
}

// A shared counts the devices that have a trait.
type shared struct{ alerts, all int }

// Add adds a device that the rule is about. Traits with an empty value are left out, unless their kind has none.
func (c *Count) Add(alerting bool, traits ...Trait) {
	if c.by == nil {
		c.by = map[Trait]*shared{}
	}
	c.all++
	if alerting {
		c.alerts++
	}
	for i, t := range traits {
		if slices.Contains(traits[:i], t) {
			continue
		}
		if t.Value == "" && t.Kind != Updated && t.Kind != New {
			continue
		}
		if c.by[t] == nil {
			c.by[t] = &shared{}
		}
		c.by[t].all++
		if alerting {
			c.by[t].alerts++
		}
	}
}

// Find returns the trait that the alerts share by the least chance. ok is false if there are few alerts, or they may share all traits by
// accident.
func (c *Count) Find() (found Cohort, ok bool) {
	if c.alerts < Least {
		return Cohort{}, false
	}
	least := luck
	for _, t := range c.traits() {
		s := c.by[t]
		if s.alerts < leastShared || 3*s.alerts < 2*c.alerts {
			continue
		}
		share := float64(s.all) / float64(c.all)
		if chance := chanceOf(c.alerts, s.alerts, share); chance < least {
			least, ok = chance, true
			found = Cohort{Trait: t, Alerts: s.alerts, Of: c.alerts, Share: 100 * share}
		}
	}
	return found, ok
}

// traits returns the traits in the order in which they are preferred.
func (c *Count) traits() []Trait {
	all := make([]Trait, 0, len(c.by))
	for t := range c.by {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Trait) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Value, b.Value))
	})
	return all
}

// chanceOf returns the chance that k or more of n devices have a trait that a share of all devices has.
func chanceOf(n, k int, share float64) float64 {
	if share >= 1 {
		return 1
	}
	chance := 0.0
	for i := k; i <= n; i++ {
		chance += math.Exp(logChoose(n, i) + float64(i)*math.Log(share) + float64(n-i)*math.Log1p(-share))
	}
	return chance
}

// logChoose returns the logarithm of the number of ways to choose k of n.
func logChoose(n, k int) float64 {
	log := func(n int) float64 { x, _ := math.Lgamma(float64(n + 1)); return x }
	return log(n) - log(k) - log(n-k)
}
