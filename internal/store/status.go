package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
)

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

// CountHushed returns how many firing alerts people are not told of for now, and how many somebody has taken on; drills are
// left out.
func (s *Store) CountHushed(ctx context.Context) (muted, acknowledged int, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `
			SELECT count(CASE WHEN mute <> '{}' THEN 1 END), count(CASE WHEN ack <> '{}' THEN 1 END)
			FROM alert WHERE state = 'firing' AND (mute <> '{}' OR ack <> '{}') AND NOT drill`).Scan(&muted, &acknowledged)
	})
	return muted, acknowledged, database.Doing(err, "counting the alerts that people are not told of")
}

// FreeSpace returns how many bytes of the file hold nothing, and how large it is. Of PostgreSQL, which reuses space by itself, free is 0.
func (s *Store) FreeSpace(ctx context.Context) (free, size int64, err error) {
	query := `SELECT freelist_count * page_size, page_count * page_size FROM pragma_freelist_count, pragma_page_count, pragma_page_size`
	if s.db.Postgres() {
		query = `SELECT 0, CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS BIGINT) FROM pg_class
			WHERE relnamespace = to_regnamespace(current_schema()) AND relkind = 'r'`
	}
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, query).Scan(&free, &size)
	})
	return free, size, database.Doing(err, "reading how large the database is")
}
