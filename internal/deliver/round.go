package deliver

import (
	"context"
	"math/rand/v2"

	"notewatch/internal/store/work"
	"notewatch/notify"
)

// Deliver is one round for one receiver: it sends the newest state of each message that changed. An error of the receiver ends the round;
// afterRound decides what follows. An error of a message gives up only that message.
func (s *Sender) Deliver(ctx context.Context, lease work.Lease) error {
	r, err := s.receiver(lease.Key)
	if err != nil {
		return err
	}
	r.began = s.now()
	if err := s.takeOverAlerts(ctx, lease, r); err != nil {
		return err
	}
	if err := s.release(ctx, lease, r); err != nil {
		return err
	}
	unreachable, err := s.retry(ctx, lease, r)
	if err != nil {
		return err
	}
	p, err := s.plan(ctx, lease, r)
	if err != nil {
		return err
	}
	done, err := s.sendAll(ctx, lease, r, p.messages)
	if err != nil {
		return err
	}
	done.planned, done.later = len(p.messages), p.later
	if err := s.handleRejected(ctx, r, done.rejected); err != nil {
		return err
	}
	known := facts{now: s.now(), unreachable: unreachable, once: s.once, jitter: rand.Float64()}
	if known.oldest, err = s.oldest(ctx, r, done, unreachable); err != nil {
		return err
	}
	next := afterRound(done, lease, known)
	if err := s.follow(ctx, lease, r, done.failure, next.actions); err != nil {
		return err // the receiver is due again soon, instead of after a pause that its fallback would have to wait for
	}
	return s.work.Complete(ctx, lease, s.now(), next.due, next.failures)
}

// follow carries out the actions that follow a round.
func (s *Sender) follow(ctx context.Context, lease work.Lease, r Receiver, failure *notify.Error, actions []action) error {
	for _, a := range actions {
		var err error
		switch a {
		case giveUp:
			err = s.outbox.GiveUp(ctx, lease, failure.Error())
		case reportUnreachable:
			err = s.reportUnreachable(ctx, r, failure)
		case wakeFallback:
			err = s.wakeFallback(ctx, r)
		case reportReachable:
			err = s.reportReachable(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
