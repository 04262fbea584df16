package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"notewatch/internal/bot"
	"notewatch/internal/metrics"
	"notewatch/internal/web"
	"notewatch/notify"
)

func newRun() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Watch until stopped",
		Long: `Polls Notehub, judges the rules and notifies receivers until it is stopped with an interrupt.
Settings come from NOTEWATCH_… variables and the rules file; see the README. When the rules file or a file that it names
changes, or on SIGHUP, it is read again; if it is not valid, the rules that run stay, and receivers are told.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return watch(c) },
	}
}

func watch(c *cobra.Command) error {
	ctx := c.Context()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	m := metrics.New(version)
	s, b, closeDB, err := start(c, m)
	if err != nil {
		return err
	}
	defer closeDB()
	m.Reloaded(true, time.Now())
	w := &watcher{command: c, setup: s, started: time.Now(), hangups: hangups}
	w.bot.Store(b)
	w.paths.Store(&s.file.Files)
	if _, err := b.Resolve(ctx, rulesFile, s.environment.Rules); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	if err := w.listen(ctx, group); err != nil {
		return err
	}
	w.greet()
	group.Go(func() error { return w.watch(ctx) })
	err = group.Wait()
	s.log.Info("stopped")
	return err
}

// A watcher keeps bots running, one after the other as the rules file changes.
type watcher struct {
	command *cobra.Command
	setup
	bot     atomic.Pointer[bot.Bot]  // the one that runs
	paths   atomic.Pointer[[]string] // of the files that it was made of
	started time.Time
	hangups chan os.Signal
}

// listen starts the servers.
func (w *watcher) listen(ctx context.Context, group *errgroup.Group) error {
	server, err := web.Listen(ctx, w.environment.Listen, func(ctx context.Context) error { return ready(ctx, w.bot.Load(), w.started) })
	if err != nil {
		return err
	}
	server.Handle("GET /metrics", w.metrics.Handler(w.log))
	group.Go(func() error { return server.Serve(ctx) })
	w.log.Info("listening", "address", server.Address())
	if w.environment.Pprof == "" {
		return nil
	}
	profiles, err := web.ListenProfile(ctx, w.environment.Pprof)
	if err != nil {
		return err
	}
	group.Go(func() error { return profiles.Serve(ctx) })
	w.log.Info("serving profiles", "address", profiles.Address())
	return nil
}

// greet logs what is watched, and what an operator should know of the settings.
func (w *watcher) greet() {
	w.log.Info("watching", "projects", len(w.file.Projects), "rules", len(w.file.Rules), "receivers", len(w.file.Receivers),
		"database", w.environment.Database, "version", version)
	for _, r := range w.file.Receivers {
		if r.Slack != nil && r.Slack.Channel == "" {
			w.log.Warn("an incoming webhook of Slack cannot change its messages: changes of level, reminders and ends are further ones; "+
				"with a bot token and a channel the first one would be kept up to date", "receiver", r.Name)
		}
	}
}

// stalePolls is how many polls of a project may fail to come before notewatch says that it is not ready.
const stalePolls = 3

// ready reports whether every project has been read not long ago.
func ready(ctx context.Context, b *bot.Bot, started time.Time) error {
	for _, account := range b.Accounts {
		for _, p := range b.Projects {
			if p.Account != account.Name {
				continue
			}
			state, err := b.Store.Project(ctx, p.UID)
			if err != nil {
				return err
			}
			last := state.PolledAt
			if last.Before(started) {
				last = started
			}
			if age := time.Since(last); age > stalePolls*b.Cadence(account) {
				return fmt.Errorf("project %q was not read for %s; %s", p.UID, notify.FormatDuration(age), cmp.Or(state.Failure, "nobody knows why"))
			}
		}
	}
	return nil
}
