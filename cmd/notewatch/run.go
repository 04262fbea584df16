package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"notewatch/internal/check"
	"notewatch/internal/lookup"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/internal/watch"
	"notewatch/internal/web"
	"notewatch/internal/words"
)

func newRun() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Watch until stopped",
		Long: `Polls Notehub, judges the rules and notifies receivers until it is stopped with an interrupt.
Settings come from NOTEWATCH_… variables and the rules file; see the README. When the rules file or a file that it names
changes, or on SIGHUP, it is read again; if it is not valid, the rules that run stay, and receivers are told.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			err := runUntilStopped(c)
			if c.Context().Err() != nil && errors.Is(err, context.Canceled) {
				return nil // it was stopped before it had started
			}
			return err
		},
	}
}

func runUntilStopped(c *cobra.Command) error {
	ctx := c.Context()
	saveMemory()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	m := metrics.New(version)
	s, made, closeDB, err := start(c, m)
	if err != nil {
		return err
	}
	defer closeDB()
	m.Reloaded(true, time.Now())
	w := &watcher{command: c, started: time.Now(), hangups: hangups}
	w.take(s, made)
	group, ctx := errgroup.WithContext(ctx)
	if err := w.listen(ctx, group); err != nil {
		return err
	}
	if err := w.greet(ctx); err != nil {
		return err
	}
	group.Go(func() error { return w.watch(ctx) })
	err = group.Wait()
	s.log.Info("stopped")
	return err
}

// saveMemory has garbage collected twice as often as by default, unless GOGC is set. Almost all garbage is of answers being read: a
// cycle then takes a tenth more of a processor for a second, and the process a fifth less memory all the time.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// A watcher keeps a watch running, and another one when the rules file has changed.
type watcher struct {
	command *cobra.Command
	setup
	running atomic.Pointer[running]
	started time.Time
	hangups chan os.Signal
}

// running is a watch that runs, what it was made of, and who answers questions about it.
type running struct {
	setup
	watch *watch.Watch
	desk  *lookup.Desk
}

// take makes a watch, which was made of s, the one that runs.
func (w *watcher) take(s setup, made *watch.Watch) {
	w.setup = s
	w.running.Store(&running{setup: s, watch: made, desk: s.desk(made.Config.Bot.Store, made.Config.Bot.Clock.Now)})
}

// listen starts the servers and who answers in Slack.
func (w *watcher) listen(ctx context.Context, group *errgroup.Group) error {
	health := func(ctx context.Context) (string, error) {
		watch := w.running.Load().watch
		return standingBy(watch), ready(ctx, watch, w.started)
	}
	server, err := web.Listen(ctx, w.environment.Listen, health)
	if err != nil {
		return err
	}
	if err := w.answerSlack(ctx, group, server); err != nil {
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

// answerSlack starts who answers commands and buttons in Slack, if that is set up.
func (w *watcher) answerSlack(ctx context.Context, group *errgroup.Group, server *web.Server) error {
	if !w.environment.AnswersSlack() {
		return nil
	}
	app, err := w.slackApp()
	if err != nil {
		return err
	}
	if !w.environment.SlackSigningSecret.IsZero() {
		server.Handle("/slack/", app.Handler())
	}
	group.Go(func() error {
		app.Run(ctx)
		return nil
	})
	w.log.Info("answering commands and buttons in Slack", "socket", !w.environment.SlackAppToken.IsZero(),
		"http", !w.environment.SlackSigningSecret.IsZero())
	return nil
}

// greet makes overdue polls due, and logs what is watched, from when on, and what an operator should know of the settings. A process that
// stands by has said that.
func (w *watcher) greet(ctx context.Context) error {
	if w.running.Load().watch.StandsBy() {
		return nil
	}
	next, err := w.running.Load().watch.Bot.PollOverdue(ctx)
	if err != nil {
		return err
	}
	w.log.Info("watching", "projects", len(w.file.Projects), "rules", len(w.file.Rules), "receivers", len(w.file.Receivers),
		"database", store.NameOf(w.environment.Database.Reveal()), "next_poll", max(0, time.Until(next)).Round(time.Second), "version", version)
	if projects, takes, err := w.running.Load().watch.Bot.Backlog(ctx); err != nil {
		return err
	} else if projects > 1 {
		w.log.Info("polling one project after the other, within the request budget", "projects", projects, "done_in_about", takes.Round(time.Minute))
	}
	for _, r := range w.file.Receivers {
		if r.Slack != nil && r.Slack.Channel == "" {
			w.log.Warn("an incoming webhook of Slack cannot change its messages: changes of level, reminders and ends are further ones; "+
				"with a bot token and a channel the first one would be kept up to date", "receiver", r.Name)
		}
	}
	warnings := check.Warnings(w.file, w.environment, time.Now())
	for _, warning := range warnings[:min(len(warnings), maxProblems)] {
		w.log.Warn("checking the settings", "problem", warning.String())
	}
	return nil
}

// stalePolls is how many polls of a project may fail to come before notewatch says that it is not ready.
const stalePolls = 3

// standingBy says that a watch stands by; "" if it does not.
func standingBy(w *watch.Watch) string {
	if !w.StandsBy() {
		return ""
	}
	return "standing by: other rules are active than those of this process"
}

// ready reports whether the database can be used and every project has been read not long ago.
func ready(ctx context.Context, w *watch.Watch, started time.Time) error {
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
				return errors.New(terminal.Sentence(fmt.Sprintf("the clock was set back, and project %q has not been polled since", p.UID), state.Failure))
			}
			last := state.PolledAt
			if last.Before(started) {
				last = started
			}
			if age := time.Since(last); age > stalePolls*w.Bot.Cadence(account) {
				return fmt.Errorf("project %q was not read for %s; %s", p.UID, words.Duration(age), cmp.Or(state.Failure, "nobody knows why"))
			}
		}
	}
	return nil
}
