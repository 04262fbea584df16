package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"notewatch/internal/cohort"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/notify"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A Config configures a Sender. Every field is required unless its comment says otherwise.
type Config struct {
	Store            *store.Store
	Receivers        []Receiver
	DefaultReceivers []string                                    // names of the default receivers, which get alerts about notewatch itself
	Period           func(rule, project string) rules.PeriodSpec // over which used adds up for a rule in a project
	DataBlock        Price                                       // of what a plan buys when it runs out; zero if it is not known
	Once             bool                                        // for notewatch once, whose start is no reason for a retry
	Hooks            Hooks
	Now              func() time.Time // domain clock
	Machine          func() time.Time // machine clock: leases, signatures, and the pauses between two sends
	// Sleep waits on the machine clock, at most until the context is done.
	Sleep   func(context.Context, time.Duration)
	Metrics *metrics.Metrics // nil counts nothing
	Log     *slog.Logger
}

// A Price is an amount of money.
type Price struct {
	Amount   float64
	Currency string // such as USD
}

// Hooks are the functions of the left side of Commit that a Sender calls. It has no other access to that side.
type Hooks struct {
	// Raise raises an alert about notewatch itself, unless it is already open with the same text.
	Raise func(ctx context.Context, key rules.Key, level rules.Level, receivers []string, texts rules.Texts) error
	// Resolve ends such an alert and reports whether it was open.
	Resolve func(ctx context.Context, rule, subject string) (bool, error)
	// Report sends a report to receivers, unless it was sent already.
	Report func(ctx context.Context, key rules.Key, receivers []string, texts rules.Texts) error
	// Cohort returns what the devices of alerts of a rule have in common; ok is false if nothing. nil means nothing.
	Cohort func(ctx context.Context, rule, project string, devices []string) (c cohort.Cohort, ok bool, err error)
	// Wake wakes the loops that serve receivers.
	Wake func()
}

// A Receiver is a named receiver of notifications.
type Receiver struct {
	Name     string
	From     rules.Level   // lowest level of the receiver; Inactive means all
	Live     bool          // it can update its messages, so values are kept current there
	Lane     string        // receivers with the same lane share its pauses; "" means its own lane
	Pause    time.Duration // time between the starts of two sends of its lane, on the machine clock
	Batch    int           // messages to send before their results are recorded; 0 means 1. Use more only if repeats are harmless
	Fallback string        // receiver that is notified while this one is unreachable; "" means none
	Hours    muting.Hours  // when it is notified of what is new
	notify.Receiver

	began time.Time // when the round began: its hours are as of then, so that nothing is held for hours that have begun meanwhile
}

// MaxBatch is a good Batch for receivers where repeats are harmless: recording then takes little time compared with sending.
const MaxBatch = 50

// A Sender sends receivers what they owe. It is safe for concurrent use.
type Sender struct {
	store            *store.Store // for the alerts and projects that messages are about
	work             *work.Store
	outbox           *outbox.Store
	receivers        []Receiver
	defaultReceivers []string
	period           func(rule, project string) rules.PeriodSpec
	dataBlock        Price
	once             bool
	hooks            Hooks
	now              func() time.Time
	machine          func() time.Time
	sleep            func(context.Context, time.Duration)
	metrics          *metrics.Metrics
	log              *slog.Logger

	calls sync.Map // of receivers by name: a *sync.Mutex that is held during a call
}

// New returns a sender. It writes nothing to the store.
func New(c Config) *Sender {
	return &Sender{
		store: c.Store, work: c.Store.Work, outbox: c.Store.Outbox, receivers: c.Receivers, defaultReceivers: c.DefaultReceivers, period: c.Period, dataBlock: c.DataBlock, once: c.Once, hooks: c.Hooks,
		now: c.Now, machine: c.Machine, sleep: c.Sleep, metrics: c.Metrics, log: c.Log,
	}
}

// Register makes all receivers due. It retries given-up deliveries and reconsiders held ones, because the rules file may have changed.
func (s *Sender) Register(ctx context.Context) error {
	now := s.now()
	for _, r := range s.receivers {
		if waits, err := s.waitsForRetry(ctx, r.Name, now); err != nil || waits {
			if err != nil {
				return err
			}
			continue
		}
		if err := s.outbox.Revive(ctx, r.Name, now); err != nil {
			return err
		}
		if err := s.work.MakeDue(ctx, work.Receiver, r.Name, now); err != nil {
			return err
		}
	}
	return s.outbox.Reconsider(ctx, now)
}

// KeepReceivers closes the deliveries of receivers that are no longer in the rules file, and reopens those of receivers that are back.
func (s *Sender) KeepReceivers(ctx context.Context) error {
	names := make([]string, len(s.receivers))
	for i, r := range s.receivers {
		names[i] = r.Name
	}
	gone, err := s.outbox.KeepReceivers(ctx, names, s.now())
	for name, n := range gone {
		s.log.Warn("receiver removed from the rules file: it is not notified when its alerts end", "receiver", name, "alerts", n)
	}
	return err
}

// receiver returns the receiver with a name.
func (s *Sender) receiver(name string) (Receiver, error) {
	for _, r := range s.receivers {
		if r.Name == name {
			return r, nil
		}
	}
	return Receiver{}, fmt.Errorf("receiver %q is not configured", name)
}
