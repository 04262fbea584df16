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
	Poll         Kind = "poll"         // key: project UID
	PollRules    Kind = "poll rules"   // key: project UID: evaluates the rules that read only the state of polling
	Receiver     Kind = "receiver"     // key: receiver name
	Organization Kind = "organization" // key: account name: reads the organization, evaluates the rules about it
	Mute         Kind = "mute"         // key: "": updates the mutes of alerts
	Summary      Kind = "summary"      // key: "": sends the weekly summary
	Projects     Kind = "projects"     // key: account name: lists its projects, if all are watched
	Rules        Kind = "rules"        // key: "": applies the active rules to the store; due until a process has done so
)

// A Lease is the right to do one work item for a while. Each transaction that relies on it checks Token first. A lease that has run out is
// still valid until another process claims the work.
type Lease struct {
	Kind     Kind
	Key      string
	Token    string
	Due      time.Time // when the work was due
	Version  int64     // of the work when it was claimed
	Failures int       // in a row, before this
}

// ErrLeaseLost means that another process claimed the work: drop the results and start over.
var ErrLeaseLost = errors.New("the lease was lost")

// LeaseTime is how long a lease holds on the machine clock, unless extended.
const LeaseTime = 60 * time.Second

// AddWork makes sure that a row exists for each key, new ones due at due. Existing rows stay unchanged.
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

// Keep makes work of a kind with other keys never due.
func (s *Store) Keep(ctx context.Context, kind Kind, keys []string) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE work SET due_at = NULL WHERE kind = $1 AND key NOT IN (SELECT value FROM json_each($2))`, kind, database.Elements(keys))
		return err
	})
	return database.Doing(err, "keeping the work of kind %s", kind)
}

// A Claimant is a process that claims work.
type Claimant struct {
	Process string // ID; "" if it is not listed
	Rules   string // hash of the rules that it works by; "" matches any active rules
}

// Claim leases the work item if it is due at now (domain clock) and not leased at machine (machine clock). A lease that ends later than any
// lease taken at machine was taken before that clock was set back, and does not count.
func (s *Store) Claim(ctx context.Context, kind Kind, key string, now, machine time.Time) (Lease, bool, error) {
	return s.ClaimFor(ctx, Claimant{}, kind, key, now, machine)
}

// ClaimFor is Claim for a process. It returns no lease if the rules of the process are not the active ones.
func (s *Store) ClaimFor(ctx context.Context, c Claimant, kind Kind, key string, now, machine time.Time) (Lease, bool, error) {
	lease, ok := Lease{Kind: kind, Key: key, Token: rand.Text()}, false
	err := s.db.Relax(ctx, func(tx database.Tx) (err error) {
		if ok, err = activeFor(ctx, tx, c.Rules); !ok || err != nil {
			return err
		}
		chosen := `kind = $3 AND key = $4`
		if tx.Postgres { // another process that has locked the row may be claiming it
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

// Extend extends the lease to LeaseTime from machine on. It returns ErrLeaseLost if another process has claimed the work.
func (s *Store) Extend(ctx context.Context, lease Lease, machine time.Time) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error { return Extend(ctx, tx, lease, machine) })
	return database.Doing(err, "extending the lease on %s %q", lease.Kind, lease.Key)
}

// Extend extends the lease to LeaseTime from machine on. It returns ErrLeaseLost if another process has claimed the work.
func Extend(ctx context.Context, tx database.Tx, lease Lease, machine time.Time) error {
	return lostUnlessFound(tx.ExecContext(ctx, `
		UPDATE work SET leased_until = $1 WHERE kind = $2 AND key = $3 AND lease_token = $4`,
		database.At(machine.Add(LeaseTime)), lease.Kind, lease.Key, lease.Token))
}

// Complete releases the lease: the work is due again at due, or at now if its version has risen since the claim. A zero due means never,
// until something makes it due. failures is the new count of failures in a row; after a failure, due is the time of the retry, and a new
// version does not bring it forward. It returns ErrLeaseLost if another process has claimed the work.
func (s *Store) Complete(ctx context.Context, lease Lease, now, due time.Time, failures int) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error { return Complete(ctx, tx, lease, now, due, failures) })
	return database.Doing(err, "completing %s %q", lease.Kind, lease.Key)
}

// Complete releases the lease like the method of that name.
func Complete(ctx context.Context, tx database.Tx, lease Lease, now, due time.Time, failures int) error {
	moved := now // due time if the version has risen
	if failures > 0 && !due.IsZero() {
		moved = due
	}
	return lostUnlessFound(tx.ExecContext(ctx, `
		UPDATE work SET
			due_at = CASE WHEN version = $1 THEN CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END,
			failures = $4, lease_token = NULL, leased_until = NULL, process = NULL
		WHERE kind = $5 AND key = $6 AND lease_token = $7`,
		lease.Version, database.At(due), database.At(moved), failures, lease.Kind, lease.Key, lease.Token))
}

// Hold makes a transaction depend on the lease: it fails if another process has claimed the work, and no process can claim it before the
// transaction ends.
func Hold(ctx context.Context, tx database.Tx, lease Lease) error {
	return lostUnlessFound(tx.ExecContext(ctx, `
		UPDATE work SET lease_token = lease_token WHERE kind = $1 AND key = $2 AND lease_token = $3`,
		lease.Kind, lease.Key, lease.Token))
}

// lostUnlessFound returns ErrLeaseLost if an update for the holder of a lease found no row.
func lostUnlessFound(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return ErrLeaseLost
	}
	return err
}

// MakeDue makes the work item due at now or earlier, even if it waits for a retry. If it is leased, it becomes due again when the lease is
// released.
func (s *Store) MakeDue(ctx context.Context, kind Kind, key string, now time.Time) error {
	err := s.db.Update(ctx, func(tx database.Tx) error { return MakeDue(ctx, tx, kind, key, now, false) })
	return database.Doing(err, "making %s %q due", kind, key)
}

// MakeDue raises the version of a work item and makes it due at now or earlier. If patient is set, work that waits for its retry after a
// failure continues to wait: a receiver that asked for time gets it.
func MakeDue(ctx context.Context, tx database.Tx, kind Kind, key string, now time.Time, patient bool) error {
	return makeEachDue(ctx, tx, kind, []string{key}, now, patient)
}

// makeEachDue is MakeDue for the work items of several keys, which are in order.
func makeEachDue(ctx context.Context, tx database.Tx, kind Kind, keys []string, now time.Time, patient bool) error {
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

// Moved reports whether the version of the work item has risen since it was claimed.
func (s *Store) Moved(ctx context.Context, lease Lease) (moved bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		moved, err = Moved(ctx, tx, lease)
		return err
	})
	return moved, database.Doing(err, "looking whether there is more of %s %q", lease.Kind, lease.Key)
}

// Moved reports whether the version of the work item has risen since it was claimed.
func Moved(ctx context.Context, tx database.Tx, lease Lease) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT version <> $1 FROM work WHERE kind = $2 AND key = $3`,
		lease.Version, lease.Kind, lease.Key).Scan(&yes)
	return yes, err
}

