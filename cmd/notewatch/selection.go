package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/config"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// A selection is the flags that choose alerts.
type selection struct{ rules.Match }

func (s *selection) flags(c *cobra.Command) {
	c.Flags().StringVar(&s.Rule, "rule", "", "only alerts of this rule")
	c.Flags().StringVar(&s.Project, "project", "", "only alerts of this project, by UID or name")
	c.Flags().StringVar(&s.Subject, "device", "", "only alerts of this device, by UID or name")
	completeFlag(c, "rule", ruleNames)
	completeFlag(c, "project", subjects(lookup.KindProject))
	completeFlag(c, "device", subjects(lookup.KindDevice))
}

// String says what is selected, as it was typed; "" is everything.
func (s selection) String() string { return directory{}.matchText(s.Match) }

// take makes [project|device] NAME what is selected.
func (s *selection) take(c *cobra.Command, db opened, words []string) error {
	kinds := []lookup.Kind{lookup.KindProject, lookup.KindDevice}
	if len(words) > 1 && slices.Contains(kinds, lookup.Kind(words[0])) {
		kinds, words = []lookup.Kind{lookup.Kind(words[0])}, words[1:]
	}
	names, err := db.Names(c.Context())
	if err != nil {
		return err
	}
	_, desk, _ := wideDesk(c, db, names)
	found, err := desk.Find(c.Context(), strings.Join(words, " "), kinds...)
	if err != nil {
		return missed(err)
	}
	if found.Kind == lookup.KindDevice {
		s.Subject = found.UID
	} else {
		s.Project = found.UID
	}
	return nil
}

// settle puts what is meant in the place of names that are only like it: of projects and devices the UID. What is a name
// already stays, and what neither the rules file nor the database knows is an error.
func (s *selection) settle(c *cobra.Command, db opened) error {
	if s.Rule == "" && s.Project == "" && s.Subject == "" {
		return nil
	}
	names, err := db.Names(c.Context())
	if err != nil {
		return err
	}
	file, desk, _ := wideDesk(c, db, names)
	if err := s.settleRule(append(ruleNamesOf(file), names.Rules...)); err != nil {
		return err
	}
	for _, n := range []struct {
		kind  lookup.Kind
		name  *string
		there []string
	}{
		{lookup.KindProject, &s.Project, projectWords(names.Projects)},
		{lookup.KindDevice, &s.Subject, names.Subjects},
	} {
		if *n.name == "" || slices.Contains(n.there, *n.name) {
			continue
		}
		found, err := desk.Find(c.Context(), *n.name, n.kind)
		if err != nil {
			return missed(err)
		}
		*n.name = found.UID
	}
	return nil
}

// identify puts UIDs in the place of the names of a project and a device, so that a silence mutes no other device that has or
// gets the same name. The error is about a name that nothing has, or lists what has it.
func (s *selection) identify(c *cobra.Command, db opened) error {
	names, err := db.Names(c.Context())
	if err != nil {
		return err
	}
	file, desk, _ := wideDesk(c, db, names)
	if err := s.settleRule(append(ruleNamesOf(file), names.Rules...)); err != nil {
		return err
	}
	if s.Project != "" {
		found, err := identified(c.Context(), desk, s.Project, lookup.KindProject, formerProjects(names.Projects, s.Project))
		if err != nil {
			return err
		}
		s.Project = found.UID
		desk.Projects = slices.DeleteFunc(desk.Projects, func(p lookup.Project) bool { return p.UID != found.UID })
	}
	if s.Subject == "" {
		return nil
	}
	former, err := s.formerDevices(c.Context(), db, names.Projects)
	if err != nil {
		return err
	}
	found, err := identified(c.Context(), desk, s.Subject, lookup.KindDevice, former)
	s.Subject = found.UID
	return err
}

// identified returns what has a name or UID: one of those that are listed, else of those that alerts still call so, else what
// is found by a part of its name.
func identified(ctx context.Context, desk *lookup.Desk, name string, kind lookup.Kind, former []lookup.Subject) (lookup.Subject, error) {
	listed, err := desk.Called(ctx, name, kind)
	if err != nil {
		return lookup.Subject{}, err
	}
	for _, called := range [][]lookup.Subject{listed, former} {
		if len(called) == 0 {
			continue
		}
		other := func(s lookup.Subject) bool { return s.UID != called[0].UID }
		if slices.ContainsFunc(called, other) {
			return lookup.Subject{}, missed(lookup.Ambiguous(name, called))
		}
		return called[0], nil // several are the same device in several projects
	}
	found, err := desk.Find(ctx, name, kind)
	return found, missed(err)
}

// formerProjects returns the projects that alerts call by a name.
func formerProjects(known []store.ProjectName, name string) (found []lookup.Subject) {
	for _, p := range known {
		if p.Name == name {
			found = append(found, lookup.Subject{Kind: lookup.KindProject, Project: notify.Named{UID: p.UID, Name: name}, UID: p.UID, Name: name})
		}
	}
	return found
}

// formerDevices returns the devices that alerts call by the name that is selected, in the project that is selected.
func (s *selection) formerDevices(ctx context.Context, db opened, projects []store.ProjectName) (found []lookup.Subject, err error) {
	devices, err := db.DevicesInAlerts(ctx, s.Subject)
	for _, d := range devices {
		if s.Project != "" && s.Project != d.Project {
			continue
		}
		project := notify.Named{UID: d.Project, Name: d.Project}
		if at := slices.IndexFunc(projects, func(p store.ProjectName) bool { return p.UID == d.Project }); at >= 0 {
			project.Name = cmp.Or(projects[at].Name, d.Project)
		}
		found = append(found, lookup.Subject{Kind: lookup.KindDevice, Project: project, UID: d.UID, Name: d.Name})
	}
	return found, err
}

// wideDesk returns who finds what the rules file or the database knows, and the file, which is empty if it cannot be read: unread
// is why.
func wideDesk(c *cobra.Command, db opened, names store.Names) (file *config.File, desk *lookup.Desk, unread error) {
	now, unread := outline(c)
	if now.file == nil {
		now.file = &config.File{}
	}
	desk = now.desk(db.Store, db.clock.Now)
	desk.Projects = withProjects(desk.Projects, names.Projects)
	return now.file, desk, unread
}

// settleRule puts the name of a rule in the place of one that differs in case only.
func (s *selection) settleRule(there []string) error {
	if s.Rule == "" {
		return nil
	}
	at := slices.IndexFunc(there, func(name string) bool { return strings.EqualFold(name, s.Rule) })
	if at < 0 {
		slices.Sort(there)
		return unknown("rule", s.Rule, there, "there are "+listed(slices.Compact(there)))
	}
	s.Rule = there[at]
	return nil
}

// withProjects adds to the projects of the rules file those that only the database knows, by their last names.
func withProjects(projects []lookup.Project, stored []store.ProjectName) []lookup.Project {
	for _, s := range stored {
		if !slices.ContainsFunc(projects, func(p lookup.Project) bool { return p.UID == s.UID }) {
			projects = append(projects, lookup.Project{UID: s.UID, Name: cmp.Or(s.Name, s.UID)})
		}
	}
	return projects
}

// projectWords returns the UIDs and names of projects.
func projectWords(projects []store.ProjectName) (words []string) {
	for _, p := range projects {
		words = append(words, p.UID, p.Name)
	}
	return words
}
