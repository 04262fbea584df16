// Package bot is the straight line of notewatch: it reads usage from Notehub, judges it by rules, commits what follows,
// and shows it to receivers.
//
//	notehub.Client → usage rows → store → Env → Eval → Next → store.Commit → receiver due → Send → store
//
// Everything left of Commit may be repeated freely; Commit decides; everything right of it is repeated until shown. Polls
// and receivers are due work in the store, served under leases, so that a crash anywhere loses nothing.
package bot

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"notewatch/internal/fetch"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/notehub"
	"notewatch/notify"
	"notewatch/rules"
)

// A Config is all that a Bot works with. Every field is required but where said otherwise.
type Config struct {
	Store     *store.Store
	Accounts  []Account
	Projects  []Project
	Rules     []Rule
	Receivers []Receiver
	Operators []string         // names of receivers that are told how notewatch itself does
	Windows   []rules.Window   // when people are not told, week by week
	Once      bool             // takes one turn, again and again by cron: it does not try again at each start what waits
	Summary   bool             // tell every week what was used
	Period    rules.PeriodSpec // what used is counted over; the zero value is the calendar month
	Interval  time.Duration    // between polls of a project; 0 is DefaultInterval
	Workers   int              // blocks of a project that are evaluated at once; 0 is one for each core
	Clock     Clock            // domain clock
	Machine   func() time.Time // machine clock: leases, signatures, and the pauses between two sends
	// Sleep waits on the machine clock, until the context is done at most; nil really does.
	Sleep   func(context.Context, time.Duration)
	Metrics *metrics.Metrics // nil counts nothing
	Log     *slog.Logger
}

// DefaultInterval is the time between two polls of a project.
const DefaultInterval = 15 * time.Minute

// MaxBatch is a good Batch of receivers to which repeats are harmless: what the disk has to keep is little beside the posts.
const MaxBatch = 50

