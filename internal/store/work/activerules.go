package work

import (
	"context"
	"time"

	"notewatch/internal/store/database"
)

// ActiveRules returns the hash of the rules that all processes work by; "" before the first start.
func (s *Store) ActiveRules(ctx context.Context) (hash string, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT hash FROM active_rules`).Scan(&hash)
	})
	return hash, database.Doing(err, "reading which rules are active")
}

// activeFor reports whether rules are the active ones, and keeps it so until the transaction ends; "" matches any active rules.
func activeFor(ctx context.Context, tx database.Tx, rules string) (bool, error) {
	if rules == "" {
		return true, nil
	}
	query := `SELECT hash FROM active_rules`
	if tx.Postgres {
		query += ` FOR SHARE`
	}
	var active string
	err := tx.QueryRowContext(ctx, query).Scan(&active)
	return active == rules, err
}

// ActivateRules makes rules the active ones and work of kind Rules due at now. If they were not active, each process that polls or
// evaluates by the old rules loses its lease, because its decisions are based on them. A receiver that is being served is left to its
// process for the round, so that a post that was made is recorded.
func (s *Store) ActivateRules(ctx context.Context, hash string, now time.Time) error {
	err := s.db.Update(ctx, func(tx database.Tx) error {
		changed, err := database.Affected(tx.ExecContext(ctx, `UPDATE active_rules SET hash = $1 WHERE hash <> $1`, hash))
		if err != nil {
			return err
		}
		if changed {
			if err := endLeases(ctx, tx, Poll, PollRules, Organization, Summary, Mute); err != nil { // in the order of locks.go
				return err
			}
		}
		return MakeDue(ctx, tx, Rules, "", now, false)
	})
	return database.Doing(err, "making the rules active")
}

// endLeases ends the leases of work of some kinds.
func endLeases(ctx context.Context, tx database.Tx, kinds ...Kind) error {
	for _, kind := range kinds {
		_, err := tx.ExecContext(ctx, `
			UPDATE work SET lease_token = NULL, leased_until = NULL, process = NULL WHERE kind = $1 AND lease_token IS NOT NULL`, kind)
		if err != nil {
			return err
		}
	}
	return nil
}
