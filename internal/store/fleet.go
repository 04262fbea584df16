package store

import (
	"context"
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
	uids := make([]string, len(fleets))
	for i, fleet := range fleets {
		uids[i] = storable(fleet.UID)
	}
	err := s.relax(ctx, func(tx transaction) error {
		err := table.run(ctx, tx, len(fleets), func(i int) []any { return []any{project, uids[i], storable(fleets[i].Name)} }, nil)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM fleet WHERE project = $1 AND uid NOT IN (SELECT value FROM json_each($2))`,
			project, elements(uids))
		return err
	})
	return doing(err, "saving the fleets of project %q", project)
}

// Fleets returns the fleets of the project by UID.
func (s *Store) Fleets(ctx context.Context, project string) (fleets []Fleet, err error) {
	err = s.view(ctx, func(tx transaction) error {
		fleets, err = collect(ctx, tx, (*Fleet).fields, `SELECT uid, name FROM fleet WHERE project = $1 ORDER BY uid`, project)
		return err
	})
	return fleets, doing(err, "reading the fleets of project %q", project)
}
