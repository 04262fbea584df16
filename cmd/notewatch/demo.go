package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"notewatch"
	"notewatch/internal/config"
	"notewatch/internal/demo"
	"notewatch/internal/secret"
	"notewatch/internal/setup"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
)

// demoFlags are what the flags of demo say.
type demoFlags struct {
	lasts    time.Duration
	rules    string
	database string
	webhook  string
	channel  string
}

func newDemo() *cobra.Command {
	var d demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Watch a simulated fleet get into trouble",
		Args:  noArguments,
		RunE:  func(c *cobra.Command, _ []string) error { return d.run(c) },
	}
	c.Flags().DurationVar(&d.lasts, "for", time.Minute, "real time for the two simulated weeks")
	c.Flags().StringVar(&d.rules, "rules", "", "rules file to use; the demo replaces its receivers (default: the example rules)")
	c.Flags().StringVar(&d.database, "database", "", "create this database and keep it (default: a temporary one)")
	c.Flags().StringVar(&d.webhook, "webhook", "", "also send the alerts to this webhook URL")
	c.Flags().StringVar(&d.channel, "slack", "", "also send the alerts to this Slack channel ID")
	completeFile(c, "rules", "yaml", "yml")
	completeFile(c, "database", "db")
	return c
}

func (d demoFlags) run(c *cobra.Command) error {
	if d.lasts < time.Second {
		return usageError{fmt.Errorf("--for %s: want at least 1s", d.lasts)}
	}
	if store.IsURL(d.database) {
		return usageError{errors.New("--database is a URL, but a demo keeps its database in a file: give a path")}
	}
	for _, path := range []string{d.database, d.keptRules()} {
		if err := vacant(path); err != nil {
			return err
		}
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
	clock := demo.NewClock(demo.Start)
	hub := demo.NewHub(clock, s.File.Projects)
	address, stop, err := hub.Start()
	if err != nil {
		return err
	}
	defer stop()
	s.Environment.NotehubURL = address
	return d.play(c, s, clock, func() int { return len(hub.Requests()) })
}

// play runs the demo and prints its result.
func (d demoFlags) play(c *cobra.Command, s setup.Setup, clock *demo.Clock, requests func() int) error {
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
	fmt.Fprintf(s.Stdout, "Simulating %d days of a fleet in %s, starting %s. All times are UTC.\n\n",
		demo.Days, d.lasts, demo.Start.Format("Monday 2 January 2006"))
	summary, err := demo.Play(c.Context(), wired, clock, d.lasts)
	if err != nil {
		return err
	}
	if err := terminal.Demo(screenOf(c), summary, requests()); err != nil || d.database == "" {
		return err
	}
	lines, err := demo.Commands(context.WithoutCancel(c.Context()), db, d.database, cmp.Or(d.rules, d.keptRules()))
	if err != nil {
		return err
	}
	return terminal.Invitation(screenOf(c), lines)
}

// vacant returns an error if a file exists already: the demo overwrites nothing. "" is no file.
func vacant(path string) error {
	if path == "" {
		return nil
	}
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("%q already exists and the demo needs a new file: choose another path, or delete it if it is from an earlier demo", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("checking whether the file exists: %w", err)
}

// keptRules returns where the example rules are kept beside a database that is kept; "" if they are not.
func (d demoFlags) keptRules() string {
	if d.database == "" || d.rules != "" {
		return ""
	}
	return d.database + ".rules.yaml"
}

// setup is the setup of the demo: rules from a file, everything else its own.
func (d demoFlags) setup(c *cobra.Command, folder string) (setup.Setup, error) {
	environment, err := config.ReadEnvironment()
	if err != nil {
		return setup.Setup{}, err
	}
	if d.rules == "" {
		d.rules = cmp.Or(d.keptRules(), filepath.Join(folder, "rules.example.yaml"))
		if err := os.WriteFile(d.rules, notewatch.ExampleRules, 0o600); err != nil {
			return setup.Setup{}, fmt.Errorf("writing the example rules: %w", err)
		}
	}
	file, err := config.LoadPartly(d.rules, os.LookupEnv)
	if err != nil {
		return setup.Setup{}, err
	}
	for i := range file.Accounts {
		file.Accounts[i].Token, file.Accounts[i].ClientID, file.Accounts[i].ClientSecret = secret.New(demo.Token), "", secret.Text{}
	}
	environment.Database = secret.New(d.database)
	if d.database == "" {
		environment.Database = secret.New(filepath.Join(folder, "notewatch.db"))
	}
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	demo.Receive(file, d.webhook, d.channel)
	return setup.Setup{Environment: environment, File: file, Log: log, Stdout: c.OutOrStdout(), Color: colored(c.OutOrStdout())}, nil
}
