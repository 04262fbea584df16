package demo

import (
	"context"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/driven"
	"notewatch/internal/store"
)

// ClockOf returns the clock of a database. That of a demo database stands still at the end of the demo, and ended is true.
func ClockOf(ctx context.Context, db *store.Store) (clock bot.Clock, ended bool, err error) {
	end, err := db.DemoEnd(ctx)
	if end.IsZero() {
		return bot.SystemClock(), false, err
	}
	return driven.NewClock(end).Clock(), true, err
}

// play calls turn until end. From start to end takes the time lasts, or longer if the work does. It ends early, without an error, when ctx
// is done.
func play(
	ctx context.Context, clock *driven.Clock, turn func(context.Context) (next time.Time, err error), end time.Time, lasts time.Duration,
) error {
	start, began := clock.Now(), time.Now()
	pace := float64(lasts) / float64(end.Sub(start))
	for ctx.Err() == nil && !clock.Now().After(end) {
		next, err := turn(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		clock.Forward(next)
		shown := began.Add(time.Duration(float64(clock.Now().Sub(start)) * pace))
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(shown)):
		}
	}
	return nil
}
