package main

import (
	"context"
	"errors"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/config"
	"notewatch/internal/reload"
	"notewatch/internal/watch"
	"notewatch/rules"
)

// rulesFile is the name of the rule of alerts that say that the rules file is not valid.
const rulesFile = "rules-file"

// lookEvery is the time between two looks at the rules file.
const lookEvery = 5 * time.Second

// watch runs one watch after the other until ctx is done: a new one whenever the settings have changed and are good.
func (w *watcher) watch(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	again := func() {
		select {
		case changed <- struct{}{}:
		default: // it is already known
		}
	}
	files := reload.New(w.file.Files...)
	go files.Watch(ctx, lookEvery, func() []string { return w.running.Load().file.Files }, again)
	for ctx.Err() == nil {
		working, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.running.Load().watch.Run(working)
		}()
		next := w.await(ctx, changed)
		stop()
		<-done
		if next != nil {
			w.replace(ctx, next)
		}
	}
	return nil
}

// await returns new settings that are good, or nil when ctx is done. Of settings that are not good the operators are told.
func (w *watcher) await(ctx context.Context, changed <-chan struct{}) *settings {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-w.hangups:
		}
		next, err := interruptible(ctx, w.read)
		if ctx.Err() != nil {
			return nil
		}
		w.metrics.Reloaded(err == nil, time.Now())
		if err == nil {
			return next
		}
		w.log.Error("reading the settings again; those that run stay", "err", err)
		if err := w.complain(ctx, err); err != nil {
			w.log.Error("telling receivers that the rules file is not valid", "err", err)
		}
	}
}

// settings are all that a watch is made of.
type settings struct {
	setup setup
	wired watch.Config
}

// read reads the settings again and makes of them what a watch needs.
func (w *watcher) read() (*settings, error) {
	s, err := configure(w.command)
	if err != nil {
		return nil, err
	}
	s.metrics = w.metrics
	wired, err := s.wire(bot.SystemClock())
	if err != nil {
		return nil, err
	}
	wired.Bot.Store = w.running.Load().watch.Config.Bot.Store
	return &settings{s, wired}, nil
}

// replace puts a watch with new settings in the place of the one that has stopped. If that fails, the old one goes on.
func (w *watcher) replace(ctx context.Context, next *settings) {
	made, err := watch.New(ctx, next.wired)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Error("starting with new settings; the old ones stay", "err", err)
			w.restore(ctx)
		}
		return
	}
	w.take(next.setup, made)
	if err := w.greet(ctx); err != nil {
		w.log.Error("making overdue polls due", "err", err)
	}
	if err := made.Bot.ResolveAll(ctx, rulesFile); err != nil {
		w.log.Error("telling receivers that the rules file is valid again", "err", err)
	}
}

// restore puts the settings that run back into the store, which may hold some of those that failed.
func (w *watcher) restore(ctx context.Context) {
	made, err := watch.New(ctx, w.running.Load().watch.Config)
	if err != nil {
		w.log.Error("going back to the old settings", "err", err)
		return
	}
	w.take(w.setup, made)
}

// maxProblems is how many problems of a rules file a message lists.
const maxProblems = 20

// complain tells the operators why the settings that run are not those of the rules file.
func (w *watcher) complain(ctx context.Context, problem error) error {
	text := problem.Error()
	if problems, ok := errors.AsType[config.Errors](problem); ok {
		text = problems.First(maxProblems)
	}
	b := w.running.Load().watch.Bot
	return b.Complain(ctx, bot.Complaint{
		Rule: rulesFile, Subject: w.environment.Rules, Level: rules.Warning, Receivers: b.Config().Operators,
		Summary: w.environment.Rules + " has changed and is not valid: the rules from before go on",
		Advice:  "Mend it: notewatch check says what is wrong. It is read again when it changes.",
		Body:    text,
	})
}
