package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"notewatch/internal/bot"
	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/watch"
	"notewatch/internal/words"
	"notewatch/rules"
)

// attach makes a watch of the settings that works beside the one that runs, if one does. It polls nothing, so that it needs
// no Notehub token. What its receivers print is talk. The second result closes its database.
func attach(c *cobra.Command) (*watch.Watch, func(), error) {
	s, err := configure(c)
	if err != nil {
		return nil, nil, err
	}
	s.stdout = c.ErrOrStderr()
	file := *s.file
	file.Accounts = nil
	s.file = &file
	wired, err := s.wire(bot.SystemClock())
	if err != nil {
		return nil, nil, err
	}
	wired.Bot.Log = slog.New(slog.DiscardHandler) // the command says itself what has come of it
	db, err := store.Open(c.Context(), s.environment.Database)
	if err != nil {
		return nil, nil, err
	}
	err = refuseDemo(c.Context(), db, s.environment.Database)
	if err == nil {
		err = upToDate(c.Context(), db)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	wired.Bot.Store = db
	closeDB := func() {
		if err := db.Close(); err != nil {
			s.log.Error("closing the database", "err", err)
		}
	}
	return watch.Attach(wired), closeDB, nil
}

// A dispatch sends one alert to some receivers and waits for what comes of it.
type dispatch struct {
	watch     *watch.Watch
	alert     rules.Alert
	receivers []string
	began     time.Time // in milliseconds, as the store keeps it
}

// A result is what has come of a dispatch to one receiver.
type result struct {
	showing
	Seconds  *float64 `json:"seconds,omitempty"` // of the last attempt
	Attempts int      `json:"attempts"`
}

const (
	sendPatience  = 30 * time.Second // for receivers to take something
	closePatience = 15 * time.Second // for them to take its end
	answerTime    = 15 * time.Second // that a receiver has to answer an attempt
	lookAgain     = 200 * time.Millisecond
)

// waits reports whether a delivery is waiting.
func waits(s showing) bool { return s.State == delivery.Waiting }

// deliver serves the receivers, and those that stand in for them, until none is as wait says, or patience is at an end. Attempts
// begin only while there is time for an answer; one that takes longer than patience is cut off. Another process that is at a
// receiver does the work itself.
func (d dispatch) deliver(ctx context.Context, patience time.Duration, wait func(showing) bool) ([]result, error) {
	deadline, served := time.Now().Add(patience), d.withFallbacks()
	serving, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	pending := func(s showing) bool { return slices.Contains(served, s.Receiver) && wait(s) }
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
		showings, err := readShowings(ctx, d.watch.Config.Bot.Store, d.alert.ID)
		if err != nil {
			return nil, err
		}
		left := time.Until(deadline)
		if !slices.ContainsFunc(showings, pending) || left <= 0 {
			return d.results(ctx, showings)
		}
		sleep(ctx, min(lookAgain, left))
	}
}

// serve does what is due for receivers, all at once, so that none waits for the answer of another.
func (d dispatch) serve(ctx context.Context, receivers []string) error {
	var group errgroup.Group
	for _, name := range receivers {
		group.Go(func() error {
			_, err := d.watch.Serve(ctx, store.Receiver, name)
			return err
		})
	}
	return group.Wait()
}

// withFallbacks returns the receivers and those that are told in their place.
func (d dispatch) withFallbacks() []string {
	all := slices.Clone(d.receivers)
	for i := 0; i < len(all); i++ {
		for _, r := range d.watch.Config.Receivers {
			if r.Name == all[i] && r.Fallback != "" && !slices.Contains(all, r.Fallback) {
				all = append(all, r.Fallback)
			}
		}
	}
	return all
}

// results adds to what receivers show how the attempts went.
func (d dispatch) results(ctx context.Context, showings []showing) ([]result, error) {
	attempts, err := d.watch.Config.Bot.Store.Attempts(ctx, d.alert.ID)
	var results []result
	for _, s := range showings {
		if s.InPlaceOf == "" && !slices.Contains(d.receivers, s.Receiver) {
			continue
		}
		r := result{showing: s}
		for _, a := range attempts {
			if a.Receiver != s.Receiver || a.Started.Before(d.began) {
				continue
			}
			if r.Attempts++; !a.Ended.IsZero() {
				r.Seconds = figure(a.Ended.Sub(a.Started).Seconds())
			}
		}
		results = append(results, r)
	}
	return results, err
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

// report prints results and returns an error if a receiver did not take it.
func (d dispatch) report(c *cobra.Command, results []result, asJSON bool) error {
	s := screenOf(c.OutOrStdout())
	if asJSON {
		if err := writeList(s.w, results); err != nil {
			return err
		}
		return undelivered(results)
	}
	if err := resultTable(results).print(s); err != nil {
		return err
	}
	return undelivered(results)
}

func resultTable(results []result) *table {
	t := &table{columns: columns("RECEIVER~", "RESULT", "TOOK", "DETAIL")}
	for _, r := range results {
		t.add(r.Receiver, string(r.State), r.took(), r.detail())
	}
	return t
}

func (r result) took() string {
	if r.Seconds == nil {
		return "-"
	}
	return seconds(*r.Seconds)
}

// detail says why a receiver does not show it, and how often it was tried.
func (r result) detail() string {
	said := r.Why
	if r.State == delivery.Waiting {
		said = sentence("not yet"+r.next(time.Now()), r.Why)
	}
	if r.InPlaceOf != "" {
		said = sentence("in place of "+r.InPlaceOf, said)
	}
	if r.Attempts > 1 {
		said = sentence(words.Count(r.Attempts, "attempt"), said)
	}
	return said
}

// undelivered is an error about the receivers that should show it and do not.
func undelivered(results []result) error {
	n := 0
	for _, r := range results {
		if waits(r.showing) || r.State == delivery.GivenUp || r.State == delivery.Removed {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return errors.New("not delivered: " + words.Count(n, "receiver"))
}
