package watch

import (
	"cmp"
	"context"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/internal/weekly"
)

const (
	longestHold    = 24 * time.Hour     // longest wait that Notehub may ask for; notehub.Error.RetryAfter is never longer
	longestSummary = 8 * 24 * time.Hour // longest time between two weekly summaries
)

// longestPauses returns the longest waits of each kind.
func (w *Watch) longestPauses() store.Pauses {
	poll := cmp.Or(w.Config.Bot.Interval, bot.DefaultInterval)
	for _, a := range w.Config.Bot.Accounts {
		poll = max(poll, w.Bot.Schedule().Interval(a.Name))
	}
	return store.Pauses{
		Work: map[work.Kind]time.Duration{work.Poll: poll, work.PollRules: poll, work.Organization: max(poll, bot.OrganizationEvery), work.Receiver: deliver.LongestPause, work.Summary: longestSummary},
		Hold: longestHold,
	}
}

// checkClock detects that the clock was set back: times in the store lie further ahead than anything waits. Then all work is made due, so
// that nothing waits until the clock is there again.
func (w *Watch) checkClock(ctx context.Context) error {
	ahead, err := w.store.SetBack(ctx, w.clock.Now, weekly.Next, w.longestPauses())
	if err != nil || ahead.IsZero() {
		return err
	}
	now := w.clock.Now()
	w.setBack.Store(&now)
	w.log.Warn("continuing after the clock was set back: everything that waited is due now", "latest_stored", ahead.UTC(), "now", now.UTC(),
		"hint", "check that the clock of this machine is right now")
	w.wakeAll()
	return nil
}

// AwaitsPoll reports whether the clock was set back and a project has not been polled successfully since.
func (w *Watch) AwaitsPoll(state store.Project) bool {
	since := w.setBack.Load()
	return since != nil && !state.PolledAt.After(*since)
}
