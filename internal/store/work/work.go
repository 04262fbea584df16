package work

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"notewatch/internal/store/database"
)

// A Kind is a kind of due work.
type Kind string

// The kinds of work.
const (
	Poll      Kind = "poll"       // key: project UID
	PollRules Kind = "poll rules" // key: project UID: evaluates the rules that read only the state of polling
	Receiver  Kind = "receiver"   // key: receiver name
	Mute      Kind = "mute"       // key: "": looks who is to be told of which alert
	Summary   Kind = "summary"    // key: "": tells what was used
	Rules     Kind = "rules"      // key: "": applies the active rules to what is stored; due until some process has done so
)

// A Lease is the right to do one piece of work for a while. Each transaction that relies on it checks Token first. A
// lease that has run out is still good until somebody else claims the work.
type Lease struct {
	Kind     Kind
	Key      string
	Token    string
	Due      time.Time // when the work was due
	Version  int64     // of the work when it was claimed
	Failures int       // in a row, before this
}

// ErrLeaseLost means that the work was taken over: whoever gets it must drop what it did and start over.
var ErrLeaseLost = errors.New("the lease was lost")

// LeaseTime is how long a lease holds on the machine clock, unless extended.
const LeaseTime = 60 * time.Second

// AddWork makes sure that a row exists for each key, new ones due at due. Existing rows stay as they are.
func (s *Store) AddWork(ctx context.Context, kind Kind, keys []string, due time.Time) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO work (kind, key, due_at, version, failures)
			SELECT $1, value, CAST($2 AS BIGINT), 0, 0 FROM json_each($3) WHERE TRUE
			ON CONFLICT (kind, key) DO NOTHING`, kind, database.At(due), database.Elements(keys))
		return err
	})
	return database.Doing(err, "adding work of kind %s", kind)
}

// KeepProjects makes the polls of other projects, and the rules about them, never due.
func (s *Store) KeepProjects(ctx context.Context, projects []string) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE work SET due_at = NULL WHERE kind IN ($1, $2) AND key NOT IN (SELECT value FROM json_each($3))`,
			Poll, PollRules, database.Elements(projects))
		return err
	})
	return database.Doing(err, "keeping the work of %d projects", len(projects))
}

// A Claimant is who claims work.
type Claimant struct {
	Process string // ID; "" is not listed
	Rules   string // hash of the rules that it works by; "" is whatever rules are active
}

// Claim leases the piece of work if it is due at now (domain clock) and nobody holds it at machine (machine clock). A lease that
// ends later than any that is taken at machine was taken before that clock was set back, and does not count.
func (s *Store) Claim(ctx context.Context, kind Kind, key string, now, machine time.Time) (Lease, bool, error) {
	return s.ClaimFor(ctx, Claimant{}, kind, key, now, machine)
}

// ClaimFor is Claim for a process. It does not get the work if the rules that it works by are not the active ones.
func (s *Store) ClaimFor(ctx context.Context, c Claimant, kind Kind, key string, now, machine time.Time) (Lease, bool, error) {
	lease, ok := Lease{Kind: kind, Key: key, Token: rand.Text()}, false
	err := s.db.Relax(ctx, func(tx database.Tx) (err error) {
		if ok, err = activeFor(ctx, tx, c.Rules); !ok || err != nil {
			return err
		}
		chosen := `kind = $3 AND key = $4`
		if tx.Postgres { // who has locked the row may be claiming it
			chosen = `(kind, key) IN (SELECT kind, key FROM work WHERE ` + chosen + ` FOR UPDATE SKIP LOCKED)`
		}
		row := tx.QueryRowContext(ctx, `
			UPDATE work SET lease_token = $1, leased_until = $2, process = $8
			WHERE `+chosen+` AND due_at <= $5 AND (lease_token IS NULL OR leased_until <= $6 OR leased_until > $7)
			RETURNING due_at, version, failures`,
			lease.Token, database.At(machine.Add(LeaseTime)), kind, key, database.At(now), database.At(machine), database.At(machine.Add(LeaseTime+ClockTolerance)),
			database.Optional(&c.Process))
		ok, err = database.Found(row, database.Time(&lease.Due), &lease.Version, &lease.Failures)
		return err
	})
	if !ok || err != nil {
		return Lease{}, false, database.Doing(err, "claiming %s %q", kind, key)
	}
	return lease, true, nil
}

