package store

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Revive makes a receiver try again what was given up: somebody may have mended what was wrong with it.
func (s *Store) Revive(ctx context.Context, receiver string, now time.Time) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE delivery SET dead = FALSE WHERE receiver = $1 AND dead AND want > have`, receiver)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return raise(ctx, tx, Receiver, receiver, now, true)
	})
	return doing(err, "reviving what receiver %q had given up", receiver)
}

// GiveUp gives up everything that waits for a receiver, for a reason. ErrLeaseLost if the lease is no longer held.
func (s *Store) GiveUp(ctx context.Context, lease Lease, reason string) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		if err := hold(ctx, tx, lease); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE delivery SET dead = TRUE, error = $1 WHERE receiver = $2 AND want > have AND NOT dead AND why = ''`, reason, lease.Key)
		return err
	})
	return doing(err, "giving up what waits for receiver %q", lease.Key)
}

// Reconsider has looked at again what was held back of alerts that still fire: it may have been for a reason that is gone.
func (s *Store) Reconsider(ctx context.Context, now time.Time) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE delivery SET why = '', waiting_since = $1
			WHERE want > have AND why <> '' AND alert IN (SELECT id FROM alert WHERE `+openAlert+` AND state = 'firing')`, at(now))
		return err
	})
	return doing(err, "looking again at what was held back")
}

// KeepReceivers says which receivers there are. What others were to show is closed until they are back, and then to be
// brought up to date; it returns, by name, of how many firing alerts each of these will not hear the end.
func (s *Store) KeepReceivers(ctx context.Context, receivers []string, now time.Time) (gone map[string]int64, err error) {
	gone = map[string]int64{}
	err = s.update(ctx, func(tx *sql.Tx) error {
		known, err := collect(ctx, tx, func(name *string) []any { return []any{name} }, `SELECT DISTINCT receiver FROM delivery`)
		if err != nil {
			return err
		}
		for _, name := range known {
			if slices.Contains(receivers, name) {
				if _, err := tx.ExecContext(ctx, reopen, name, at(now)); err != nil {
					return err
				}
				continue
			}
			result, err := tx.ExecContext(ctx, `
				UPDATE delivery SET closed = TRUE WHERE receiver = $1 AND NOT closed
				AND alert IN (SELECT id FROM alert WHERE `+openAlert+` AND state = 'firing')`, name)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil {
				return err
			} else if n > 0 {
				gone[name] = n
			}
		}
		return nil
	})
	return gone, doing(err, "closing what receivers that are gone were to show")
}

// reopen has receiver $1 show from $2 on what became of the alerts since their deliveries were closed.
const reopen = `
	UPDATE delivery SET closed = FALSE, want = alert.version, dead = FALSE, error = '', why = '',
		waiting_since = CASE WHEN alert.version > have THEN CAST($2 AS BIGINT) END
	FROM alert WHERE alert.id = delivery.alert AND receiver = $1 AND closed`

// Redeliver has what receivers should show of an alert posted afresh, whatever they show of it: with all that is in the
// same messages. receiver "" is all that are to show it. It returns the receivers.
func (s *Store) Redeliver(ctx context.Context, alert, receiver string, now time.Time) (receivers []string, err error) {
	err = s.update(ctx, func(tx *sql.Tx) error {
		const chosen = `(SELECT message FROM delivery WHERE alert = $1 AND moves % 2 = 0 AND ($2 = '' OR receiver = $2))`
		if _, err := tx.ExecContext(ctx, `UPDATE message SET ref = '' WHERE id IN `+chosen, alert, receiver); err != nil {
			return err
		}
		receivers, err = collect(ctx, tx, func(name *string) []any { return []any{name} }, `
			UPDATE delivery SET have = 0, shown = 0, dead = FALSE, error = '', why = '', figure = NULL, words = NULL, repairs = repairs + 1,
				waiting_since = $3
			WHERE NOT closed AND moves % 2 = 0 AND (message IN `+chosen+` OR alert = $1 AND ($2 = '' OR receiver = $2))
			RETURNING receiver`, alert, receiver, at(now))
		if err != nil {
			return err
		}
		slices.Sort(receivers)
		receivers = slices.Compact(receivers)
		for _, name := range receivers {
			if err := raise(ctx, tx, Receiver, name, now, false); err != nil {
				return err
			}
		}
		return nil
	})
	return receivers, doing(err, "sending alert %q again", alert)
}
