package service

import (
	"context"
	"errors"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/config/problem"
	"notewatch/internal/reload"
	"notewatch/internal/setup"
	"notewatch/internal/watch"
	"notewatch/rules"
)

// lookEvery is the time between two checks of the rules file.
const lookEvery = 5 * time.Second

// watch runs one watch after another until ctx is done. It starts a new one whenever the settings have changed and are valid. It returns an
// error if this program can no longer use the database.
func (w *watcher) watch(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	again := func() {
		select {
		case changed <- struct{}{}:
		default: // a signal is already pending
		}
	}
	files := reload.New(w.setup.File.Files...)
	go files.Watch(ctx, lookEvery, func() []string { return w.running.Load().setup.File.Files }, again)
	for ctx.Err() == nil {
		working, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.running.Load().watch.Run(working)
		}()
		next, moved, err := w.await(ctx, changed)
		stop()
		<-done
		if err != nil {
			return err
		}
		if next != nil {
			w.replace(ctx, next, moved)
		}
	}
	return nil
}

// await returns new settings that are valid, or nil when ctx is done. It notifies the default receivers of settings that are not valid.
// moved reports that another process has made other rules active, and that the new settings have those rules. The error says that the watch
// can no longer use the database.
func (w *watcher) await(ctx context.Context, changed <-chan struct{}) (next *settings, moved bool, err error) {
	for {
		moved = false
		select {
		case <-ctx.Done():
			return nil, false, nil
		case <-changed:
		case <-w.config.Hangups:
		case err := <-w.running.Load().watch.Ended():
			return nil, false, err
		case <-w.running.Load().watch.ProjectsChanged():
		case <-w.running.Load().watch.RulesMoved():
			moved = true
		}
		next, err := w.read(ctx)
		if ctx.Err() != nil {
			return nil, false, nil //nolint:nilerr // the end of the program is no error
		}
		w.setup.Metrics.Reloaded(err == nil, time.Now())
		switch {
		case err == nil && moved && !w.agrees(ctx, next):
		case err == nil:
			return next, moved, nil
		default:
			w.setup.Log.Error("reloading the settings; the previous settings stay in effect", "err", err)
			if err := w.reportInvalid(ctx, err); err != nil {
				w.setup.Log.Error("notifying receivers that the rules file is not valid", "err", err)
			}
		}
	}
}

// agrees reports whether the rules of the new settings are the active ones, and logs it if they are not.
func (w *watcher) agrees(ctx context.Context, next *settings) bool {
	active, err := next.wired.Bot.Store.Work.ActiveRules(ctx)
	if err != nil {
		return true // the process that takes over finds out
	}
	own := watch.RulesHash(next.wired)
	if own != active {
		w.setup.Log.Warn("the rules file, read again, is another one than that of the active rules: this process stands by until they are the same, "+
			"or until its file is changed or it gets SIGHUP, which makes its rules the active ones", "file", w.setup.Environment.Rules, "active", active, "own", own)
	}
	return own == active
}

// settings hold everything that a watch needs.
type settings struct {
	setup setup.Setup
	wired watch.Config
}

// read reads the settings again.
func (w *watcher) read(ctx context.Context) (*settings, error) {
	s, err := w.config.Read()
	if err == nil {
		s, err = s.With(ctx, w.running.Load().watch.Config.Bot.Store)
	}
	if err != nil {
		return nil, err
	}
	s.Metrics, s.Process = w.setup.Metrics, w.setup.Process
	wired, err := s.Wire(bot.SystemClock())
	if err != nil {
		return nil, err
	}
	now := w.running.Load().watch.Config
	wired.Bot.Store, wired.Bot.Clock, wired.Bot.Machine, wired.Clock = now.Bot.Store, now.Bot.Clock, now.Bot.Machine, now.Clock
	return &settings{s, wired}, nil
}

// replace starts a watch with new settings after the old one has stopped. If that fails, the old one continues. moved reports that another
// process has already made their rules active.
func (w *watcher) replace(ctx context.Context, next *settings, moved bool) {
	begin := watch.New
	if moved {
		begin = watch.Resume
	}
	made, err := begin(ctx, next.wired)
	if err != nil {
		if ctx.Err() == nil {
			w.setup.Log.Error("starting with the new settings; the previous settings stay in effect", "err", err)
			w.restore(ctx)
		}
		return
	}
	w.take(next.setup, made)
	if err := w.begin(ctx); err != nil {
		w.setup.Log.Error("making overdue polls due", "err", err)
	}
	if made.StandsBy() {
		return
	}
	if err := setup.RulesFileValid(ctx, made, w.setup.Environment.Rules); err != nil {
		w.setup.Log.Error("notifying receivers that the rules file is valid again", "err", err)
	}
}

// restore stores the settings in effect again, because some of those that failed may be in the store.
func (w *watcher) restore(ctx context.Context) {
	old, begin := w.running.Load().watch, watch.New
	if old.StandsBy() {
		begin = watch.Resume
	}
	made, err := begin(ctx, old.Config)
	if err != nil {
		w.setup.Log.Error("restoring the previous settings", "err", err)
		return
	}
	w.take(w.setup, made)
}

// maxProblems is how many problems of a rules file a message lists.
const maxProblems = 20

// reportInvalid notifies the default receivers that the rules file is not valid, with its problems.
func (w *watcher) reportInvalid(ctx context.Context, invalid error) error {
	text := invalid.Error()
	if problems, ok := errors.AsType[problem.Errors](invalid); ok {
		text = problems.First(maxProblems)
	}
	b := w.running.Load().watch.Bot
	return b.RaiseSelfAlert(ctx, bot.SelfAlert{
		Rule: setup.RulesFile, Subject: w.setup.Environment.Rules, Level: rules.Warning, Receivers: b.Config().DefaultReceivers,
		Summary: w.setup.Environment.Rules + " changed and is not valid; the previous rules stay in effect",
		Advice:  "Fix it: notewatch check shows what is wrong. The file is read again when it changes.",
		Body:    text,
	})
}
