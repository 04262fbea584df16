package watch

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/pause"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
)

// A Config configures both sides of Commit. Live, Fallbacks and Wake of the bot are set here, from the receivers.
type Config struct {
	Bot       bot.Config
	Receivers []deliver.Receiver
	DataBlock deliver.Price // of what a plan buys when it runs out; zero if it is not known
	Process   work.Process  // process that runs it; the zero value is not listed. Rules is set here
	Clock     *Clock        // clock of the database, if several hosts share it: then it is Bot.Clock and Bot.Machine; nil: these are the clock of the host
	// Sleep waits on the machine clock, at most until the context is done; nil means real time.
	Sleep func(context.Context, time.Duration)
}

// A Watch is both sides of Commit, and the loops that serve the due work of either. It is safe for concurrent use, also while Run is
// running. Call Run only once, and do not call Turn while it runs.
type Watch struct {
	Config Config   // from which it was made
	Bot    *bot.Bot // the left side of Commit, which also carries out what people ask for

	sender    *deliver.Sender
	store     *store.Store
	process   work.Process
	rules     string            // hash; "" claims work whatever rules are active
	projects  []string          // UIDs
	accounts  map[string]string // names, by UID of a project
	receivers []string          // names
	listing   []string          // names of accounts of which all projects are watched
	clock     bot.Clock
	machine   func() time.Time
	sleep     func(context.Context, time.Duration)
	log       *slog.Logger

	signals  map[loopID]signal
	outage   *outage
	setBack  atomic.Pointer[time.Time] // when the last setback of the clock was detected; nil if never
	standsBy atomic.Bool               // other rules are active, so this watch does no work
	moved    signal                    // sent when it begins to stand by
	listed   signal                    // sent when the projects of an account have changed
	outdated atomic.Bool               // this program can no longer use the schema
	ended    chan error                // receives the reason, once
	differs  atomic.Bool               // a difference of the clocks was logged
}

// Attach returns a watch for use while others are running. It registers no work in the store.
func Attach(config Config) *Watch {
	if config.Sleep == nil {
		config.Sleep = func(ctx context.Context, d time.Duration) { _ = pause.For(ctx, d) } // its callers look at ctx
	}
	w := &Watch{
		Config: config, store: config.Bot.Store, clock: config.Bot.Clock, machine: config.Bot.Machine, sleep: config.Sleep, log: config.Bot.Log, process: config.Process,
		accounts: map[string]string{}, signals: signalsOf(config), outage: newOutage(), moved: make(signal, 1), listed: make(signal, 1), ended: make(chan error, 1),
	}
	for _, p := range config.Bot.Projects {
		w.projects = append(w.projects, p.UID)
	}
	botConfig := config.Bot
	botConfig.Wake, botConfig.Listed, botConfig.Live, botConfig.Fallbacks = w.wakeKind, w.listed.send, nil, map[string]string{}
	for _, r := range config.Receivers {
		w.receivers = append(w.receivers, r.Name)
		if r.Live {
			botConfig.Live = append(botConfig.Live, r.Name)
		}
		if r.Fallback != "" {
			botConfig.Fallbacks[r.Name] = r.Fallback
		}
	}
	w.Bot = bot.New(botConfig)
	w.listing = w.Bot.Listing()
	for _, a := range botConfig.Accounts {
		for _, uid := range w.Bot.Schedule().ProjectsOf(a.Name) {
			w.accounts[uid] = a.Name
		}
	}
	w.sender = deliver.New(deliver.Config{
		Store: botConfig.Store, Receivers: config.Receivers, DefaultReceivers: botConfig.DefaultReceivers, Period: w.Bot.PeriodOf, DataBlock: config.DataBlock, Once: botConfig.Once,
		Hooks: deliver.Hooks{Raise: w.Bot.Raise, Resolve: w.Bot.Resolve, Report: w.Bot.Report, Cohort: w.Bot.Cohort, Wake: func() { w.wakeKind(work.Receiver) }},
		Now:   botConfig.Clock.Now, Machine: botConfig.Machine, Sleep: config.Sleep, Metrics: botConfig.Metrics, Log: botConfig.Log,
	})
	return w
}

// New returns a watch to run, with rules that a person has changed: they become the active ones, and they are applied to the store. New
// polls are due at once.
func New(ctx context.Context, config Config) (*Watch, error) {
	w, err := prepare(ctx, config)
	if err != nil {
		return w, err
	}
	return w, w.activate(ctx)
}

// Start is New for a process that begins. It stands by if it was only restarted, with rules that others have replaced.
func Start(ctx context.Context, config Config) (*Watch, error) {
	known, err := config.Bot.Store.Work.Processes(ctx)
	if err != nil {
		return nil, err
	}
	active, err := config.Bot.Store.Work.ActiveRules(ctx)
	if err != nil {
		return nil, err
	}
	w, err := prepare(ctx, config)
	if err != nil {
		return w, err
	}
	if outdated(w.process, active, known, w.machine()) {
		return w, w.checkRules(ctx)
	}
	return w, w.activate(ctx)
}

// Resume is New for a process that has read its file again by itself. It stands by unless its rules are active.
func Resume(ctx context.Context, config Config) (*Watch, error) {
	w, err := prepare(ctx, config)
	if err != nil {
		return w, err
	}
	return w, w.apply(ctx)
}

// prepare returns a watch whose process is listed.
func prepare(ctx context.Context, config Config) (*Watch, error) {
	w := Attach(config)
	w.rules = RulesHash(config)
	w.process.Rules = w.rules
	w.observe()
	if err := w.measure(ctx); err != nil {
		return w, err
	}
	return w, w.beatOnce(ctx)
}

// register applies the rules to the store: it adds missing work items and makes due what other rules and receivers may change. The order of
// the steps matters. Each step may be repeated, so another process continues after one has died.
func (w *Watch) register(ctx context.Context, lease work.Lease) error {
	for _, step := range []func(context.Context) error{
		w.Bot.Register,
		w.checkClock,             // first, before anything new depends on stored times
		w.sender.Register,        // before any decision: held deliveries are reconsidered by the new rules
		w.Bot.WithdrawProjects,   // while removed receivers still count, because these alerts end for a reason of their own
		w.sender.KeepReceivers,   // before self-alerts end, so that receivers that are back are notified
		w.Bot.WithdrawSelfAlerts, // about rules and accounts that were removed
		w.withdrawUnreachable,
		w.Bot.Reroute, // last, so that no new receiver is sent an alert that this start withdraws
	} {
		if err := w.store.Work.Extend(ctx, lease, w.machine()); err != nil {
			return err
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return w.store.Work.Complete(ctx, lease, w.clock.Now(), time.Time{}, 0)
}

// withdrawUnreachable withdraws the alerts about receivers that are no longer in the rules file.
func (w *Watch) withdrawUnreachable(ctx context.Context) error {
	return w.Bot.Withdraw(ctx, deliver.ReceiverDead, w.receivers, "receiver is no longer in the rules file")
}
