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

// cannotBeTold reports whether it is known of a receiver that it cannot be told.
func (s *Sender) cannotBeTold(ctx context.Context, receiver string) (bool, error) {
	_, known, err := s.store.OpenAlert(ctx, ReceiverDead, "", receiver)
	return known, err
}

// standIn gives a receiver what those cannot be told whose fallback it is: all, once that is known, and else what was given up
// or waits for long.
func (s *Sender) standIn(ctx context.Context, lease store.Lease, r Receiver) error {
	for _, other := range s.receivers {
		if other.Fallback != r.Name {
			continue
		}
		known, err := s.cannotBeTold(ctx, other.Name)
		if err != nil {
			return err
		}
		now := s.now()
		in := store.StandIn{For: other.Name, From: other.From, Before: now, Now: now}
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
	known, err := s.cannotBeTold(ctx, receiver)
	if err != nil || !known {
		return false, err
	}
	due, ok, err := s.store.NextDue(ctx, store.Receiver, receiver)
	return ok && due.After(now), err
}

// lookAgain revives what was given up of a receiver that cannot be told, unless there is something else to try: whoever has
// mended it waits for that. It reports whether that is known of the receiver.
func (s *Sender) lookAgain(ctx context.Context, lease store.Lease, r Receiver) (known bool, err error) {
	if known, err = s.cannotBeTold(ctx, r.Name); err == nil && known {
		err = s.store.Retry(ctx, lease)
	}
	return known, err
}

// giveUp gives up all that waits for a receiver which will take nothing until somebody mends it.
func (s *Sender) giveUp(ctx context.Context, lease store.Lease, r Receiver, failure *notify.Error) error {
	if err := s.store.GiveUp(ctx, lease, failure.Error()); err != nil {
		return err
	}
	return s.callForHelp(ctx, r, failure)
}

// despair calls for help when something has been tried in vain for long, or the receiver wants to be left alone for longer. It
// returns when to try again: at later, or as soon as help will have to be called for.
func (s *Sender) despair(ctx context.Context, r Receiver, failure *notify.Error, later time.Time) (time.Time, error) {
	known, err := s.cannotBeTold(ctx, r.Name)
	if err != nil {
		return later, err
	}
	if known {
		if again := s.now().Add(lookAgainTime); s.once && later.Before(again) {
			later = again
		}
		return later, s.raiseFallback(ctx, r)
	}
	waiting, err := s.store.Undelivered(ctx, r.Name)
	if err != nil || len(waiting) == 0 {
		return later, err
	}
	oldest := slices.MinFunc(waiting, func(a, b store.Delivery) int { return a.WaitingSince.Compare(b.WaitingSince) })
	end, now := oldest.WaitingSince.Add(fallBackAfter), s.now()
	if end.After(now) && !end.Before(now.Add(patience(failure))) {
		return store.Earlier(later, end), nil
	}
	return later, s.callForHelp(ctx, r, failure)
}

// callForHelp tells others that a receiver cannot be told, and has its fallback told in its place.
func (s *Sender) callForHelp(ctx context.Context, r Receiver, failure *notify.Error) error {
	told := slices.DeleteFunc(slices.Clone(s.operators), func(name string) bool { return name == r.Name })
	advice := "Mend its settings and reload; what it missed is sent then. `notewatch history` shows what was tried."
	if r.Fallback != "" {
		told = []string{r.Fallback}
		advice = "Its alerts come here until it is back. " + advice
	}
	known, err := s.cannotBeTold(ctx, r.Name)
	if err != nil {
		return err
	}
	if !known { // what it fails with may change with every attempt
		err := s.hooks.Raise(ctx, rules.Key{Rule: ReceiverDead, Subject: r.Name}, rules.Critical, told, rules.Told{
			Subject: r.Name, Summary: fmt.Sprintf("%s cannot be told: %s", r.Name, failure), Advice: advice,
		})
		if err != nil {
			return err
		}
	}
	return s.raiseFallback(ctx, r)
}

// raiseFallback has the fallback of a receiver look what it is to be told in its place.
func (s *Sender) raiseFallback(ctx context.Context, r Receiver) error {
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
		return s.raiseFallback(ctx, r)
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

// recovered takes back the call for help, and has tried again what was given up.
func (s *Sender) recovered(ctx context.Context, r Receiver) error {
	known, err := s.cannotBeTold(ctx, r.Name)
	if err != nil || !known {
		return err
	}
	if err := s.store.Revive(ctx, r.Name, s.now()); err != nil {
		return err
	}
	_, err = s.hooks.Resolve(ctx, ReceiverDead, r.Name)
	return err
}
