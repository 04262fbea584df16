package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notewatch/internal/backtest"
	"notewatch/internal/bot"
	"notewatch/internal/command"
	"notewatch/internal/command/account"
	"notewatch/internal/config"
	"notewatch/internal/readback"
	"notewatch/internal/secret"
	"notewatch/internal/setup"
	"notewatch/internal/terminal"
	"notewatch/internal/words"
	"notewatch/notehub"
	"notewatch/rules"
)

// DefaultFile is the database into which past days are read, unless the command names another one.
const DefaultFile = "notewatch-fetched.db"

// replayFetched reads the days that rules files need from Notehub into a database of their own, and tests the files on it.
func (o Options) replayFetched(c *cobra.Command, s setup.Setup, files []*config.File) (reports []backtest.Report, err error) {
	if err := o.separate(s); err != nil {
		return nil, err
	}
	clients, err := clientsOf(s)
	if err != nil {
		return nil, err
	}
	listed, err := listedOf(c.Context(), s.File, clients)
	if err != nil {
		return nil, err
	}
	projects := projectsOf(s.File, listed)
	shown := make([]*config.File, len(files))
	for i := range files {
		tested := *files[i]
		tested.Projects = slices.DeleteFunc(projectsOf(files[i], listed), func(p config.Project) bool {
			return !slices.ContainsFunc(projects, func(read config.Project) bool { return read.UID == p.UID })
		})
		files[i] = &tested
		shown[i], _ = backtest.Shown(&tested)
	}
	clock := bot.SystemClock()
	reader := readback.Reader{
		Clock: clock, Machine: time.Now, Reads: readback.ReadsOf(shown...), Log: s.Log,
		First: func(p readback.Project, today rules.Day) rules.Day {
			first := today - rules.Day(o.Days)
			return min(backtest.FirstDay(shown[0], p.UID, first), backtest.FirstDay(shown[len(shown)-1], p.UID, first))
		},
	}
	wanted := make([]readback.Project, len(projects))
	for i, p := range projects {
		wanted[i] = readback.Project{UID: p.UID, Name: p.Name, Account: p.Account, Client: clients[p.Account], PerMinute: perMinute(s.File, p.Account)}
	}
	if err := o.announce(c, reader, wanted, rules.DayOf(clock.Now())); err != nil {
		return nil, err
	}
	s.Environment.Database = secret.New(o.Fetch)
	db, closeDB, err := s.Open(c.Context())
	if err != nil {
		return nil, err
	}
	defer closeDB()
	reader.Store = db
	if err := o.fetch(c, reader, wanted); err != nil {
		return nil, err
	}
	return o.run(c, command.Opened{Store: db, Clock: clock}, files)
}

// separate returns an error if the fetched days would be stored in the database of the settings: notewatch run would take them for its own.
func (o Options) separate(s setup.Setup) error {
	if strings.Contains(o.Fetch, "://") {
		return command.UsageError{Err: errors.New("--fetch: want the path of a file")}
	}
	fetched, err := filepath.Abs(o.Fetch)
	live, liveErr := filepath.Abs(s.Environment.Database.Reveal())
	if err == nil && liveErr == nil && fetched == live {
		return command.UsageError{Err: fmt.Errorf("--fetch %q is the database of notewatch run: name another file, or leave out --fetch to use what it holds", o.Fetch)}
	}
	return nil
}

// clientsOf returns the clients of all accounts of a rules file, by their names.
func clientsOf(s setup.Setup) (map[string]*notehub.Client, error) {
	clients := map[string]*notehub.Client{}
	var problems []error
	for _, a := range s.File.Accounts {
		if len(a.Missing) > 0 {
			problems = append(problems, a.Missing)
			continue
		}
		client, err := s.Client(a.Name, nil)
		clients[a.Name] = client
		problems = append(problems, err)
	}
	return clients, errors.Join(problems...)
}

// listedOf returns what Notehub lists for accounts of which all projects are watched, by their names.
func listedOf(ctx context.Context, file *config.File, clients map[string]*notehub.Client) (map[string][]notehub.Project, error) {
	listed := map[string][]notehub.Project{}
	for _, all := range file.All {
		err := clients[all.Account].Projects(ctx, func(found notehub.Project) error {
			listed[all.Account] = append(listed[all.Account], found)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing the projects of account %q: %w", all.Account, readback.Advised(err))
		}
	}
	return listed, nil
}

// projectsOf returns the projects of a rules file, with those that Notehub lists.
func projectsOf(file *config.File, listed map[string][]notehub.Project) []config.Project {
	projects := slices.Clone(file.Projects)
	for _, all := range file.All {
		for _, found := range listed[all.Account] {
			if slices.ContainsFunc(projects, func(p config.Project) bool { return p.UID == found.UID }) {
				continue
			}
			p := all
			p.UID, p.Name, p.Listed = found.UID, cmp.Or(found.Name, found.UID), true
			if slices.ContainsFunc(projects, func(other config.Project) bool { return other.Name == p.Name }) {
				p.Name = found.UID
			}
			projects = append(projects, p)
		}
	}
	return projects
}

// perMinute returns how many requests a minute are sent for an account.
func perMinute(file *config.File, name string) float64 {
	for _, a := range file.Accounts {
		if a.Name == name {
			return float64(account.Beside(a.RequestsPerMinute))
		}
	}
	return account.DefaultRate
}

// announce says how many requests follow, and on a terminal asks whether they may be sent.
func (o Options) announce(c *cobra.Command, reader readback.Reader, projects []readback.Project, today rules.Day) error {
	first, rate, each := today, math.Inf(1), readback.Requests(reader.Reads)
	for _, p := range projects {
		first, rate = min(first, reader.First(p, today)), min(rate, p.PerMinute)
	}
	requests := words.Count(len(projects)*each, "request") + " to Notehub"
	if minutes := int(math.Ceil(float64(len(projects)*each) / rate)); minutes > 1 {
		requests += fmt.Sprintf(", at most %s a minute for an account: up to %s", words.Figure(rate, ""), words.Count(minutes, "minute"))
	}
	talk := command.TalkOf(c)
	err := talk.Say(fmt.Sprintf("Reading %s from %s on into %s takes %s. A project of which more than %s devices are active takes more. "+
		"What has been read is kept, so you can stop and repeat the command.",
		words.Count(len(projects), "project"), first.Start().Format("2 Jan 2006"), o.Fetch, requests, words.Number(notehub.MaxLimit/int(today-first+1))))
	in, ok := c.InOrStdin().(*os.File)
	if err != nil || o.Yes || !ok || !term.IsTerminal(int(in.Fd())) {
		return err
	}
	err = readback.Confirm(terminal.NewDialog(talk, in).Ask(c.Context()), func(text string) { _ = talk.Say(text) })
	if errors.Is(err, context.Canceled) {
		return readback.ErrDeclined
	}
	return err
}

// fetch reads projects into the database of the reader. Those that Notehub refuses to show are named.
func (o Options) fetch(c *cobra.Command, reader readback.Reader, projects []readback.Project) error {
	talk := command.TalkOf(c)
	progress := terminal.Progress{Screen: talk}
	defer progress.End()
	reader.Progress = progress.Show
	_, skipped, err := reader.Read(c.Context(), projects)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted; what was read is kept in %s: repeat the command to go on", o.Fetch)
	}
	progress.End()
	for _, one := range skipped {
		err = errors.Join(err, talk.Say(fmt.Sprintf("Not read: %s: %s", one.Project.Name, one.Why)))
	}
	return err
}
