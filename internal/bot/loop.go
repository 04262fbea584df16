package bot

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"notewatch/internal/store"
)

// drainTime is how long receivers are still served after Run was told to stop.
const drainTime = 10 * time.Second

// Run polls and delivers until ctx is done. Then it drops polls that are waiting for Notehub, serves what receivers are
// still due for at most ten seconds, and returns.
func (b *Bot) Run(ctx context.Context) {
	draining, drained := context.WithCancel(context.WithoutCancel(ctx))
	defer drained()
	context.AfterFunc(ctx, func() { time.AfterFunc(drainTime, drained) })
	seen, _ := b.Store.Raised(ctx) // before any loop looks; if that fails, they are woken once too often
	var loops sync.WaitGroup
	for _, account := range b.Accounts {
		loops.Go(func() {
			b.loop(ctx, ctx, store.Poll, b.projectsOf(account.Name), b.wake[waking{store.Poll, account.Name}])
		})
	}
	loops.Go(func() {
		b.loop(ctx, ctx, store.PollRules, names(b.Projects, Project.uid), b.wake[waking{store.PollRules, ""}])
	})
	for _, kind := range []store.Kind{store.Mute, store.Summary} {
		loops.Go(func() { b.loop(ctx, ctx, kind, []string{""}, b.wake[waking{kind, ""}]) })
	}
	for _, r := range b.Receivers {
		loops.Go(func() {
			b.loop(ctx, draining, store.Receiver, []string{r.Name}, b.wake[waking{store.Receiver, r.Name}])
		})
	}
	loops.Go(func() { b.watch(ctx, seen) })
	loops.Go(func() { b.watchOutages(ctx) })
	loops.Go(func() { b.convertRest(ctx) })
	loops.Wait()
}

func (b *Bot) projectsOf(account string) []string {
	var uids []string
	for _, p := range b.Projects {
		if p.Account == account {
			uids = append(uids, p.UID)
		}
	}
	return uids
}

const (
	idleTime = time.Minute      // how long a loop sleeps at most
	busyTime = time.Second      // how long it sleeps at least when work is due that somebody else holds
	ownRetry = 10 * time.Second // after an error that is neither Notehub's nor a receiver's
)

