package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"notewatch/internal/bot"
	"notewatch/internal/web"
	"notewatch/notify"
)

func newRun() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Watch until stopped",
		Long: `Polls Notehub, judges the rules and notifies receivers until it is stopped with an interrupt.
Settings come from NOTEWATCH_… variables and the rules file; see the README.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return watch(c) },
	}
}

func watch(c *cobra.Command) error {
	ctx := c.Context()
	s, b, closeDB, err := start(c)
	if err != nil {
		return err
	}
	defer closeDB()
	started := time.Now()
	server, err := web.Listen(ctx, s.environment.Listen, func(ctx context.Context) error { return ready(ctx, b, started) })
	if err != nil {
		return err
	}
	s.log.Info("watching", "projects", len(s.file.Projects), "rules", len(s.file.Rules), "receivers", len(s.file.Receivers),
		"database", s.environment.Database, "listen", server.Address(), "version", version)
	for _, r := range s.file.Receivers {
		if r.Slack != nil && r.Slack.Channel == "" {
			s.log.Warn("an incoming webhook of Slack cannot change its messages: changes of level, reminders and ends are further ones; "+
				"with a bot token and a channel the first one would be kept up to date", "receiver", r.Name)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return server.Serve(ctx) })
	group.Go(func() error {
		b.Run(ctx)
		return nil
	})
	err = group.Wait()
	s.log.Info("stopped")
	return err
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
