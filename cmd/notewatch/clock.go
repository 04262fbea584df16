package main

import (
	"context"
	"time"

	"notewatch/internal/bot"
)

// A stepClock is simulated time. It moves only when it is told to, so that a slow machine sees the same as a fast one.
type stepClock struct{ now time.Time }

// clock returns the domain clock: to wait is to let time pass at once.
func (s *stepClock) clock() bot.Clock {
	return bot.Clock{
		Now: func() time.Time { return s.now },
		Timer: func(until time.Time) *time.Timer {
			s.forward(until)
			return time.NewTimer(0)
		},
	}
}

func (s *stepClock) forward(until time.Time) {
	if until.After(s.now) {
		s.now = until
	}
}

// play lets b work until end. From start to end takes as long as lasts, or longer if the work does. It ends early, without
// an error, when ctx is done.
func (s *stepClock) play(ctx context.Context, b *bot.Bot, end time.Time, lasts time.Duration) error {
	start, began := s.now, time.Now()
	pace := float64(lasts) / float64(end.Sub(start))
	for ctx.Err() == nil && !s.now.After(end) {
		next, err := b.Turn(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		s.forward(next)
		shown := began.Add(time.Duration(float64(s.now.Sub(start)) * pace))
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(shown)):
		}
	}
	return nil
}
