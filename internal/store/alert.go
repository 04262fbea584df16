package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"notewatch/internal/store/alertrow"
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// OpenAlerts returns the pending and firing alerts of a project, by ID.
func (s *Store) OpenAlerts(ctx context.Context, project string) (alerts []rules.Alert, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		alerts, err = database.Collect(ctx, tx, alertrow.Fields, `
			SELECT id, `+database.List(alertrow.Columns)+` FROM alert
			WHERE project = $1 AND state IN ('pending', 'firing') ORDER BY id`, project)
		return err
	})
	return alerts, database.Doing(err, "reading the open alerts of project %q", project)
}

// OpenProjects returns the projects that have pending or firing alerts.
func (s *Store) OpenProjects(ctx context.Context) (uids []string, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		uids, err = database.Collect(ctx, tx, func(uid *string) []any { return []any{uid} },
			`SELECT DISTINCT project FROM alert WHERE state IN ('pending', 'firing') ORDER BY project`)
		return err
	})
	return uids, database.Doing(err, "reading which projects have open alerts")
}

// Alerts returns alerts of all projects, the newest first; if only open ones are wanted, the worst first.
func (s *Store) Alerts(ctx context.Context, f AlertFilter) (alerts []rules.Alert, err error) {
	where, args := f.where()
	if f.Limit > 0 { // which ones they are is often found by an index alone
		var chosen string
		chosen, args = f.chosen()
		where = `id IN (` + chosen + `)`
	}
	err = s.db.View(ctx, func(tx database.Tx) error {
		alerts, err = database.Collect(ctx, tx, alertrow.Fields, `SELECT id, `+database.List(alertrow.Columns)+` FROM alert WHERE `+where+f.order(), args...)
		return err
	})
	return alerts, database.Doing(err, "reading alerts")
}

const newestFirst = ` ORDER BY since DESC NULLS LAST, id`

// EachAlerts calls each with the alerts that Alerts returns, size at a time, so that very many need little memory. Each batch has its own
// transaction, so each may take any time. An alert that was deleted meanwhile is left out.
func (s *Store) EachAlerts(ctx context.Context, f AlertFilter, size int, each func([]rules.Alert) error) error {
	chosen, args := f.chosen()
	var ids []string
	err := s.db.View(ctx, func(tx database.Tx) (err error) {
		ids, err = database.Collect(ctx, tx, func(id *string) []any { return []any{id} }, chosen, args...)
		return err
	})
	if err != nil {
		return database.Doing(err, "reading which alerts there are")
	}
	for page := range slices.Chunk(ids, size) {
		alerts, err := s.alertsOf(ctx, page)
		if err == nil {
			err = each(alerts)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// alertsOf returns the alerts of some IDs, in their order.
func (s *Store) alertsOf(ctx context.Context, ids []string) (alerts []rules.Alert, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		alerts, err = database.Collect(ctx, tx, alertrow.Fields,
			`SELECT id, `+database.List(alertrow.Columns)+` FROM alert WHERE id `+tx.Among(1), database.Texts(ids))
		return err
	})
	place := make(map[string]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(alerts, func(a, b rules.Alert) int { return cmp.Compare(place[a.ID], place[b.ID]) }) // SQLite takes longer to sort whole rows
	return alerts, database.Doing(err, "reading alerts")
}

// Texts returns the texts of the stored ones of some alerts, by ID.
func (s *Store) Texts(ctx context.Context, ids []string) (map[string]rules.Texts, error) {
	type row struct {
		id    string
		texts rules.Texts
	}
	texts := make(map[string]rules.Texts, len(ids))
	err := s.db.View(ctx, func(tx database.Tx) error {
		for some := range slices.Chunk(ids, database.MaxRows) {
			found, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.id, database.Document(&r.texts)} },
				`SELECT id, told FROM alert WHERE id `+tx.Among(1), database.Texts(some))
			if err != nil {
				return err
			}
			for _, r := range found {
				texts[r.id] = r.texts
			}
		}
		return nil
	})
	return texts, database.Doing(err, "reading the texts of %d alerts", len(ids))
}

