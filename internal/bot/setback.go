package bot

import (
	"context"
	"time"

	"notewatch/internal/store"
)

const (
	longestHold    = 24 * time.Hour     // for which Notehub may ask an account to wait; notehub.Error.RetryAfter is never longer
	longestSummary = 8 * 24 * time.Hour // between two weekly summaries
)

// longestPauses returns for how long things wait at most.
func (b *Bot) longestPauses() store.Pauses {
	poll := b.Interval
	for _, a := range b.Accounts {
		poll = max(poll, b.Cadence(a))
	}
	return store.Pauses{
		Work: map[store.Kind]time.Duration{store.Poll: poll, store.PollRules: poll, store.Receiver: max(maxPatience, lookAgainTime), store.Summary: longestSummary},
		Hold: longestHold,
	}
}

// checkClock notices that the clock was set back, by times in the store that lie further ahead than anything waits. Then nothing
// waits for the clock to get there: all work is due.
func (b *Bot) checkClock(ctx context.Context) error {
	now := b.Clock.Now()
	ahead, err := b.Store.SetBack(ctx, now, nextSummary(now), b.longestPauses())
	if err != nil || ahead.IsZero() {
		return err
	}
	b.setBack.Store(&now)
	b.Log.Warn("continuing after the clock was set back: everything that waited is due now", "latest_stored", ahead.UTC(), "now", now.UTC(),
		"hint", "check that the clock of this machine is right now")
	for _, bell := range b.wake {
		bell.ring()
	}
	return nil
}

// AwaitsPoll reports whether the clock was set back and a project has not been polled successfully since.
func (b *Bot) AwaitsPoll(state store.Project) bool {
	since := b.setBack.Load()
	return since != nil && !state.PolledAt.After(*since)
}
