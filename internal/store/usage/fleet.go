package usage

import (
	"context"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// A Fleet is a fleet of a project, which devices name by its UID.
type Fleet struct {
	UID, Name string
	Assured   rules.Truth // more data is bought for a device of the fleet whose plan runs out

	WatchdogMinutes float64 // of silence, after which Notehub makes an event for a device; 0: never, NaN: not known
}

// fields returns where to scan the columns uid, name, assured and watchdog_mins.
func (f *Fleet) fields() []any {
	return []any{&f.UID, &f.Name, &f.Assured, database.Number(&f.WatchdogMinutes)}
}

// SaveFleets replaces the fleets of the project. It writes nothing if nothing differs.
func (s *Store) SaveFleets(ctx context.Context, project string, fleets []Fleet) error {
	table := database.Upsert{Table: "fleet", Key: []string{"project", "uid"}, Set: []string{"name", "assured", "watchdog_mins"}}
	uids := make([]string, len(fleets))
	for i, fleet := range fleets {
		uids[i] = database.Storable(fleet.UID)
	}
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		err := table.Run(ctx, tx, len(fleets), func(i int) []any {
			return []any{project, uids[i], database.Storable(fleets[i].Name), int(fleets[i].Assured), database.Number(&fleets[i].WatchdogMinutes)}
		}, nil)
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
		fleets, err = database.Collect(ctx, tx, (*Fleet).fields, `SELECT uid, name, assured, watchdog_mins FROM fleet WHERE project = $1 ORDER BY uid`, project)
		return err
	})
	return fleets, database.Doing(err, "reading the fleets of project %q", project)
}
