package deliver

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"notewatch/internal/metrics"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/notify"
)

const (
	sendTime    = 15 * time.Second // for one call to a receiver
	batchTime   = 20 * time.Second // after this time a batch makes no further call, because the last call must end within the lease
	giveUpAfter = 72 * time.Hour   // longest time that a delivery waits
)

// sendAll sends messages until one fails for a reason that concerns the receiver. While a batch is sent, the next one is read.
func (s *Sender) sendAll(ctx context.Context, lease work.Lease, r Receiver, messages []planned) (done round, err error) {
	reading, stop := context.WithCancel(ctx)
	next := s.readNext(reading, r, messages)
	defer func() {
		stop()
		_, _, _ = next() // no read is running when the round goes on
	}()
	for first := true; len(messages) > 0; first = false {
		batch, n, err := next()
		if err != nil {
			return done, err
		}
		if !first {
			if done.incomplete, err = s.work.Moved(ctx, lease); err != nil || done.incomplete {
				return done, err // something newer was committed, so the plan may be outdated
			}
		}
		if n == 0 {
			done.incomplete = true
			return done, nil
		}
		messages = messages[n:]
		next = s.readNext(reading, r, messages)
		sent, err := s.send(ctx, lease, r, batch)
		done.accepted += sent.accepted
		done.works, done.attempted = done.works || sent.works, done.attempted || sent.attempted
		done.failure, done.incomplete, done.rejected = sent.failure, sent.incomplete, append(done.rejected, sent.rejected...)
		if err != nil || sent.failure != nil || sent.incomplete {
			return done, err
		}
	}
	return done, nil
}

// readNext starts reading the next batch of messages. The function that it returns waits for the result of nextBatch.
func (s *Sender) readNext(ctx context.Context, r Receiver, messages []planned) func() ([]outgoing, int, error) {
	type result struct {
		batch []outgoing
		n     int
		err   error
	}
	read := make(chan result, 1)
	go func() {
		batch, n, err := s.nextBatch(ctx, r, messages)
		read <- result{batch, n, err}
		close(read)
	}()
	return func() ([]outgoing, int, error) {
		got := <-read
		return got.batch, got.n, got.err
	}
}

// nextBatch reads the members of the first messages, as many as are sent together and do not have more members than one message may have. n
// is their number; 0 means that the first message is no longer as planned.
func (s *Sender) nextBatch(ctx context.Context, r Receiver, messages []planned) (batch []outgoing, n int, err error) {
	for members := 0; n < min(len(messages), max(r.Batch, 1)) && members < maxMembers; n++ {
		m, same, err := s.members(ctx, r, messages[n])
		if err != nil || !same {
			return batch, n, err
		}
		members += len(m.Members)
		batch = append(batch, m)
	}
	return batch, n, nil
}

// send makes one attempt at each message of a batch, until one fails for a reason that concerns the receiver. The attempts are recorded
// before they are made, their outcomes afterwards.
func (s *Sender) send(ctx context.Context, lease work.Lease, r Receiver, batch []outgoing) (done round, err error) {
	attempts, err := s.outbox.Begin(ctx, lease, batch, s.now(), s.machine())
	if err != nil {
		return done, err
	}
	begun := s.machine()
	outcomes := make([]outbox.Outcome, len(batch))
	for i, m := range batch {
		outcomes[i] = outbox.Outcome{Attempt: attempts[i], Sending: m, Status: outbox.NotMade, At: s.now()}
		if done.failure != nil || err != nil || ctx.Err() != nil || s.machine().Sub(begun) > batchTime {
			done.incomplete = true
			continue
		}
		loud := !quiet(m)
		var outcome outbox.Outcome
		var failure *notify.Error
		if outcome, failure, err = s.attempt(ctx, lease, r, m); err != nil {
			continue
		}
		outcome.Attempt = attempts[i]
		outcomes[i] = outcome
		if outcome.Status == outbox.Skipped {
			continue
		}
		done.attempted = true
		switch {
		case failure == nil:
			done.accepted++
			done.works = done.works || loud
		case failure.Class == notify.Payload:
			done.rejected = append(done.rejected, rejected{m, failure})
		default:
			done.failure = failure
		}
	}
	// Sent messages are recorded even if the time is up: otherwise they would be sent again.
	return done, errors.Join(err, s.record(context.WithoutCancel(ctx), lease, outcomes))
}

