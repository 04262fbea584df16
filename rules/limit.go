package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"time"

	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/names"
)

// readable lists what the limit of a rule may read: what Notehub grants a subject, and its number of devices.
var readable = []string{"plan.limit", "sat_plan.limit", "org.capacity", "project.device_count", "fleet.device_count"}

// Limits holds the limits of subjects with limits of their own. It never changes.
type Limits struct {
	by     map[string]float64
	digest string
}

// NewLimits returns limits by UID or name of a subject, or, in a rule for each device, of a fleet, whose limit applies to all its devices.
func NewLimits(by map[string]float64) *Limits {
	hash := sha256.New()
	for _, subject := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(hash, "%q %g\n", subject, by[subject])
	}
	return &Limits{by: maps.Clone(by), digest: hex.EncodeToString(hash.Sum(nil)[:8])}
}

// Digest identifies the limits; "" if there are none.
func (l *Limits) Digest() string {
	if l == nil {
		return ""
	}
	return l.digest
}

// of returns the limit of the subject of an Env; NaN if it has none of its own. That of a device takes precedence over those of its fleets,
// of which the lowest counts.
func (l *Limits) of(e *Env, each Scope) float64 {
	switch each {
	case EachFleet:
		return l.named(e.Fleet.UID, e.Fleet.Name)
	case EachRoute:
		return l.named(e.Route.UID, e.Route.Name)
	case EachProject:
		return l.named(e.Project.UID, e.Project.Name)
	case EachOrganization:
		return l.named(e.Account, e.Org.Name)
	}
	limit := l.named(e.Device.UID, e.Device.Name)
	if Known(limit) {
		return limit
	}
	for _, fleet := range e.Device.FleetUIDs {
		if of := l.named(fleet, e.FleetNames[fleet]); !(of >= limit) {
			limit = of
		}
	}
	return limit
}

// named returns the limit for a UID, else for a name; NaN if there is none.
func (l *Limits) named(uid, name string) float64 {
	for _, text := range []string{uid, name} {
		if limit, ok := l.by[text]; ok && text != "" {
			return limit
		}
	}
	return math.NaN()
}

// Constant computes a number from an expression that reads nothing, such as mb(40), for limits. It returns the first problem, if there is
// one.
func Constant(text string) (value float64, problem *Problem) {
	c := lang.NewLayout(vocabulary).Compiler(string(EachDevice))
	limit := c.Limit(text)
	if len(c.Problems) > 0 {
		return math.NaN(), &c.Problems[0]
	}
	return limit.Constant(), nil
}

// limit compiles the limit of the rule, and those of subjects with their own. It also returns the limit of the others, which is NaN if it
// is not constant.
func (b *builder) limit() (limit *lang.Number, general float64) {
	if b.spec.Limit == "" {
		return nil, math.NaN()
	}
	limit = b.lang.Limit(b.spec.Limit, readable...)
	general = limit.Constant()
	if limit == nil || b.spec.Limits == nil {
		return limit, general
	}
	limits, each := b.spec.Limits, b.spec.Each
	return b.lang.LimitOf(names.Keyed("limit", b.spec.Name), limit, func(structure reflect.Value) float64 {
		if own := limits.of(structure.Addr().Interface().(*Env), each); Known(own) {
			return own
		}
		return general
	}), general
}

// Limited reports whether the rule has a limit, which may differ between subjects.
func (r *Rule) Limited() bool { return r.limit != nil || Known(r.Limit) }

// Varies reports whether subjects may have different limits.
func (r *Rule) Varies() bool { return r.Limited() && !Known(r.Limit) || r.Spec.Limits != nil }

// A NextLimit is a limit that one device list gave a firing alert. It replaces the limit once the next list confirms it.
type NextLimit struct {
	Limit  float64   `json:"limit"`
	Listed time.Time `json:"listed"` // time of the list
}

// follow applies the limit of a verdict. That of a firing alert changes once two device lists in a row say so; a limit without data changes
// nothing.
func (a Alert) follow(r *Rule, v Verdict) (after Alert, moved bool) {
	next := a.Then.Next
	switch {
	case a.State != Firing || !r.Limited() || !Known(a.Limit):
		a = a.limited(r, v)
	case !Known(v.Limit):
	case v.Limit == a.Limit:
		a.Then.Next = nil
	case next == nil || next.Limit != v.Limit:
		a.Then.Next = &NextLimit{v.Limit, v.Listed}
	case v.Listed.After(next.Listed):
		a.Limit, a.Then.Next = v.Limit, nil
		return a, true
	}
	return a, false
}

// limited applies the limit of a verdict, unless it is no data.
func (a Alert) limited(r *Rule, v Verdict) Alert {
	switch {
	case !r.Limited():
		a.Limit, a.Then.Next = math.NaN(), nil
	case Known(v.Limit):
		a.Limit, a.Then.Next = v.Limit, nil
	}
	return a
}

// equal reports whether n and other are the same, or both nil.
func (n *NextLimit) equal(other *NextLimit) bool {
	return n == other || n != nil && other != nil && n.Limit == other.Limit && n.Listed.Equal(other.Listed)
}

// LimitDiffers reports whether the limit of a verdict, if it is data, differs from that of the alert.
func (a Alert) LimitDiffers(r *Rule, v Verdict) bool {
	if !r.Limited() || !Known(a.Limit) {
		return r.Limited() != Known(a.Limit) && (!r.Limited() || Known(v.Limit))
	}
	return Known(v.Limit) && v.Limit != a.Limit
}

// relimit moves a firing alert to the level for its new limit.
func (a Alert) relimit(v Verdict, now time.Time) (Alert, Event) {
	switch {
	case v.Result.Most == Inactive:
		return a.end(Resolved, EventResolved, now)
	case v.Result.Most < a.Level:
		a.Level, a.Doubted = v.Result.Most, false
		return a.remember(v, now).record(Deescalated, now), Deescalated
	}
	return a.remember(v, now).record(Updated, now), Updated
}
