package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notewatch/internal/store"
	"notewatch/notehub"
	"notewatch/notify"
)

const (
	callTime    = 40 * time.Second // for one request, within the lease that is extended before it
	pollTime    = 30 * time.Minute // for all requests of a poll, on the machine clock, without waiting for the budget
	slotPause   = 20 * time.Second // how long to wait for the budget before extending the lease
	rateRetries = 3                // requests repeated after 429 before the poll fails
	ratePause   = 30 * time.Second // after a 429 that does not say how long
	longestWait = 2 * time.Minute  // for the budget, before the poll gives up
)

// A fetcher makes the requests of one poll: each within the budget of the account and under the lease of the poll.
type fetcher struct {
	*Bot
	account Account
	project string
	lease   store.Lease
	now     time.Time      // of the poll, domain clock
	spent   *time.Duration // in requests so far, on the machine clock
}

// do makes one request as soon as the budget allows. A 429 holds the whole account for as long as Notehub asks.
func (f fetcher) do(ctx context.Context, request func(ctx context.Context) error) error {
	for attempt := 1; ; attempt++ {
		if err := f.wait(ctx); err != nil {
			return err
		}
		err := f.call(ctx, request)
		refused, ok := errors.AsType[*notehub.Error](err)
		if !ok || !errors.Is(err, notehub.ErrRateLimited) {
			return err
		}
		pause := refused.RetryAfter
		if pause <= 0 {
			pause = ratePause
		}
		f.Log.Warn("rate limited by Notehub", "account", f.account.Name, "project", f.project, "pause", pause)
		if err := f.Store.HoldAccount(ctx, f.account.Name, f.Clock.Now().Add(pause)); err != nil {
			return err
		}
		if attempt > rateRetries {
			return err
		}
	}
}

// errPollTooLong is the failure of a poll whose requests take more than pollTime. Other projects of the account are waiting.
var errPollTooLong = fmt.Errorf("the requests to Notehub for one poll take longer than %s", notify.FormatDuration(pollTime))

// errNoAnswer is the failure of a request that takes more than callTime.
var errNoAnswer = fmt.Errorf("no answer from Notehub within %s", notify.FormatDuration(callTime))

// call makes a request within the time that a request, and the poll, may take.
func (f fetcher) call(ctx context.Context, request func(ctx context.Context) error) error {
	if *f.spent >= pollTime {
		return errPollTooLong
	}
	calling, cancel := context.WithTimeoutCause(ctx, callTime, errNoAnswer)
	defer cancel()
	began := f.Machine()
	err := request(calling)
	*f.spent += max(0, f.Machine().Sub(began))
	if err != nil && ctx.Err() == nil && calling.Err() != nil {
		return context.Cause(calling)
	}
	return unnamed(err)
}

// unnamed returns an error of the client without the words that say what it was reading: the poll says that itself.
func unnamed(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// A heldError says that the account may send no request for so long that the poll should not wait for it.
type heldError struct {
	until   time.Time
	account Account
	refused bool // by Notehub, which asked for that; else by the request budget of the account
}

// Error implements error.
func (e heldError) Error() string {
	if e.refused {
		return fmt.Sprintf("Notehub has rate-limited account %s until %s", e.account.Name, notify.FormatTime(e.until))
	}
	return fmt.Sprintf("notewatch is waiting for the request budget of account %s, %s a minute, until %s",
		e.account.Name, notify.FormatFigure(e.account.PerMinute, ""), notify.FormatTime(e.until))
}

// burst is how many requests of an account may follow each other at once, so that Notehub's own limit, 7 a minute unless
// the account has another, holds over any minute.
func (a Account) burst() int { return int(min(max(7-a.PerMinute, 1), 3)) }

// wait waits for the budget, and leaves with a lease that is good for one call.
func (f fetcher) wait(ctx context.Context) error {
	interval := time.Duration(float64(time.Minute) / f.account.PerMinute)
	pace := store.Pace{Interval: interval, Burst: f.account.burst(), Patience: max(longestWait, 2*interval)}
	asked := f.Clock.Now()
	slot, err := f.Store.TakeSlot(ctx, f.account.Name, asked, pace)
	if err != nil {
		return err
	}
	if slot.Sub(asked) > pace.Patience {
		held, err := f.Store.HeldUntil(ctx, asked)
		if err != nil {
			return err
		}
		return heldError{slot, f.account, !held[f.account.Name].Before(slot)}
	}
	for now := f.Clock.Now(); now.Before(slot) && slot.Sub(now) <= pace.Patience+store.ClockTolerance; now = f.Clock.Now() {
		timer := f.Clock.Timer(earlier(slot, now.Add(slotPause)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if err := f.Store.Extend(ctx, f.lease, f.Machine()); err != nil {
			return err
		}
	}
	f.Metrics.Requested(f.account.Name)
	return f.Store.Extend(ctx, f.lease, f.Machine())
}
