package outbox

import (
	"context"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// A Queue is what a receiver does not show yet of what it should.
type Queue struct {
	Count  map[delivery.State]int // of deliveries that are unsettled
	Oldest time.Duration          // for how long the oldest that is waiting has waited, whatever changed meanwhile
}

// ReadQueues returns what receivers do not show yet at now, by receiver, each of which has work: nothing leads through what was ever
// delivered.
func ReadQueues(ctx context.Context, tx database.Tx, now time.Time) (map[string]Queue, error) {
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
		work.Receiver, delivery.Waiting, delivery.GivenUp)
	queues := map[string]Queue{}
	for _, c := range counts {
		q := queues[c.receiver]
		if q.Count == nil {
			q.Count = map[delivery.State]int{}
		}
		if q.Count[c.state] = c.n; c.state == delivery.Waiting {
			q.Oldest = now.Sub(c.oldest)
		}
		queues[c.receiver] = q
	}
	return queues, err
}
