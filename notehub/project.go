package notehub

import (
	"context"
	"fmt"
)

// A Project is a project that the token sees.
type Project struct {
	UID     string
	Name    string // its name for people; may be ""
	Role    string // of the token in it, such as viewer; "" is no data
	Invalid bool   // Notehub answered a name or role that is not text; then it is ""
}

// maxProjects is the maximum number of projects of a token. The answer has no pages.
const maxProjects = 10_000

// Projects calls each for every project that the token sees. An error of each ends the reading and is returned, wrapped.
func (c *Client) Projects(ctx context.Context, each func(Project) error) error {
	err := c.read(ctx, "/v1/projects", nil, maxProjects, func(d *decoder) {
		d.onlyList("projects", func() {
			if project := d.project(); !d.failed {
				d.stop(each(project))
			}
		})
	})
	if err != nil {
		return fmt.Errorf("reading projects: %w", err)
	}
	return nil
}

func (d *decoder) project() (project Project) {
	for name := range d.fields {
		switch string(name) {
		case "uid":
			project.UID = d.string()
		case "label":
			project.Name = d.lenientText(&project.Invalid)
		case "role":
			project.Role = d.lenientText(&project.Invalid)
		default:
			d.skip()
		}
	}
	d.require("uid", project.UID != "")
	return project
}
