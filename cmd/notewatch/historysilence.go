package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
)

// What people do with silences, beside what happens to alerts.
const (
	silenced   = "silenced"
	unsilenced = "unsilenced"
)

// silenceChanges are what people did with silences since a time that concerns what is selected.
func (s selection) silenceChanges(c *cobra.Command, db opened, since time.Time) (changes []changeView, err error) {
	silences, err := db.SilencesSince(c.Context(), since)
	if err != nil || len(silences) == 0 {
		return nil, err
	}
	names, err := db.Names(c.Context())
	if err != nil {
		return nil, err
	}
	_, desk, _ := wideDesk(c, db, names)
	called, err := directoryOf(c.Context(), desk, matchesOf(silences, nil)...)
	if err != nil {
		return nil, err
	}
	n := namesakes{db: db.Store, projects: desk.Projects}
	for _, silence := range silences {
		touched, err := s.touches(c.Context(), n, silence.Match)
		if err != nil {
			return nil, err
		}
		if touched && began(silence, db.clock.Now()) && !silence.Start.Before(since) {
			changes = append(changes, called.silenceChange(silence, silenced, silence.Start, silence.By))
		}
		if touched && silence.EndedBy != "" && !silence.EndedAt.Before(since) {
			changes = append(changes, called.silenceChange(silence, unsilenced, silence.EndedAt, silence.EndedBy))
		}
	}
	return changes, nil
}

// touches reports whether a silence is about what is selected: the alert that it names is, or it names some of what is
// selected and nothing else in its place.
func (s selection) touches(ctx context.Context, n namesakes, m rules.Match) (bool, error) {
	switch {
	case s.Match == (rules.Match{}):
		return true, nil
	case m.Alert != "":
		selected := s.Match
		selected.Alert = m.Alert
		count, err := n.db.CountAlerts(ctx, store.AlertFilter{Match: selected})
		return count > 0, err
	}
	shared := false
	for _, of := range []struct {
		kind            lookup.Kind // "" goes by one name only
		selected, named string
	}{{"", s.Rule, m.Rule}, {lookup.KindProject, s.Project, m.Project}, {lookup.KindDevice, s.Subject, m.Subject}} {
		if of.selected == "" || of.named == "" {
			continue
		}
		same, err := n.same(ctx, of.kind, of.selected, of.named)
		if err != nil || !same {
			return false, err
		}
		shared = true
	}
	return shared, nil
}

// namesakes know which projects and devices go by a name.
type namesakes struct {
	db       *store.Store
	projects []lookup.Project
}

// same reports whether two texts mean the same: they are the same, or one is a name of the other.
func (n namesakes) same(ctx context.Context, kind lookup.Kind, a, b string) (bool, error) {
	if a == b {
		return true, nil
	}
	calledA, err := n.called(ctx, kind, a)
	if err != nil {
		return false, err
	}
	calledB, err := n.called(ctx, kind, b)
	return slices.Contains(calledA, b) || slices.Contains(calledB, a), err
}

// called returns the UIDs of what goes by a name.
func (n namesakes) called(ctx context.Context, kind lookup.Kind, name string) (uids []string, err error) {
	switch kind {
	case lookup.KindProject:
		for _, p := range n.projects {
			if p.Name == name {
				uids = append(uids, p.UID)
			}
		}
	case lookup.KindDevice:
		devices, err := n.db.DevicesCalled(ctx, name)
		for _, d := range devices {
			if d.Name == name {
				uids = append(uids, d.UID)
			}
		}
		return uids, err
	}
	return uids, nil
}

// began reports whether a silence has muted anything until now: some begin later than they are made, and may be ended before.
func began(s rules.Silence, now time.Time) bool {
	return !s.Start.After(now) && (s.EndedAt.IsZero() || s.EndedAt.After(s.Start))
}

func (d directory) silenceChange(s rules.Silence, event string, at time.Time, by string) changeView {
	return changeView{
		At: at, Event: event, Alert: s.Match.Alert, Rule: s.Match.Rule, Project: d.named(s.Match.Project),
		Subject: d.named(s.Match.Subject), By: by,
		Silence: &silenceRef{ID: s.ID, Until: s.End, Because: s.Because},
	}
}

// A silenceRef is the silence that a change is about.
type silenceRef struct {
	ID      string    `json:"id"`
	Until   time.Time `json:"until,omitzero"` // as it was asked for; none: its alert is over
	Because string    `json:"because"`
}

// detail says what was done with the silence.
func (r silenceRef) detail(event, by string) string {
	if event == unsilenced {
		return r.ID + " by " + by
	}
	until := "it is over"
	if !r.Until.IsZero() {
		until = words.Time(r.Until)
	}
	return sentence(r.ID+" until "+until+" by "+by, r.Because)
}

// newestFirst puts changes in order, and leaves out what is beyond a limit; 0 is none.
func newestFirst(changes []changeView, limit int) []changeView {
	slices.SortStableFunc(changes, func(a, b changeView) int { return b.At.Compare(a.At) })
	return changes[:min(len(changes), cmp.Or(limit, len(changes)))]
}
