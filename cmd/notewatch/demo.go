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
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"notewatch"
	"notewatch/internal/config"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/watch"
	"notewatch/internal/words"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/rules"
)

// What the demo fixes.
const (
	demoDays     = 14
	demoInterval = time.Hour // between polls, simulated
	demoToken    = "demo"
	demoLimit    = 7 // requests a minute, as of the real Notehub
)

// demoStart is late in a month, so that a period ends on the way, and in an afternoon, so that something is used on the last day.
var demoStart = time.Date(2026, 6, 17, 15, 0, 0, 0, time.UTC)

// A demo is what the flags of the command say.
type demo struct {
	lasts    time.Duration
	rules    string
	database string
	webhook  string
	channel  string
}

func newDemo() *cobra.Command {
	var d demo
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

func (d demo) run(c *cobra.Command) error {
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
	clock := newStepClock(demoStart)
	hub := notehubtest.New(notehubtest.Config{
		Now: clock.clock().Now, Token: demoToken, Seed: 1, RequestsPerMinute: demoLimit, Projects: scenario(s.file.Projects),
	})
	address, stop, err := hub.Start()
	if err != nil {
		return err
	}
	defer stop()
	s.environment.NotehubURL, s.environment.NotehubToken = address, secret.New(demoToken)
	return d.play(c, s, clock, func() int { return len(hub.Requests()) })
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
func (d demo) keptRules() string {
	if d.database == "" || d.rules != "" {
		return ""
	}
	return d.database + ".rules.yaml"
}

// setup is the setup of the demo: rules from a file, everything else its own.
func (d demo) setup(c *cobra.Command, folder string) (setup, error) {
	environment, err := config.ReadEnvironment()
	if err != nil {
		return setup{}, err
	}
	if d.rules == "" {
		d.rules = cmp.Or(d.keptRules(), filepath.Join(folder, "rules.example.yaml"))
		if err := os.WriteFile(d.rules, notewatch.ExampleRules, 0o600); err != nil {
			return setup{}, fmt.Errorf("writing the example rules: %w", err)
		}
	}
	file, err := config.LoadPartly(d.rules, os.LookupEnv)
	if err != nil {
		return setup{}, err
	}
	for i := range file.Accounts {
		file.Accounts[i].Token = secret.New(demoToken)
	}
	environment.Database = d.database
	if d.database == "" {
		environment.Database = filepath.Join(folder, "notewatch.db")
	}
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	d.receive(file)
	return setup{environment: environment, file: file, log: log, stdout: c.OutOrStdout()}, nil
}

// receive replaces the receivers of the file by those of the demo.
func (d demo) receive(file *config.File) {
	file.Receivers = []config.Receiver{{Name: "terminal", Terminal: true}}
	if d.webhook != "" {
		hook := &config.Webhook{URL: secret.New(d.webhook), AllowPrivate: true}
		file.Receivers = append(file.Receivers, config.Receiver{Name: "webhook", Webhook: hook})
	}
	if d.channel != "" {
		file.Receivers = append(file.Receivers, config.Receiver{Name: "slack", Slack: &config.Slack{Channel: d.channel}})
	}
	var names []string
	for _, r := range file.Receivers {
		names = append(names, r.Name)
	}
	file.Operators = names
	for i := range file.Projects {
		file.Projects[i].Notify = names
	}
	for i := range file.Rules {
		file.Rules[i].Notify = nil
	}
}

// play runs the bot until the time is up, and sums up.
func (d demo) play(c *cobra.Command, s setup, clock *stepClock, requests func() int) error {
	wired, err := s.wire(clock.clock())
	if err != nil {
		return err
	}
	db, closeDB, err := s.open(c.Context())
	if err != nil {
		return err
	}
	defer closeDB()
	if err := db.MarkDemo(c.Context(), demoStart); err != nil {
		return err
	}
	wired.Bot.Store, wired.Bot.Interval = db, demoInterval
	var witnesses []*witness
	for i, r := range wired.Receivers {
		witnesses = append(witnesses, &witness{Receiver: r.Receiver, name: r.Name, told: map[string]int{}, seen: map[string]bool{}})
		wired.Receivers[i].Receiver = witnesses[i]
	}
	w, err := watch.New(c.Context(), wired)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "A simulated fleet lives through %d days in %s, from %s. All times are UTC.\n\n",
		demoDays, d.lasts, demoStart.Format("Monday 2 January 2006"))
	end := demoStart.AddDate(0, 0, demoDays)
	if err := follow(c.Context(), w, clock, end, d.lasts); err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.Context())
	if clock.now().Before(end) {
		end = clock.now()
	}
	if err := db.MarkDemo(ctx, end); err != nil {
		return err
	}
	if err := d.sum(ctx, s, db, witnesses, requests()); err != nil || d.database == "" {
		return err
	}
	return d.invite(ctx, s, db)
}

// sumColumns are what the demo counts of each receiver.
var sumColumns = []string{"RECEIVER~", "MESSAGES", "FIRED", "ESCALATED", "REMINDED", "ENDED", "DUPLICATES=", "NOT DELIVERED="}

// sum prints what happened, and whether every receiver shows what the database says.
func (d demo) sum(ctx context.Context, s setup, db *store.Store, witnesses []*witness, requests int) error {
	firing := 0
	for _, p := range s.file.Projects {
		open, err := db.OpenAlerts(ctx, p.UID)
		if err != nil {
			return err
		}
		for _, a := range open {
			if a.State == rules.Firing {
				firing++
			}
		}
	}
	fmt.Fprintf(s.stdout, "\nEnd of the demo: %s to Notehub, %s still firing.\n\n", words.Count(requests, "request"), words.Count(firing, "alert"))
	t := &table{columns: columns(sumColumns...)}
	for _, w := range witnesses {
		missing, _, err := db.Unshown(ctx, w.name)
		if err != nil {
			return err
		}
		ended := w.told["resolved"] + w.told["period_ended"] + w.told["corrected"] + w.told["withdrawn"]
		cells := []string{w.name}
		for _, n := range []int{w.messages, w.told["fired"], w.told["escalated"], w.told["reminded"], ended, w.twice, missing} {
			cells = append(cells, strconv.Itoa(n))
		}
		t.add(cells...)
	}
	return t.print(screenOf(s.stdout))
}

// A witness counts what a receiver accepted.
type witness struct {
	notify.Receiver
	name     string
	messages int
	twice    int            // states of alerts that were sent before
	told     map[string]int // by reason
	seen     map[string]bool
}

// Send implements notify.Receiver.
func (w *witness) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	shown, err := w.Receiver.Send(ctx, n, ref)
	if err != nil {
		return shown, err
	}
	w.messages++
	for _, a := range n.Alerts {
		if !a.Changed {
			continue
		}
		w.told[a.Reason]++
		state := fmt.Sprintf("%s %d", a.ID, a.Version)
		if w.seen[state] {
			w.twice++
		}
		w.seen[state] = true
	}
	return shown, nil
}
