package store

import (
	"context"
	"database/sql"
	"strconv"

	"notewatch/rules"
)

// Prune drops usage, ended alerts and silences of days before day, and what belongs to no alert any more: transitions,
// deliveries, messages and attempts. It takes a transaction for every 10,000 rows.
func (s *Store) Prune(ctx context.Context, before rules.Day) error {
	start := at(before.Start())
	err := s.prune(ctx, "history", "project, block, figure, day", "day < $1", before)
	if err == nil {
		err = s.prune(ctx, "change", "project, block, figure, day", "day < $1", before)
	}
	if err == nil {
		err = s.prune(ctx, "alert", "id", "ended_at < $1", start)
	}
	if err == nil {
		// The newest change stays: the next one has to have a greater number.
		err = s.prune(ctx, "silence", "id", `seq < (SELECT max(seq) FROM silence)
			AND (`+stops+` < $1
				OR `+stops+` IS NULL AND start_at < $1 AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.id = silence.alert))`, start)
	}
	if err == nil {
		err = s.prune(ctx, "attempt", "id", "started < $1", start)
	}
	if err == nil {
		err = s.prune(ctx, "message", "id", `NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.message = message.id)
			AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.message = message.id)`)
	}
	return doing(err, "dropping what is from before %s", before)
}

// prune deletes the rows of a table for which condition holds.
func (s *Store) prune(ctx context.Context, table, key, condition string, args ...any) error {
	for {
		var deleted int64
		err := s.update(ctx, func(tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE (`+key+`) IN (
				SELECT `+key+` FROM `+table+` WHERE `+condition+` LIMIT `+strconv.Itoa(maxRows)+`)`, args...)
			if err == nil {
				deleted, err = result.RowsAffected()
			}
			return err
		})
		if err != nil || deleted < maxRows {
			return err
		}
	}
}
