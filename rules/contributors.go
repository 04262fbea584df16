package rules

import (
	"math"
	"reflect"
	"slices"
)

// Contributors are the devices behind the value of an alert about several devices.
type Contributors struct {
	Figure      string         `json:"figure"` // by which they are ranked, such as events.today
	Unit        string         `json:"unit"`   // of the values
	Most        [5]Contributor `json:"most"`   // those with the largest values, the largest first; zero if there are fewer
	Others      int            `json:"others,omitempty"`
	OthersShare float64        `json:"others_share,omitempty"` // percent of the whole
	Unknown     int            `json:"unknown,omitempty"`      // devices without a known value
	Grown       Growing        `json:"grown,omitzero"`         // zero if no single device makes most of the growth
}

// A Contributor is a device, or, without a UID, all devices together that are no longer listed.
type Contributor struct {
	UID   string  `json:"uid,omitempty"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Usual float64 `json:"usual,omitempty"` // what is usual of Value; 0 if it is not known
	Share float64 `json:"share"`           // percent of the whole; 0 if the values do not add up
}

// SilentHours is the figure by which the devices behind a count of silent ones are ranked.
const SilentHours = "device.silent_hours"

// CountsSilent reports whether a figure counts silent devices, or is their share. hours is how long a device is silent that may count.
func CountsSilent(path string) (hours float64, ok bool) {
	object, member := CutPath(path)
	if object != "fleet" && object != "project" {
		return 0, false
	}
	switch member {
	case "silent", "silent_pct", "overdue", "overdue_pct":
		return 24, true
	case "late", "late_pct":
		return 2, true
	}
	return 0, false
}

// Growing is a device whose increase over its usual value is at least half of the increase of the whole.
type Growing struct {
	Name   string  `json:"name"`
	By, Of float64 // increase over the usual value: of the device, and of the whole
}

// RankedBy returns what ranks the devices behind a figure: the figure itself if the values of devices add up to it, else another member of
// its metric. Costs are ranked by the events. ok is false if the figure is
// not of a metric.
func RankedBy(path string) (figure Figure, member string, ok bool) {
	object, member := CutPath(path)
	figure, ok = ParseFigure(object)
	switch {
	case object == "cost":
		return Events, "used", true
	case member == "forecast":
		member = "used"
	case !slices.Contains([]string{"today", "yesterday", "used", "d7", "d30", "h1", "h6"}, member):
		member = "today"
	}
	return figure, member, ok
}

// Value returns a member of the metric that is a number, by name; NaN if there is no such member.
func (m Metric) Value(member string) float64 {
	if at := slices.Index(memberNames, member); at >= 0 {
		if field := reflect.ValueOf(m).Field(at); field.CanFloat() {
			return field.Float()
		}
	}
	return math.NaN()
}
