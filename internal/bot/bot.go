package bot

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/env"
	"notewatch/internal/evaluate"
	"notewatch/internal/fetch"
	"notewatch/internal/metrics"
	"notewatch/internal/request"
	"notewatch/internal/schedule"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/notehub"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A Config configures a Bot. Every field is required unless its comment says otherwise.
type Config struct {
	Store            *store.Store // nil: the bot only says how its settings are understood
	Accounts         []Account
	Projects         []Project
	Rules            []Rule
	DefaultReceivers []string          // names of the default receivers, which get alerts about notewatch itself
	Live             []string          // names of receivers that keep the values in their messages current
	Fallbacks        map[string]string // name of the fallback, by name of a receiver
	Windows          []muting.Window   // weekly mute windows
	Once             bool              // takes one turn for each run, as under cron, so it does not wait for long
	Summary          bool              // send a summary every week
	Period           rules.PeriodSpec  // the period over which used adds up; the zero value is the calendar month
	Interval         time.Duration     // between polls of a project; 0 means DefaultInterval
	MaxRows          int               // of an answer about usage; 0 means as many as Notehub sends
	Workers          int               // blocks of a project that are evaluated at once; 0 means one for each core
	Clock            Clock             // domain clock
	Machine          func() time.Time  // machine clock: leases and the duration of requests
	// Wake wakes the loops that serve a kind of work, because some may be due; nil wakes none.
	Wake func(work.Kind)
	// Listed is called when the projects of an account with All have changed in the store; nil does nothing.
	Listed func()
	// Heartbeat is called after each good cycle, in which every project was polled successfully; nil is none.
	Heartbeat func(ctx context.Context) error
	Metrics   *metrics.Metrics // nil counts nothing
	Log       *slog.Logger
}

// DefaultInterval is the time between two polls of a project.
const DefaultInterval = 15 * time.Minute

// An Account is a Notehub billing account: all requests for its projects share one budget.
type Account struct {
	Name      string
	Client    *notehub.Client
	PerMinute float64 // request budget
	TokenFrom string  // where its token is set, for people: "NOTEWATCH_NOTEHUB_TOKEN"; "" if not known
	OAuth     bool    // the token is the secret of an OAuth client
	All       bool    // all its projects are watched: they are listed once an hour

	Organization string // UID of the one that pays; "" is the only one that the token sees
	Prices       env.Prices
	Currency     string // of Prices
}

// A Project is a Notehub project to watch.
type Project struct {
	UID, Name string
	Account   string           // name
	Notify    []string         // names of the receivers for rules without receivers
	Period    rules.PeriodSpec // the zero value is that of the Config
	Satellite env.Satellite    // allowance of each device
}

func (p Project) uid() string { return p.UID }

// A Rule is a rule with the names of its receivers; nil means those of the project.
type Rule struct {
	*rules.Rule
	Notify []string
}

// A Clock is the domain time. Simulations drive it; the shipped run uses only SystemClock.
type Clock struct {
	Now   func() time.Time
	Timer func(until time.Time) *time.Timer // fires at until
}

// SystemClock is the real time.
func SystemClock() Clock {
	return Clock{
		Now:   time.Now,
		Timer: func(until time.Time) *time.Timer { return time.NewTimer(time.Until(until)) },
	}
}

// A Bot is the left side of Commit: it polls projects, and carries out what people ask for. It is safe for concurrent use: the store
// serializes changes to the same alert, silence or work item.
type Bot struct {
	config           Config // from which it was made
	store            *store.Store
	accounts         []Account
	projects         []Project
	rules            []Rule
	defaultReceivers []string
	fallbacks        map[string]string
	windows          []muting.Window
	once             bool
	period           rules.PeriodSpec
	clock            Clock
	machine          func() time.Time
	wake             func(work.Kind)
	listed           func()
	metrics          *metrics.Metrics
	log              *slog.Logger

	reads     rules.Reads // of all rules together
	reader    *fetch.Reader
	evaluator *evaluate.Evaluator
	schedule  *schedule.Schedule

	awake         awakening
	startReported atomic.Bool // the start report was sent, as far as this process knows
	lists         sync.Map    // stored device lists, by UID of the project: each a *store.DeviceList
	requests      *request.Sender
	asked         sync.Map // time.Time: when Notehub was last asked about the organization of an account, by name
	pulse         pulse
}

