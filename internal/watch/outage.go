package watch

import (
	"context"
	"errors"
	"sync"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/notify"
	"notewatch/rules"
)

// databaseUnavailable is the name of the rule of the alert that the database cannot be used.
const databaseUnavailable = "database-unavailable"

// Times of an outage, on the domain clock.
const (
	outageNotice = time.Minute // after which the default receivers are notified
	firstReport  = time.Minute // between the first two log entries; it doubles with each further one
	longestQuiet = time.Hour   // between two log entries at most
)

// An outage is a time in which the database cannot be used. It begins when work fails for that reason, and ends when all the failed work
// has been done. It is kept only in memory.
type outage struct {
	mu      sync.Mutex
	failing map[work.Job]stage
	since   time.Time // zero if there is none
	err     error     // the newest
	changed signal    // sent when an outage begins or ends

	alert rules.Alert           // about the outage; the zero Alert before receivers are notified. Used only by watchOutages
	shown map[string]notify.Ref // by name of the receivers that accepted it
}

// A stage is the progress of a work item.
type stage int

const (
	claiming stage = iota + 1
	working
)

func newOutage() *outage { return &outage{failing: map[work.Job]stage{}, changed: make(signal, 1)} }

// note records the result of a stage of a work item at an instant.
func (o *outage) note(of work.Job, reached stage, err error, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case database.Unavailable(err):
		o.err = err
		o.failing[of] = max(o.failing[of], reached)
		if o.since.IsZero() {
			o.since = now
			o.changed.send()
		}
	case reached >= o.failing[of]:
		delete(o.failing, of)
		if len(o.failing) == 0 && !o.since.IsZero() {
			o.since, o.err = time.Time{}, nil
			o.changed.send()
		}
	}
}

// state returns when the outage began and its newest error; the zero time and nil if there is none.
func (o *outage) state() (since time.Time, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.since, o.err
}

// Outage returns why the database cannot be used, if work has failed for that reason; otherwise nil.
func (w *Watch) Outage() error {
	_, err := w.outage.state()
	return err
}

// attend serves work, unless the watch stands by. During an outage it does so only if the database can be written again, because a poll
// sends requests first, and a receiver may accept a message that cannot be recorded.
func (w *Watch) attend(ctx context.Context, kind work.Kind, keys []string) (next time.Time, err error) {
	if kind == work.PollRules {
		w.Bot.NoteAwake()
	}
	if w.StandsBy() || w.outdated.Load() {
		return time.Time{}, nil
	}
	if w.Outage() == nil {
		return w.Serve(ctx, kind, keys...)
	}
	if err := w.store.CheckWrite(ctx); err != nil {
		return next, err
	}
	for _, key := range keys {
		due, ok, err := w.store.Work.NextDue(ctx, kind, key)
		if err != nil {
			return next, err
		}
		if !ok || due.Sub(w.clock.Now()) > idleTime { // the work was done, and only a later step failed
			w.outage.note(work.Job{Kind: kind, Key: key}, working, nil, w.clock.Now())
		}
	}
	return w.Serve(ctx, kind, keys...)
}

// watchOutages reports each outage, until ctx is done.
func (w *Watch) watchOutages(ctx context.Context) {
	for ctx.Err() == nil {
		if since, err := w.outage.state(); err != nil {
			w.reportOutage(ctx, since)
			continue
		}
		select {
		case <-ctx.Done():
		case <-w.outage.changed:
		}
	}
}

// reportOutage logs an outage at once, then at growing intervals, and its end. After a minute it notifies the default receivers. The
// receivers that accepted that message are also sent the end.
func (w *Watch) reportOutage(ctx context.Context, since time.Time) {
	next, pause := since, firstReport
	for {
		_, err := w.outage.state()
		if err == nil {
			break
		}
		now := w.clock.Now()
		if !now.Before(next) {
			w.log.Error("the database cannot be used: no alert is recorded or sent until it can", "database", w.store.Path(),
				"since", since, "err", err)
			next, pause = now.Add(pause), min(2*pause, longestQuiet)
		}
		wake := next
		if notice := since.Add(outageNotice); w.outage.alert.Version == 0 {
			if !now.Before(notice) {
				w.beginOutage(ctx, since, err)
			} else {
				wake = work.Earlier(wake, notice)
			}
		}
		timer := w.clock.Timer(wake)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-w.outage.changed:
		case <-timer.C:
		}
		timer.Stop()
	}
	w.log.Info("the database can be used again", "database", w.store.Path(), "since", since)
	w.endOutage(ctx)
}

// beginOutage sends the default receivers an alert about an outage. It is not stored, so each receiver is called once.
func (w *Watch) beginOutage(ctx context.Context, since time.Time, err error) {
	texts := rules.Texts{
		Subject: "notewatch",
		Summary: "notewatch cannot use its database " + w.store.Path() + ", and sends no alert until it can",
		Advice:  "notewatch goes on by itself once the cause is removed.",
	}
	if failure, ok := errors.AsType[*database.UnavailableError](err); ok {
		texts.Summary = "notewatch cannot use its database, and sends no alert until it can: " + string(failure.Cause)
		texts.Advice = "For " + w.store.Path() + ": " + failure.Cause.Advice() + ". notewatch then goes on by itself."
	}
	w.outage.alert, _ = rules.Key{Rule: databaseUnavailable}.Inactive().Raise(rules.Critical, texts, since)
	defaultReceivers := map[string]notify.Ref{}
	for _, name := range w.Config.Bot.DefaultReceivers {
		defaultReceivers[name] = nil
	}
	w.outage.shown = w.sender.SendUnrecorded(ctx, w.outage.alert, defaultReceivers)
}

// outageTries is the maximum number of attempts to send the end of an outage to a receiver.
const outageTries = 3

// endOutage sends the end of an outage to the receivers that show it.
func (w *Watch) endOutage(ctx context.Context) {
	a, _ := w.outage.alert.Resolve(w.clock.Now())
	a.Texts.Summary, a.Texts.Advice = "notewatch can use its database again, and sends what has changed meanwhile", ""
	w.outage.alert = a
	for try := 1; len(w.outage.shown) > 0; try++ {
		for name := range w.sender.SendUnrecorded(ctx, w.outage.alert, w.outage.shown) {
			delete(w.outage.shown, name)
		}
		if try == outageTries || len(w.outage.shown) == 0 {
			break
		}
		w.sleep(ctx, ownRetry)
	}
	w.outage.alert, w.outage.shown = rules.Alert{}, nil
}
