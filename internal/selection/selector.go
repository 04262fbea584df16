package selection

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"notewatch/internal/lookup"
	"notewatch/internal/spelling"
	"notewatch/internal/store"
	"notewatch/rules/muting"
)

// A Selector turns names that people type into a match of alerts. It knows the names in the rules file and in the store, so people can also
// select alerts of rules, projects and devices that are no longer listed.
type Selector struct {
	Reader *lookup.Reader // its projects are those of the rules file, then those that only the store knows
	names  store.Names
}

// NewSelector returns a selector with the names that a reader and its store know.
func NewSelector(ctx context.Context, r *lookup.Reader) (Selector, error) {
	names, err := r.Store().Names(ctx)
	projects := slices.Clone(r.Config().Projects)
	for _, p := range names.Projects {
		if !slices.ContainsFunc(projects, func(known lookup.Project) bool { return known.UID == p.UID }) {
			projects = append(projects, lookup.Project{UID: p.UID, Name: cmp.Or(p.Name, p.UID)})
		}
	}
	return Selector{r.Of(projects), names}, err
}

// projectOf returns the project of a reader with a UID.
func projectOf(r *lookup.Reader, uid string) (lookup.Project, bool) {
	i := slices.IndexFunc(r.Config().Projects, func(p lookup.Project) bool { return p.UID == uid })
	if i < 0 {
		return lookup.Project{}, false
	}
	return r.Config().Projects[i], true
}

// Settle returns a match in which full names or UIDs replace names that are only similar to one: UIDs for projects and devices. It keeps a
// name that exists. Errors are *UnknownError and *AmbiguousError, and those of the store.
func (s Selector) Settle(ctx context.Context, m muting.Match) (muting.Match, error) {
	var err error
	if m.Rule, err = s.rule(m.Rule); err != nil {
		return m, err
	}
	var projects []string
	for _, p := range s.names.Projects {
		projects = append(projects, p.UID, p.Name)
	}
	for _, of := range []struct {
		kind  lookup.Kind
		name  *string
		known []string
	}{{lookup.KindProject, &m.Project, projects}, {lookup.KindDevice, &m.Subject, s.names.Subjects}} {
		if *of.name == "" || slices.Contains(of.known, *of.name) {
			continue
		}
		found, err := s.Reader.Find(ctx, *of.name, of.kind)
		if err != nil {
			return m, err
		}
		*of.name = found.UID
	}
	return m, nil
}

// Identify returns a match in which UIDs replace the names of a project, a fleet, a route and a device, so that a silence mutes no other device that
// has or gets the same name. Errors are *UnknownError and *AmbiguousError, and those of the store.
func (s Selector) Identify(ctx context.Context, m muting.Match) (muting.Match, error) {
	var err error
	if m.Rule, err = s.rule(m.Rule); err != nil {
		return m, err
	}
	reader := s.Reader
	if m.Project != "" {
		found, err := identify(ctx, reader, m.Project, lookup.KindProject, s.formerProjects(m.Project))
		if err != nil {
			return m, err
		}
		m.Project = found.UID
		reader = reader.Of(slices.DeleteFunc(slices.Clone(reader.Config().Projects), func(p lookup.Project) bool { return p.UID != found.UID }))
	}
	if m, err = Listed(ctx, reader, m); err != nil || m.Subject == "" {
		return m, err
	}
	former, err := s.formerDevices(ctx, m)
	if err != nil {
		return m, err
	}
	found, err := identify(ctx, reader, m.Subject, lookup.KindDevice, former)
	m.Subject = found.UID
	return m, err
}

// identify returns the subject with a name or UID: a listed one, else one with that name in alerts, else one with a similar name.
func identify(ctx context.Context, r *lookup.Reader, name string, kind lookup.Kind, former []lookup.Subject) (lookup.Subject, error) {
	listed, err := r.Called(ctx, name, kind)
	if err != nil {
		return lookup.Subject{}, err
	}
	for _, called := range [][]lookup.Subject{listed, former} {
		if len(called) == 0 {
			continue
		}
		other := func(s lookup.Subject) bool { return s.UID != called[0].UID }
		if slices.ContainsFunc(called, other) {
			return lookup.Subject{}, lookup.Ambiguous(name, called)
		}
		return called[0], nil // all are the same device, in several projects
	}
	return r.Find(ctx, name, kind)
}

// formerProjects returns the projects that have a name in alerts.
func (s Selector) formerProjects(name string) (found []lookup.Subject) {
	for _, p := range s.names.Projects {
		if p.Name == name {
			found = append(found, lookup.Project{UID: p.UID, Name: name}.Subject())
		}
	}
	return found
}

// formerDevices returns the devices that have the name in alerts, within the project of the match.
func (s Selector) formerDevices(ctx context.Context, m muting.Match) (found []lookup.Subject, err error) {
	devices, err := s.Reader.Store().DevicesInAlerts(ctx, m.Subject)
	for _, device := range devices {
		if m.Project != "" && m.Project != device.Project {
			continue
		}
		project := lookup.Named{UID: device.Project, Name: device.Project}
		if p, known := projectOf(s.Reader, device.Project); known {
			project.Name = p.Name
		}
		found = append(found, lookup.Subject{Kind: lookup.KindDevice, Project: project, UID: device.UID, Name: device.Name})
	}
	return found, err
}

// rule returns the name of the rule that equals a text, apart from case.
func (s Selector) rule(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	known := append(s.Reader.RuleNames(), s.names.Rules...)
	if at := slices.IndexFunc(known, func(name string) bool { return strings.EqualFold(name, text) }); at >= 0 {
		return known[at], nil
	}
	slices.Sort(known)
	known = slices.Compact(known)
	return "", &lookup.UnknownError{Text: text, Kinds: []lookup.Kind{lookup.KindRule}, Nearest: spelling.Nearest(text, known), Choices: known}
}

// Listed returns a match with the UIDs of its fleet and its route in place of their labels. Both must be listed.
func Listed(ctx context.Context, r *lookup.Reader, m muting.Match) (muting.Match, error) {
	for _, of := range []struct {
		kind lookup.Kind
		name *string
	}{{lookup.KindFleet, &m.Fleet}, {lookup.KindRoute, &m.Route}} {
		if *of.name == "" {
			continue
		}
		found, err := identify(ctx, r, *of.name, of.kind, nil)
		if err != nil {
			return m, err
		}
		*of.name = found.UID
	}
	return m, nil
}

// Settle returns a match of alerts in which shortened names are replaced by the full ones.
func Settle(ctx context.Context, r *lookup.Reader, m muting.Match) (muting.Match, error) {
	if m == (muting.Match{}) {
		return m, nil
	}
	selector, err := NewSelector(ctx, r)
	if err != nil {
		return m, err
	}
	return selector.Settle(ctx, m)
}
