package deliver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/notify"
	"notewatch/rules"
)

// ReceiverDead is the rule name of the alert that a receiver is unreachable.
const ReceiverDead = "receiver-dead"

// messageRefused is the rule name of the report that a receiver rejected a message because of its content.
const messageRefused = "message-refused"

// unreachable reports whether the alert that a receiver is unreachable is open.
func (s *Sender) unreachable(ctx context.Context, receiver string) (bool, error) {
	_, open, err := s.store.OpenAlert(ctx, ReceiverDead, "", receiver)
	return open, err
}

// takeOverAlerts adds deliveries to a receiver as fallback for others: everything that an unreachable receiver is missing; of another receiver
// only deliveries that were given up or have waited for fallBackAfter.
func (s *Sender) takeOverAlerts(ctx context.Context, lease work.Lease, r Receiver) error {
	for _, other := range s.receivers {
		if other.Fallback != r.Name {
			continue
		}
		known, err := s.unreachable(ctx, other.Name)
		if err != nil {
			return err
		}
		now := s.now()
		in := outbox.Unreachable{For: other.Name, Policy: other.policy(), Before: now, Now: now}
		if !other.Hours.None() {
			other.began = now
			in.Outside = func(d *outbox.Delivery) bool { return other.outside(d) != "" }
		}
		if !known {
			in.Before = now.Add(-fallBackAfter)
		}
		n, err := s.outbox.FallBack(ctx, lease, in)
		if err != nil {
			return err
		}
		if n > 0 {
			s.log.Warn("notifying the fallback receiver", "receiver", r.Name, "fallback_for", other.Name, "alerts", n)
		}
	}
	return nil
}

// waitsForRetry reports whether a receiver is reported as unreachable and waits for its next retry, in a process that makes only one round.
// Otherwise every start would be a retry.
func (s *Sender) waitsForRetry(ctx context.Context, receiver string, now time.Time) (bool, error) {
	if !s.once {
		return false, nil
	}
	known, err := s.unreachable(ctx, receiver)
	if err != nil || !known {
		return false, err
	}
	due, ok, err := s.work.NextDue(ctx, work.Receiver, receiver)
	return ok && due.After(now), err
}

// retry makes given-up deliveries of an unreachable receiver waiting again, unless others are waiting: sending those also shows whether the
// receiver works. It reports whether the receiver is unreachable.
func (s *Sender) retry(ctx context.Context, lease work.Lease, r Receiver) (unreachable bool, err error) {
	if unreachable, err = s.unreachable(ctx, r.Name); err == nil && unreachable {
		err = s.outbox.Retry(ctx, lease)
	}
	return unreachable, err
}

// oldest returns the time since which the oldest delivery has been waiting, if the receiver failed in this round and is not yet reported as
// unreachable; otherwise the zero time.
func (s *Sender) oldest(ctx context.Context, r Receiver, done round, unreachable bool) (since time.Time, err error) {
	if unreachable || done.failure == nil || done.failure.Class == notify.Permanent {
		return since, nil
	}
	waiting, err := s.outbox.Undelivered(ctx, r.Name)
	for _, d := range waiting {
		since = work.Earlier(since, d.Since)
	}
	return since, err
}

// reportUnreachable raises the alert that a receiver is unreachable, at its fallback or else at the default receivers.
func (s *Sender) reportUnreachable(ctx context.Context, r Receiver, failure *notify.Error) error {
	notified := slices.DeleteFunc(slices.Clone(s.defaultReceivers), func(name string) bool { return name == r.Name })
	advice := "Check the receiver and its settings. It is retried at least hourly and when the rules file is reloaded; missed alerts are " +
		"sent then. See `notewatch history`."
	if r.Fallback != "" {
		notified = []string{r.Fallback}
		advice = "Its alerts are sent here until it works again. " + advice
	}
	return s.hooks.Raise(ctx, rules.Key{Rule: ReceiverDead, Subject: r.Name}, rules.Critical, notified, rules.Texts{
		Subject: r.Name, Summary: fmt.Sprintf("Cannot deliver to %s: %s", r.Name, failure), Advice: advice,
	})
}

// wakeFallback makes the fallback of a receiver due, if it has one: takeOverAlerts then gives it what the receiver is missing.
func (s *Sender) wakeFallback(ctx context.Context, r Receiver) error {
	if r.Fallback == "" {
		return nil
	}
	err := s.work.MakeDue(ctx, work.Receiver, r.Fallback, s.now())
	s.hooks.Wake()
	return err
}

// handleRejected reports messages that a receiver rejects because of their content: it wakes the fallback, which gets them instead, or else
// reports them to the default receivers.
func (s *Sender) handleRejected(ctx context.Context, r Receiver, messages []rejected) error {
	if len(messages) == 0 {
		return nil
	}
	if r.Fallback != "" {
		return s.wakeFallback(ctx, r)
	}
	others := slices.DeleteFunc(slices.Clone(s.defaultReceivers), func(name string) bool { return name == r.Name })
	for _, m := range messages {
		other := func(d outbox.Delivery) bool { return d.Alert.Rule != messageRefused }
		if !slices.ContainsFunc(m.message.Members, other) {
			continue // otherwise two receivers that reject everything would report each other without end
		}
		id := m.message.Message.ID
		err := s.hooks.Report(ctx, rules.Key{Rule: messageRefused, Subject: id}, others, rules.Texts{
			Subject: r.Name,
			Summary: fmt.Sprintf("%s rejected a message about %s: %s", r.Name, m.message.Members[0].Alert.Rule, m.failure),
			Body:    "To see its alerts: notewatch alerts --all --message " + id,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reportReachable ends the alert that a receiver is unreachable, and retries what was given up.
func (s *Sender) reportReachable(ctx context.Context, r Receiver) error {
	if err := s.outbox.Revive(ctx, r.Name, s.now()); err != nil {
		return err
	}
	_, err := s.hooks.Resolve(ctx, ReceiverDead, r.Name)
	return err
}
