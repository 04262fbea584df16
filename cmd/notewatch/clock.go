package main

import (
	"context"
	"sync/atomic"
	"time"

	"notewatch/internal/bot"
)

// A stepClock is simulated time. It moves only when it is told to, so that a slow machine sees the same as a fast one. It is
// safe for use by several goroutines.
type stepClock struct{ nanos atomic.Int64 }

func newStepClock(start time.Time) *stepClock {
	s := &stepClock{}
	s.nanos.Store(start.UnixNano())
	return s
}

func (s *stepClock) now() time.Time { return time.Unix(0, s.nanos.Load()).UTC() }

// clock returns the domain clock: to wait is to let time pass at once.
func (s *stepClock) clock() bot.Clock {
	return bot.Clock{
		Now: s.now,
		Timer: func(until time.Time) *time.Timer {
			s.forward(until)
			return time.NewTimer(0)
		},
	}
}

func (s *stepClock) forward(until time.Time) {
	if until.After(s.now()) {
		s.nanos.Store(until.UnixNano())
	}
}

// play takes turns until end. From start to end takes as long as lasts, or longer if the work does. It ends early, without
// an error, when ctx is done.
func (s *stepClock) play(ctx context.Context, turn func(context.Context) (next time.Time, err error), end time.Time, lasts time.Duration) error {
	start, began := s.now(), time.Now()
	pace := float64(lasts) / float64(end.Sub(start))
	for ctx.Err() == nil && !s.now().After(end) {
		next, err := turn(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		s.forward(next)
		shown := began.Add(time.Duration(float64(s.now().Sub(start)) * pace))
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(shown)):
		}
	}
	return nil
}
