package usage

import (
	"context"
	"database/sql"
	"slices"

	"notewatch/internal/history"
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// PruneDays deletes the figures of all projects before a day, and devices and routes that are no longer listed once they have no figures
// left. Each poll of each project calls it, but it works only once for each day, because it walks the keys of all columns.
func (s *Store) PruneDays(ctx context.Context, before rules.Day) error {
	s.pruned.Lock()
	defer s.pruned.Unlock()
	if s.pruned.before >= before {
		return nil
	}
	for _, table := range s.dayTables() {
		if err := s.db.DeleteRows(ctx, table.name, table.key, "day < $1", before); err != nil {
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
		err = s.pruneSubjects(ctx, before)
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

// A blockKey is a block of a project.
type blockKey struct {
	project int64
	block   int
}

// pruneSubjects deletes devices and routes that were no longer listed before a day and have no figures left.
func (s *Store) pruneSubjects(ctx context.Context, before rules.Day) error {
	type row struct {
		project int64
		ordinal int
	}
	unlisted := map[blockKey][]int{}
	err := s.db.View(ctx, func(tx database.Tx) error {
		rows, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.project, &r.ordinal} }, `
			SELECT project, ordinal FROM device WHERE NOT listed AND unlisted_on < $1
			UNION ALL SELECT project, ordinal FROM route WHERE NOT listed AND unlisted_on < $1`, before)
		for _, r := range rows {
			key := blockKey{r.project, r.ordinal / history.BlockSize}
			unlisted[key] = append(unlisted[key], r.ordinal)
		}
		return err
	})
	for key, ordinals := range unlisted {
		if err == nil {
			err = s.db.Update(ctx, func(tx database.Tx) error { return dropSubjects(ctx, tx, key, ordinals, before) })
		}
	}
	return err
}

// dropSubjects deletes those of some devices and routes of a block that have no figures.
func dropSubjects(ctx context.Context, tx database.Tx, key blockKey, ordinals []int, before rules.Day) error {
	used, err := usedPositions(ctx, tx, key)
	if err != nil {
		return err
	}
	idle := slices.DeleteFunc(ordinals, func(ordinal int) bool { return used.Has(ordinal % history.BlockSize) })
	for _, table := range []string{"device", "route"} {
		_, err = tx.ExecContext(ctx, `
			DELETE FROM `+table+` WHERE project = $1 AND ordinal IN (SELECT CAST(value AS BIGINT) FROM json_each($2)) AND NOT listed AND unlisted_on < $3`,
			key.project, database.Elements(idle), before)
		if err != nil {
			return err
		}
	}
	return nil
}

// usedPositions returns the subjects of a block that have a figure on any day. A damaged column counts as empty.
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

// DropAfter deletes the data of the days after a day, which was written while the clock was ahead.
func (s *Store) DropAfter(ctx context.Context, tx database.Tx, day rules.Day) error {
	for _, table := range s.dayTables() {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table.name+` WHERE day > $1`, day); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE figure SET first = NULL, last = NULL WHERE first > $1`, day); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE figure SET last = $1 WHERE last > $1`, day); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE route SET born = NULL WHERE born > $1`, day)
	return err
}
