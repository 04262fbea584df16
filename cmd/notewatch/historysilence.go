package main

import (
	"cmp"
	"slices"
	"time"

	"notewatch/notify"
	"notewatch/rules"
)

// What people do with silences, beside what happens to alerts.
const (
	silenced   = "silenced"
	unsilenced = "unsilenced"
)

// silenceChanges are what people did with silences since a time that concerns what is selected.
func (s selection) silenceChanges(silences []rules.Silence, since time.Time) (changes []changeView) {
	for _, silence := range silences {
		if !s.touches(silence.Match) {
			continue
		}
		if !silence.Start.Before(since) {
			changes = append(changes, silenceChange(silence, silenced, silence.Start, silence.By))
		}
		if silence.EndedBy != "" && !silence.EndedAt.Before(since) {
			changes = append(changes, silenceChange(silence, unsilenced, silence.EndedAt, silence.EndedBy))
		}
	}
	return changes
}

// touches reports whether a silence is about what is selected: it names some of it, and nothing else in its place.
func (s selection) touches(m rules.Match) bool {
	if s.Match == (rules.Match{}) {
		return true
	}
	shared := false
	for _, pair := range [][2]string{{s.Rule, m.Rule}, {s.Project, m.Project}, {s.Subject, m.Subject}} {
		switch {
		case pair[0] == "" || pair[1] == "":
		case pair[0] != pair[1]:
			return false
		default:
			shared = true
		}
	}
	return shared
}

func silenceChange(s rules.Silence, event string, at time.Time, by string) changeView {
	return changeView{
		At: at, Event: event, Alert: s.Match.Alert, Rule: s.Match.Rule, Project: named{Name: s.Match.Project},
		Subject: named{Name: s.Match.Subject}, By: by,
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
		until = notify.FormatTime(r.Until)
	}
	return sentence(r.ID+" until "+until+" by "+by, r.Because)
}

// newestFirst puts changes in order, and leaves out what is beyond a limit; 0 is none.
func newestFirst(changes []changeView, limit int) []changeView {
	slices.SortStableFunc(changes, func(a, b changeView) int { return b.At.Compare(a.At) })
	return changes[:min(len(changes), cmp.Or(limit, len(changes)))]
}
