package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"notewatch/internal/store"
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

// An outage is a time in which the database cannot be used. It begins when work fails for that reason, and ends when all
// such work has been done. It is kept in memory alone.
type outage struct {
	mu      sync.Mutex
	failing map[job]stage
	since   time.Time // zero: there is none
	err     error     // the newest
	changed bell      // rings when one begins or ends

	alert rules.Alert           // about the outage; the zero Alert before receivers are notified. Of watchOutages alone
	shown map[string]notify.Ref // by name of the receivers that took it
}

// A job names a piece of work.
type job struct {
	kind store.Kind
	key  string
}

// A stage says how far a piece of work got.
type stage int

const (
	claiming stage = iota + 1
	working
)

func newOutage() *outage { return &outage{failing: map[job]stage{}, changed: make(bell, 1)} }

// note takes the result of a stage of a piece of work at an instant.
func (o *outage) note(of job, reached stage, err error, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case unavailable(err):
		o.err = err
		o.failing[of] = max(o.failing[of], reached)
		if o.since.IsZero() {
			o.since = now
			o.changed.ring()
		}
	case reached >= o.failing[of]:
		delete(o.failing, of)
		if len(o.failing) == 0 && !o.since.IsZero() {
			o.since, o.err = time.Time{}, nil
			o.changed.ring()
		}
	}
}

// state returns when the outage began and its newest error; the zero time and nil if there is none.
func (o *outage) state() (since time.Time, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.since, o.err
}

// unavailable reports whether err says that the database cannot be used.
func unavailable(err error) bool { return errors.As(err, new(*store.UnavailableError)) }

// Outage returns why the database cannot be used, as far as work has failed for that reason; nil if none has.
func (b *Bot) Outage() error {
	_, err := b.outage.state()
	return err
}

// attend serves work, but during an outage only if the database can be written again: a poll asks Notehub first, and a
// receiver may take a message that cannot be recorded.
func (b *Bot) attend(ctx context.Context, kind store.Kind, keys []string) (next time.Time, err error) {
	if b.Outage() == nil {
		return b.serve(ctx, kind, keys)
	}
	if err := b.Store.CheckWrite(ctx); err != nil {
		return next, err
	}
	for _, key := range keys {
		due, ok, err := b.Store.NextDue(ctx, kind, key)
		if err != nil {
			return next, err
		}
		if !ok || due.Sub(b.Clock.Now()) > idleTime { // it was done, and only what followed failed
			b.outage.note(job{kind, key}, working, nil, b.Clock.Now())
		}
	}
	return b.serve(ctx, kind, keys)
}

// watchOutages reports each outage, until ctx is done.
func (b *Bot) watchOutages(ctx context.Context) {
	for ctx.Err() == nil {
		if since, err := b.outage.state(); err != nil {
			b.reportOutage(ctx, since)
			continue
		}
		select {
		case <-ctx.Done():
		case <-b.outage.changed:
		}
	}
}

// reportOutage logs an outage at once, then at growing intervals, and its end. After a minute it notifies the default
// receivers, and of the end those that took that message.
func (b *Bot) reportOutage(ctx context.Context, since time.Time) {
	next, pause := since, firstReport
	for {
		_, err := b.outage.state()
		if err == nil {
			break
		}
		now := b.Clock.Now()
		if !now.Before(next) {
			b.Log.Error("the database cannot be used: no alert is recorded or sent until it can", "database", b.Store.Path(),
				"since", since, "err", err)
			next, pause = now.Add(pause), min(2*pause, longestQuiet)
		}
		wake := next
		if notice := since.Add(outageNotice); b.outage.alert.Version == 0 {
			if !now.Before(notice) {
				b.beginOutage(ctx, since, err)
			} else {
				wake = earlier(wake, notice)
			}
		}
		timer := b.Clock.Timer(wake)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-b.outage.changed:
		case <-timer.C:
		}
		timer.Stop()
	}
	b.Log.Info("the database can be used again", "database", b.Store.Path(), "since", since)
	b.endOutage(ctx)
}

// beginOutage sends the default receivers an alert about an outage. The store has no part in it, so each is called once.
func (b *Bot) beginOutage(ctx context.Context, since time.Time, err error) {
	told := rules.Told{
		Subject: "notewatch",
		Summary: "notewatch cannot use its database " + b.Store.Path() + ", and sends no alert until it can",
		Advice:  "notewatch goes on by itself once the cause is removed.",
	}
	if failure, ok := errors.AsType[*store.UnavailableError](err); ok {
		told.Summary = "notewatch cannot use its database, and sends no alert until it can: " + string(failure.Cause)
		told.Advice = "For " + b.Store.Path() + ": " + failure.Cause.Advice() + ". notewatch then goes on by itself."
	}
	b.outage.alert, _ = rules.Key{Rule: databaseUnavailable}.Inactive().Raise(rules.Critical, told, since)
	operators := map[string]notify.Ref{}
	for _, name := range b.Operators {
		operators[name] = nil
	}
	b.outage.shown = b.showOutage(ctx, operators)
}

// outageTries bounds how often a receiver is sent the end of an outage.
const outageTries = 3

// endOutage sends the end of an outage to the receivers that show it.
func (b *Bot) endOutage(ctx context.Context) {
	a, _ := b.outage.alert.Clear(b.Clock.Now())
	a.Told.Summary, a.Told.Advice = "notewatch can use its database again, and sends what has changed meanwhile", ""
	b.outage.alert = a
	for try := 1; len(b.outage.shown) > 0; try++ {
		for name := range b.showOutage(ctx, b.outage.shown) {
			delete(b.outage.shown, name)
		}
		if try == outageTries || len(b.outage.shown) == 0 {
			break
		}
		b.Sleep(ctx, ownRetry)
	}
	b.outage.alert, b.outage.shown = rules.Alert{}, nil
}

// showOutage makes one attempt to show the alert about an outage at receivers, of which refs holds what they show. It returns
// what those that took it show now.
func (b *Bot) showOutage(ctx context.Context, refs map[string]notify.Ref) map[string]notify.Ref {
	var mu sync.Mutex
	var calls sync.WaitGroup
	taken := map[string]notify.Ref{}
	for name, ref := range refs {
		r, err := b.receiver(name)
		if err != nil {
			continue // it is no longer in the rules file
		}
		calls.Go(func() {
			ref, err := b.call(ctx, r, b.outageNotification(r), ref)
			if err != nil {
				b.Log.Error("sending that the database cannot be used, or can be again", "receiver", r.Name, "err", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			taken[r.Name] = ref
		})
	}
	calls.Wait()
	return taken
}

// outageNotification is the alert about an outage as a message for a receiver.
func (b *Bot) outageNotification(r Receiver) notify.Notification {
	d := store.Delivery{Alert: b.outage.alert, Want: b.outage.alert.Version}
	if d.Alert.State != rules.Firing {
		d.Have, d.Shown = d.Want-1, rules.Critical
	}
	id := r.message(d.Alert.ID).ID
	return notify.Notification{
		ID: id, Key: fmt.Sprintf("%s-%d", id, d.Want), Sent: b.Machine(), Alerts: []notify.Alert{r.alert(d, b.Clock.Now())},
	}
}
