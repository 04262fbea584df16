package rules

import "slices"

// Contributors are the devices behind the value of an alert that is about many.
type Contributors struct {
	Figure      string         `json:"figure"` // that they are ranked by, such as events.today
	Unit        string         `json:"unit"`   // of values
	Most        [5]Contributor `json:"most"`   // those with the largest values, the largest first; the zero Contributor is none
	Others      int            `json:"others,omitempty"`
	OthersShare float64        `json:"others_share,omitempty"` // percent of the whole
	Unknown     int            `json:"unknown,omitempty"`      // devices of which the value is not known
	Grown       Growing        `json:"grown,omitzero"`         // zero: no single device makes much of the growth
}

// A Contributor is a device, or all devices together that are no longer listed: that one has no UID.
type Contributor struct {
	UID   string  `json:"uid,omitempty"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Share float64 `json:"share"` // percent of the whole
}

// Growing is a device that is above its usual value by at least half of what the whole is above its own.
type Growing struct {
	Name   string  `json:"name"`
	By, Of float64 // above usual: the device, and the whole
}

// RankedBy returns what the devices behind a figure of many are ranked by: the figure itself if the values of devices add up to it, else
// another member of its metric. ok is false for what is of no metric.
func RankedBy(path string) (figure Figure, member string, ok bool) {
	object, member := CutPath(path)
	figure, ok = ParseFigure(object)
	switch {
	case member == "forecast":
		member = "used"
	case !slices.Contains([]string{"today", "yesterday", "used", "d7", "d30", "h1", "h6"}, member):
		member = "today"
	}
	return figure, member, ok
}

// Value returns a member of the metric that is a number, by its name; NaN if there is none of that name.
func (m Metric) Value(member string) float64 {
	for _, known := range metricMembers[:seriesMember] {
		if known.name == member {
			return *known.in(&m)
		}
	}
	return UnknownMetric().Today
}
