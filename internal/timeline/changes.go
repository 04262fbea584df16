package timeline

import (
	"context"
	"slices"
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A Change is an event of an alert or of a silence.
type Change struct {
	At      time.Time       `json:"at"`
	Event   rules.Event     `json:"event"` // or Silenced, Unsilenced
	Alert   string          `json:"alert"` // ID
	Version int64           `json:"version"`
	State   rules.State     `json:"state"`
	Level   string          `json:"level"` // "" for a silence
	Rule    string          `json:"rule"`
	Project lookup.Named    `json:"project"`
	Subject lookup.Named    `json:"subject"`
	Figure  string          `json:"figure"`
	Unit    string          `json:"unit"`
	Value   float64         `json:"value"` // NaN: no data
	Mute    rules.Mute      `json:"muted,omitzero"`
	Ack     rules.Ack       `json:"acknowledged,omitzero"`
	By      string          `json:"by,omitempty"`
	Why     string          `json:"why,omitempty"`
	Drill   bool            `json:"drill"`
	Silence *ChangedSilence `json:"silence,omitzero"` // nil for an event of an alert
}

// A ChangedSilence is the silence that a change is about.
type ChangedSilence struct {
	ID      string    `json:"id"`
	Until   time.Time `json:"until,omitzero"` // the requested end; zero: the end of its alert
	Because string    `json:"because"`
}

// A Query selects changes.
type Query struct {
	Match muting.Match
	Since time.Time
	Limit int // 0 means none
}

// Changes returns the selected changes, the newest first, and their number without the limit.
func Changes(ctx context.Context, reader *lookup.Reader, q Query) (changes []Change, count int, err error) {
	happened, count, err := reader.Store().Happenings(ctx, store.AlertFilter{Match: q.Match, Limit: q.Limit}, q.Since)
	if err != nil {
		return nil, 0, err
	}
	if changes, err = silenceChanges(ctx, reader, q); err != nil {
		return nil, 0, err
	}
	count += len(changes)
	for _, h := range happened {
		changes = append(changes, changeOf(h))
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return b.At.Compare(a.At) })
	if q.Limit > 0 {
		changes = changes[:min(len(changes), q.Limit)]
	}
	return changes, count, nil
}

// changeOf returns an event of an alert as a change.
func changeOf(h store.Happening) Change {
	return Change{
		At: h.At, Event: h.Reason, Alert: h.Alert, Version: h.Version, State: h.State, Level: h.Level.String(),
		Rule: h.Rule, Project: lookup.Named{UID: h.Project, Name: h.Texts.Project}, Subject: lookup.Named{UID: h.Subject, Name: h.Texts.Subject},
		Figure: h.Texts.Figure, Unit: h.Texts.Unit, Value: h.Value, Mute: h.Mute, Ack: h.Ack, By: h.By, Why: h.Why, Drill: h.Drill,
	}
}
