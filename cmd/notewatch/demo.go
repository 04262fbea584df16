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
		Long: `Lets a simulated fleet live through two weeks in a minute: alerts fire, escalate, are not repeated, resolve. It needs
nothing: the simulated Notehub listens on a loopback port; client, rules, database and receivers are the real ones.

With --database, what the fleet has been through is kept to be asked about: the demo says at its end what to type.

Alerts are printed, and sent to --webhook and, with NOTEWATCH_SLACK_BOT_TOKEN set, to --slack too. Slack takes one message
a second: what it has no time for is left out, and the last of it may come up to half a minute after the end.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return d.run(c) },
	}
	c.Flags().DurationVar(&d.lasts, "for", time.Minute, "how long the two weeks take")
	c.Flags().StringVar(&d.rules, "rules", "", "rules file to try, its receivers replaced by those of the demo (default: the example)")
	c.Flags().StringVar(&d.database, "database", "", "new database to make and keep (default: one in a temporary folder)")
	c.Flags().StringVar(&d.webhook, "webhook", "", "URL to send alerts to as well")
	c.Flags().StringVar(&d.channel, "slack", "", "Slack channel ID to send alerts to as well")
	completeFile(c, "rules", "yaml", "yml")
	completeFile(c, "database", "db")
	return c
}

func (d demoFlags) run(c *cobra.Command) error {
	if d.lasts < time.Second {
		return usageError{fmt.Errorf("--for %s: want at least 1s", d.lasts)}
	}
	if store.IsURL(d.database) {
		return usageError{errors.New("--database is a URL: name a path, since a demo keeps its database in a file")}
	}
	for _, path := range []string{d.database, d.keptRules()} {
		if err := vacant(path); err != nil {
			return err
		}
	}
	folder, err := os.MkdirTemp("", "notewatch-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
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

// play shows the demo, and what came of it.
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
	fmt.Fprintf(s.Stdout, "A simulated fleet lives through %d days in %s, from %s. All times are UTC.\n\n",
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

// vacant refuses a file that is there already: it may be one that is needed. "" is no file.
func vacant(path string) error {
	if path == "" {
		return nil
	}
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("%q exists already, and the demo makes a database of its own: name another, or remove this one if it is of an earlier demo", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("looking whether there is a database: %w", err)
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