// record stores outcomes. If another process has taken over the receiver, it makes that process send the newest state again.
func (s *Sender) record(ctx context.Context, lease work.Lease, outcomes []outbox.Outcome) error {
	err := s.outbox.End(ctx, lease, outcomes...)
	if !errors.Is(err, work.ErrLeaseLost) {
		return err
	}
	var problems []error
	for _, outcome := range outcomes {
		problems = append(problems, s.outbox.Repair(ctx, lease, outcome))
	}
	if repairErr := errors.Join(problems...); repairErr != nil {
		return repairErr // not ErrLeaseLost, which is no problem and would hide it
	}
	return err
}

// attempt makes one attempt at one message and returns its outcome. An error means that no outcome can be recorded.
func (s *Sender) attempt(ctx context.Context, lease work.Lease, r Receiver, m outgoing) (outbox.Outcome, *notify.Error, error) {
	n, err := s.notification(ctx, r, m)
	if err != nil {
		return outbox.Outcome{}, nil, err
	}
	if err := s.pause(ctx, r); err != nil {
		return outbox.Outcome{}, nil, err
	}
	started := s.machine()
	ref, err := s.call(ctx, r, n, notify.Ref(m.Message.Ref))
	outcome, failure := s.outcome(m, ref, err)
	if r.Live {
		outcome.ShowsValue = n.ShowsValueOf()
	}
	s.metrics.Delivered(r.Name, metrics.Result(outcome.Status), s.machine().Sub(started))
	if failure != nil {
		level := slog.LevelError
		if lease.Failures > 0 && outcome.Status == outbox.Retrying {
			level = slog.LevelDebug // logged before
		}
		s.log.Log(ctx, level, "sending a message", "receiver", r.Name, "message", m.Message.ID, "status", string(outcome.Status), "err", failure)
	}
	return outcome, failure, nil
}

// call makes one call to a receiver, after the one that is running, if there is one.
func (s *Sender) call(ctx context.Context, r Receiver, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	lock, _ := s.calls.LoadOrStore(r.Name, new(sync.Mutex))
	free := lock.(*sync.Mutex)
	free.Lock()
	defer free.Unlock()
	calling, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return r.Send(calling, n, ref)
}

// classify returns err as an error of the type that receivers promise.
func classify(err error) *notify.Error {
	if failure, ok := errors.AsType[*notify.Error](err); ok {
		return failure
	}
	return &notify.Error{Class: notify.Temporary, Err: err}
}

// outcome returns the outcome of an attempt that ended with err, and the failure if err is one.
func (s *Sender) outcome(m outgoing, ref notify.Ref, err error) (outbox.Outcome, *notify.Error) {
	now := s.now()
	out := outbox.Outcome{Sending: m, Status: outbox.Posted, At: now, Refresh: !slices.ContainsFunc(m.Members, isOutdated)}
	switch {
	case err == nil:
		out.Message.Ref, out.Message.PostedAt = string(ref), now
		return out, nil
	case errors.Is(err, notify.ErrSkipped):
		out.Status, out.Detail = outbox.Skipped, notify.ErrSkipped.Error()
		if !m.Message.PostedAt.IsZero() {
			out.Message.PostedAt = now
		}
		return out, nil
	}
	failure := classify(err)
	out.Status, out.Error, out.All = outbox.Retrying, failure.Error(), failure.Class == notify.Permanent
	if failure.Class != notify.Temporary || expired(outdated(m.Members), now) {
		out.Status = outbox.GivenUp
	}
	return out, failure
}

// isOutdated reports whether the receiver does not have the newest of a member.
func isOutdated(d outbox.Delivery) bool { return d.Outdated(d.Facts()) }

// outdated returns the members of which the receiver does not have the newest.
func outdated(members []outbox.Delivery) (some []outbox.Delivery) {
	for i := range members {
		if isOutdated(members[i]) {
			some = append(some, members[i])
		}
	}
	return some
}

// expired reports whether all waiting deliveries have waited for longer than giveUpAfter.
func expired(changes []outbox.Delivery, now time.Time) bool {
	waits := func(d outbox.Delivery) bool { return !d.Since.IsZero() }
	young := func(d outbox.Delivery) bool { return waits(d) && now.Sub(d.Since) < giveUpAfter }
	return slices.ContainsFunc(changes, waits) && !slices.ContainsFunc(changes, young)
}
