package store

import (
	"context"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/database"
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
	Count  map[delivery.State]int // of deliveries that are unsettled
	Oldest time.Duration          // for how long the oldest that is waiting has waited, whatever changed meanwhile
}

// Standing returns how things stand at now.
func (s *Store) Standing(ctx context.Context, now time.Time) (Standing, error) {
	standing := Standing{Firing: map[rules.Level]int{}, Queues: map[string]Queue{}, PolledAt: map[string]time.Time{}}
	err := s.db.View(ctx, func(tx database.Tx) error {
		if err := standing.countAlerts(ctx, tx); err != nil {
			return err
		}
		if err := standing.countQueues(ctx, tx, now); err != nil {
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

// countQueues counts by receiver, each of which has work: nothing leads through what was ever delivered.
func (s *Standing) countQueues(ctx context.Context, tx database.Tx, now time.Time) error {
	type count struct {
		receiver string
		state    delivery.State
		n        int
		oldest   time.Time
	}
	const ofReceiver = ` FROM work CROSS JOIN delivery WHERE receiver = key AND kind = $1 AND `
	counts, err := database.Collect(ctx, tx, func(c *count) []any { return []any{&c.receiver, &c.state, &c.n, database.Time(&c.oldest)} }, `
		SELECT receiver, state, count(*), min(waiting_since)`+ofReceiver+owes+` AND state IN ($2, $3) GROUP BY receiver, state
		UNION ALL SELECT receiver, state, count(*), NULL`+ofReceiver+keptBack+` GROUP BY receiver, state`,
		Receiver, delivery.Waiting, delivery.GivenUp)
	for _, c := range counts {
		q := s.Queues[c.receiver]
		if q.Count == nil {
			q.Count = map[delivery.State]int{}
		}
		if q.Count[c.state] = c.n; c.state == delivery.Waiting {
			q.Oldest = now.Sub(c.oldest)
		}
		s.Queues[c.receiver] = q
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
