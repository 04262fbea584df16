package store

import (
	"context"
	"database/sql"
)

// A Fleet is a fleet of a project, which devices name by its UID.
type Fleet struct {
	UID, Name string
}

// fields lists where the columns uid and name go.
func (f *Fleet) fields() []any { return []any{&f.UID, &f.Name} }

// SaveFleets replaces the fleets of the project. Nothing is written where nothing differs.
func (s *Store) SaveFleets(ctx context.Context, project string, fleets []Fleet) error {
	table := upsert{table: "fleet", key: []string{"project", "uid"}, set: []string{"name"}}
	listed := make(map[string]bool, len(fleets))
	for _, fleet := range fleets {
		listed[fleet.UID] = true
	}
	err := s.update(ctx, func(tx *sql.Tx) error {
		err := table.run(ctx, tx, len(fleets), func(i int) []any { return append([]any{project}, fleets[i].fields()...) }, nil)
		if err != nil {
			return err
		}
		return dropUnlisted(ctx, tx, "fleet", project, listed)
	})
	return doing(err, "saving the fleets of project %q", project)
}

// dropUnlisted deletes what a table holds of the project and is not listed any more, by UID.
func dropUnlisted(ctx context.Context, tx *sql.Tx, table, project string, listed map[string]bool) error {
	stored, err := collect(ctx, tx, func(uid *string) []any { return []any{uid} },
		`SELECT uid FROM `+table+` WHERE project = $1`, project)
	if err != nil {
		return err
	}
	for _, uid := range stored {
		if listed[uid] {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE project = $1 AND uid = $2`, project, uid); err != nil {
			return err
		}
	}
	return nil
}

// Fleets returns the fleets of the project by UID.
func (s *Store) Fleets(ctx context.Context, project string) (fleets []Fleet, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		fleets, err = collect(ctx, tx, (*Fleet).fields, `SELECT uid, name FROM fleet WHERE project = $1 ORDER BY uid`, project)
		return err
	})
	return fleets, doing(err, "reading the fleets of project %q", project)
}
