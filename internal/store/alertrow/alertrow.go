package alertrow

import (
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// Columns are the columns of an alert but for its ID.
var Columns = []string{
	"rule", "project", "subject", "period", "state", "level", "worst", "version", "reason", "already", "holds", "since", "fired_at",
	"raised_at", "notified_at", "changed_at", "doubted", "quiet_since", "ended_at", "value", "peak", "threshold",
	"usual", "as_of", "told", "mute", "ack", "drill", "by_whom", "reason_text", "then_values", "peak_on",
}

// Fields lists where the columns id and [Columns] go.
func Fields(a *rules.Alert) []any {
	return []any{
		&a.ID, &a.Rule, &a.Project, &a.Subject, database.Time(&a.Period), &a.State, &a.Level, &a.Worst, &a.Version, &a.Reason, &a.Already,
		Holds{All: &a.Holds}, database.Time(&a.Since), database.Time(&a.FiredAt), database.Time(&a.RaisedAt), database.Time(&a.NotifiedAt), database.Time(&a.ChangedAt), &a.Doubted, database.Time(&a.QuietSince),
		database.Time(&a.EndedAt), database.Number(&a.Value), database.Number(&a.Peak), database.Number(&a.Limit),
		database.Number(&a.Usual), database.Time(&a.AsOf), database.Document(&a.Texts), database.Document(&a.Mute), database.Document(&a.Ack), &a.Drill, &a.By,
		&a.Why, database.Document(&a.Then), &a.PeakOn,
	}
}

// Open is the condition of the index of open alerts, in a query in which alert is the name of the table.
const Open = `alert.state IN ('pending', 'firing')`