// NextDue returns when the work item is due; ok is false if never.
func (s *Store) NextDue(ctx context.Context, kind Kind, key string) (due time.Time, ok bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		_, err := database.Found(tx.QueryRowContext(ctx, `SELECT due_at FROM work WHERE kind = $1 AND key = $2`, kind, key), database.Time(&due))
		return err
	})
	return due, !due.IsZero(), database.Doing(err, "reading when %s %q is due", kind, key)
}

// Due returns when work items of a kind are due, by key. Those that are never due are left out.
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

// A Job identifies a work item.
type Job struct {
	Kind Kind
	Key  string
}

// DueBy returns the work items that are due by a time.
func (s *Store) DueBy(ctx context.Context, at time.Time) (jobs []Job, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		jobs, err = database.Collect(ctx, tx, func(j *Job) []any { return []any{&j.Kind, &j.Key} }, `SELECT kind, key FROM work WHERE due_at <= $1`, database.Time(&at))
		return err
	})
	return jobs, database.Doing(err, "reading which work is due")
}

// Earlier returns the earlier of two due times; zero means never.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// WorkState returns when a work item is due (zero means never), and whether it is leased at machine.
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

// TimesMadeDue counts how often work was made due.
func (s *Store) TimesMadeDue(ctx context.Context) (times int64, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT coalesce(sum(version), 0) FROM work`).Scan(&times)
	})
	return times, database.Doing(err, "looking whether work was made due")
}

// MakeReceiversDue makes the receivers due for which due is true.
func MakeReceiversDue(ctx context.Context, tx database.Tx, now time.Time, due map[string]bool) error {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(due)), func(name string) bool { return !due[name] })
	return makeEachDue(ctx, tx, Receiver, names, now, true)
}

// ClockTolerance is how far the stored time of a past event may lie ahead of the clock, because clocks are adjusted by seconds all the
// time. A time further ahead shows that the clock was set back.
const ClockTolerance = time.Minute

// Ahead reports whether the stored time of a past event lies so far ahead of now that the clock was set back since.
func Ahead(at, now time.Time) bool { return at.Sub(now) > ClockTolerance }
