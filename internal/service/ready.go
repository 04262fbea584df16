package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"notewatch/internal/watch"
	"notewatch/internal/words"
)

// stalePolls is the number of missing polls of a project after which notewatch is not ready.
const stalePolls = 3

// standingBy returns the note that a watch stands by; "" if it does not.
func standingBy(w *watch.Watch) string {
	if !w.StandsBy() {
		return ""
	}
	return "standing by: other rules are active than those of this process"
}

// Ready returns an error if the database cannot be used, or if the last successful poll of a project is too long ago.
func Ready(ctx context.Context, w *watch.Watch, started time.Time) error {
	if err := w.Outage(); err != nil {
		return fmt.Errorf("the database cannot be used: %w", err)
	}
	for _, account := range w.Config.Bot.Accounts {
		for _, p := range w.Config.Bot.Projects {
			if p.Account != account.Name {
				continue
			}
			state, err := w.Config.Bot.Store.Project(ctx, p.UID)
			if err != nil {
				return err
			}
			if w.AwaitsPoll(state) {
				return errors.New(words.Sentence(fmt.Sprintf("the clock was set back, and project %q has not been polled since", p.UID), state.Failure))
			}
			last := state.PolledAt
			if last.Before(started) {
				last = started
			}
			if age := time.Since(last); age > stalePolls*w.Bot.Schedule().Interval(account.Name) {
				return fmt.Errorf("project %q was not polled for %s: %s", p.UID, words.Duration(age), cmp.Or(state.Failure, "no error recorded"))
			}
		}
	}
	return nil
}
