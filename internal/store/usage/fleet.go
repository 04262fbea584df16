package usage

import (
	"context"

	"notewatch/internal/store/database"
)

// A Fleet is a fleet of a project, which devices name by its UID.
type Fleet struct {
	UID, Name string
}

// fields lists where the columns uid and name go.
func (f *Fleet) fields() []any { return []any{&f.UID, &f.Name} }

// SaveFleets replaces the fleets of the project. Nothing is written where nothing differs.
func (s *Store) SaveFleets(ctx context.Context, project string, fleets []Fleet) error {
	table := database.Upsert{Table: "fleet", Key: []string{"project", "uid"}, Set: []string{"name"}}
	uids := make([]string, len(fleets))
	for i, fleet := range fleets {
		uids[i] = database.Storable(fleet.UID)
	}
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		err := table.Run(ctx, tx, len(fleets), func(i int) []any { return []any{project, uids[i], database.Storable(fleets[i].Name)} }, nil)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM fleet WHERE project = $1 AND uid NOT IN (SELECT value FROM json_each($2))`,
			project, database.Elements(uids))
		return err
	})
	return database.Doing(err, "saving the fleets of project %q", project)
}

// Fleets returns the fleets of the project by UID.
func (s *Store) Fleets(ctx context.Context, project string) (fleets []Fleet, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		fleets, err = database.Collect(ctx, tx, (*Fleet).fields, `SELECT uid, name FROM fleet WHERE project = $1 ORDER BY uid`, project)
		return err
	})
	return fleets, database.Doing(err, "reading the fleets of project %q", project)
}
