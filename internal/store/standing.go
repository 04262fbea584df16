package store

import (
	"context"
	"database/sql"
	"time"

	"notewatch/rules"
)

// A Standing is how things stand.
type Standing struct {
	Firing   map[rules.Level]int
	Pending  int
	Queues   map[string]Queue     // by receiver
	PolledAt map[string]time.Time // last poll that went well, by project
}

// A Queue is what a receiver does not show yet of what it should.
type Queue struct {
	Waiting int           // deliveries
	Oldest  time.Duration // for how long the oldest of them has waited, whatever changed meanwhile
	Dead    int           // deliveries that were given up
}

// Standing returns how things stand at now.
func (s *Store) Standing(ctx context.Context, now time.Time) (Standing, error) {
	standing := Standing{Firing: map[rules.Level]int{}, Queues: map[string]Queue{}, PolledAt: map[string]time.Time{}}
	err := s.view(ctx, func(tx *sql.Tx) error {
		if err := standing.countAlerts(ctx, tx); err != nil {
			return err
		}
		if err := standing.countQueues(ctx, tx, now); err != nil {
			return err
		}
		return standing.readPolls(ctx, tx)
	})
	return standing, doing(err, "reading how things stand")
}

func (s *Standing) countAlerts(ctx context.Context, tx *sql.Tx) error {
	type row struct {
		state rules.State
		level rules.Level
		count int
	}
	rows, err := collect(ctx, tx, func(r *row) []any { return []any{&r.state, &r.level, &r.count} },
		`SELECT state, level, count(*) FROM alert WHERE state IN ('pending', 'firing') AND NOT drill GROUP BY state, level`)
	for _, r := range rows {
		if r.state == rules.Pending {
			s.Pending += r.count
			continue
		}
		s.Firing[r.level] = r.count
	}
	return err
}

func (s *Standing) countQueues(ctx context.Context, tx *sql.Tx, now time.Time) error {
	type row struct {
		receiver string
		Queue
		oldest time.Time
	}
	rows, err := collect(ctx, tx, func(r *row) []any { return []any{&r.receiver, &r.Waiting, &r.Dead, instant{&r.oldest}} }, `
		SELECT receiver, count(CASE WHEN NOT dead THEN 1 END), count(CASE WHEN dead THEN 1 END), min(CASE WHEN NOT dead THEN waiting_since END)
		FROM delivery
		WHERE want > have AND why = '' AND NOT closed GROUP BY receiver`)
	for _, r := range rows {
		if !r.oldest.IsZero() {
			r.Oldest = now.Sub(r.oldest)
		}
		s.Queues[r.receiver] = r.Queue
	}
	return err
}

func (s *Standing) readPolls(ctx context.Context, tx *sql.Tx) error {
	rows, err := collect(ctx, tx, func(p *Project) []any { return []any{&p.UID, instant{&p.PolledAt}} },
		`SELECT uid, polled_at FROM project`)
	for _, p := range rows {
		s.PolledAt[p.UID] = p.PolledAt
	}
	return err
}
