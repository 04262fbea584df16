package usage

import (
	"context"
	"time"

	"notewatch/internal/store/database"
)

// DeviceCounts counts the devices of a project.
type DeviceCounts struct {
	ListedAt time.Time // when the device list was read; zero: never
	All      int       // listed
	Enabled  int       // of those, not disabled
	Active   int       // enabled and active within the given time before the list was read
	Silent   int       // enabled and active only before that
}

// CountDevices counts the devices of a project. A device is silent if its last activity was longer than after before the list was read.
func (s *Store) CountDevices(ctx context.Context, project string, after time.Duration) (c DeviceCounts, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		if _, c.ListedAt, err = listVersion(ctx, tx, project); err != nil || c.ListedAt.IsZero() {
			return err
		}
		id, ok, err := findProject(ctx, tx, project)
		if !ok {
			return err
		}
		row := tx.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN NOT disabled THEN 1 END) FROM device WHERE project = $1 AND listed`, id)
		if err := row.Scan(&c.All, &c.Enabled); err != nil {
			return err
		}
		var disabled []int
		if c.Enabled < c.All {
			disabled, err = database.Collect(ctx, tx, func(ordinal *int) []any { return []any{ordinal} },
				`SELECT ordinal FROM device WHERE project = $1 AND listed AND disabled`, id)
			if err != nil {
				return err
			}
		}
		moving, err := readListing(ctx, tx, id)
		c.Active, c.Silent = moving.active(disabled, c.ListedAt.Add(-after))
		return err
	})
	return c, database.Doing(err, "counting the devices of project %q", project)
}

// DeviceCount returns how many devices a project lists and when the list was read; the zero time is never.
func (s *Store) DeviceCount(ctx context.Context, project string) (devices int, read time.Time, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		row := tx.QueryRowContext(ctx, `SELECT read_at FROM device_list WHERE project = $1`, project)
		if ok, err := database.Found(row, database.Time(&read)); !ok {
			return err
		}
		return tx.QueryRowContext(ctx, `
			SELECT count(*) FROM project JOIN device ON device.project = project.id WHERE project.uid = $1 AND device.listed`, project).Scan(&devices)
	})
	return devices, read, database.Doing(err, "counting the devices of project %q", project)
}

// Listed returns when the device list of a project was read; the zero time is never.
func (s *Store) Listed(ctx context.Context, project string) (read time.Time, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		_, err := database.Found(tx.QueryRowContext(ctx, `SELECT read_at FROM device_list WHERE project = $1`, project), database.Time(&read))
		return err
	})
	return read, database.Doing(err, "reading when the devices of project %q were listed", project)
}

// Born returns when the first device of a project was provisioned, of all that were ever listed; the zero time means never, or not known.
func (s *Store) Born(ctx context.Context, project string) (born time.Time, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT min(provisioned) FROM device WHERE project = (SELECT id FROM project WHERE uid = $1)`, project).
			Scan(database.Time(&born))
	})
	return born, database.Doing(err, "reading when project %q was born", project)
}