// Extend makes the lease hold LeaseTime from machine on. ErrLeaseLost if somebody else has claimed the work.
func (s *Store) Extend(ctx context.Context, lease Lease, machine time.Time) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error { return Extend(ctx, tx, lease, machine) })
	return database.Doing(err, "extending the lease on %s %q", lease.Kind, lease.Key)
}

// Extend makes the lease hold LeaseTime from machine on. ErrLeaseLost if somebody else has claimed the work.
func Extend(ctx context.Context, tx database.Tx, lease Lease, machine time.Time) error {
	return held(tx.ExecContext(ctx, `
		UPDATE work SET leased_until = $1 WHERE kind = $2 AND key = $3 AND lease_token = $4`,
		database.At(machine.Add(LeaseTime)), lease.Kind, lease.Key, lease.Token))
}

// Complete gives the lease back: the work is due again at due, or at now if its version moved since the claim. The zero
// due is never, until something makes it due. failures is the new count of failures in a row; after one, due is when to
// try again, and no new version brings that forward. ErrLeaseLost if somebody else has claimed the work.
func (s *Store) Complete(ctx context.Context, lease Lease, now, due time.Time, failures int) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error { return Complete(ctx, tx, lease, now, due, failures) })
	return database.Doing(err, "completing %s %q", lease.Kind, lease.Key)
}

// Complete gives the lease back as the method of that name does.
func Complete(ctx context.Context, tx database.Tx, lease Lease, now, due time.Time, failures int) error {
	moved := now // due, if the version moved
	if failures > 0 && !due.IsZero() {
		moved = due
	}
	return held(tx.ExecContext(ctx, `
		UPDATE work SET
			due_at = CASE WHEN version = $1 THEN CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END,
			failures = $4, lease_token = NULL, leased_until = NULL, process = NULL
		WHERE kind = $5 AND key = $6 AND lease_token = $7`,
		lease.Version, database.At(due), database.At(moved), failures, lease.Kind, lease.Key, lease.Token))
}

// Hold makes a transaction depend on the lease: it fails if somebody else has claimed the work, and nobody can claim it
// before the transaction ends.
func Hold(ctx context.Context, tx database.Tx, lease Lease) error {
	return held(tx.ExecContext(ctx, `
		UPDATE work SET lease_token = lease_token WHERE kind = $1 AND key = $2 AND lease_token = $3`,
		lease.Kind, lease.Key, lease.Token))
}

// held is ErrLeaseLost if an update for the holder of a lease found no row.
func held(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return ErrLeaseLost
	}
	return err
}

// Raise makes the piece of work due at now at the latest, whatever it waits for, and again at once if somebody is at it
// right now.
func (s *Store) Raise(ctx context.Context, kind Kind, key string, now time.Time) error {
	err := s.db.Update(ctx, func(tx database.Tx) error { return Raise(ctx, tx, kind, key, now, false) })
	return database.Doing(err, "making %s %q due", kind, key)
}

// Raise moves the version of a piece of work and makes it due at now at the latest. If patient, work that waits for its
// next try after a failure goes on waiting: a receiver that asked for time gets it.
func Raise(ctx context.Context, tx database.Tx, kind Kind, key string, now time.Time, patient bool) error {
	return raiseEach(ctx, tx, kind, []string{key}, now, patient)
}

