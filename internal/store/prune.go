package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	"notewatch/internal/history"
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// Prune drops what is from before a day: figures, devices that are no longer listed once there is no figure of them left, ended
// alerts and silences, and what belongs to no alert: transitions, deliveries, messages and attempts. It takes a
// transaction for every 10,000 rows.
func (s *Store) Prune(ctx context.Context, before rules.Day) error {
	start := database.At(before.Start())
	err := s.pruneOnce(ctx, before)
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
	return database.Doing(err, "dropping what is from before %s", before)
}

// pruneOnce drops the figures of all projects, which each of their polls asks for, once for each day: it leads through the keys of
// all columns.
func (s *Store) pruneOnce(ctx context.Context, before rules.Day) error {
	s.pruned.Lock()
	defer s.pruned.Unlock()
	if s.pruned.before >= before {
		return nil
	}
	for _, table := range s.dayTables() {
		if err := s.prune(ctx, table.name, table.key, "day < $1", before); err != nil {
			return err
		}
	}
	err := s.db.Update(ctx, func(tx database.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE figure SET first = CASE WHEN last >= $1 THEN CAST($1 AS BIGINT) END, last = CASE WHEN last >= $1 THEN last END
			WHERE first < $1`, before)
		return err
	})
	if err == nil {
		err = s.pruneDevices(ctx, before)
	}
	if err == nil {
		s.pruned.before = before
	}
	return err
}

// A dayTable is a table that has a row for each day of something.
type dayTable struct{ name, key string }

// dayTables returns the tables of days. Those of an older version are in SQLite only.
func (s *Store) dayTables() []dayTable {
	tables := []dayTable{{"history", "project, block, figure, day"}, {"change", "project, block, figure, day"},
		{"intraday", "project, block, figure, polled_at"}}
	if s.db.Postgres() {
		return tables
	}
	return append(tables, dayTable{"usage", "day, project, device"}, dayTable{"usage_change", "project, device, day"})
}

// prune deletes the rows of a table for which condition holds.
func (s *Store) prune(ctx context.Context, table, key, condition string, args ...any) error {
	for {
		var deleted int64
		err := s.db.Update(ctx, func(tx database.Tx) error {
			result, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE (`+key+`) IN (
				SELECT `+key+` FROM `+table+` WHERE `+condition+` LIMIT `+strconv.Itoa(database.MaxRows)+`)`, args...)
			if err == nil {
				deleted, err = result.RowsAffected()
			}
			return err
		})
		if err != nil || deleted < database.MaxRows {
			return err
		}
	}
}

// A blockKey is a block of a project.
type blockKey struct {
	project int64
	block   int
}

// pruneDevices drops the devices that were no longer listed before a day and of which there are no figures left.
func (s *Store) pruneDevices(ctx context.Context, before rules.Day) error {
	type row struct {
		project int64
		ordinal int
	}
	unlisted := map[blockKey][]int{}
	err := s.db.View(ctx, func(tx database.Tx) error {
		rows, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.project, &r.ordinal} },
			`SELECT project, ordinal FROM device WHERE NOT listed AND unlisted_on < $1`, before)
		for _, r := range rows {
			key := blockKey{r.project, r.ordinal / history.BlockSize}
			unlisted[key] = append(unlisted[key], r.ordinal)
		}
		return err
	})
	for key, ordinals := range unlisted {
		if err == nil {
			err = s.db.Update(ctx, func(tx database.Tx) error { return dropDevices(ctx, tx, key, ordinals, before) })
		}
	}
	return err
}

// dropDevices drops those of some devices of a block of which there are no figures.
func dropDevices(ctx context.Context, tx database.Tx, key blockKey, ordinals []int, before rules.Day) error {
	used, err := usedPositions(ctx, tx, key)
	if err != nil {
		return err
	}
	idle := slices.DeleteFunc(ordinals, func(ordinal int) bool { return used.Has(ordinal % history.BlockSize) })
	_, err = tx.ExecContext(ctx, `
		DELETE FROM device WHERE project = $1 AND ordinal IN (SELECT CAST(value AS BIGINT) FROM json_each($2)) AND NOT listed AND unlisted_on < $3`,
		key.project, database.Elements(idle), before)
	return err
}

// usedPositions returns which subjects of a block have a figure on any day. A damaged column has none.
func usedPositions(ctx context.Context, tx database.Tx, key blockKey) (used history.Bits, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT vals FROM history WHERE project = $1 AND block = $2`, key.project, key.block)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var packed sql.RawBytes
	buffer := make([]history.Cell, 0, history.BlockSize)
	for rows.Next() {
		if err := rows.Scan(&packed); err != nil {
			return nil, err
		}
		cells, damaged := history.Unpack(buffer, packed)
		if damaged != nil {
			continue
		}
		for position, c := range cells {
			if c != history.NotKnown {
				used.Set(position)
			}
		}
	}
	return used, rows.Err()
}
