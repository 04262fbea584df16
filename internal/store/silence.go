package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// fieldsOf lists the destinations of the columns of a silence.
func fieldsOf(s *muting.Silence) []any {
	return []any{
		&s.ID, &s.Match.Alert, &s.Match.Rule, &s.Match.Project, subjectOf{&s.Match}, database.Time(&s.Start), database.Time(&s.End), &s.By, &s.Because,
		&s.EndedBy, database.Time(&s.EndedAt),
	}
}

// subjectOf is the column of the device, the fleet or the route that a silence matches: the latter are recognized by their UIDs.
type subjectOf struct{ match *muting.Match }

// Value implements driver.Valuer.
func (c subjectOf) Value() (driver.Value, error) {
	return cmp.Or(c.match.Fleet, c.match.Route, c.match.Subject), nil
}

// Scan implements sql.Scanner.
func (c subjectOf) Scan(column any) error {
	var text sql.NullString
	err := text.Scan(column)
	c.match.Subject, c.match.Fleet, c.match.Route = "", "", ""
	switch rules.ScopeOf("", text.String) {
	case rules.EachFleet:
		c.match.Fleet = text.String
	case rules.EachRoute:
		c.match.Route = text.String
	default:
		c.match.Subject = text.String
	}
	return err
}

const silenceColumns = `id, alert, rule, project, subject, start_at, end_at, by_whom, because, ended_by, ended_at`

// stops is when a silence with an end ends.
const stops = `coalesce(ended_at, end_at)`

// lasting selects the silences that have not ended at $1. A silence without an end ends with its alert.
const lasting = `(` + stops + ` > $1 OR ` + stops + ` IS NULL
	AND EXISTS (SELECT 1 FROM alert WHERE alert.id = silence.alert AND alert.state IN ('pending', 'firing')))`

// silenceSeq identifies the state of all silences: it grows with every change.
func silenceSeq(ctx context.Context, tx database.Tx) (seq int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM silence`).Scan(&seq)
	return seq, err
}

// Silences returns the silences that have not ended at a time, in the order of their ends, and an identifier of the state of all silences,
// which grows with every change. A silence without an end is left out once its alert has ended.
func (s *Store) Silences(ctx context.Context, after time.Time) (silences []muting.Silence, seq int64, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		if seq, err = silenceSeq(ctx, tx); err != nil {
			return err
		}
		silences, err = database.Collect(ctx, tx, fieldsOf,
			`SELECT `+silenceColumns+` FROM silence WHERE `+lasting+` ORDER BY `+stops+` IS NULL, `+stops+`, id`, database.At(after))
		return err
	})
	return silences, seq, database.Doing(err, "reading silences")
}

// SilencesSince returns all silences that were made or ended since a time, the newest first.
func (s *Store) SilencesSince(ctx context.Context, since time.Time) (silences []muting.Silence, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		silences, err = database.Collect(ctx, tx, fieldsOf, `
			SELECT `+silenceColumns+` FROM silence WHERE start_at >= $1 OR ended_at >= $1 ORDER BY start_at DESC, id`,
			database.At(since))
		return err
	})
	return silences, database.Doing(err, "reading past silences")
}

// AddSilence stores a silence and makes the work that applies it due at once. A silence without an end must name an alert.
func (s *Store) AddSilence(ctx context.Context, silence muting.Silence, now time.Time) error {
	err := s.changeSilences(ctx, now, func(tx database.Tx, seq int64) (changed bool, err error) {
		return true, addSilences(ctx, tx, []muting.Silence{silence}, seq)
	})
	return database.Doing(err, "storing a silence")
}

// AddSilences is AddSilence for several, all or none. seen is the state of the silences on which they were decided, as Silences returns it;
// if it has changed, the error is ErrConflict.
func (s *Store) AddSilences(ctx context.Context, silences []muting.Silence, seen int64, now time.Time) error {
	err := s.changeSilences(ctx, now, func(tx database.Tx, seq int64) (changed bool, err error) {
		if seq != seen {
			return false, ErrConflict
		}
		return true, addSilences(ctx, tx, silences, seq)
	})
	return database.Doing(err, "storing %d silences", len(silences))
}

// changeSilences runs a change of the silences while no other is running, and makes the work that applies silences due at once if it changed
// any. seq is the present state of the silences; what changes gets a higher one.
func (s *Store) changeSilences(ctx context.Context, now time.Time, change func(tx database.Tx, seq int64) (changed bool, err error)) error {
	return s.db.Update(ctx, func(tx database.Tx) error {
		if err := lockSilences(ctx, tx); err != nil {
			return err
		}
		seq, err := silenceSeq(ctx, tx)
		if err != nil {
			return err
		}
		changed, err := change(tx, seq)
		if err != nil || !changed {
			return err
		}
		return work.MakeDue(ctx, tx, work.Mute, "", now, false)
	})
}

// addSilences stores silences. seq is the present state of the silences.
func addSilences(ctx context.Context, tx database.Tx, silences []muting.Silence, seq int64) error {
	for i := range silences {
		s := &silences[i]
		if s.End.IsZero() && s.Match.Alert == "" {
			return errors.New("one without an end must name an alert")
		}
		seq++
		args := append(fieldsOf(s), seq)
		_, err := tx.ExecContext(ctx, `INSERT INTO silence (`+silenceColumns+`, seq) VALUES (`+database.Params(1, len(args))+`)`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// EndSilence ends a silence at now, in the name of by. ok is false if there is no such silence, or if it has ended.
func (s *Store) EndSilence(ctx context.Context, id, by string, now time.Time) (ok bool, err error) {
	err = s.changeSilences(ctx, now, func(tx database.Tx, seq int64) (changed bool, err error) {
		ok, err = database.Affected(tx.ExecContext(ctx, `
			UPDATE silence SET ended_at = $1, seq = $2, ended_by = $3 WHERE id = $4 AND `+lasting, database.At(now), seq+1, by, id))
		return ok, err
	})
	return ok, database.Doing(err, "ending silence %q", id)
}