// raiseEach is Raise for the pieces of work of several keys, which are in order.
func raiseEach(ctx context.Context, tx database.Tx, kind Kind, keys []string, now time.Time, patient bool) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO work (kind, key, due_at, version, failures) SELECT $1, value, CAST($2 AS BIGINT), 1, 0 FROM json_each($3) WHERE TRUE
		ON CONFLICT (kind, key) DO UPDATE SET
			version = work.version + 1,
			due_at = CASE
				WHEN work.due_at < excluded.due_at THEN work.due_at
				WHEN $4 AND work.failures > 0 AND work.due_at IS NOT NULL THEN work.due_at
				ELSE excluded.due_at END`,
		kind, database.At(now), database.Elements(keys), patient)
	return err
}

// Moved reports whether there is something new since the work was claimed.
func (s *Store) Moved(ctx context.Context, lease Lease) (moved bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		moved, err = Moved(ctx, tx, lease)
		return err
	})
	return moved, database.Doing(err, "looking whether there is more of %s %q", lease.Kind, lease.Key)
}

// Moved reports whether the version of a piece of work has risen since it was claimed.
func Moved(ctx context.Context, tx database.Tx, lease Lease) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT version <> $1 FROM work WHERE kind = $2 AND key = $3`,
		lease.Version, lease.Kind, lease.Key).Scan(&yes)
	return yes, err
}

// NextDue returns when the piece of work is due; ok is false if never.
func (s *Store) NextDue(ctx context.Context, kind Kind, key string) (due time.Time, ok bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		_, err := database.Found(tx.QueryRowContext(ctx, `SELECT due_at FROM work WHERE kind = $1 AND key = $2`, kind, key), database.Time(&due))
		return err
	})
	return due, !due.IsZero(), database.Doing(err, "reading when %s %q is due", kind, key)
}

// Due returns when pieces of work of a kind are due, by key. Those that are never due are left out.
func (s *Store) Due(ctx context.Context, kind Kind, keys []string) (map[string]time.Time, error) {
	type row struct {
		key string
		at  time.Time
	}
	due := map[string]time.Time{}
	err := s.db.View(ctx, func(tx database.Tx) error {
		rows, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.key, database.Time(&r.at)} },
			`SELECT key, due_at FROM work WHERE kind = $1 AND due_at IS NOT NULL AND key `+tx.Among(2), kind, database.Texts(keys))
		for _, r := range rows {
			due[r.key] = r.at
		}
		return err
	})
	return due, database.Doing(err, "reading when work of kind %s is due", kind)
}

// A Job names a piece of work.
type Job struct {
	Kind Kind
	Key  string
}

// DueBy returns the pieces of work that are due by a time.
func (s *Store) DueBy(ctx context.Context, at time.Time) (jobs []Job, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		jobs, err = database.Collect(ctx, tx, func(j *Job) []any { return []any{&j.Kind, &j.Key} }, `SELECT kind, key FROM work WHERE due_at <= $1`, database.Time(&at))
		return err
	})
	return jobs, database.Doing(err, "reading which work is due")
}

// Earlier returns the earlier of two due times, of which zero is never.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// WorkState returns when a piece of work is due, zero being never, and whether somebody is at it at machine.
func (s *Store) WorkState(ctx context.Context, kind Kind, key string, machine time.Time) (due time.Time, held bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		row := tx.QueryRowContext(ctx, `
			SELECT due_at, lease_token IS NOT NULL AND leased_until > $3 AND leased_until <= $4 FROM work WHERE kind = $1 AND key = $2`,
			kind, key, database.At(machine), database.At(machine.Add(LeaseTime+ClockTolerance)))
		_, err := database.Found(row, database.Time(&due), &held)
		return err
	})
	return due, held, database.Doing(err, "reading when %s %q is due", kind, key)
}

// Raised counts how often any work was made due by something that happened.
func (s *Store) Raised(ctx context.Context) (times int64, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT coalesce(sum(version), 0) FROM work`).Scan(&times)
	})
	return times, database.Doing(err, "looking whether work was made due")
}

// RaiseReceivers makes receivers due, those of which due is true.
func RaiseReceivers(ctx context.Context, tx database.Tx, now time.Time, due map[string]bool) error {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(due)), func(name string) bool { return !due[name] })
	return raiseEach(ctx, tx, Receiver, names, now, true)
}

// ClockTolerance is how far a stored time of something that has happened may lie ahead of the clock: clocks are adjusted by
// seconds all the time. One that lies further ahead shows that the clock was set back.
const ClockTolerance = time.Minute
