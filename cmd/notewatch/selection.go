package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
	"notewatch/internal/spelling"
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

// settle puts the UID of a project or device in the place of a name that is only like its own. What is a name already stays,
// and what is like none is an error. uncertain lets pass those that are like none that is known, and identifiers: what they
// belong to may be new.
func (s *selection) settle(c *cobra.Command, db opened, uncertain bool) error {
	if s.Rule == "" && s.Project == "" && s.Subject == "" {
		return nil
	}
	names, err := db.Names(c.Context())
	if err != nil {
		return err
	}
	for _, n := range []struct {
		what   string
		name   *string
		there  []string
		prefix string // of identifiers
	}{
		{"rule", &s.Rule, names.Rules, ""},
		{"project", &s.Project, names.Projects, "app:"},
		{"device", &s.Subject, names.Subjects, "dev:"},
	} {
		if *n.name == "" || slices.Contains(n.there, *n.name) {
			continue
		}
		found, err := loosely(c, db, lookup.Kind(n.what), *n.name)
		if err != nil {
			return err
		}
		isUID := n.prefix != "" && strings.HasPrefix(*n.name, n.prefix)
		pass := uncertain && (isUID || spelling.Nearest(*n.name, n.there) == "")
		switch {
		case found != "":
			*n.name = found
		case !pass:
			return unknown(n.what, *n.name, n.there, "nothing of that name was ever judged here")
		}
	}
	return nil
}

// loosely returns the UID of the project or device that a name may mean; "" if it means none, or nobody knows, since the
// rules file cannot be read.
func loosely(c *cobra.Command, db opened, kind lookup.Kind, name string) (uid string, err error) {
	s, _ := outline(c)
	if s.file == nil || kind != lookup.KindProject && kind != lookup.KindDevice {
		return "", nil
	}
	found, err := s.desk(db.Store, db.clock.Now).Find(c.Context(), name, kind)
	if _, ok := errors.AsType[*lookup.UnknownError](err); ok {
		return "", nil
	}
	return found.UID, missed(err)
}
