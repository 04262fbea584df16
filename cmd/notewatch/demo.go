package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/command"
	"notewatch/internal/complete"
	"notewatch/internal/config/environ"
	"notewatch/internal/demo"
	"notewatch/internal/driven"
	"notewatch/internal/incident"
	"notewatch/internal/secret"
	"notewatch/internal/setup"
	"notewatch/internal/store/database"
	"notewatch/internal/terminal"
)

// demoFlags are the flags of demo.
type demoFlags struct {
	lasts    time.Duration
	incident string
	list     bool
	story    demo.Story
	options  demo.Options
}

func newDemo() *cobra.Command {
	var d demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Watch a simulated fleet get into trouble",
		Args:  command.NoArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return d.run(c) },
	}
	c.Flags().DurationVar(&d.lasts, "for", 0, "real time that it takes (default: a minute, 20s for an incident)")
	c.Flags().StringVar(&d.incident, "incident", "", "play only this incident, or the one of this rule of the catalogue")
	c.Flags().BoolVar(&d.list, "list", false, "list the incidents")
	c.Flags().StringVar(&d.options.Rules, "rules", "", "rules file to use; the demo replaces its receivers (default: its own)")
	c.Flags().StringVar(&d.options.Database, "database", "", "create this database and keep it (default: a temporary one)")
	c.Flags().StringVar(&d.options.Webhook, "webhook", "", "also send the alerts to this webhook URL")
	c.Flags().StringVar(&d.options.Channel, "slack", "", "also send the alerts to this Slack channel ID")
	command.CompleteFlag(c, "incident", complete.OneOf(incident.Names()...))
	command.CompleteFile(c, "rules", "yaml", "yml")
	command.CompleteFile(c, "database", "db")
	return c
}

func (d demoFlags) run(c *cobra.Command) (err error) {
	if d.list {
		return terminal.Incidents(command.ScreenOf(c), incident.All())
	}
	if d.story = demo.TwoWeeks(); c.Flags().Changed("incident") {
		if d.story, err = demo.OfIncident(d.incident); err != nil {
			return command.UsageError{Err: err}
		}
	}
	if !c.Flags().Changed("for") {
		d.lasts = d.story.Lasts
	}
	if d.lasts < time.Second {
		return command.UsageError{Err: fmt.Errorf("--for %s: want at least 1s", d.lasts)}
	}
	if database.IsURL(d.options.Database) {
		return command.UsageError{Err: errors.New("--database is a URL, but a demo keeps its database in a file: give a path")}
	}
	if err := d.options.Check(); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "notewatch-demo-")
	if err != nil {
		return fmt.Errorf("creating a temporary directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	s, err := d.setup(c, folder)
	if err != nil {
		return err
	}
	clock := driven.NewClock(d.story.Start)
	hub := d.story.Hub(clock.Now, s.File)
	address, stop, err := hub.Start()
	if err != nil {
		return err
	}
	defer stop()
	s.Environment.NotehubURL = address
	return d.play(c, s, clock, func() int { return len(hub.Requests()) })
}

// play runs the demo and prints its result.
func (d demoFlags) play(c *cobra.Command, s setup.Setup, clock *driven.Clock, requests func() int) error {
	wired, err := s.Wire(clock.Clock())
	if err != nil {
		return err
	}
	db, closeDB, err := s.Open(c.Context())
	if err != nil {
		return err
	}
	defer closeDB()
	wired.Bot.Store = db
	if err := terminal.Opening(command.ScreenOf(c), d.story); err != nil {
		return err
	}
	summary, err := d.story.Play(c.Context(), wired, clock, d.lasts)
	if err != nil {
		return err
	}
	if err := terminal.Demo(command.ScreenOf(c), summary, requests()); err != nil || d.options.Database == "" {
		return err
	}
	lines, err := d.options.Commands(context.WithoutCancel(c.Context()), db)
	if err != nil {
		return err
	}
	return terminal.Invitation(command.ScreenOf(c), lines)
}

// setup returns the setup of the demo: rules from a file, everything else its own.
func (d demoFlags) setup(c *cobra.Command, folder string) (s setup.Setup, err error) {
	if s.Environment, err = environ.Read(); err != nil {
		return s, err
	}
	database := cmp.Or(d.options.Database, filepath.Join(folder, "notewatch.db"))
	s.Environment.Database = secret.New(database)
	s.Environment.Heartbeat = secret.Text{} // a demo is no sign of life
	s.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	s.Stdout, s.Color, s.Width = c.OutOrStdout(), command.Colored(c.OutOrStdout()), terminal.Width(c.OutOrStdout())
	s.File, err = d.options.Load(d.story, folder)
	return s, err
}