// loop serves work whenever it is due or woken, until ctx is done, and then once more as long as serving lives.
func (b *Bot) loop(ctx, serving context.Context, kind store.Kind, keys []string, woken bell) {
	var pause time.Duration // after an error
	for {
		next, err := b.attend(serving, kind, keys)
		if ctx.Err() != nil {
			return
		}
		now := b.Clock.Now()
		switch {
		case err == nil:
			pause = 0
		case unavailable(err): // which watchOutages reports
			next, pause = now, min(max(2*pause, ownRetry), idleTime)
		default:
			b.Log.Error("serving work", "kind", string(kind), "err", err)
			next, pause = now, ownRetry
		}
		if soonest := now.Add(max(pause, busyTime)); !next.IsZero() && next.Before(soonest) {
			next = soonest
		}
		timer := b.Clock.Timer(earlier(next, now.Add(idleTime)))
		select {
		case <-ctx.Done():
		case <-woken:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Turn serves everything that is due, one after the other, and returns when something is due next; zero is never. It leaves
// out the receivers of some names, which others may Serve meanwhile.
func (b *Bot) Turn(ctx context.Context, but ...string) (next time.Time, err error) {
	uids := names(b.Projects, Project.uid)
	poll, polling := b.serve(ctx, store.Poll, uids)
	late, lateness := b.serve(ctx, store.PollRules, uids)
	mute, muting := b.serve(ctx, store.Mute, []string{""})
	tell, telling := b.serve(ctx, store.Summary, []string{""})
	receivers := names(b.Receivers, func(r Receiver) string { return r.Name })
	send, sending := b.serve(ctx, store.Receiver, without(receivers, but))
	next = earlier(earlier(earlier(poll, late), mute), earlier(tell, send))
	return next, errors.Join(polling, lateness, muting, telling, sending)
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

// PollNow makes every project due for a poll.
func (b *Bot) PollNow(ctx context.Context) error {
	for _, p := range b.Projects {
		if err := b.Store.Raise(ctx, store.Poll, p.UID, b.Clock.Now()); err != nil {
			return err
		}
	}
	return nil
}

// PollOverdue makes every project due for a poll that was last polled longer ago than its interval, also one that failed since and
// waits to be polled again: whoever starts notewatch may have fixed why. It returns when the first poll is due.
func (b *Bot) PollOverdue(ctx context.Context) (next time.Time, err error) {
	now := b.Clock.Now()
	for _, a := range b.Accounts {
		for _, uid := range b.projectsOf(a.Name) {
			state, err := b.Store.Project(ctx, uid)
			if err != nil {
				return next, err
			}
			if now.Sub(state.PolledAt) >= b.Cadence(a) {
				if err := b.Store.Raise(ctx, store.Poll, uid, now); err != nil {
					return next, err
				}
			}
			due, _, err := b.Store.NextDue(ctx, store.Poll, uid)
			if err != nil {
				return next, err
			}
			if due.Before(now) {
				due = now
			}
			next = earlier(next, due)
		}
	}
	return next, nil
}

// serve does the work that is due and returns when some is due next; zero is never. An error with one piece of work does not
// keep the others waiting.
func (b *Bot) serve(ctx context.Context, kind store.Kind, keys []string) (next time.Time, err error) {
	var problems []error
	if kind == store.Poll {
		if err := b.checkClock(ctx); err != nil {
			problems = append(problems, err)
		}
	}
	for _, key := range keys {
		due, err := b.serveOne(ctx, kind, key)
		if err != nil {
			problems = append(problems, err)
		}
		next = earlier(next, due)
	}
	return next, errors.Join(problems...)
}

// serveOne does a piece of work as long as it is due and returns when it is due next; zero is never. A lost lease is no error: whoever
// took it over does the work.
func (b *Bot) serveOne(ctx context.Context, kind store.Kind, key string) (due time.Time, err error) {
	for {
		lease, due, err := b.claim(ctx, kind, key)
		b.outage.note(job{kind, key}, claiming, err, b.Clock.Now())
		if err != nil || lease.Token == "" {
			return due, err
		}
		err = b.work(ctx, lease)
		b.outage.note(job{kind, key}, working, err, b.Clock.Now())
		if err != nil && !errors.Is(err, store.ErrLeaseLost) {
			return due, errors.Join(err, b.giveBack(ctx, lease))
		}
	}
}

// claim leases a piece of work if it is due, and returns when it is; zero is never. It writes only then. The lease is the zero Lease if
// the work is not due or somebody else holds it.
func (b *Bot) claim(ctx context.Context, kind store.Kind, key string) (lease store.Lease, due time.Time, err error) {
	now := b.Clock.Now()
	due, ok, err := b.Store.NextDue(ctx, kind, key)
	if err == nil && ok && !due.After(now) {
		lease, _, err = b.Store.Claim(ctx, kind, key, now, b.Machine())
	}
	return lease, due, err
}

// giveBack lets go of work that could not be done for a reason of our own. It is due again soon.
func (b *Bot) giveBack(ctx context.Context, lease store.Lease) error {
	now := b.Clock.Now()
	err := b.Store.Complete(context.WithoutCancel(ctx), lease, now, now.Add(ownRetry), lease.Failures)
	if errors.Is(err, store.ErrLeaseLost) {
		return nil
	}
	return err
}

func (b *Bot) work(ctx context.Context, lease store.Lease) error {
	switch lease.Kind {
	case store.Poll:
		return b.Poll(ctx, lease)
	case store.PollRules:
		return b.EvaluatePollRules(ctx, lease)
	case store.Mute:
		return b.Mute(ctx, lease)
	case store.Summary:
		return b.Summarize(ctx, lease)
	}
	return b.Deliver(ctx, lease)
}

// earlier returns the earlier of two instants, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