// An Account is a Notehub billing account: all requests for its projects share one budget.
type Account struct {
	Name      string
	Client    *notehub.Client
	PerMinute float64 // requests
	TokenFrom string  // where its token is set, for people: "NOTEWATCH_NOTEHUB_TOKEN"; "" is not known
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

// A Receiver is a named receiver of notifications.
type Receiver struct {
	Name     string
	From     rules.Level   // the lowest level it wants; Inactive is all
	Live     bool          // can change what it posted: figures are kept up to date there
	Lane     string        // receivers with the same lane share its pauses; "" is one of its own
	Pause    time.Duration // between the beginnings of two sends of its lane, on the machine clock
	Batch    int           // messages that may be sent before what came of them is recorded; 0 is 1. More only if repeats are harmless
	Fallback string        // the receiver that is told what this one cannot be told; "" is none
	notify.Receiver
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

// A Bot watches projects. Several goroutines may call its methods at once, also while it runs: of what they do to the same
// alert, silence or work the store lets one go first, and the others see what came of it. Only Run is called once, and Turn not
// beside it.
type Bot struct {
	Config
	reads  rules.Reads // of all rules together
	reader *fetch.Reader
	wake   map[waking]bell
	lanes  *lanes
	awake  awakening
	calls  sync.Map // of receivers by name: a *sync.Mutex that is held during a call

	outage  *outage
	greeted atomic.Bool // the operators know what is watched, as far as this process can tell
	lists   sync.Map    // device lists as they are stored, by the UID of the project: each a *deviceList
	damaged sync.Map    // columns of history of which it was logged that they cannot be read: each a store.Damage
	devices sync.Map    // int: how many devices a project lists, by UID
	rates   sync.Map    // float64: requests a minute of an account when that was last logged, by name
	fresh   freshening
	setBack atomic.Pointer[time.Time] // when it was last noticed that the clock was set back; nil is never
}

// lanes are when the newest send of each begins, or will, on the machine clock.
type lanes struct {
	sync.Mutex
	last map[string]time.Time
}

// Attach returns a bot that works beside the one that runs: it puts nothing down in the store by itself.
func Attach(config Config) *Bot {
	b := &Bot{
		Config: config, reads: readsOf(config.Rules), wake: bells(config), outage: newOutage(),
		lanes: &lanes{last: map[string]time.Time{}},
	}
	b.reader = fetch.New(fetch.Config{Store: b.Store, Log: b.Log, Figures: b.reads.Figures})
	if b.Interval == 0 {
		b.Interval = DefaultInterval
	}
	if b.Workers == 0 {
		b.Workers = runtime.GOMAXPROCS(0)
	}
	if b.Sleep == nil {
		b.Sleep = sleep
	}
	return b
}

// New returns a bot that is to run. It registers polls and receivers as work; new ones are due at once.
func New(ctx context.Context, config Config) (*Bot, error) {
	b := Attach(config)
	if err := b.countDevices(ctx); err != nil {
		return nil, err
	}
	b.logIntervals()
	b.observe()
	return b, b.register(ctx)
}

// register puts down what work there is and makes due what another set of rules and receivers may change.
func (b *Bot) register(ctx context.Context) error {
	projects := names(b.Projects, Project.uid)
	receivers := names(b.Receivers, func(r Receiver) string { return r.Name })
	now := b.Clock.Now()
	if err := b.Store.ConvertLists(ctx); err != nil {
		return err
	}
	if err := b.Store.AddWork(ctx, store.Poll, projects, now); err != nil {
		return err
	}
	for _, uid := range projects {
		if err := b.Store.Raise(ctx, store.PollRules, uid, now); err != nil {
			return err
		}
	}
	if err := b.shorten(ctx, now); err != nil {
		return err
	}
	if err := b.Store.KeepProjects(ctx, projects); err != nil {
		return err
	}
	if err := b.checkClock(ctx); err != nil {
		return err
	}
	if err := b.Store.AddWork(ctx, store.Summary, []string{""}, nextSummary(now)); err != nil {
		return err
	}
	if err := b.Store.Raise(ctx, store.Mute, "", now); err != nil {
		return err
	}
	for _, name := range receivers {
		if waits, err := b.waitsForRetry(ctx, name, now); err != nil || waits {
			if err != nil {
				return err
			}
			continue
		}
		if err := b.Store.Revive(ctx, name, now); err != nil {
			return err
		}
		if err := b.Store.Raise(ctx, store.Receiver, name, now); err != nil {
			return err
		}
	}
	if err := b.Store.Reconsider(ctx, now); err != nil {
		return err
	}
	if err := b.hurry(ctx, now); err != nil {
		return err
	}
	if err := b.retire(ctx); err != nil {
		return err
	}
	gone, err := b.Store.KeepReceivers(ctx, receivers, now)
	for name, n := range gone {
		b.Log.Warn("a receiver that is no longer in the rules file will not hear the end of its alerts", "receiver", name, "alerts", n)
	}
	if err != nil {
		return err
	}
	if err := b.dropBroken(ctx); err != nil {
		return err
	}
	if err := b.callOff(ctx); err != nil {
		return err
	}
	if err := b.dropAccounts(ctx); err != nil {
		return err
	}
	return b.reroute(ctx, now) // last: what comes to nothing must not have told anybody
}

// shorten has no project wait for longer than its interval, which may be shorter than it was.
func (b *Bot) shorten(ctx context.Context, now time.Time) error {
	for _, a := range b.Accounts {
		for _, uid := range b.projectsOf(a.Name) {
			state, err := b.Store.Project(ctx, uid)
			if err != nil {
				return err
			}
			next := now.Add(b.Cadence(a))
			if last := state.PolledAt.Add(b.Cadence(a)); state.Failures == 0 && last.Before(next) {
				next = last
			}
			if next.Before(now) {
				next = now
			}
			if err := b.Store.Raise(ctx, store.Poll, uid, next); err != nil {
				return err
			}
		}
	}
	return nil
}

// hurry makes projects due that rules have yet to judge: whoever has changed a rule wants to see what it does.
func (b *Bot) hurry(ctx context.Context, now time.Time) error {
	for _, p := range b.Projects {
		judged, err := b.Store.Judged(ctx, p.UID)
		if err != nil {
			return err
		}
		changed := func(r Rule) bool { return !r.Reads.OnlyPoll() && judged[r.Spec.Name].Hash != r.Meaning(b.Period) }
		if !slices.ContainsFunc(b.Rules, changed) {
			continue
		}
		if err := b.Store.Raise(ctx, store.Poll, p.UID, now); err != nil {
			return err
		}
	}
	return nil
}

// Recipients returns the names of the receivers that are told of a rule in a project.
func (p Project) Recipients(r Rule) []string {
	if r.Notify != nil {
		return r.Notify
	}
	return p.Notify
}

// readsOf returns which figures the rules read together, and whether any reads a series.
func readsOf(all []Rule) rules.Reads {
	var reads rules.Reads
	for _, r := range all {
		reads.Figures = append(reads.Figures, r.Reads.Figures...)
		reads.Series = reads.Series || r.Reads.Series
	}
	slices.Sort(reads.Figures)
	reads.Figures = slices.Compact(reads.Figures)
	return reads
}

func (b *Bot) project(uid string) (Project, Account, error) {
	for _, p := range b.Projects {
		if p.UID != uid {
			continue
		}
		for _, a := range b.Accounts {
			if a.Name == p.Account {
				return p, a, nil
			}
		}
	}
	return Project{}, Account{}, fmt.Errorf("project %q is not configured", uid)
}
