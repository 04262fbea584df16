package demo

import (
	"context"
	"sync/atomic"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/store"
)

// A Clock is simulated time. It moves only when it is told to, so that a slow machine sees the same as a fast one. It is
// safe for use by several goroutines.
type Clock struct{ nanos atomic.Int64 }

// NewClock returns a clock that shows start.
func NewClock(start time.Time) *Clock {
	s := &Clock{}
	s.nanos.Store(start.UnixNano())
	return s
}

// Now returns the simulated time.
func (s *Clock) Now() time.Time { return time.Unix(0, s.nanos.Load()).UTC() }

// Clock returns the domain clock: to wait is to let time pass at once.
func (s *Clock) Clock() bot.Clock {
	return bot.Clock{
		Now: s.Now,
		Timer: func(until time.Time) *time.Timer {
			s.forward(until)
			return time.NewTimer(0)
		},
	}
}

// ClockOf returns the clock of a database: that of a demo stands still at its end. ended is that it is one.
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

// play takes turns until end. From start to end takes as long as lasts, or longer if the work does. It ends early, without
// an error, when ctx is done.
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
