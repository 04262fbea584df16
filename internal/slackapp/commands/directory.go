package commands

import (
	"context"

	"notewatch/internal/lookup"
	"notewatch/internal/words"
	"notewatch/rules/muting"
)

// A directory holds the names of some projects and devices, to show what matches select.
type directory []lookup.Subject

// directory reads the names of the projects, and of the devices in the matches.
func (q *question) directory(ctx context.Context, matches ...muting.Match) (directory, error) {
	d, err := q.desk.Complete(ctx, "", len(q.desk.Projects), lookup.KindProject)
	read := map[string]bool{"": true}
	for _, m := range matches {
		if err != nil || read[m.Subject] {
			continue
		}
		read[m.Subject] = true
		var devices []lookup.Subject
		devices, err = q.desk.Called(ctx, m.Subject, lookup.KindDevice)
		d = append(d, devices...)
	}
	return d, err
}

// matchText describes what a match selects.
func (d directory) matchText(m muting.Match) string {
	if m == (muting.Match{}) {
		return "everything"
	}
	alert, rule, project, device := "", "", "", ""
	if m.Alert != "" {
		alert = "alert `" + name(m.Alert) + "`"
	}
	if m.Rule != "" {
		rule = "rule " + name(m.Rule)
	}
	if m.Project != "" {
		project = "project " + d.named(lookup.KindProject, m.Project, m.Project)
	}
	if m.Subject != "" {
		device = "device " + d.named(lookup.KindDevice, m.Subject, m.Project)
	}
	return words.Dotted(alert, rule, project, device)
}

// named returns the link of the subject with this UID or name, in a project if that is named. If it is no longer known, or not unique, the
// text is shown unchanged.
func (d directory) named(kind lookup.Kind, text, project string) string {
	var found []lookup.Subject
	for _, s := range d {
		inside := project == "" || project == s.Project.UID || project == s.Project.Name
		if s.Kind == kind && inside && (text == s.UID || text == s.Name) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return name(text)
	}
	return link(found[0])
}
