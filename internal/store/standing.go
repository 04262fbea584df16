package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/rules"
)

// A Standing is the state of the store for metrics.
type Standing struct {
	Firing   map[rules.Level]int
	Pending  int
	Queues   map[string]outbox.Queue // by receiver
	PolledAt map[string]time.Time    // last successful poll, by project
}

// Standing returns the state at now.
func (s *Store) Standing(ctx context.Context, now time.Time) (Standing, error) {
	standing := Standing{Firing: map[rules.Level]int{}, PolledAt: map[string]time.Time{}}
	err := s.db.View(ctx, func(tx database.Tx) (err error) {
		if err := standing.countAlerts(ctx, tx); err != nil {
			return err
		}
		if standing.Queues, err = outbox.ReadQueues(ctx, tx, now); err != nil {
			return err
		}
		return standing.readPolls(ctx, tx)
	})
	return standing, database.Doing(err, "reading how things stand")
}

func (s *Standing) countAlerts(ctx context.Context, tx database.Tx) error {
	type row struct {
		state rules.State
		level rules.Level
		count int
	}
	rows, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.state, &r.level, &r.count} },
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

func (s *Standing) readPolls(ctx context.Context, tx database.Tx) error {
	rows, err := database.Collect(ctx, tx, func(p *Project) []any { return []any{&p.UID, database.Time(&p.PolledAt)} },
		`SELECT uid, polled_at FROM project`)
	for _, p := range rows {
		s.PolledAt[p.UID] = p.PolledAt
	}
	return err
}
