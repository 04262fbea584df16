package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notewatch/internal/backtest"
	"notewatch/internal/pause"
	"notewatch/internal/watch"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Bounds of looking back. It works beside the polls, in one goroutine.
const (
	lookBackDays    = 30
	lookBackTime    = 2 * time.Minute
	lookBackDevices = 1_000            // for more, people run notewatch backtest
	lookBackPause   = 10 * time.Second // until the next look whether every project has been polled
	manyMessages    = 50               // to one receiver on one day
)

// ManyMessages is the rule name of reports that the rules would have sent many messages.
const ManyMessages = "many-messages"

// lookBack warns of the rules that take effect if they would have sent many messages in the last 30 days, until ctx is done. At a first start,
// it waits for the history.
func (w *watcher) lookBack(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.taken:
		}
		for !w.known(ctx) {
			if pause.For(ctx, lookBackPause) != nil {
				return
			}
		}
		if err := w.warnOfMany(ctx); err != nil && ctx.Err() == nil {
			w.setup.Log.Info("not looking back: notewatch backtest shows what the rules would have sent", "err", err)
		}
	}
}

// known reports whether every project has been polled, so that its history is in the store.
func (w *watcher) known(ctx context.Context) bool {
	run := w.running.Load()
	for _, p := range run.setup.File.Projects {
		if state, err := run.watch.Config.Bot.Store.Project(ctx, p.UID); err != nil || state.PolledAt.IsZero() {
			return false
		}
	}
	return true
}

var errManyDevices = fmt.Errorf("more than %d devices", lookBackDevices)

// warnOfMany looks at what the rules in effect would have sent.
func (w *watcher) warnOfMany(ctx context.Context) error {
	run := w.running.Load()
	left := run.watch.Config.Bot
	if run.watch.StandsBy() {
		return nil
	}
	devices := 0
	for _, p := range run.setup.File.Projects {
		listed, _, err := left.Store.Usage.DeviceCount(ctx, p.UID)
		if devices += listed; err != nil {
			return err
		}
	}
	if devices > lookBackDevices {
		return errManyDevices
	}
	limited, cancel := context.WithTimeout(ctx, lookBackTime)
	defer cancel()
	report, err := backtest.Run(limited, left.Store, run.setup.File, backtest.Query{Days: lookBackDays, Now: left.Clock.Now()})
	if errors.Is(err, backtest.ErrNoRules) || errors.Is(err, backtest.ErrNoProjects) {
		return nil
	}
	if err != nil {
		return err
	}
	most := report.Busiest()
	if most.Most <= manyMessages {
		return nil
	}
	w.setup.Log.Warn("the rules would have sent many messages on a day: notewatch backtest shows them",
		"receiver", most.Name, "messages", most.Most, "day", most.MostOn.Format(time.DateOnly), "rule", most.MostOf, "about_it", most.OfRule)
	return run.watch.Bot.Report(ctx, rules.Key{Rule: ManyMessages, Subject: watch.RulesHash(run.watch.Config)}, left.DefaultReceivers, rules.Texts{
		Subject: w.setup.Environment.Rules,
		Summary: fmt.Sprintf("These rules would have sent %s to %s on %s, %d of them about %s",
			words.Count(most.Most, "message"), most.Name, most.MostOn.Format("Mon 2 Jan 2006"), most.OfRule, most.MostOf),
		Advice: "notewatch backtest shows them. A higher limit, a longer for or a narrower where makes a rule quieter.",
	})
}
