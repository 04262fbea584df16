package work

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"notewatch/internal/store/database"
)

// A Process is a notewatch run on the database. Its times are on the machine clock.
type Process struct {
	ID      string // "" for a process that is not listed: a command, or a test
	Host    string
	PID     int
	Version string // of the program
	File    string // path of its rules file
	Rules   string // hash of the decisions of the file
	Schema  int64  // the newest that the program knows; Beat sets it
	Started time.Time
	Seen    time.Time // time of its last beat
	Ended   time.Time // zero: it is running, or died
}

const (
	// BeatTime is the time between two beats of a process.
	BeatTime = 15 * time.Second
	// keepProcess is how long a process stays listed after its last beat.
	keepProcess = 7 * 24 * time.Hour
)

// Lives reports whether the last beat of the process is not older than a lease.
func (p *Process) Lives(machine time.Time) bool {
	return p.Ended.IsZero() && machine.Sub(p.Seen) < LeaseTime
}

// Name returns a name for people: the host and the process ID.
func (p *Process) Name() string { return p.Host + "/" + strconv.Itoa(p.PID) }

// Beat records that a process is running, at p.Seen, and by which rules. It adds a new process, and removes those without a beat for a
// week. It returns ErrNewer if the process can no longer use the schema.
func (s *Store) Beat(ctx context.Context, p Process) error {
	known, err := s.db.KnownSchema()
	if err != nil {
		return err
	}
	err = s.db.Relax(ctx, func(tx database.Tx) error {
		if err := database.Usable(ctx, tx, known); err != nil {
			return err
		}
		listed, err := database.Affected(tx.ExecContext(ctx, `UPDATE process SET rules = $1, seen_at = $2, ended_at = NULL WHERE id = $3`,
			p.Rules, database.At(p.Seen), p.ID))
		if listed || err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO process (id, host, pid, version, rules_file, rules, schema_version, started_at, seen_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			p.ID, p.Host, p.PID, p.Version, p.File, p.Rules, known, database.At(p.Started), database.At(p.Seen))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM process WHERE seen_at < $1`, database.At(p.Seen.Add(-keepProcess)))
		return err
	})
	return database.Doing(err, "noting that process %q runs", p.Name())
}

// Time returns the time on the clock of the database: of the server, or of this host for a file.
func (s *Store) Time(ctx context.Context) (now time.Time, err error) {
	if !s.db.Postgres() {
		return time.Now(), nil
	}
	err = s.db.View(ctx, func(tx database.Tx) error {
		now, err = serverTime(ctx, tx)
		return err
	})
	return now, database.Doing(err, "reading the clock of the database")
}

// serverTime returns the time on the clock of PostgreSQL.
func serverTime(ctx context.Context, tx database.Tx) (now time.Time, err error) {
	err = tx.QueryRowContext(ctx, `SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)`).Scan(database.Time(&now))
	return now, err
}

// Leave records that a process has ended at machine.
func (s *Store) Leave(ctx context.Context, p Process, machine time.Time) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE process SET seen_at = $1, ended_at = $1 WHERE id = $2`, database.At(machine), p.ID)
		return err
	})
	return database.Doing(err, "noting that process %q has ended", p.Name())
}

// Processes returns the listed processes, the newest first.
func (s *Store) Processes(ctx context.Context) (all []Process, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		all, err = readProcesses(ctx, tx)
		return err
	})
	return all, database.Doing(err, "reading which processes there are")
}

func readProcesses(ctx context.Context, tx database.Tx) ([]Process, error) {
	return database.Collect(ctx, tx, func(p *Process) []any {
		return []any{&p.ID, &p.Host, &p.PID, &p.Version, &p.File, &p.Rules, &p.Schema, database.Time(&p.Started), database.Time(&p.Seen), database.Time(&p.Ended)}
	}, `
		SELECT id, host, pid, version, rules_file, rules, schema_version, started_at, seen_at, ended_at
		FROM process ORDER BY started_at DESC, id`)
}

// Held is a work item that a process has leased.
type Held struct {
	Kind    Kind
	Key     string
	Process string // ID
}

// Held returns the work items that are leased at machine, in order of kind and key.
func (s *Store) Held(ctx context.Context, machine time.Time) (all []Held, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		all, err = database.Collect(ctx, tx, func(h *Held) []any { return []any{&h.Kind, &h.Key, &h.Process} }, `
			SELECT kind, key, process FROM work
			WHERE process IS NOT NULL AND lease_token IS NOT NULL AND leased_until > $1 AND leased_until <= $2 ORDER BY kind, key`,
			database.At(machine), database.At(machine.Add(LeaseTime+ClockTolerance)))
		return err
	})
	return all, database.Doing(err, "reading which work processes hold")
}

// CheckUnused returns an error if a process is running on the database.
func CheckUnused(ctx context.Context, tx database.Tx) error {
	now, err := serverTime(ctx, tx)
	if err != nil {
		return err
	}
	all, err := readProcesses(ctx, tx)
	if err != nil {
		return err
	}
	var alive []string
	for _, p := range all {
		if p.Lives(now) {
			alive = append(alive, p.Name())
		}
	}
	if len(alive) > 0 {
		return fmt.Errorf("notewatch run is running on it (%s): end it, and try again; one that died is known for a minute", strings.Join(alive, ", "))
	}
	return nil
}
