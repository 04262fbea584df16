package demo

import (
	"context"
	"sync/atomic"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/store"
)

// A Clock is simulated time. It moves only when it is set, so a slow machine shows the same as a fast one. It is safe for concurrent use.
type Clock struct{ nanos atomic.Int64 }

// NewClock returns a clock that shows start.
func NewClock(start time.Time) *Clock {
	s := &Clock{}
	s.nanos.Store(start.UnixNano())
	return s
}

// Now returns the simulated time.
func (s *Clock) Now() time.Time { return time.Unix(0, s.nanos.Load()).UTC() }

// Clock returns the domain clock. A wait moves the clock forward at once.
func (s *Clock) Clock() bot.Clock {
	return bot.Clock{
		Now: s.Now,
		Timer: func(until time.Time) *time.Timer {
			s.forward(until)
			return time.NewTimer(0)
		},
	}
}

// ClockOf returns the clock of a database. That of a demo database stands still at the end of the demo, and ended is true.
func ClockOf(ctx context.Context, db *store.Store) (clock bot.Clock, ended bool, err error) {
	end, err := db.DemoEnd(ctx)
	if end.IsZero() {
		return bot.SystemClock(), false, err
	}
	return NewClock(end).Clock(), true, err
}

func (s *Clock) forward(until time.Time) {
	if until.After(s.Now()) {
		s.nanos.Store(until.UnixNano())
	}
}

// play calls turn until end. From start to end takes the time lasts, or longer if the work does. It ends early, without an error, when ctx
// is done.
func (s *Clock) play(ctx context.Context, turn func(context.Context) (next time.Time, err error), end time.Time, lasts time.Duration) error {
	start, began := s.Now(), time.Now()
	pace := float64(lasts) / float64(end.Sub(start))
	for ctx.Err() == nil && !s.Now().After(end) {
		next, err := turn(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		s.forward(next)
		shown := began.Add(time.Duration(float64(s.Now().Sub(start)) * pace))
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(shown)):
		}
	}
	return nil
}
