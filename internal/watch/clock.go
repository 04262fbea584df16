package watch

import (
	"context"
	"sync/atomic"
	"time"

	"notewatch/internal/bot"
)

// A Clock is the clock of the database as this process knows it: the clock of the host, and how far the database is ahead of it. With it,
// processes on several hosts agree on leases, due times and the minutes of request budgets.
type Clock struct {
	read  func(context.Context) (time.Time, error)
	host  func() time.Time
	ahead atomic.Int64 // nanoseconds
}

// NewClock returns a clock that reads the time of the database. Until it is first measured, it shows the time of the host.
func NewClock(read func(context.Context) (time.Time, error), host func() time.Time) *Clock {
	return &Clock{read: read, host: host}
}

// Now returns the time of the database.
func (c *Clock) Now() time.Time { return c.host().Add(c.Ahead()) }

// Ahead returns how far the database is ahead of the host.
func (c *Clock) Ahead() time.Duration { return time.Duration(c.ahead.Load()) }

// Domain returns the clock as the domain clock of a bot.
func (c *Clock) Domain() bot.Clock {
	return bot.Clock{Now: c.Now, Timer: func(until time.Time) *time.Timer { return time.NewTimer(until.Sub(c.Now())) }}
}

const (
	measurements = 3                      // the quickest of which counts
	slowest      = time.Second            // longest measurement that counts: a process that was frozen meanwhile would measure the freeze
	finest       = 100 * time.Millisecond // smaller differences are ignored, so that the clock is stable
)

// Measure sets the clock to that of the database.
func (c *Clock) Measure(ctx context.Context) error {
	least := slowest
	ahead := c.Ahead()
	for range measurements {
		before := c.host()
		at, err := c.read(ctx)
		if err != nil {
			return err
		}
		if took := c.host().Sub(before); took >= 0 && took < least {
			least, ahead = took, at.Sub(before.Add(took/2))
		}
	}
	if (ahead - c.Ahead()).Abs() >= finest {
		c.ahead.Store(int64(ahead))
	}
	return nil
}

// maxAhead is the difference of the clocks above which an operator is warned.
const maxAhead = 2 * time.Second

// measure sets the clock, if it is that of the database, and warns once when the clock of the host differs much.
func (w *Watch) measure(ctx context.Context) error {
	c := w.Config.Clock
	if c == nil {
		return nil
	}
	if err := c.Measure(ctx); err != nil {
		return err
	}
	differs := c.Ahead().Abs() > maxAhead
	if differs && !w.differs.Swap(true) {
		w.log.Warn("the clock of this host differs from that of the database, by which all processes go: times in messages are those of the database",
			"database_ahead", c.Ahead().Round(time.Millisecond), "hint", "set both clocks by NTP")
	}
	w.differs.Store(differs)
	return nil
}
