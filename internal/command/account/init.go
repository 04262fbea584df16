package account

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notewatch/internal/bot"
	"notewatch/internal/command"
	"notewatch/internal/config"
	"notewatch/internal/demo"
	"notewatch/internal/onboard"
	"notewatch/internal/secret"
	"notewatch/internal/setup"
	"notewatch/internal/store"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
)

// Options are the flags of init.
type Options struct {
	Rules        string // path of the rules file; "" is that of the environment
	Projects     []string
	Organization string
	Channel      string
	Demo         bool
	Yes          bool // ask nothing
	NoTrial      bool
	Rate         float64 // requests a minute
}

// DefaultRate is the default number of requests a minute to an account: as many as notewatch run sends.
const DefaultRate = config.DefaultRate

// Init writes a rules file for an account, and prints the next steps.
func Init(c *cobra.Command, o Options) error {
	if !(o.Rate > 0) {
		return command.UsageError{Err: fmt.Errorf("--requests-per-minute %v: want more than 0; Notehub allows 7", o.Rate)}
	}
	s, err := setup.Unwritten(command.OutputOf(c))
	if err != nil {
		return err
	}
	task := onboard.Config{
		Path: cmp.Or(o.Rules, s.Environment.Rules), Projects: o.Projects, Organization: o.Organization, Channel: o.Channel, NoTrial: o.NoTrial,
		Rate: o.Rate, Clock: bot.SystemClock(), Machine: time.Now, Variable: os.LookupEnv, Log: s.Log, Open: s.Open,
	}
	lines := []string{}
	if task.Path != s.Environment.Rules {
		lines = append(lines, "export NOTEWATCH_RULES="+words.ShellWord(task.Path))
	}
	if o.Demo {
		stop, err := simulate(&s, &task, o)
		if err != nil {
			return err
		}
		defer stop()
		lines = []string{ // which fit a narrow terminal
			"export NOTEWATCH_RULES=" + words.ShellWord(task.Path),
			"export NOTEWATCH_DATABASE=" + words.ShellWord(s.Environment.Database.Reveal()),
			"export NOTEWATCH_NOTEHUB_TOKEN=" + demo.Token,
		}
	}
	if task.Client, err = s.Client(config.DefaultAccount, nil); err != nil {
		return err
	}
	talk := command.TalkOf(c)
	progress := terminal.Progress{Screen: talk}
	defer progress.End()
	task.Say = func(text string) { _ = talk.Say(text) }
	task.Progress = progress.Show
	if in, ok := c.InOrStdin().(*os.File); ok && !o.Yes && term.IsTerminal(int(in.Fd())) {
		task.Ask = terminal.NewDialog(talk, in).Ask(c.Context())
	}
	result, err := onboard.Run(c.Context(), task)
	progress.End()
	if err != nil {
		return err
	}
	return terminal.Onboarded(command.ScreenOf(c), result, append(lines, "notewatch check", "notewatch backtest"), o.Demo)
}

// demoRules is the rules file that init writes for the account of the demo.
const demoRules = "demo-account.yaml"

// simulate puts the account of the demo in place of the real one, with a new database beside the rules file. stop ends it.
func simulate(s *setup.Setup, task *onboard.Config, o Options) (stop func(), err error) {
	task.Path = cmp.Or(o.Rules, demoRules)
	database := strings.TrimSuffix(task.Path, ".yaml") + ".db"
	if err := (demo.Options{Database: database, Rules: task.Path}).Check(); err != nil {
		return nil, err
	}
	hub, clock, err := demo.NewAccount()
	if err != nil {
		return nil, err
	}
	address, stop, err := hub.Start()
	if err != nil {
		return nil, err
	}
	s.Environment.NotehubURL, s.Environment.NotehubToken, s.Environment.ClientID = address, secret.New(demo.Token), ""
	s.Environment.Database = secret.New(database)
	open := s.Open
	task.Clock, task.Rate, task.Open = clock.Clock(), demo.Unlimited, func(ctx context.Context) (*store.Store, func(), error) {
		db, closeDB, err := open(ctx)
		if err != nil {
			return nil, nil, err
		}
		if err := db.MarkDemo(ctx, clock.Now()); err != nil {
			closeDB()
			return nil, nil, err
		}
		return db, closeDB, nil
	}
	return stop, nil
}
