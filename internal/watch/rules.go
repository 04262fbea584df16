package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// decided holds the decisions of a rules file on which several processes have to agree. Texts are left out, because they change no alert;
// so are secrets and the addresses of receivers, which may differ from host to host. The hash depends on the names of its fields.
type decided struct {
	Rules            []decidedRule
	Period           rules.PeriodSpec
	Projects         []decidedProject
	Accounts         map[string]float64 // requests per minute
	Receivers        []decidedReceiver
	DefaultReceivers []string `json:"Operators"` // the name of the field in older hashes
	Windows          []decidedWindow
	Summary          bool
}

type decidedRule struct {
	Name, Meaning, Show string
	Limits              string
	Shadow              bool
	Remind              []time.Duration
	Notify              []string
}

type decidedProject struct {
	UID, Account string
	Notify       []string
	Period       rules.PeriodSpec
}

type decidedReceiver struct {
	Name, Fallback, Lane string
	From                 rules.Level
	Hours                *decidedWindow `json:",omitempty"`
}

type decidedWindow struct {
	Match     muting.Match
	Days      []time.Weekday
	From, To  time.Duration
	Zone      string
	Receivers []string `json:",omitempty"`
}

// decidedWindowOf returns the decisions of a mute window, or of the hours of a receiver; nil for nil.
func decidedWindowOf(w *muting.Window) *decidedWindow {
	if w == nil {
		return nil
	}
	zone := time.UTC
	if w.Zone != nil {
		zone = w.Zone
	}
	return &decidedWindow{w.Match, w.Days, w.From, w.To, zone.String(), w.Receivers}
}

// RulesHash identifies the decisions of the rules file of a configuration. It is 16 hexadecimal digits.
func RulesHash(c Config) string {
	left := c.Bot
	d := decided{Period: left.Period, Accounts: map[string]float64{}, DefaultReceivers: left.DefaultReceivers, Summary: left.Summary}
	for _, r := range left.Rules {
		d.Rules = append(d.Rules, decidedRule{r.Spec.Name, r.Meaning(r.PeriodIn(left.Period)), r.Show, r.Spec.Limits.Digest(), r.Spec.Shadow, r.Spec.Remind, r.Notify})
	}
	for _, p := range left.Projects {
		d.Projects = append(d.Projects, decidedProject{p.UID, p.Account, p.Notify, p.Period})
	}
	for _, a := range left.Accounts {
		d.Accounts[a.Name] = a.PerMinute
	}
	for _, r := range c.Receivers {
		d.Receivers = append(d.Receivers, decidedReceiver{r.Name, r.Fallback, r.Lane, r.From, decidedWindowOf(r.Hours.Open)})
	}
	for _, w := range left.Windows {
		d.Windows = append(d.Windows, *decidedWindowOf(&w))
	}
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings and numbers always have a JSON form
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// StandsBy reports whether the watch does no work because other rules are active.
func (w *Watch) StandsBy() bool { return w.standsBy.Load() }

// RulesMoved returns a channel that receives when the watch begins to stand by.
func (w *Watch) RulesMoved() <-chan struct{} { return w.moved }

// ProjectsChanged returns a channel that receives when the projects of an account of which all are watched have changed in the store: then
// make another watch, with these projects.
func (w *Watch) ProjectsChanged() <-chan struct{} { return w.listed }

// ListProjects lists the projects of accounts of which all are watched, if that is due. It reports whether they changed.
func (w *Watch) ListProjects(ctx context.Context) (changed bool, err error) {
	_, err = w.Serve(ctx, work.Projects, w.listing...)
	select {
	case <-w.listed:
		changed = true
	default:
	}
	return changed, err
}

// activate makes the rules of this watch the active ones and waits until they are applied.
func (w *Watch) activate(ctx context.Context) error {
	if err := w.store.Work.ActivateRules(ctx, w.rules, w.clock.Now()); err != nil {
		return err
	}
	return w.apply(ctx)
}

// apply returns once the active rules have been applied to the store, by this process or by another one, or when other rules are active.
func (w *Watch) apply(ctx context.Context) error {
	for {
		if err := w.checkRules(ctx); err != nil || w.StandsBy() {
			return err
		}
		if _, err := w.Serve(ctx, work.Rules, ""); err != nil {
			return err
		}
		_, due, err := w.store.Work.NextDue(ctx, work.Rules, "")
		if err != nil || !due {
			return err
		}
		w.sleep(ctx, busyTime) // another process is applying them
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// checkRules updates whether the rules of this watch are the active ones.
func (w *Watch) checkRules(ctx context.Context) error {
	active, err := w.store.Work.ActiveRules(ctx)
	if err != nil {
		return err
	}
	other := active != w.rules
	if w.standsBy.Swap(other) == other {
		return nil
	}
	if other {
		w.log.Warn("standing by: other rules are active, which another process was started or reloaded with", "active", active, "own", w.rules)
		w.moved.send()
		return nil
	}
	w.log.Info("working again: the rules of this process are active", "active", active)
	w.wakeAll()
	return nil
}

// outdated reports whether a process that starts must not make its rules the active ones. That is so if its file is unchanged since the
// last process on its host used it, and other rules have been activated since then, by which a process works now. A supervisor that
// restarts a process has not changed the rules.
func outdated(p work.Process, active string, known []work.Process, machine time.Time) bool {
	if p.Rules == active {
		return false
	}
	works := false
	for _, other := range known {
		works = works || other.Rules == active && other.Lives(machine)
	}
	for _, other := range known { // newest first
		if other.Host == p.Host && other.File == p.File {
			return works && other.Rules == p.Rules
		}
	}
	return false
}

// beat records at intervals until ctx is done that the process is running, sets its clock, and ends attempts that dead processes left open.
func (w *Watch) beat(ctx context.Context) {
	ticker := time.NewTicker(work.BeatTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := errors.Join(w.measure(ctx), w.beatOnce(ctx))
		switch {
		case err == nil || ctx.Err() != nil || database.Unavailable(err): // which watchOutages reports
		case w.checkSchema(ctx) != nil:
			return
		default:
			w.log.Error("noting that this process runs", "err", err)
		}
	}
}

// cutOffTime is the age from which an attempt without a result counts as interrupted: much longer than a lease.
const cutOffTime = 5 * time.Minute

// beatOnce records that the process is running. It does nothing for a process that is not listed.
func (w *Watch) beatOnce(ctx context.Context) error {
	if w.process.ID == "" {
		return nil
	}
	p := w.process
	p.Seen = w.machine()
	if err := w.store.Work.Beat(ctx, p); err != nil {
		return err
	}
	if w.StandsBy() {
		return nil
	}
	return w.store.Outbox.RecoverInterrupted(ctx, w.clock.Now().Add(-cutOffTime), p.Seen)
}

// Ended returns a channel that receives an error when this program can no longer use the database, because a newer one has changed its
// schema. The watch does no work from then on, and the program has to end.
func (w *Watch) Ended() <-chan error { return w.ended }

// checkSchema returns an error, and ends all work, if this program can no longer use the schema.
func (w *Watch) checkSchema(ctx context.Context) error {
	err := w.store.CheckSchema(ctx)
	switch {
	case w.outdated.Load(): // also if that has cancelled ctx meanwhile
		return database.ErrNewer
	case !errors.Is(err, database.ErrNewer):
		return nil // other problems of the database show when it is used
	}
	if !w.outdated.Swap(true) {
		w.ended <- err
	}
	return err
}
