package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// A Transition is a version of an alert, with its event and time.
type Transition struct {
	Alert   string // ID
	Version int64
	At      time.Time
	Reason  rules.Event
	State   rules.State
	Level   rules.Level
	Value   float64
	Mute    rules.Mute
	Ack     rules.Ack
	By      string // person who caused it; "" if no person did
	Why     string // as of the alert
}

var transitionColumns = []string{"at", "reason", "state", "level", "value", "mute", "ack", "by_whom", "reason_text"}

// fields lists the destinations of the columns alert, version and transitionColumns.
func (t *Transition) fields() []any {
	return []any{
		&t.Alert, &t.Version, database.Time(&t.At), &t.Reason, &t.State, &t.Level, database.Number(&t.Value),
		database.Document(&t.Mute), database.Document(&t.Ack), &t.By, &t.Why,
	}
}

// saveTransitions stores the versions of alerts.
func saveTransitions(ctx context.Context, tx database.Tx, alerts []*rules.Alert) error {
	table := database.Upsert{Table: "transition", Key: []string{"alert", "version"}, Set: transitionColumns}
	return table.Run(ctx, tx, len(alerts), func(i int) []any {
		a := alerts[i]
		t := Transition{a.ID, a.Version, a.ChangedAt, a.Reason, a.State, a.Level, a.Value, a.Mute, a.Ack, a.By, a.Why}
		return t.fields()
	}, nil)
}

// Transitions returns the versions of an alert, oldest first.
func (s *Store) Transitions(ctx context.Context, alert string) (all []Transition, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		all, err = database.Collect(ctx, tx, (*Transition).fields, `
			SELECT alert, version, `+database.List(transitionColumns)+` FROM transition WHERE alert = $1 ORDER BY version`, alert)
		return err
	})
	return all, database.Doing(err, "reading the history of alert %q", alert)
}
