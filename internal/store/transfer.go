package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"notewatch/internal/store/database"
	"notewatch/internal/store/transfer"
	"notewatch/internal/store/work"
)

// notCopied lists tables and columns that are not copied to another database: those of the schema itself, and those of SQLite that are
// empty once the rows of an older version have been converted.
var notCopied = []string{goose.DefaultTablename, "usable", database.TransferTable, "usage", "usage_change", "device_row", "project.read_days"}

// Transfer copies the content of the database at from to the one at to, which must be empty, or is created. It holds the locks of both,
// prevents writes to the source until the end, and verifies the copy. report is called after each batch. If it is interrupted, the next
// call with the same databases continues; until then nothing else uses the target. It returns the content of each table.
func Transfer(ctx context.Context, from, to string, report func(transfer.Progress)) (totals []transfer.Total, err error) {
	if database.NameOf(from) == database.NameOf(to) {
		return nil, fmt.Errorf("the database %q is the source and the target: name another target", database.NameOf(from))
	}
	if err := movable(ctx, from); err != nil {
		return nil, err
	}
	for _, place := range []string{from, to} {
		release, err := database.Lock(place)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	source, err := Open(ctx, from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := open(ctx, to, database.Filling)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	err = alone(ctx, to, func() error {
		return source.still(ctx, func(tx database.Tx) (err error) {
			totals, err = target.fill(ctx, source, tx, report)
			return err
		})
	})
	return totals, database.Doing(err, "copying %q to %q", source.Path(), target.Path())
}

// movable returns an error if there is no database at a place, if it holds rows of an older version, or if a process is working on it.
func movable(ctx context.Context, place string) error {
	s, err := OpenReadOnly(ctx, place)
	if err != nil {
		return err
	}
	left, err := s.Usage.Conversion(ctx)
	if err == nil && !left.Ended() {
		err = fmt.Errorf("the database %q is being brought up to date (%s): copy it when notewatch run has done that", s.Path(), left)
	}
	if err == nil && s.db.Postgres() {
		err = s.db.View(ctx, func(tx database.Tx) error { return work.CheckUnused(ctx, tx) })
	}
	return errors.Join(err, s.Close())
}

// alone calls f while no other process copies into the database at a place. A file has its lock for that.
func alone(ctx context.Context, place string, f func() error) error {
	if !database.IsURL(place) {
		return f()
	}
	s, err := open(ctx, place, database.Filling) // with its own connections, because f would need the last one
	if err != nil {
		return err
	}
	err = s.db.Unhurried(ctx, func(tx database.Tx) error {
		var free bool
		err := tx.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))`, "notewatch transfer "+s.db.Schema()).Scan(&free)
		switch {
		case err != nil:
			return err
		case !free:
			return errors.New("another notewatch migrate is copying into it: wait for its end")
		}
		return f()
	})
	return errors.Join(err, s.Close())
}

// still runs f in a transaction during which no one writes to the database. It returns an error if a process is working on it.
func (s *Store) still(ctx context.Context, f func(database.Tx) error) error {
	return s.db.Unhurried(ctx, func(tx database.Tx) error {
		if !s.db.Postgres() {
			return f(tx) // the transaction prevents all other writes
		}
		tables, err := transfer.ReadTables(ctx, tx.SQL, true, notCopied...)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `LOCK TABLE `+namesOf(tables)+` IN SHARE MODE`); err != nil {
			return err
		}
		if err := work.CheckUnused(ctx, tx); err != nil { // a process may have started meanwhile
			return err
		}
		return f(tx)
	})
}

// fill copies everything from the source, which tx reads and to which no one writes.
func (s *Store) fill(ctx context.Context, source *Store, tx database.Tx, report func(transfer.Progress)) ([]transfer.Total, error) {
	from, err := transfer.ReadTables(ctx, tx.SQL, source.db.Postgres(), notCopied...)
	if err != nil {
		return nil, err
	}
	var to []transfer.Table
	err = s.db.View(ctx, func(tx database.Tx) (err error) {
		to, err = transfer.ReadTables(ctx, tx.SQL, s.db.Postgres(), notCopied...)
		return err
	})
	if err != nil {
		return nil, err
	}
	pairs, err := transfer.Match(from, to)
	if err != nil {
		return nil, err
	}
	resumed, err := s.claimToFill(ctx, source.Path(), to)
	if err != nil {
		return nil, err
	}
	c := transfer.Copy{
		From: transfer.Side{
			Postgres: source.db.Postgres(),
			View:     func(_ context.Context, f func(*sql.Tx) error) error { return f(tx.SQL) },
		},
		To: transfer.Side{
			Postgres: s.db.Postgres(),
			View:     func(ctx context.Context, f func(*sql.Tx) error) error { return s.db.View(ctx, inner(f)) },
			Update:   func(ctx context.Context, f func(*sql.Tx) error) error { return s.db.Relax(ctx, inner(f)) },
		},
		Pairs: pairs, Clean: database.Storable, Report: report,
	}
	totals, err := copyAndVerify(ctx, &c)
	if _, differs := errors.AsType[*transfer.DifferenceError](err); differs && resumed { // the source was used after the interruption
		if err := s.db.Update(ctx, func(tx database.Tx) error { return empty(ctx, tx, to) }); err != nil {
			return nil, err
		}
		totals, err = copyAndVerify(ctx, &c)
	}
	if err != nil {
		return nil, err
	}
	return totals, s.db.Update(ctx, func(tx database.Tx) error {
		if err := c.Number(ctx, tx.SQL); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DROP TABLE `+database.TransferTable)
		return err
	})
}

