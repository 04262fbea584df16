package dispatch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"notewatch/internal/delivery"
	"notewatch/internal/lookup"
	"notewatch/internal/pause"
	"notewatch/internal/store/work"
	"notewatch/internal/watch"
	"notewatch/internal/words"
)

// A Dispatch sends one alert to some receivers and waits for the results.
type Dispatch struct {
	Watch     *watch.Watch
	Alert     string // ID
	Receivers []string
	Began     time.Time // earlier attempts do not count; in milliseconds, as in the store
}

// A Result is the result of a dispatch to one receiver.
type Result struct {
	lookup.Showing         // its keys are keys of the result
	Seconds        float64 `json:"seconds,omitempty"` // duration of the last attempt; NaN: none has ended
	Attempts       int     `json:"attempts"`
}

// How long a dispatch waits.
const (
	SendPatience  = 30 * time.Second // for receivers to accept a message
	closePatience = 15 * time.Second // for receivers to accept its end
	answerTime    = 15 * time.Second // for a receiver to answer an attempt
	lookAgain     = 200 * time.Millisecond
)

// Waits reports whether a delivery is waiting.
func Waits(s lookup.Showing) bool { return s.State == delivery.Waiting }

// Deliver serves the receivers and their fallbacks until wait is false for all of them, or patience has passed. An attempt starts only if
// there is time for its answer, and is interrupted when patience has passed. A receiver that another process has leased is served there.
func (d Dispatch) Deliver(ctx context.Context, patience time.Duration, wait func(lookup.Showing) bool) ([]Result, error) {
	deadline, served := time.Now().Add(patience), d.withFallbacks()
	serving, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	pending := func(s lookup.Showing) bool { return slices.Contains(served, s.Receiver) && wait(s) }
	for first := true; ; first = false {
		var err error
		if first || time.Until(deadline) >= answerTime {
			err = d.serve(serving, served)
		}
		if ctx.Err() != nil {
			return nil, errors.New("interrupted")
		}
		if err != nil && serving.Err() == nil {
			return nil, err
		}
		showings, err := lookup.Receivers(ctx, d.Watch.Config.Bot.Store, d.Alert)
		if err != nil {
			return nil, err
		}
		left := time.Until(deadline)
		if !slices.ContainsFunc(showings, pending) || left <= 0 {
			return d.results(ctx, showings)
		}
		_ = pause.For(ctx, min(lookAgain, left)) // then ctx is looked at
	}
}

// serve does the due work of receivers, all at once, so that none waits for the answer of another.
func (d Dispatch) serve(ctx context.Context, receivers []string) error {
	var group errgroup.Group
	for _, name := range receivers {
		group.Go(func() error {
			_, err := d.Watch.Serve(ctx, work.Receiver, name)
			return err
		})
	}
	return group.Wait()
}

// withFallbacks returns the receivers and their fallbacks.
func (d Dispatch) withFallbacks() []string {
	all := slices.Clone(d.Receivers)
	for i := 0; i < len(all); i++ {
		for _, r := range d.Watch.Config.Receivers {
			if r.Name == all[i] && r.Fallback != "" && !slices.Contains(all, r.Fallback) {
				all = append(all, r.Fallback)
			}
		}
	}
	return all
}

// results adds the results of the attempts to the states of the receivers.
func (d Dispatch) results(ctx context.Context, showings []lookup.Showing) ([]Result, error) {
	attempts, err := d.Watch.Config.Bot.Store.Outbox.Attempts(ctx, d.Alert)
	var results []Result
	for _, s := range showings {
		if s.InPlaceOf == "" && !slices.Contains(d.Receivers, s.Receiver) {
			continue
		}
		r := Result{Showing: s, Seconds: math.NaN()}
		for _, a := range attempts {
			if a.Receiver != s.Receiver || a.Started.Before(d.Began) {
				continue
			}
			if r.Attempts++; !a.Ended.IsZero() {
				r.Seconds = a.Ended.Sub(a.Started).Seconds()
			}
		}
		results = append(results, r)
	}
	return results, err
}

// Undelivered returns an error about the receivers that should show it and do not.
func Undelivered(results []Result) error {
	n := 0
	for _, r := range results {
		if Waits(r.Showing) || r.State == delivery.GivenUp || r.State == delivery.Removed {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("not delivered: %s", words.Count(n, "receiver"))
}

// EndDrill ends the drill of a rule, so that incidents are closed, even if ctx is done. It returns the results of receivers that still show
// the drill.
func (d Dispatch) EndDrill(ctx context.Context, rule string) (still []Result, err error) {
	ctx = context.WithoutCancel(ctx)
	if _, err := d.Watch.Bot.EndDrill(ctx, rule); err != nil {
		return nil, err
	}
	showing := func(s lookup.Showing) bool { return Waits(s) && s.Shows != "" }
	results, err := d.Deliver(ctx, closePatience, showing)
	return slices.DeleteFunc(results, func(r Result) bool { return !showing(r.Showing) }), err
}