// Announced returns the highest level at which alerts of a rule were announced, by subject: of those that fired from from on and before to,
// that fired before from and were still firing at to, or that were revised as of a time after from and not after to. Alerts that ended
// because their values were wrong do not count.
func (s *Store) Announced(ctx context.Context, project, rule string, from, to time.Time) (map[string]rules.Level, error) {
	type row struct {
		subject string
		level   rules.Level
	}
	announced := map[string]rules.Level{}
	err := s.db.View(ctx, func(tx database.Tx) error {
		rows, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.subject, &r.level} }, `
			SELECT subject, max(worst) FROM alert WHERE project = $1 AND rule = $2 AND reason <> 'corrected'
				AND CASE reason
				WHEN 'revised' THEN as_of > $3 AND as_of <= $4
				ELSE fired_at < $4 AND (fired_at >= $3 OR ended_at IS NULL OR ended_at >= $4) END
			GROUP BY subject`, project, rule, database.At(from), database.At(to))
		for _, r := range rows {
			announced[r.subject] = r.level
		}
		return err
	})
	return announced, database.Doing(err, "reading what rule %q announced of project %q", rule, project)
}

// saveAlerts writes the alerts of a decision. Ended alerts come before open ones, because a new alert may replace one that ends in the same
// transaction. It returns ErrConflict if an alert would be the second open one of its rule and subject, because the first was stored after
// the decision.
func saveAlerts(ctx context.Context, tx database.Tx, d Decision) error {
	table := database.Upsert{Table: "alert", Key: []string{"id"}, Set: alertrow.Columns, Single: true} // their places in the indexes are far apart
	statements := database.NewBatch(tx)
	for _, open := range []bool{false, true} {
		states := among(d.States, open)
		if err := saveValues(ctx, statements, states); err != nil {
			return err
		}
		if err := saveVersions(ctx, statements, append(states, among(d.Versions, open)...)); err != nil {
			return err
		}
		some := among(d.Alerts, open)
		slices.SortFunc(some, func(a, b *rules.Alert) int { return strings.Compare(a.ID, b.ID) }) // in the order of the table, so that pages are written once
		err := table.Run(ctx, tx, len(some), func(i int) []any { return alertrow.Fields(some[i]) }, nil)
		if database.ViolatesUnique(err) {
			return ErrConflict
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// among returns the open ones of some alerts, or the ended ones.
func among(alerts []*rules.Alert, open bool) []*rules.Alert {
	some := make([]*rules.Alert, 0, len(alerts))
	for _, a := range alerts {
		if a.Open() == open {
			some = append(some, a)
		}
	}
	return some
}

// saveValues writes the values of alerts, without their texts.
func saveValues(ctx context.Context, b database.Batch, some []*rules.Alert) error {
	return writeValues.Run(ctx, b, len(some), func(i int) []any {
		a := some[i]
		return []any{
			a.ID, alertrow.Holds{All: &a.Holds}, a.Doubted, database.Number(&a.Value), database.Number(&a.Peak), a.PeakOn, database.Number(&a.Limit), database.Number(&a.Usual), database.Time(&a.AsOf),
			database.Document(&a.Then),
		}
	})
}

// saveVersions writes what changes only with the version of alerts.
func saveVersions(ctx context.Context, b database.Batch, some []*rules.Alert) error {
	return writeVersion.Run(ctx, b, len(some), func(i int) []any {
		a := some[i]
		return []any{
			a.ID, a.State, a.Level, a.Worst, a.Version, a.Reason, database.Time(&a.FiredAt), database.Time(&a.RaisedAt), database.Time(&a.NotifiedAt),
			database.Time(&a.ChangedAt), database.Time(&a.QuietSince), database.Time(&a.EndedAt), database.Document(&a.Mute), database.Document(&a.Ack),
			a.By, a.Why,
		}
	})
}

// The columns written for an alert without its texts: its values, and those that change only with its version.
var (
	writeValues = database.Rewrite{
		Table: "alert", Key: []string{"id"},
		Set: []string{"holds", "doubted", "value", "peak", "peak_on", "threshold", "usual", "as_of", "then_values"},
	}
	writeVersion = database.Rewrite{
		Table: "alert", Key: []string{"id"}, Rising: "version",
		Set: []string{
			"state", "level", "worst", "version", "reason", "fired_at", "raised_at", "notified_at", "changed_at", "quiet_since", "ended_at",
			"mute", "ack", "by_whom", "reason_text",
		},
	}
)

// Fired returns how many alerts of each rule fired since a time, without drills.
func (s *Store) Fired(ctx context.Context, since time.Time) (map[string]int, error) {
	type row struct {
		rule  string
		count int
	}
	fired := map[string]int{}
	err := s.db.View(ctx, func(tx database.Tx) error {
		rows, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.rule, &r.count} },
			`SELECT rule, count(*) FROM alert WHERE fired_at >= $1 AND NOT drill GROUP BY rule`, database.At(since))
		for _, r := range rows {
			fired[r.rule] = r.count
		}
		return err
	})
	return fired, database.Doing(err, "counting what fired")
}
