package notehub

import (
	"context"
	"fmt"
)

// A Fleet is a group of devices of a project. A device may be in several fleets.
type Fleet struct {
	UID                   string
	Label                 string // its name for people; may be ""
	ConnectivityAssurance Truth  // more data is bought for a device that has used up its plan
	WatchdogMinutes       Count  // minutes of silence after which Notehub makes an event, which is billed; 0 means never
}

// maxFleets is the maximum number of fleets of a project. The answer has no pages.
const maxFleets = 10_000

// Fleets calls each for every fleet of a project. An error of each ends the reading and is returned, wrapped.
func (c *Client) Fleets(ctx context.Context, project string, each func(Fleet) error) error {
	if err := c.get(ctx, project, "fleets", nil, maxFleets, func(d *decoder) { d.fleets(each) }); err != nil {
		return fmt.Errorf("reading fleets of project %q: %w", project, err)
	}
	return nil
}

func (d *decoder) fleets(each func(Fleet) error) {
	found := d.envelope("fleets", func() {
		if fleet := d.fleet(); !d.failed {
			d.stop(each(fleet))
		}
	}, func(string) bool { return false })
	d.require("fleets", found)
}

func (d *decoder) fleet() (fleet Fleet) {
	for name := range d.fields {
		switch string(name) {
		case "uid":
			fleet.UID = d.string()
		case "label":
			fleet.Label = d.string()
		case "connectivity_assurance":
			fleet.ConnectivityAssurance = d.assurance()
		case "watchdog_mins":
			fleet.WatchdogMinutes = d.lenientCount()
		default:
			d.skip()
		}
	}
	d.require("uid", fleet.UID != "")
	return fleet
}

// assurance reads whether Connectivity Assurance is enabled.
func (d *decoder) assurance() (enabled Truth) {
	var invalid bool
	d.lenientFields(&invalid, func(name string) {
		if name != "enabled" {
			d.skip()
			return
		}
		enabled = d.truth()
	})
	enabled.Invalid = enabled.Invalid || invalid
	return enabled
}
