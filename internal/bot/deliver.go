package bot

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"time"

	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

const (
	sendTime    = 15 * time.Second // for one call to a receiver
	minRetry    = 5 * time.Second
	maxRetry    = time.Hour
	giveUpAfter = 72 * time.Hour // after the change that could not be shown
)

// Deliver shows one receiver what is new: for each message the newest state, whatever happened in between. An error that
// is about the receiver ends the turn and is tried again later; one that is about a message gives only that message up.
func (b *Bot) Deliver(ctx context.Context, lease store.Lease) error {
	r, err := b.receiver(lease.Key)
	if err != nil {
		return err
	}
	undelivered, err := b.Store.Undelivered(ctx, r.Name)
	if err != nil {
		return err
	}
	outgoing, err := b.compose(ctx, lease, r, undelivered)
	if err != nil {
		return err
	}
	failures := lease.Failures
	for _, m := range outgoing {
		failure, err := b.send(ctx, lease, r, m)
		if err != nil {
			return err
		}
		if failure != nil && failure.Class == notify.Temporary {
			return b.Store.Complete(ctx, lease, b.Clock.Now(), b.retryAt(failures, failure), failures+1)
		}
		failures = 0
	}
	return b.Store.Complete(ctx, lease, b.Clock.Now(), time.Time{}, 0)
}

func (b *Bot) receiver(name string) (Receiver, error) {
	for _, r := range b.Receivers {
		if r.Name == name {
			return r, nil
		}
	}
	return Receiver{}, fmt.Errorf("receiver %q is not configured", name)
}

// retryAt returns when to try again after a failure that follows so many others: exponentially later with jitter, or when
// the receiver asked for it.
func (b *Bot) retryAt(failures int, failure *notify.Error) time.Time {
	pause := min(minRetry<<min(failures, 20), maxRetry)
	pause = pause/2 + rand.N(pause/2+1)
	return b.Clock.Now().Add(max(pause, min(failure.RetryAfter, maxRetry)))
}

// An outgoing is a message that is to be posted or changed.
type outgoing struct {
	message store.Message
	members []store.Delivery
}

// compose turns deliveries into messages. A delivery that is part of a message brings the others of that message with it;
// of the rest, those that were true before their rule was first judged share one message per rule.
func (b *Bot) compose(ctx context.Context, lease store.Lease, r Receiver, undelivered []store.Delivery) ([]outgoing, error) {
	var all []outgoing
	var settled []store.Delivery
	place := map[string]int{} // in all, by message or group
	for _, d := range undelivered {
		switch at, shared := place[group(d)]; {
		case !r.shows(d):
			d.Have, d.Shown = d.Want, rules.Inactive
			settled = append(settled, d)
		case d.Message != "" && shared:
		case d.Message != "":
			message, members, err := b.Store.Members(ctx, d.Message)
			if err != nil {
				return nil, err
			}
			place[group(d)] = len(all)
			all = append(all, outgoing{message, members})
		case shared:
			all[at].members = append(all[at].members, d)
		default:
			place[group(d)] = len(all)
			all = append(all, outgoing{store.Message{ID: r.messageID(d), Receiver: r.Name}, []store.Delivery{d}})
		}
	}
	if len(settled) == 0 {
		return all, nil
	}
	return all, b.Store.Settle(ctx, lease, settled)
}

// messageID identifies the message that begins with a delivery. Composing it again gives the same.
func (r Receiver) messageID(d store.Delivery) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(r.Name))
	return fmt.Sprintf("%s-%08x", d.Alert.ID, hash.Sum32())
}

// group returns what deliveries have in common that share a message.
func group(d store.Delivery) string {
	switch {
	case d.Message != "":
		return "message " + d.Message
	case d.Alert.Already:
		return "already " + d.Alert.Project + " " + d.Alert.Rule
	}
	return "alert " + d.Alert.ID
}

// shows reports whether the receiver has anything to show of an alert: what it shows already, or may show since an attempt
// was made, must stay true, and anything else must be at a level it wants and not be taken back.
func (r Receiver) shows(d store.Delivery) bool {
	if d.Message != "" {
		return true
	}
	return d.Alert.State != rules.Withdrawn && d.Alert.Level >= r.From
}

// send makes one attempt at one message. The attempt is recorded before it is made, its outcome after it.
func (b *Bot) send(ctx context.Context, lease store.Lease, r Receiver, m outgoing) (failure *notify.Error, err error) {
	if err := b.Store.Extend(ctx, lease, b.Machine()); err != nil {
		return nil, err
	}
	attempt, err := b.Store.Begin(ctx, lease, m.message, m.members, b.Clock.Now())
	if err != nil {
		return nil, err
	}
	calling, cancel := context.WithTimeout(ctx, sendTime)
	ref, sent := r.Send(calling, b.notification(r, m), notify.Ref(m.message.Ref))
	cancel()
	failure = classify(sent)
	outcome := b.outcome(r, m, ref, failure)
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
			d.Have, d.Shown, d.Dead, d.Error = d.Alert.Version, r.level(d.Alert), false, ""
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

// notification is what a message should show from now on.
func (b *Bot) notification(r Receiver, m outgoing) notify.Notification {
	n := notify.Notification{ID: m.message.ID, Sent: b.Machine()}
	versions := int64(0)
	for _, d := range m.members {
		versions += d.Alert.Version
		n.Alerts = append(n.Alerts, r.alert(d))
	}
	n.Key = fmt.Sprintf("%s-%d", n.ID, versions)
	return n
}
