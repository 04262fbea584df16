package notehub

import (
	"context"
	"fmt"
)

// A Route forwards the events of a project to another service.
type Route struct {
	UID      string
	Name     string // its name for people; may be ""
	Type     string // such as http, aws or slack; "" is no data
	Disabled Truth  // false if Notehub leaves it out
	Invalid  bool   // Notehub answered a name or type that is not text; then it is ""
}

// maxRoutes is the maximum number of routes of a project. The answer has no pages.
const maxRoutes = 10_000

// Routes calls each for every route of a project. An error of each ends the reading and is returned, wrapped.
func (c *Client) Routes(ctx context.Context, project string, each func(Route) error) error {
	if err := c.get(ctx, project, "routes", nil, maxRoutes, func(d *decoder) { d.routes(each) }); err != nil {
		return fmt.Errorf("reading routes of project %q: %w", project, err)
	}
	return nil
}

// routes reads the only answer that is a list instead of an object with a list.
func (d *decoder) routes(each func(Route) error) {
	if d.peek() != '[' {
		d.unexpected("a list")
	}
	d.rows(func() {
		if route := d.route(); !d.failed {
			d.stop(each(route))
		}
	})
}

func (d *decoder) route() Route {
	route := Route{Disabled: Truth{Known: true}}
	for name := range d.fields {
		switch string(name) {
		case "uid":
			route.UID = d.string()
		case "label":
			route.Name = d.lenientText(&route.Invalid)
		case "type":
			route.Type = d.lenientText(&route.Invalid)
		case "disabled":
			route.Disabled = d.truth()
		default:
			d.skip()
		}
	}
	d.require("uid", route.UID != "")
	return route
}
