package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"notewatch/internal/metrics"
	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

const (
	sendTime      = 15 * time.Second // for one call to a receiver
	minRetry      = 5 * time.Second
	maxRetry      = time.Hour
	fallBackAfter = 30 * time.Minute // of trying in vain
	giveUpAfter   = 72 * time.Hour   // after the change that could not be shown
)

// Deliver shows one receiver what is new: for each message the newest state, whatever happened in between. An error that
// is about the receiver ends the turn; what comes by itself is tried again later, and what an operator has to mend gives
// up all that waits. One that is about a message gives only that message up.
func (b *Bot) Deliver(ctx context.Context, lease store.Lease) error {
	r, err := b.receiver(lease.Key)
	if err != nil {
		return err
	}
	if err := b.standIn(ctx, lease, r); err != nil {
		return err
	}
	p, err := b.plan(ctx, lease, r)
	if err != nil {
		return err
	}
	done := 0
	for _, m := range p.messages {
		b.pause(r)
		failure, err := b.send(ctx, lease, r, m)
		switch {
		case err != nil:
			return err
		case failure == nil:
			done++
		case failure.Class == notify.Permanent:
			return errors.Join(b.giveUp(ctx, lease, r, failure), b.Store.Complete(ctx, lease, b.Clock.Now(), time.Time{}, 0))
		case failure.Class == notify.Temporary:
			failures := lease.Failures + 1
			if done > 0 {
				failures = 1
			}
			return errors.Join(b.despair(ctx, r, m, failure),
				b.Store.Complete(ctx, lease, b.Clock.Now(), b.retryAt(failures-1, failure), failures))
		}
	}
	if done > 0 {
		err = b.recovered(ctx, r)
	}
	return errors.Join(err, b.Store.Complete(ctx, lease, b.Clock.Now(), p.later, 0))
}

func (b *Bot) receiver(name string) (Receiver, error) {
	for _, r := range b.Receivers {
		if r.Name == name {
			return r, nil
		}
	}
	return Receiver{}, fmt.Errorf("receiver %q is not configured", name)
}

// pause keeps the sends of a lane apart.
func (b *Bot) pause(r Receiver) {
	if r.Pause <= 0 {
		return
	}
	lane := r.Lane
	if lane == "" {
		lane = "receiver " + r.Name
	}
	b.lanes.Lock()
	defer b.lanes.Unlock()
	if wait := r.Pause - b.Machine().Sub(b.lanes.last[lane]); wait > 0 && wait <= r.Pause {
		b.Sleep(wait)
	}
	b.lanes.last[lane] = b.Machine()
}

// retryAt returns when to try again after a failure that follows so many others: exponentially later with jitter, or when
// the receiver asked for it.
func (b *Bot) retryAt(failures int, failure *notify.Error) time.Time {
	pause := min(minRetry<<min(failures, 20), maxRetry)
	pause = pause/2 + rand.N(pause/2+1)
	return b.Clock.Now().Add(max(pause, min(failure.RetryAfter, maxRetry)))
}

// send makes one attempt at one message. The attempt is recorded before it is made, its outcome after it.
func (b *Bot) send(ctx context.Context, lease store.Lease, r Receiver, m outgoing) (failure *notify.Error, err error) {
	if err := b.Store.Extend(ctx, lease, b.Machine()); err != nil {
		return nil, err
	}
	n, err := b.notification(ctx, r, m)
	if err != nil {
		return nil, err
	}
	attempt, err := b.Store.Begin(ctx, lease, m.message, m.members, b.Clock.Now())
	if err != nil {
		return nil, err
	}
	started := b.Machine()
	calling, cancel := context.WithTimeout(ctx, sendTime)
	ref, sent := r.Send(calling, n, notify.Ref(m.message.Ref))
	cancel()
	failure = classify(sent)
	outcome := b.outcome(r, m, ref, failure)
	b.Metrics.Delivered(r.Name, metrics.Result(outcome.Status), b.Machine().Sub(started))
	if failure != nil {
		level := slog.LevelError
		if lease.Failures > 0 && outcome.Status == store.Retrying {
			level = slog.LevelDebug // said before
		}
		b.Log.Log(ctx, level, "sending", "receiver", r.Name, "message", m.message.ID, "status", string(outcome.Status), "err", failure)
	}
	// What was posted is recorded even if there was no more time to post it: otherwise it is posted again.
	recording := context.WithoutCancel(ctx)
	err = b.Store.End(recording, lease, attempt, outcome)
	if errors.Is(err, store.ErrLeaseLost) {
		err = errors.Join(err, b.Store.Repair(recording, lease, attempt, outcome))
	}
	return failure, err
}

// classify returns err as the kind of error that receivers promise.
func classify(err error) *notify.Error {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*notify.Error](err); ok {
		return failure
	}
	return &notify.Error{Class: notify.Temporary, Err: err}
}

// outcome is what the store learns from an attempt.
func (b *Bot) outcome(r Receiver, m outgoing, ref notify.Ref, failure *notify.Error) store.Outcome {
	now := b.Clock.Now()
	out := store.Outcome{Message: m.message, Members: m.members, Status: store.Posted, At: now}
	if failure == nil {
		out.Message.Ref, out.Message.PostedAt = string(ref), now
		for i := range out.Members {
			d := &out.Members[i]
			level := r.level(d.Alert)
			if hushed(*d) {
				level = min(level, d.Shown) // the rest is news when people are told again
			}
			d.Have, d.Shown, d.Dead, d.Error = d.Alert.Version, level, false, ""
		}
		return out
	}
	out.Status, out.Error = store.Retrying, failure.Error()
	if failure.Class != notify.Temporary || stale(m.members, now) {
		out.Status = store.GivenUp
	}
	for i := range out.Members {
		d := &out.Members[i]
		d.Dead, d.Error = out.Status == store.GivenUp && d.Want > d.Have, failure.Error()
	}
	return out
}

// level is the level that the receiver shows of an alert.
func (r Receiver) level(a rules.Alert) rules.Level {
	if a.State == rules.Firing && a.Level >= r.From {
		return a.Level
	}
	return rules.Inactive
}

// stale reports whether every change that waits to be shown is too old to be worth another attempt.
func stale(members []store.Delivery, now time.Time) bool {
	for _, d := range members {
		if d.Want > d.Have && now.Sub(d.Alert.ChangedAt) < giveUpAfter {
			return false
		}
	}
	return true
}
