package timeline

import (
	"context"
	"math"
	"slices"
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/selection"
	"notewatch/internal/store"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// Events of silences, in addition to those of alerts.
const (
	Silenced   rules.Event = "silenced"
	Unsilenced rules.Event = "unsilenced"
)

// silenceChanges returns the events of the silences that concern the selection of a query.
func silenceChanges(ctx context.Context, reader *lookup.Reader, q Query) (changes []Change, err error) {
	silences, err := reader.Store().SilencesSince(ctx, q.Since)
	if err != nil || len(silences) == 0 {
		return nil, err
	}
	selector, err := selection.NewSelector(ctx, reader)
	if err != nil {
		return nil, err
	}
	reader = selector.Reader // it knows the names in silences even if the rules file does not
	for _, s := range silences {
		concerned, err := concerns(ctx, reader, s.Match, q.Match)
		if err != nil {
			return nil, err
		}
		if !concerned {
			continue
		}
		match, err := selection.Name(ctx, reader, s.Match)
		if err != nil {
			return nil, err
		}
		if began(s, reader.Now()) && !s.Start.Before(q.Since) {
			changes = append(changes, silenceChange(s, match, Silenced, s.Start, s.By))
		}
		if s.EndedBy != "" && !s.EndedAt.Before(q.Since) {
			changes = append(changes, silenceChange(s, match, Unsilenced, s.EndedAt, s.EndedBy))
		}
	}
	return changes, nil
}

// concerns reports whether a silence concerns the selection: the alert that it names is selected, or every field that both set has the same
// value, and at least one field is set in both.
func concerns(ctx context.Context, reader *lookup.Reader, silence, selected muting.Match) (bool, error) {
	switch {
	case selected == (muting.Match{}):
		return true, nil
	case silence.Alert != "":
		selected.Alert = silence.Alert
		count, err := reader.Store().CountAlerts(ctx, store.AlertFilter{Match: selected})
		return count > 0, err
	}
	shared := false
	for _, of := range []struct {
		kind            lookup.Kind
		selected, named string
	}{
		{lookup.KindRule, selected.Rule, silence.Rule},
		{lookup.KindProject, selected.Project, silence.Project},
		{lookup.KindFleet, selected.Fleet, silence.Fleet},
		{lookup.KindRoute, selected.Route, silence.Route},
		{lookup.KindDevice, selected.Subject, silence.Subject},
	} {
		if of.selected == "" || of.named == "" {
			continue
		}
		same, err := same(ctx, reader, of.kind, of.selected, of.named)
		if err != nil || !same {
			return false, err
		}
		shared = true
	}
	return shared, nil
}

// same reports whether two texts mean the same subject: they are equal, or one is the name of the other.
func same(ctx context.Context, reader *lookup.Reader, kind lookup.Kind, a, b string) (bool, error) {
	if a == b {
		return true, nil
	}
	calledA, err := uidsNamed(ctx, reader, kind, a)
	if err != nil {
		return false, err
	}
	calledB, err := uidsNamed(ctx, reader, kind, b)
	return slices.Contains(calledA, b) || slices.Contains(calledB, a), err
}

// uidsNamed returns the UIDs of the projects or devices with a name; a rule has no UID.
func uidsNamed(ctx context.Context, reader *lookup.Reader, kind lookup.Kind, name string) (uids []string, err error) {
	switch kind {
	case lookup.KindProject:
		for _, p := range reader.Config().Projects {
			if p.Name == name {
				uids = append(uids, p.UID)
			}
		}
	case lookup.KindDevice:
		devices, err := reader.Store().Usage.DevicesCalled(ctx, name)
		for _, d := range devices {
			if d.Name == name {
				uids = append(uids, d.UID)
			}
		}
		return uids, err
	}
	return uids, nil
}

// began reports whether a silence has muted anything until now. A silence may begin later than it is made, and may be ended before that.
func began(s muting.Silence, now time.Time) bool {
	return !s.Start.After(now) && (s.EndedAt.IsZero() || s.EndedAt.After(s.Start))
}

func silenceChange(s muting.Silence, m selection.Match, event rules.Event, at time.Time, by string) Change {
	return Change{
		At: at, Event: event, Alert: m.Alert, Rule: m.Rule, Project: named(m.Project, m.ProjectName), Subject: named(m.Device, m.DeviceName),
		Value: math.NaN(), By: by, Silence: &ChangedSilence{ID: s.ID, Until: s.End, Because: s.Because},
	}
}

// named returns a subject by its UID and name. A text that is not a UID is a name.
func named(uid, name string) lookup.Named {
	if name == "" {
		return lookup.Named{Name: uid}
	}
	return lookup.Named{UID: uid, Name: name}
}
