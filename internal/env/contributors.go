package env

import (
	"cmp"
	"context"
	"math"
	"slices"

	"notewatch/rules"
)

// Gone is the name for all devices together that are no longer listed.
const Gone = "devices no longer listed"

// A ContributorQuery selects the value of a fleet or project whose contributors are wanted.
type ContributorQuery struct {
	Fleet  string // UID; "" means the project
	Figure rules.Figure
	Member string
	Day    rules.Day // day as of which the value is
	Above  float64   // difference between the value and its usual value; NaN or 0 if it does not matter
}

// usualMember returns the member with the usual value of another one, for comparing devices; "" if there is none.
func usualMember(member string) string {
	switch member {
	case "today":
		return "usual"
	case "yesterday":
		return "usual_yesterday"
	}
	return ""
}

// Contributors returns the devices that make up a value of a fleet, or of the project; or the projects that make up one of an organization, if
// it has several.
func (d *ProjectData) Contributors(ctx context.Context, q ContributorQuery) (rules.Contributors, error) {
	c := &contribution{query: q, usual: usualMember(q.Member), result: rules.Contributors{Figure: string(q.Figure) + "." + q.Member, Unit: q.Figure.Unit()}}
	if d.OfOrganization() {
		return d.projects(ctx, q, c)
	}
	list, reader := d.Reader(nil), d.Reader(rules.Wants{q.Figure: rules.MembersOf(q.Member, c.usual)})
	whole := math.NaN() // of a fleet it is the sum over its devices
	if q.Fleet == "" {
		project, err := reader.Block(ctx, 0, []Member{d.Member(nil)}, q.Day)
		if err != nil {
			return rules.Contributors{}, err
		}
		whole = project.by[0][0].Value(q.Member)
	}
	for _, b := range d.Blocks(rules.EachDevice) {
		devices, err := d.Read(ctx, list, b)
		if err != nil {
			return rules.Contributors{}, err
		}
		metrics, err := reader.Block(ctx, b.Number, devices.Members, q.Day)
		if err != nil {
			return rules.Contributors{}, err
		}
		for i, device := range devices.Devices {
			if q.Fleet == "" || slices.Contains(device.Fleets, q.Fleet) {
				c.add(device.UID, device.Name, metrics.by[0][i])
			}
		}
	}
	return c.close(whole), nil
}

// projects returns the projects that make up a value of the organization; or the devices of its only project.
func (d *ProjectData) projects(ctx context.Context, q ContributorQuery, c *contribution) (rules.Contributors, error) {
	reader := d.Reader(rules.Wants{q.Figure: rules.MembersOf(q.Member, c.usual)})
	if len(d.organization.Projects) == 1 {
		p := d.organization.Projects[0]
		list, err := d.usage.DeviceList(ctx, p.State.UID)
		if err != nil {
			return rules.Contributors{}, err
		}
		only := Source{Usage: d.usage, Period: d.spec}.Data(Project{UID: p.State.UID, Name: p.Name, Now: d.Now, State: p.State, Born: p.Born}, list)
		return only.Contributors(ctx, q)
	}
	for _, p := range d.organization.Projects {
		reader.Project = p.State.UID
		project, err := reader.Block(ctx, 0, []Member{{Born: p.Born}}, q.Day)
		if err != nil {
			return rules.Contributors{}, err
		}
		c.add(p.State.UID, p.Name, project.by[0][0])
	}
	return c.close(math.NaN()), nil
}

// A contribution collects the contributions of devices to a value.
type contribution struct {
	query  ContributorQuery
	usual  string // the member; "" if there is none
	listed float64
	all    []rules.Contributor // with a value above zero
	result rules.Contributors
}

// add adds a device.
func (c *contribution) add(uid, name string, m rules.Metric) {
	value := m.Value(c.query.Member)
	if !rules.Known(value) {
		c.result.Unknown++
		return
	}
	c.listed += value
	if by := value - m.Value(c.usual); c.query.Above > 0 && by >= c.query.Above/2 && by > c.result.Grown.By {
		c.result.Grown = rules.Growing{Name: name, By: by, Of: c.query.Above}
	}
	if value > 0 {
		usual := m.Value(c.usual)
		if !rules.Known(usual) {
			usual = 0
		}
		c.all = append(c.all, rules.Contributor{UID: uid, Name: name, Value: value, Usual: usual})
	}
}

// SilentFor returns the devices of a fleet, or of the project, that have been silent for longer than some hours, the longest first. The
// values are hours, and have no shares.
func (d *ProjectData) SilentFor(fleet string, hours float64) rules.Contributors {
	c := contribution{result: rules.Contributors{Figure: rules.SilentHours, Unit: "h"}}
	for device := range d.list.All() {
		if device.Disabled || device.LastActivity.IsZero() || fleet != "" && !slices.Contains(device.Fleets, fleet) {
			continue
		}
		if silent := d.Counts.ListedAt.Sub(device.LastActivity).Hours(); silent > hours {
			c.all = append(c.all, rules.Contributor{UID: device.UID, Name: device.Name, Value: silent})
		}
	}
	return c.ranked()
}

// close returns the result, given the total value.
func (c *contribution) close(whole float64) rules.Contributors {
	total := c.listed
	if c.result.Unknown == 0 && whole > total {
		c.all = append(c.all, rules.Contributor{Name: Gone, Value: whole - total})
	}
	if whole > total {
		total = whole
	}
	for i := range c.all {
		c.all[i].Share = 100 * c.all[i].Value / total
	}
	return c.ranked()
}

// ranked returns the result, with the largest values named.
func (c *contribution) ranked() rules.Contributors {
	slices.SortStableFunc(c.all, func(a, b rules.Contributor) int { return cmp.Compare(b.Value, a.Value) })
	named := copy(c.result.Most[:], c.all)
	for _, other := range c.all[named:] {
		c.result.Others++
		c.result.OthersShare += other.Share
	}
	return c.result
}
