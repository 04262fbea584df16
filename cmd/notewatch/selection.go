package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/config"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
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

// String says what is selected; "" is everything.
func (s selection) String() string { return matchText(s.Match) }

// matchText says what a match selects: "rule data-budget, device sensor-1".
func matchText(m rules.Match) string {
	var parts []string
	for _, part := range []struct{ what, name string }{
		{"alert", m.Alert}, {"rule", m.Rule}, {"project", m.Project}, {"device", m.Subject},
	} {
		if part.name != "" {
			parts = append(parts, part.what+" "+part.name)
		}
	}
	return strings.Join(parts, ", ")
}

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
	_, desk := wideDesk(c, db, names)
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
	file, desk := wideDesk(c, db, names)
	if err := s.settleRule(append(ruleNamesOf(file), names.Rules...)); err != nil {
		return err
	}
	for _, n := range []struct {
		kind  lookup.Kind
		name  *string
		there []string
	}{
		{lookup.KindProject, &s.Project, names.Projects},
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

// wideDesk returns who finds what the rules file or the database knows, and the file, which is empty if it cannot be read.
func wideDesk(c *cobra.Command, db opened, names store.Names) (*config.File, *lookup.Desk) {
	now, _ := outline(c)
	if now.file == nil {
		now.file = &config.File{}
	}
	desk := now.desk(db.Store, db.clock.Now)
	desk.Projects = withProjects(desk.Projects, names.Projects)
	return now.file, desk
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

// withProjects adds to the projects of the rules file those that only the database knows, by UID or by name.
func withProjects(projects []lookup.Project, names []string) []lookup.Project {
	for _, name := range names {
		known := func(p lookup.Project) bool { return p.UID == name || p.Name == name }
		if !slices.ContainsFunc(projects, known) {
			projects = append(projects, lookup.Project{UID: name, Name: name})
		}
	}
	return projects
}
