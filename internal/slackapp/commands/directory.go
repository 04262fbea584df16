package commands

import (
	"context"

	"notewatch/internal/lookup"
	"notewatch/internal/words"
	"notewatch/rules"
)

// A directory is what some projects and devices are called, to show what matches select.
type directory []lookup.Subject

// directory reads what the projects are called, and the devices that the matches name.
func (q *question) directory(ctx context.Context, matches ...rules.Match) (directory, error) {
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

// matchText says what a match selects.
func (d directory) matchText(m rules.Match) string {
	if m == (rules.Match{}) {
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

// named shows what has just this UID or name, in a project if that is named. What is not known any more, or may be one of
// several, is shown as it is written.
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
