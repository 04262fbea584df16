package watch

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
)

// drainTime is how long receivers are still served after ctx of Run is done.
const drainTime = 10 * time.Second

// Run polls and delivers until ctx is done. Then it drops polls that are waiting for Notehub, serves the due receivers for at most ten
// seconds, and returns.
func (w *Watch) Run(ctx context.Context) {
	draining, drained := context.WithCancel(context.WithoutCancel(ctx))
	defer drained()
	context.AfterFunc(ctx, func() { time.AfterFunc(drainTime, drained) })
	seen := w.raisedSoFar(ctx) // before the loops start
	var loops sync.WaitGroup
	for _, account := range w.Config.Bot.Accounts {
		loops.Go(func() {
			w.loop(ctx, ctx, work.Poll, w.Bot.Schedule().ProjectsOf(account.Name), w.signals[loopID{work.Poll, account.Name}])
		})
		loops.Go(func() {
			w.loop(ctx, ctx, work.Organization, []string{account.Name}, w.signals[loopID{work.Organization, account.Name}])
		})
	}
	loops.Go(func() { w.loop(ctx, ctx, work.PollRules, w.projects, w.signals[loopID{work.PollRules, ""}]) })
	for _, kind := range []work.Kind{work.Mute, work.Summary, work.Rules} {
		loops.Go(func() { w.loop(ctx, ctx, kind, []string{""}, w.signals[loopID{kind, ""}]) })
	}
	for _, account := range w.listing {
		loops.Go(func() { w.loop(ctx, ctx, work.Projects, []string{account}, nil) })
	}
	for _, name := range w.receivers {
		loops.Go(func() { w.loop(ctx, draining, work.Receiver, []string{name}, w.signals[loopID{work.Receiver, name}]) })
	}
	loops.Go(func() { w.watch(ctx, seen) })
	loops.Go(func() { w.beat(ctx) })
	loops.Go(func() { w.watchOutages(ctx) })
	loops.Go(func() { w.convertRest(ctx) })
	loops.Wait()
}

const (
	idleTime = time.Minute      // longest sleep of a loop
	busyTime = time.Second      // shortest sleep when due work is leased by another process
	ownRetry = 10 * time.Second // after an error that is neither Notehub's nor a receiver's
)

