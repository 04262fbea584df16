package bot

import (
	"cmp"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"notewatch/internal/evaluate"
	"notewatch/internal/fetch"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/notehub"
	"notewatch/rules"
)

// A Config is all that a Bot works with. Every field is required but where said otherwise.
type Config struct {
	Store     *store.Store
	Accounts  []Account
	Projects  []Project
	Rules     []Rule
	Operators []string          // names of receivers that are told how notewatch itself does
	Live      []string          // names of receivers that keep figures up to date in what they show
	Fallbacks map[string]string // by name of a receiver, that of the receiver that is told what the first one cannot be told
	Windows   []rules.Window    // when people are not told, week by week
	Once      bool              // takes one turn, again and again by cron: it does not wait for long
	Summary   bool              // tell every week what was used
	Period    rules.PeriodSpec  // what used is counted over; the zero value is the calendar month
	Interval  time.Duration     // between polls of a project; 0 is DefaultInterval
	Workers   int               // blocks of a project that are evaluated at once; 0 is one for each core
	Clock     Clock             // domain clock
	Machine   func() time.Time  // machine clock: leases and what requests take
	// Wake wakes the loops that serve a kind of work, since some may be due; nil wakes none.
	Wake    func(work.Kind)
	Metrics *metrics.Metrics // nil counts nothing
	Log     *slog.Logger
}

// DefaultInterval is the time between two polls of a project.
const DefaultInterval = 15 * time.Minute

// An Account is a Notehub billing account: all requests for its projects share one budget.
type Account struct {
	Name      string
	Client    *notehub.Client
	PerMinute float64 // requests
	TokenFrom string  // where its token is set, for people: "NOTEWATCH_NOTEHUB_TOKEN"; "" is not known
	OAuth     bool    // there, it is the secret of an OAuth client
}

// A Project is a Notehub project to watch.
type Project struct {
	UID, Name string
	Account   string   // name
	Notify    []string // names of the receivers that are told by rules that name none
}

func (p Project) uid() string { return p.UID }

// A Rule is a rule and the names of the receivers that are told; nil is those of the project.
type Rule struct {
	*rules.Rule
	Notify []string
}

// A Clock is domain time. Simulations drive it; the shipped run has only SystemClock.
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

// A Bot stands left of Commit: it polls projects, and decides what people ask for. Several goroutines may call its methods at once:
// of what they do to the same alert, silence or work the store lets one go first, and the others see what came of it.
type Bot struct {
	config    Config // what it was made of
	store     *store.Store
	accounts  []Account
	projects  []Project
	rules     []Rule
	operators []string
	fallbacks map[string]string
	windows   []rules.Window
	once      bool
	period    rules.PeriodSpec
	interval  time.Duration
	clock     Clock
	machine   func() time.Time
	wake      func(work.Kind)
	metrics   *metrics.Metrics
	log       *slog.Logger

	reads     rules.Reads // of all rules together
	reader    *fetch.Reader
	evaluator *evaluate.Evaluator

	awake   awakening
	greeted atomic.Bool   // the operators know what is watched, as far as this process can tell
	lists   sync.Map      // device lists as they are stored, by the UID of the project: each a *store.DeviceList
	devices sync.Map      // int: how many devices a project lists, by UID
	counted atomic.Int64  // when they were last counted, as Unix milliseconds
	answers chan struct{} // of Notehub that are being read
	rates   sync.Map      // float64: requests a minute of an account when that was last logged, by name
	fresh   freshening
}

// New returns a bot. It puts nothing down in the store by itself.
func New(c Config) *Bot {
	b := &Bot{
		config: c, store: c.Store, accounts: c.Accounts, projects: c.Projects, rules: c.Rules, operators: c.Operators, fallbacks: c.Fallbacks,
		windows: c.Windows, once: c.Once, period: c.Period, interval: cmp.Or(c.Interval, DefaultInterval), clock: c.Clock, machine: c.Machine,
		wake: c.Wake, metrics: c.Metrics, log: c.Log, reads: readsOf(c.Rules), answers: make(chan struct{}, maxAnswers),
	}
	if b.wake == nil {
		b.wake = func(work.Kind) {}
	}
	b.reader = fetch.New(fetch.Config{Usage: c.Store.Usage, Log: c.Log, Wants: b.reads.Members, Objects: b.reads.Objects})
	b.evaluator = evaluate.New(evaluate.Config{
		Store: c.Store, Rules: rulesOf(c.Rules), Wants: b.reads.Members, Period: c.Period, Workers: cmp.Or(c.Workers, runtime.GOMAXPROCS(0)),
		Live: c.Live, Fallbacks: c.Fallbacks, Metrics: c.Metrics, Log: c.Log,
	})
	return b
}

// Config returns what the bot was made of.
func (b *Bot) Config() Config { return b.config }

// Recipients returns the names of the receivers that are told of a rule in a project.
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

// readsOf returns what the rules read together.
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

// names returns what each of all is called.
func names[T any](all []T, name func(T) string) []string {
	list := make([]string, len(all))
	for i, one := range all {
		list[i] = name(one)
	}
	return list
}

// without returns a list but for some of it.
func without(list, some []string) []string {
	return slices.DeleteFunc(list, func(name string) bool { return slices.Contains(some, name) })
}
