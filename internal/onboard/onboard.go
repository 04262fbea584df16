package onboard

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"notewatch/internal/backtest"
	"notewatch/internal/bot"
	"notewatch/internal/readback"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/notehub"
	"notewatch/rules"
)

// A Config describes a run. Client, Open, Clock, Machine, Rate, Say and Log are required.
type Config struct {
	Path         string   // of the rules file
	Projects     []string // UIDs or names; none means all, or those that a person chooses
	Organization string   // UID or name of the organization that pays; "" means the only one
	Channel      string   // ID of a Slack channel to notify; "" means none, or the one that a person chooses
	NoTrial      bool     // do not try the rules on the last month
	Client       *notehub.Client
	Open         func(ctx context.Context) (db *store.Store, closeDB func(), err error)
	Clock        bot.Clock
	Machine      func() time.Time
	Rate         float64                                   // requests a minute
	Ask          func(question string) (string, error)     // asks a person and returns the line that is typed; nil asks no one
	Say          func(text string)                         // prints a paragraph
	Progress     func(text string)                         // shows the progress; may be nil
	Variable     func(name string) (value string, ok bool) // of the environment
	Log          *slog.Logger
}

// A Result describes the file that was written.
type Result struct {
	Path     string
	Projects int
	Devices  int
	Rules    int
	LeftOut  int              // rules of the catalogue that do not fit
	Skipped  []Skipped        // projects that Notehub refuses to show
	Trial    *backtest.Report // nil: the rules were not tried
}

// Run lists what the account has, and writes a rules file for it.
func Run(ctx context.Context, c Config) (Result, error) {
	if err := absent(c.Path); err != nil {
		return Result{}, err
	}
	seen, err := discover(ctx, c.Client)
	if err != nil {
		return Result{}, err
	}
	d, err := c.decide(seen)
	if err != nil {
		return Result{}, err
	}
	file, err := all(c.Path, d.projects).parse()
	if err != nil {
		return Result{}, err
	}
	reads := readback.ReadsOf(file)
	if err := c.announce(len(d.projects), readback.Requests(reads)); err != nil {
		return Result{}, err
	}
	db, closeDB, err := c.Open(ctx)
	if err != nil {
		return Result{}, err
	}
	defer closeDB()
	if d.projects, d.skipped, err = c.read(ctx, db, reads, d.projects); err != nil {
		return Result{}, err
	}
	if d.view, err = viewOf(ctx, db, rules.DayOf(c.Clock.Now()), d.projects); err != nil {
		return Result{}, err
	}
	d.made = c.Clock.Now()
	d.propose(file)
	trial, err := d.try(ctx, db, c.NoTrial, func(days, total int) { c.progress(fmt.Sprintf("Trying the rules: day %d of %d", days, total)) })
	if err != nil {
		return Result{}, err
	}
	if _, err := d.parse(); err != nil { // before it is written
		return Result{}, err
	}
	return d.result(trial), d.write()
}

func (d *draft) result(trial *backtest.Report) Result {
	return Result{
		Path: d.path, Projects: len(d.projects), Devices: d.view.devices, Rules: len(d.choices) + len(d.budgets), LeftOut: len(d.leftOut),
		Skipped: d.skipped, Trial: trial,
	}
}

func (c Config) progress(text string) {
	if c.Progress != nil {
		c.Progress(text)
	}
}

// decide returns a draft with the choices of the options, or of a person.
func (c Config) decide(a account) (*draft, error) {
	d := &draft{path: c.Path, channel: c.Channel, several: len(a.Organizations) > 1, access: accessLines(c.Variable)}
	var err error
	if d.projects, err = c.chooseProjects(a); err != nil {
		return nil, err
	}
	if d.pays, d.unpaid, err = a.pays(c.Organization); err != nil {
		return nil, err
	}
	if c.Ask != nil && c.Channel == "" {
		d.channel, err = c.ask("ID of the Slack channel to notify, such as C0123456789; Enter for the terminal only: ", channelProblem)
	} else if c.Channel != "" && channelProblem(c.Channel) != "" {
		err = fmt.Errorf("--slack %q: %s", c.Channel, channelProblem(c.Channel))
	}
	return d, err
}

