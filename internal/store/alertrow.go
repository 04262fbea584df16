package store

import (
	"notewatch/internal/store/database"
	"notewatch/rules"
)

var alertColumns = []string{
	"rule", "project", "subject", "period", "state", "level", "worst", "version", "reason", "already", "holds", "since", "fired_at",
	"raised_at", "notified_at", "changed_at", "doubted", "quiet_since", "ended_at", "value", "peak", "threshold",
	"usual", "as_of", "told", "mute", "ack", "drill", "by_whom", "reason_text", "then_values", "peak_on",
}

// alertFields lists where the columns id and alertColumns go.
func alertFields(a *rules.Alert) []any {
	return []any{
		&a.ID, &a.Rule, &a.Project, &a.Subject, database.Time(&a.Period), &a.State, &a.Level, &a.Worst, &a.Version, &a.Reason, &a.Already,
		holds{All: &a.Holds}, database.Time(&a.Since), database.Time(&a.FiredAt), database.Time(&a.RaisedAt), database.Time(&a.NotifiedAt), database.Time(&a.ChangedAt), &a.Doubted, database.Time(&a.QuietSince),
		database.Time(&a.EndedAt), database.Number(&a.Value), database.Number(&a.Peak), database.Number(&a.Limit),
		database.Number(&a.Usual), database.Time(&a.AsOf), database.Document(&a.Told), database.Document(&a.Mute), database.Document(&a.Ack), &a.Drill, &a.By,
		&a.Why, database.Document(&a.Then), &a.PeakOn,
	}
}

// openAlert is the condition of the index of open alerts.
const openAlert = `alert.state IN ('pending', 'firing')`
