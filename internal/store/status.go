package store

import (
	"context"

	"notewatch/internal/store/database"
)

// CountMutedAndAcknowledged returns the number of muted and of acknowledged firing alerts, without drills.
func (s *Store) CountMutedAndAcknowledged(ctx context.Context) (muted, acknowledged int, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `
			SELECT count(CASE WHEN mute <> '{}' THEN 1 END), count(CASE WHEN ack <> '{}' THEN 1 END)
			FROM alert WHERE state = 'firing' AND (mute <> '{}' OR ack <> '{}') AND NOT drill`).Scan(&muted, &acknowledged)
	})
	return muted, acknowledged, database.Doing(err, "counting the muted and acknowledged alerts")
}

// FreeSpace returns the unused bytes of the file, and its size. PostgreSQL reuses space by itself, so free is 0 there.
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