func inner(f func(*sql.Tx) error) func(database.Tx) error {
	return func(tx database.Tx) error { return f(tx.SQL) }
}

func copyAndVerify(ctx context.Context, c *transfer.Copy) ([]transfer.Total, error) {
	if err := c.Run(ctx); err != nil {
		return nil, err
	}
	return c.Verify(ctx)
}

// claimToFill marks the database as the target of a copy of a source, and deletes what a new one contains. It reports whether a copy of the
// same source was interrupted. It returns an error if the database contains anything else.
func (s *Store) claimToFill(ctx context.Context, source string, tables []transfer.Table) (resumed bool, err error) {
	err = s.db.Update(ctx, func(tx database.Tx) error {
		resumed = false
		_, half, err := s.db.SchemaTables(ctx, tx)
		if err != nil {
			return err
		}
		if half {
			var of string
			err := tx.QueryRowContext(ctx, `SELECT source FROM `+database.TransferTable).Scan(&of)
			if err == nil && of != source {
				err = fmt.Errorf("the target holds part of a copy of %q: end that copy, or name another target", of)
			}
			resumed = true
			return err
		}
		for _, t := range tables {
			query := `SELECT EXISTS (SELECT 1 FROM ` + t.Name + `)`
			if t.Name == "active_rules" {
				query = `SELECT EXISTS (SELECT 1 FROM active_rules WHERE hash <> '')`
			}
			var used bool
			if err := tx.QueryRowContext(ctx, query).Scan(&used); err != nil {
				return err
			}
			if used {
				return fmt.Errorf("the target holds data already (table %s): name one that is empty, or does not exist yet", t.Name)
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM active_rules`); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `CREATE TABLE `+database.TransferTable+` (source TEXT NOT NULL)`); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO `+database.TransferTable+` (source) VALUES ($1)`, source)
		return err
	})
	return resumed, err
}

// empty deletes the rows of tables, each of which comes after those that it refers to.
func empty(ctx context.Context, tx database.Tx, tables []transfer.Table) error {
	if tx.Postgres {
		_, err := tx.ExecContext(ctx, `TRUNCATE `+namesOf(tables))
		return err
	}
	for _, t := range slices.Backward(tables) {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+t.Name); err != nil {
			return err
		}
	}
	return nil
}

// namesOf returns the names of tables, as in "a, b".
func namesOf(tables []transfer.Table) string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name
	}
	return strings.Join(names, ", ")
}