// loop serves work whenever it is due or woken, until ctx is done, and then once more as long as serving is not done.
func (w *Watch) loop(ctx, serving context.Context, kind work.Kind, keys []string, woken signal) {
	var pause time.Duration // after an error
	for {
		next, err := w.attend(serving, kind, keys)
		if ctx.Err() != nil {
			return
		}
		now := w.clock.Now()
		switch {
		case err == nil:
			pause = 0
		case database.Unavailable(err): // watchOutages reports it
			next, pause = now, min(max(2*pause, ownRetry), idleTime)
		case w.checkSchema(ctx) != nil: // the schema is the cause
			next = time.Time{}
		default:
			w.log.Error("serving work", "kind", string(kind), "err", err)
			next, pause = now, ownRetry
		}
		if soonest := now.Add(max(pause, busyTime)); !next.IsZero() && next.Before(soonest) {
			next = soonest
		}
		timer := w.clock.Timer(work.Earlier(next, now.Add(idleTime)))
		select {
		case <-ctx.Done():
		case <-woken:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Turn serves everything that is due, one after the other, and returns the next due time. It is zero if there is none, as for a watch that
// stands by. Turn leaves out the receivers named in except, which others may Serve meanwhile.
func (w *Watch) Turn(ctx context.Context, except ...string) (next time.Time, err error) {
	receivers := slices.DeleteFunc(slices.Clone(w.receivers), func(name string) bool { return slices.Contains(except, name) })
	var problems []error
	for _, due := range []struct {
		kind work.Kind
		keys []string
	}{
		{work.Projects, w.listing}, {work.Poll, w.projects}, {work.PollRules, w.projects}, {work.Organization, w.organizations()}, {work.Mute, []string{""}}, {work.Summary, []string{""}}, {work.Receiver, receivers},
	} {
		again, err := w.Serve(ctx, due.kind, due.keys...)
		next = work.Earlier(next, again)
		problems = append(problems, err)
	}
	problems = append(problems, w.checkRules(ctx))
	if w.StandsBy() {
		next = time.Time{}
	}
	return next, errors.Join(problems...)
}

// organizations returns the keys of the work about organizations: the names of the accounts.
func (w *Watch) organizations() (keys []string) {
	for _, account := range w.Config.Bot.Accounts {
		keys = append(keys, account.Name)
	}
	return keys
}

// Serve does the due work of a kind, unless it is leased by others, and returns the next due time; zero if there is none. An error of one
// work item does not delay the others.
func (w *Watch) Serve(ctx context.Context, kind work.Kind, keys ...string) (next time.Time, err error) {
	var problems []error
	if kind == work.Poll {
		if err := w.checkClock(ctx); err != nil {
			problems = append(problems, err)
		}
	}
	served := map[string]bool{}
	for {
		due, err := w.due(ctx, kind, keys)
		if err != nil {
			return next, errors.Join(append(problems, err)...)
		}
		ready := slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
			return served[key] || due[key].IsZero() || due[key].After(w.clock.Now())
		})
		if len(ready) == 0 {
			for _, at := range due {
				next = work.Earlier(next, at)
			}
			return next, errors.Join(problems...)
		}
		for _, key := range ready {
			served[key] = true
			problems = append(problems, w.serveOne(ctx, kind, key))
		}
	}
}

// due returns when work items are due, by key. Those that are never due are left out.
func (w *Watch) due(ctx context.Context, kind work.Kind, keys []string) (map[string]time.Time, error) {
	due, err := w.store.Work.Due(ctx, kind, keys)
	for _, key := range keys {
		w.outage.note(work.Job{Kind: kind, Key: key}, claiming, err, w.clock.Now())
	}
	return due, err
}

// serveOne does a work item that is due, and again as long as it is. A lost lease is not an error: the process that took it over does the
// work.
func (w *Watch) serveOne(ctx context.Context, kind work.Kind, key string) error {
	for {
		lease, err := w.claim(ctx, kind, key)
		w.outage.note(work.Job{Kind: kind, Key: key}, claiming, err, w.clock.Now())
		if err != nil || lease.Token == "" {
			return err
		}
		err = w.work(ctx, lease)
		w.outage.note(work.Job{Kind: kind, Key: key}, working, err, w.clock.Now())
		if err != nil && !errors.Is(err, work.ErrLeaseLost) {
			return errors.Join(err, w.release(ctx, lease))
		}
		due, ok, err := w.store.Work.NextDue(ctx, kind, key) // a claim would write
		if err != nil || !ok || due.After(w.clock.Now()) {
			w.outage.note(work.Job{Kind: kind, Key: key}, claiming, err, w.clock.Now())
			return err
		}
	}
}

// claim leases a work item that is due. It returns the zero Lease if it is no longer due or is leased by others.
func (w *Watch) claim(ctx context.Context, kind work.Kind, key string) (work.Lease, error) {
	c := work.Claimant{Process: w.process.ID, Rules: w.rules}
	lease, _, err := w.store.Work.ClaimFor(ctx, c, kind, key, w.clock.Now(), w.machine())
	return lease, err
}

// release releases work that could not be done because of an error of our own. It is due again soon.
func (w *Watch) release(ctx context.Context, lease work.Lease) error {
	now := w.clock.Now()
	err := w.store.Work.Complete(context.WithoutCancel(ctx), lease, now, now.Add(ownRetry), lease.Failures)
	if errors.Is(err, work.ErrLeaseLost) {
		return nil
	}
	return err
}

func (w *Watch) work(ctx context.Context, lease work.Lease) error {
	switch lease.Kind {
	case work.Projects:
		return w.Bot.ListProjects(ctx, lease)
	case work.Poll:
		return w.Bot.Poll(ctx, lease)
	case work.PollRules:
		return w.Bot.EvaluatePollRules(ctx, lease)
	case work.Organization:
		return w.Bot.EvaluateOrganization(ctx, lease)
	case work.Mute:
		return w.Bot.Mute(ctx, lease)
	case work.Summary:
		return w.Bot.Summarize(ctx, lease)
	case work.Rules:
		return w.register(ctx, lease)
	}
	return w.sender.Deliver(ctx, lease)
}
