package demo

import (
	"context"
	"errors"
	"time"

	"notewatch/internal/store"
	"notewatch/internal/watch"
)

// A follower serves receivers that want pauses between two messages, beside the simulated time, which does not wait for them.
// Each time they are shown how things are then, and in the end how they ended.
type follower struct {
	watch     *watch.Watch
	clock     *Clock
	receivers []string
	news      chan struct{} // there may be something to show; closed: that was all
}

// follow lets w work until end.
func follow(ctx context.Context, w *watch.Watch, clock *Clock, end time.Time, lasts time.Duration) error {
	f := follower{watch: w, clock: clock, news: make(chan struct{}, 1)}
	for _, r := range w.Config.Receivers {
		if r.Pause > 0 {
			f.receivers = append(f.receivers, r.Name)
		}
	}
	served := make(chan error)
	go func() { served <- f.serve(ctx) }()
	err := clock.play(ctx, f.turn, end, lasts)
	close(f.news)
	return errors.Join(err, <-served)
}

// turn serves everything else that is due.
func (f follower) turn(ctx context.Context) (next time.Time, err error) {
	next, err = f.watch.Turn(ctx, f.receivers...)
	select {
	case f.news <- struct{}{}:
	default: // it is known
	}
	return next, err
}

// serve serves the receivers whenever there is news, and at the end until nothing waits. It ends early, without an error,
// when ctx is done.
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
	_, err := f.watch.Serve(ctx, store.Receiver, f.receivers...)
	return err
}

const (
	lastTries = 10              // to show what a receiver has not taken
	lastPause = 2 * time.Second // between them at most
)

// finish serves the receivers until nothing waits, or they have refused it often enough.
func (f follower) finish(ctx context.Context) error {
	for range lastTries {
		if err := f.show(ctx); err != nil {
			return err
		}
		next, err := f.due(ctx)
		if err != nil || next.IsZero() {
			return err
		}
		sleep(ctx, min(next.Sub(f.clock.Now()), lastPause))
		f.clock.forward(next)
	}
	return nil
}

// due returns when the first of the receivers is to be tried again; zero is never.
func (f follower) due(ctx context.Context) (first time.Time, err error) {
	for _, name := range f.receivers {
		next, ok, err := f.watch.Config.Bot.Store.NextDue(ctx, store.Receiver, name)
		if err != nil {
			return first, err
		}
		if ok && (first.IsZero() || next.Before(first)) {
			first = next
		}
	}
	return first, nil
}

// sleep lets time pass, or less if ctx is done before.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
