package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"notewatch/rules"
)

// A Pace is how fast an account may send requests.
type Pace struct {
	Interval time.Duration // between requests in the long run
	Burst    int           // how many may follow each other at once
	Patience time.Duration // how far ahead a request is worth reserving
}

// TakeSlot reserves the next request of an account and returns when it may be sent, now or later. A request that would be
// later than the patience of the pace is not reserved. What is reserved counts among the requests of the UTC day.
//
// It is the generic cell rate algorithm (ITU-T I.371) with a tolerance of Burst-1 intervals. What was reserved for a time further
// ahead than that gives was reserved before the clock was set back, and does not count.
func (s *Store) TakeSlot(ctx context.Context, account string, now time.Time, pace Pace) (slot time.Time, err error) {
	step := (pace.Interval + time.Millisecond - 1).Milliseconds() // rounded up: never faster than asked
	furthest := now.Add(pace.Patience + time.Duration(pace.Burst+1)*pace.Interval + ClockTolerance)
	impatient := errors.New("not worth reserving")
	err = s.update(ctx, func(tx *sql.Tx) error {
		var next, until time.Time
		err := tx.QueryRowContext(ctx, `
			INSERT INTO account (name, next_at, requests_on, requests)
			VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT), $4, 1)
			ON CONFLICT (name) DO UPDATE SET next_at = CAST($3 AS BIGINT) + CASE
				WHEN account.next_at > $2 AND account.next_at > coalesce(account.held_until, 0) AND account.next_at <= $5 THEN account.next_at
				WHEN account.held_until > $2 THEN account.held_until
				ELSE CAST($2 AS BIGINT) END,
				requests = CASE WHEN account.requests_on = excluded.requests_on THEN account.requests + 1 ELSE 1 END,
				requests_on = excluded.requests_on
			RETURNING next_at, held_until`,
			account, at(now), step, rules.DayOf(now), at(furthest)).Scan(instant{&next}, instant{&until})
		if err != nil {
			return err
		}
		slot = latest(now, next.Add(-time.Duration(pace.Burst)*time.Duration(step)*time.Millisecond), until)
		if slot.Sub(now) > pace.Patience {
			return impatient // and roll back
		}
		return nil
	})
	if err != nil && !errors.Is(err, impatient) {
		return time.Time{}, doing(err, "taking a request from the budget of account %q", account)
	}
	return slot, nil
}

// Requests returns how many requests were reserved on the UTC day of now, by the name of the account. Accounts without any
// are left out.
func (s *Store) Requests(ctx context.Context, now time.Time) (map[string]int, error) {
	type row struct {
		account  string
		requests int
	}
	var all []row
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		all, err = collect(ctx, tx, func(r *row) []any { return []any{&r.account, &r.requests} },
			`SELECT name, requests FROM account WHERE requests_on = $1 AND requests > 0`, rules.DayOf(now))
		return err
	})
	requests := make(map[string]int, len(all))
	for _, r := range all {
		requests[r.account] = r.requests
	}
	return requests, doing(err, "reading how many requests were made")
}

// HoldAccount lets no request of the account be sent before until: Notehub said Retry-After.
func (s *Store) HoldAccount(ctx context.Context, account string, until time.Time) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO account (name, next_at, held_until) VALUES ($1, $2, $2)
			ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until
			WHERE account.held_until IS NULL OR account.held_until < excluded.held_until`,
			account, at(until))
		return err
	})
	return doing(err, "holding the requests of account %q", account)
}

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}
