package demo

import (
	"context"
	"errors"
	"time"

	"notewatch/internal/driven"
	"notewatch/internal/pause"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
)

// A follower serves receivers that need pauses between two messages. The simulated time does not wait for them: each time they are served,
// they are shown the state of that moment, and at the end the final state.
type follower struct {
	watch     *watch.Watch
	clock     *driven.Clock
	receivers []string
	news      chan struct{} // receives when there may be something to show; closed at the end
}

// follow lets w work until end.
func follow(ctx context.Context, w *watch.Watch, clock *driven.Clock, end time.Time, lasts time.Duration) error {
	f := follower{watch: w, clock: clock, news: make(chan struct{}, 1)}
	for _, r := range w.Config.Receivers {
		if r.Pause > 0 {
			f.receivers = append(f.receivers, r.Name)
		}
	}
	served := make(chan error)
	go func() { served <- f.serve(ctx) }()
	err := play(ctx, clock, f.turn, end, lasts)
	close(f.news)
	return errors.Join(err, <-served)
}

// turn serves all other work that is due.
func (f follower) turn(ctx context.Context) (next time.Time, err error) {
	next, err = f.watch.Turn(ctx, f.receivers...)
	select {
	case f.news <- struct{}{}:
	default: // a signal is already pending
	}
	return next, err
}

// serve serves the receivers whenever news receives, and at the end until nothing waits. It ends early, without an error, when ctx is done.
func (f follower) serve(ctx context.Context) error {
	var problems []error
	for range f.news {
		problems = append(problems, f.show(ctx))
	}
	problems = append(problems, f.finish(ctx))
	if ctx.Err() == nil {
		return errors.Join(problems...)
	}
	return nil
}

// show serves the receivers.
func (f follower) show(ctx context.Context) error {
	_, err := f.watch.Serve(ctx, work.Receiver, f.receivers...)
	return err
}

const (
	lastTries = 10              // for a message that a receiver has not accepted
	lastPause = 2 * time.Second // longest pause between them
)

// finish serves the receivers until nothing waits, or they have failed lastTries times.
func (f follower) finish(ctx context.Context) error {
	for range lastTries {
		if err := f.show(ctx); err != nil {
			return err
		}
		next, err := f.due(ctx)
		if err != nil || next.IsZero() {
			return err
		}
		_ = pause.For(ctx, min(next.Sub(f.clock.Now()), lastPause)) // the store returns the error of ctx
		f.clock.Forward(next)
	}
	return nil
}

// due returns the next retry of any of the receivers; zero if there is none.
func (f follower) due(ctx context.Context) (first time.Time, err error) {
	for _, name := range f.receivers {
		next, ok, err := f.watch.Config.Bot.Store.Work.NextDue(ctx, work.Receiver, name)
		if err != nil {
			return first, err
		}
		if ok && (first.IsZero() || next.Before(first)) {
			first = next
		}
	}
	return first, nil
}