// New returns a bot. It registers no work in the store.
func New(c Config) *Bot {
	b := &Bot{
		config: c, store: c.Store, accounts: c.Accounts, projects: c.Projects, rules: c.Rules, defaultReceivers: c.DefaultReceivers, fallbacks: c.Fallbacks,
		windows: c.Windows, once: c.Once, period: c.Period, clock: c.Clock, machine: c.Machine,
		wake: c.Wake, listed: c.Listed, metrics: c.Metrics, log: c.Log, reads: readsOf(c.Rules),
	}
	if b.wake == nil {
		b.wake = func(work.Kind) {}
	}
	if b.listed == nil {
		b.listed = func() {}
	}
	if c.Store != nil { // else the bot only says how its settings are understood
		b.reader = fetch.New(fetch.Config{Usage: c.Store.Usage, Log: c.Log, Wants: b.reads.Members, Objects: b.reads.Objects, MaxRows: c.MaxRows})
	}
	b.requests = request.New(request.Config{
		Store: c.Store, Now: c.Clock.Now, Timer: c.Clock.Timer, Machine: c.Machine, Once: c.Once, Metrics: c.Metrics, Log: c.Log,
	})
	b.schedule = newSchedule(c, b.wake)
	b.evaluator = evaluate.New(evaluate.Config{
		Store: c.Store, Rules: rulesOf(c.Rules), Wants: b.reads.Members, Workers: cmp.Or(c.Workers, runtime.GOMAXPROCS(0)),
		Live: c.Live, Fallbacks: c.Fallbacks, Metrics: c.Metrics, Log: c.Log,
	})
	if c.Heartbeat != nil {
		b.pulse.since = c.Clock.Now()
	}
	return b
}

// newSchedule returns the schedule of the projects of a bot.
func newSchedule(c Config, wake func(work.Kind)) *schedule.Schedule {
	s := schedule.Config{
		Store: c.Store, Kinds: Kinds(c.Rules), Interval: cmp.Or(c.Interval, DefaultInterval), Now: c.Clock.Now, Machine: c.Machine, Wake: wake, Log: c.Log,
	}
	for _, a := range c.Accounts {
		s.Accounts = append(s.Accounts, schedule.Account{Name: a.Name, PerMinute: a.PerMinute})
	}
	for _, p := range c.Projects {
		s.Projects = append(s.Projects, schedule.Project{UID: p.UID, Account: p.Account})
	}
	return schedule.New(s)
}

// Kinds returns the numbers of kinds of answers that polls request for these rules.
func Kinds(all []Rule) (kinds budget.Kinds) {
	kinds.Usage, kinds.Routes = fetch.Requests(readsOf(all).Figures)
	if slices.ContainsFunc(all, func(r Rule) bool { return r.Spec.Each == rules.EachRoute }) {
		kinds.Routes++ // the list
	}
	objects := readsOf(all).Objects
	kinds.Organization, kinds.Balance = objects.Read("org."), objects.Read("org.days_left")
	return kinds
}

// Config returns the configuration of the bot.
func (b *Bot) Config() Config { return b.config }

// Schedule returns when the projects are polled.
func (b *Bot) Schedule() *schedule.Schedule { return b.schedule }

// Recipients returns the names of the receivers of a rule in a project.
func (p Project) Recipients(r Rule) []string {
	if r.Notify != nil {
		return r.Notify
	}
	return p.Notify
}

// rulesOf returns rules without their receivers.
func rulesOf(all []Rule) []*rules.Rule {
	list := make([]*rules.Rule, len(all))
	for i, r := range all {
		list[i] = r.Rule
	}
	return list
}

// readsOf returns the figures that the rules read together.
func readsOf(all []Rule) (reads rules.Reads) {
	for _, r := range all {
		reads.Members, reads.Objects = reads.Members.With(r.Reads.Members), reads.Objects.With(r.Reads.Objects)
		reads.FleetNames = reads.FleetNames || r.Reads.FleetNames
	}
	reads.Figures = reads.Members.Figures()
	return reads
}

func (b *Bot) project(uid string) (Project, Account, error) {
	for _, p := range b.projects {
		if p.UID != uid {
			continue
		}
		for _, a := range b.accounts {
			if a.Name == p.Account {
				return p, a, nil
			}
		}
	}
	return Project{}, Account{}, fmt.Errorf("project %q is not configured", uid)
}

// names returns name(x) for each x of all.
func names[T any](all []T, name func(T) string) []string {
	list := make([]string, len(all))
	for i, one := range all {
		list[i] = name(one)
	}
	return list
}

// without returns a list without some elements.
func without(list, some []string) []string {
	return slices.DeleteFunc(list, func(name string) bool { return slices.Contains(some, name) })
}
