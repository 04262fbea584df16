package lookup

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"notewatch/internal/spelling"
	"notewatch/internal/store"
	"notewatch/rules/muting"
)

// KindRule is the kind in errors about a rule.
const KindRule Kind = "rule"

// A Selector turns names that people type into a match of alerts. It knows what the rules file names and what the store holds, so
// that alerts of rules, projects and devices that are no longer there can be selected too.
type Selector struct {
	Reader *Reader // whose projects are those of the rules file, then those that only the store knows
	names  store.Names
}

// Selector returns a selector of what the reader and its store know.
func (r *Reader) Selector(ctx context.Context) (Selector, error) {
	names, err := r.config.Store.Names(ctx)
	wide := *r
	wide.config.Projects = slices.Clone(r.config.Projects)
	for _, p := range names.Projects {
		if _, known := wide.project(p.UID); !known {
			wide.config.Projects = append(wide.config.Projects, Project{UID: p.UID, Name: cmp.Or(p.Name, p.UID)})
		}
	}
	return Selector{&wide, names}, err
}

// Settle returns a match in which names that are only like that of something are replaced: of projects and devices by their UIDs. A
// name that something has stays. Errors are *UnknownError and *AmbiguousError, and those of the store.
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
		kind  Kind
		name  *string
		known []string
	}{{KindProject, &m.Project, projects}, {KindDevice, &m.Subject, s.names.Subjects}} {
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

// Identify returns a match in which UIDs replace the names of a project, a fleet and a device, so that a silence mutes no other device that
// has or gets the same name. Errors are *UnknownError and *AmbiguousError, and those of the store.
func (s Selector) Identify(ctx context.Context, m muting.Match) (muting.Match, error) {
	var err error
	if m.Rule, err = s.rule(m.Rule); err != nil {
		return m, err
	}
	reader := *s.Reader
	if m.Project != "" {
		found, err := reader.identify(ctx, m.Project, KindProject, s.formerProjects(m.Project))
		if err != nil {
			return m, err
		}
		m.Project = found.UID
		reader.config.Projects = slices.DeleteFunc(slices.Clone(reader.config.Projects), func(p Project) bool { return p.UID != found.UID })
	}
	if m.Fleet != "" {
		found, err := reader.identify(ctx, m.Fleet, KindFleet, nil)
		if err != nil {
			return m, err
		}
		m.Fleet = found.UID
	}
	if m.Subject == "" {
		return m, nil
	}
	former, err := s.formerDevices(ctx, m)
	if err != nil {
		return m, err
	}
	found, err := reader.identify(ctx, m.Subject, KindDevice, former)
	m.Subject = found.UID
	return m, err
}

// identify returns what has a name or UID: one that is listed, else one that alerts still call so, else what is found by a part of
// its name.
func (r *Reader) identify(ctx context.Context, name string, kind Kind, former []Subject) (Subject, error) {
	listed, err := r.Called(ctx, name, kind)
	if err != nil {
		return Subject{}, err
	}
	for _, called := range [][]Subject{listed, former} {
		if len(called) == 0 {
			continue
		}
		other := func(s Subject) bool { return s.UID != called[0].UID }
		if slices.ContainsFunc(called, other) {
			return Subject{}, ambiguous(name, called)
		}
		return called[0], nil // several are the same device in several projects
	}
	return r.Find(ctx, name, kind)
}

// formerProjects returns the projects that alerts call by a name.
func (s Selector) formerProjects(name string) (found []Subject) {
	for _, p := range s.names.Projects {
		if p.Name == name {
			found = append(found, Project{UID: p.UID, Name: name}.subject())
		}
	}
	return found
}

// formerDevices returns the devices that alerts call by the name in a match, in its project.
func (s Selector) formerDevices(ctx context.Context, m muting.Match) (found []Subject, err error) {
	devices, err := s.Reader.config.Store.DevicesInAlerts(ctx, m.Subject)
	for _, device := range devices {
		if m.Project != "" && m.Project != device.Project {
			continue
		}
		project := Named{device.Project, device.Project}
		if p, known := s.Reader.project(device.Project); known {
			project.Name = p.Name
		}
		found = append(found, Subject{Kind: KindDevice, Project: project, UID: device.UID, Name: device.Name})
	}
	return found, err
}

// rule returns the name of the rule that differs from a text in case only.
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
	return "", &UnknownError{Text: text, Kinds: []Kind{KindRule}, Nearest: spelling.Nearest(text, known), Choices: known}
}

// InFleet returns a match of alerts in which the UID of a fleet replaces its label.
func (r *Reader) InFleet(ctx context.Context, m muting.Match) (muting.Match, error) {
	if m.Fleet == "" {
		return m, nil
	}
	found, err := r.identify(ctx, m.Fleet, KindFleet, nil)
	m.Fleet = found.UID
	return m, err
}

// Settle returns a match of alerts in which shortened names are replaced by the full ones.
func (r *Reader) Settle(ctx context.Context, m muting.Match) (muting.Match, error) {
	if m == (muting.Match{}) {
		return m, nil
	}
	selector, err := r.Selector(ctx)
	if err != nil {
		return m, err
	}
	return selector.Settle(ctx, m)
}