// channelProblem returns what is wrong with the ID of a channel.
func channelProblem(id string) string {
	if id == "" || (id[0] == 'C' || id[0] == 'G' || id[0] == 'D') && len(id) >= 9 && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" {
		return ""
	}
	return "not the ID of a channel: it is below the details of the channel in Slack, such as C0123456789"
}

// ask asks until the answer has no problem.
func (c Config) ask(question string, problem func(answer string) string) (string, error) {
	for {
		answer, err := c.Ask(question)
		if err != nil {
			return "", err
		}
		answer = strings.TrimSpace(answer)
		what := problem(answer)
		if what == "" {
			return answer, nil
		}
		c.Say(what)
	}
}

// chooseProjects returns the projects to watch.
func (c Config) chooseProjects(a account) (chosen []notehub.Project, err error) {
	if len(c.Projects) > 0 || c.Ask == nil || len(a.Projects) == 1 {
		return a.choose(c.Projects)
	}
	c.Say(fmt.Sprintf("The token sees %s:", words.Count(len(a.Projects), "project")))
	for i, p := range a.Projects {
		c.Say(fmt.Sprintf("%4d  %s", i+1, nameOf(p)))
	}
	_, err = c.ask("Numbers or names of the projects to watch, with commas between them; Enter for all: ", func(answer string) string {
		if chosen, err = a.choose(a.numbered(answer)); err != nil {
			return err.Error()
		}
		return ""
	})
	return chosen, err
}

// numbered returns the words of an answer, with a number replaced by the UID of that project in the list.
func (a account) numbered(answer string) (wanted []string) {
	for word := range strings.SplitSeq(answer, ",") {
		word = strings.TrimSpace(word)
		if n, err := strconv.Atoi(word); err == nil && n >= 1 && n <= len(a.Projects) && len(a.named(word)) == 0 {
			word = a.Projects[n-1].UID
		}
		if word != "" {
			wanted = append(wanted, word)
		}
	}
	return wanted
}

// announce says how many requests follow, and asks whether they may be sent.
func (c Config) announce(projects, each int) error {
	requests := words.Count(projects*each, "request") + " to Notehub"
	if minutes := int(math.Ceil(float64(projects*each) / c.Rate)); minutes > 1 {
		requests += fmt.Sprintf(", at most %s a minute: about %s", words.Figure(c.Rate, ""), words.Count(minutes, "minute"))
	}
	c.Say(fmt.Sprintf("Reading %s takes %s. A project of more than 10,000 devices takes more. "+
		"What has been read is kept in the database, so you can stop and repeat the command.", words.Count(projects, "project"), requests))
	if c.Ask == nil {
		return nil
	}
	return readback.Confirm(c.Ask, c.Say)
}

// accessLines returns the keys of an account that refer to the token or OAuth client of the environment.
func accessLines(variable func(name string) (string, bool)) []string {
	if variable == nil {
		variable = func(string) (string, bool) { return "", false }
	}
	refer := func(key, name string) string {
		if path, ok := variable(name + "_FILE"); ok && path != "" {
			return key + ": '${file:" + path + "}'"
		}
		return key + ": ${" + name + "}"
	}
	client, isClient := variable("NOTEWATCH_NOTEHUB_CLIENT_ID")
	_, isFile := variable("NOTEWATCH_NOTEHUB_CLIENT_ID_FILE")
	if isClient && client != "" || isFile {
		return []string{refer("client_id", "NOTEWATCH_NOTEHUB_CLIENT_ID"), refer("client_secret", "NOTEWATCH_NOTEHUB_CLIENT_SECRET")}
	}
	return []string{refer("token", "NOTEWATCH_NOTEHUB_TOKEN")}
}
