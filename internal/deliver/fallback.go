package deliver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// ReceiverDead is the name of the rule of alerts that say that a receiver cannot be told.
const ReceiverDead = "receiver-dead"

// messageRefused is the name of the rule of reports that a receiver refused a message for what is in it.
const messageRefused = "message-refused"

// unreachable reports whether it is known of a receiver that it is unreachable.
func (s *Sender) unreachable(ctx context.Context, receiver string) (bool, error) {
	_, open, err := s.store.OpenAlert(ctx, ReceiverDead, "", receiver)
	return open, err
}

// standIn gives a receiver what those cannot be told whose fallback it is: all, once that is known, and else what was given up
// or waits for long.
func (s *Sender) standIn(ctx context.Context, lease store.Lease, r Receiver) error {
	for _, other := range s.receivers {
		if other.Fallback != r.Name {
			continue
		}
		known, err := s.unreachable(ctx, other.Name)
		if err != nil {
			return err
		}
		now := s.now()
		in := store.StandIn{For: other.Name, Policy: other.policy(), Before: now, Now: now}
		if !known {
			in.Before = now.Add(-fallBackAfter)
		}
		n, err := s.store.FallBack(ctx, lease, in)
		if err != nil {
			return err
		}
		if n > 0 {
			s.log.Warn("telling a fallback", "receiver", r.Name, "instead_of", other.Name, "alerts", n)
		}
	}
	return nil
}

// waitsForRetry reports whether a receiver is known to be unreachable and waits for its next retry, in a process that takes one
// turn: otherwise every start would be a retry.
func (s *Sender) waitsForRetry(ctx context.Context, receiver string, now time.Time) (bool, error) {
	if !s.once {
		return false, nil
	}
	known, err := s.unreachable(ctx, receiver)
	if err != nil || !known {
		return false, err
	}
	due, ok, err := s.store.NextDue(ctx, store.Receiver, receiver)
	return ok && due.After(now), err
}

// retry has tried again what was given up of an unreachable receiver, unless something else waits: that shows as well whether it was
// fixed. It reports whether the receiver is unreachable.
func (s *Sender) retry(ctx context.Context, lease store.Lease, r Receiver) (unreachable bool, err error) {
	if unreachable, err = s.unreachable(ctx, r.Name); err == nil && unreachable {
		err = s.store.Retry(ctx, lease)
	}
	return unreachable, err
}

// oldest returns since when something waits for a receiver, if it has just failed for a while and is not known to be unreachable; the zero
// time otherwise.
func (s *Sender) oldest(ctx context.Context, r Receiver, done round, unreachable bool) (since time.Time, err error) {
	if unreachable || done.failure == nil || done.failure.Class == notify.Permanent {
		return since, nil
	}
	waiting, err := s.store.Undelivered(ctx, r.Name)
	for _, d := range waiting {
		since = store.Earlier(since, d.Since)
	}
	return since, err
}

// reportUnreachable raises the alert that a receiver is unreachable: at its fallback, else at the default receivers.
func (s *Sender) reportUnreachable(ctx context.Context, r Receiver, failure *notify.Error) error {
	told := slices.DeleteFunc(slices.Clone(s.operators), func(name string) bool { return name == r.Name })
	advice := "Mend its settings and reload; what it missed is sent then. `notewatch history` shows what was tried."
	if r.Fallback != "" {
		told = []string{r.Fallback}
		advice = "Its alerts come here until it is back. " + advice
	}
	return s.hooks.Raise(ctx, rules.Key{Rule: ReceiverDead, Subject: r.Name}, rules.Critical, told, rules.Told{
		Subject: r.Name, Summary: fmt.Sprintf("%s cannot be told: %s", r.Name, failure), Advice: advice,
	})
}

// wakeFallback makes the fallback of a receiver due, if it has one: standIn then gives it what the receiver is missing.
func (s *Sender) wakeFallback(ctx context.Context, r Receiver) error {
	if r.Fallback == "" {
		return nil
	}
	err := s.store.Raise(ctx, store.Receiver, r.Fallback, s.now())
	s.hooks.Wake()
	return err
}

// passOn has others told of messages that a receiver refuses for what is in them: its fallback in its place, else the
// operators that there was something.
func (s *Sender) passOn(ctx context.Context, r Receiver, messages []refused) error {
	if len(messages) == 0 {
		return nil
	}
	if r.Fallback != "" {
		return s.wakeFallback(ctx, r)
	}
	told := slices.DeleteFunc(slices.Clone(s.operators), func(name string) bool { return name == r.Name })
	for _, m := range messages {
		news := func(d store.Delivery) bool { return d.Alert.Rule != messageRefused }
		if !slices.ContainsFunc(m.message.Members, news) {
			continue // or two who refuse everything would be told of each other for ever
		}
		id := m.message.Message.ID
		err := s.hooks.Report(ctx, rules.Key{Rule: messageRefused, Subject: id}, told, rules.Told{
			Subject: r.Name,
			Summary: fmt.Sprintf("%s refused a message about %s: %s", r.Name, m.message.Members[0].Alert.Rule, m.failure),
			Body:    "notewatch alerts --all --message " + id + " shows what is in it.",
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reportReachable ends the alert that a receiver is unreachable, and has tried again what was given up.
func (s *Sender) reportReachable(ctx context.Context, r Receiver) error {
	if err := s.store.Revive(ctx, r.Name, s.now()); err != nil {
		return err
	}
	_, err := s.hooks.Resolve(ctx, ReceiverDead, r.Name)
	return err
}
