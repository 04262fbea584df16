package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/metrics"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
	"notewatch/notehub"
)

const (
	callTime    = 40 * time.Second // for one request, within the lease that is extended before it
	pollTime    = 30 * time.Minute // for all requests of a poll, on the machine clock, without the wait for the budget
	slotPause   = 20 * time.Second // longest wait for the budget before the lease is extended
	ratePause   = 30 * time.Second // after a 429 without Retry-After; doubled after each further one
	longestWait = 15 * time.Minute // longest wait for the budget before the poll fails; other tools keep Notehub busy for less
	oncePause   = 2 * time.Minute  // the same for notewatch once
	maxAnswers  = 16               // that are read at once, of all accounts, because each takes memory
)

// A fetcher makes the requests of one poll, each within the budget of the account and under the lease of the poll.
type fetcher struct {
	bot     *Bot
	account Account
	project string
	lease   work.Lease
	now     time.Time // of the poll, domain clock
	times   stepTimes // so far
}

// do makes one request as soon as the budget allows. After a 429 the whole account waits and continues at half the rate. Then the request
// is repeated, until the patience of the poll ends.
func (f fetcher) do(ctx context.Context, request func(ctx context.Context) error) error {
	var firstRefused time.Time
	for refusals := 0; ; refusals++ {
		sent, err := f.wait(ctx)
		if err != nil {
			return err
		}
		err = f.call(ctx, request)
		<-f.bot.answers
		if !errors.Is(err, notehub.ErrRateLimited) {
			return err
		}
		if firstRefused.IsZero() {
			firstRefused = f.bot.clock.Now()
		}
		pause := ratePauseAfter(err, refusals)
		state, noting := f.refused(ctx, sent, pause)
		if noting != nil {
			return noting
		}
		if refusals > 0 && f.bot.clock.Now().Add(pause).Sub(firstRefused) > f.patience(state) {
			return err
		}
	}
}

// ratePauseAfter returns how long an account waits after a 429, if the request was refused before times already: as long as Notehub asks,
// and longer each time that this was not enough.
func ratePauseAfter(err error, before int) time.Duration {
	pause := ratePause << min(before, 10)
	if refused, ok := errors.AsType[*notehub.Error](err); ok && refused.RetryAfter > 0 {
		if before == 0 {
			return refused.RetryAfter
		}
		pause = max(pause, refused.RetryAfter)
	}
	return pause
}

// refused records that Notehub has refused a request with a 429, and makes the account wait for a pause.
func (f fetcher) refused(ctx context.Context, sent time.Time, pause time.Duration) (budget.State, error) {
	f.bot.log.Warn("rate-limited by Notehub", "account", f.account.Name, "project", f.project, "pause", pause)
	now := f.bot.clock.Now()
	state, err := f.bot.store.RefuseRequest(ctx, f.account.Name, sent, now, now.Add(pause))
	if err == nil {
		f.bot.noteRate(f.account, state)
	}
	return state, err
}

// patience returns how long a poll waits for one request before it fails. notewatch once waits less, because the user has chosen its time.
func (f fetcher) patience(state budget.State) time.Duration {
	patience := longestWait
	if f.bot.once {
		patience = oncePause
	}
	return max(patience, 2*budget.Window(state.Rate(f.account.PerMinute)))
}

// noteRate logs that the rate of an account has changed since it was last noted.
func (b *Bot) noteRate(account Account, state budget.State) {
	rate := state.Rate(account.PerMinute)
	before, ok := b.rates.Swap(account.Name, rate)
	if !ok {
		before = account.PerMinute
	}
	switch {
	case rate < before.(float64):
		b.log.Warn("sending fewer requests to Notehub", "account", account.Name, "requests_per_minute", rate, "of", account.PerMinute,
			"until", state.RestoredAt(), "hint", remedy(metrics.RateLimited, account))
	case rate > before.(float64):
		b.log.Info("sending more requests to Notehub again", "account", account.Name, "requests_per_minute", rate, "of", account.PerMinute)
	}
}

// errPollTooLong is the failure of a poll whose requests take more than pollTime, because other projects of the account are waiting.
var errPollTooLong = fmt.Errorf("the requests to Notehub for one poll take longer than %s", words.Duration(pollTime))

// errNoAnswer is the failure of a request that takes more than callTime.
var errNoAnswer = fmt.Errorf("no answer from Notehub within %s", words.Duration(callTime))

// call makes a request within the time limits of a request and of the poll.
func (f fetcher) call(ctx context.Context, request func(ctx context.Context) error) error {
	if f.times[metrics.Fetch] >= pollTime {
		return errPollTooLong
	}
	calling, cancel := context.WithTimeoutCause(ctx, callTime, errNoAnswer)
	defer cancel()
	done := f.bot.spend(f.times, metrics.Fetch)
	err := request(calling)
	done()
	if err != nil && ctx.Err() == nil && calling.Err() != nil {
		return context.Cause(calling)
	}
	return unnamed(err)
}

// unnamed returns an error of the client without the name of what it was reading, because the poll adds it.
func unnamed(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// A heldError says that the account may send no request for so long that the poll does not wait for it.
type heldError struct {
	until   time.Time
	account Account
	refused bool // Notehub asked to wait; otherwise the request budget of the account is used up
}

// Error implements error.
func (e heldError) Error() string {
	if e.refused {
		return fmt.Sprintf("Notehub has rate-limited account %s until %s", e.account.Name, words.Time(e.until))
	}
	return fmt.Sprintf("notewatch is waiting for the request budget of account %s, %s a minute, until %s",
		e.account.Name, words.Figure(e.account.PerMinute, ""), words.Time(e.until))
}

// wait waits until one more answer may be read and the budget allows a request, counts it, and returns when. The lease is then long enough
// for one call. If the process was frozen, so that the request would be sent in a later minute than it was counted in, the request is
// counted again, because others have sent requests meanwhile. The caller frees Bot.answers after the call.
func (f fetcher) wait(ctx context.Context) (sent time.Time, err error) {
	defer f.bot.spend(f.times, metrics.Wait)()
	began := f.bot.clock.Now()
	for late := false; ; {
		if err := f.bot.store.Work.Extend(ctx, f.lease, f.bot.machine()); err != nil {
			return time.Time{}, err
		}
		if entered, err := f.enter(ctx); err != nil {
			return time.Time{}, err
		} else if !entered {
			began = f.bot.clock.Now() // patience counts only the wait for the budget
			continue
		}
		state, at, taken, err := f.bot.store.TakeRequest(ctx, f.account.Name, f.account.PerMinute, f.bot.clock.Now)
		if err == nil {
			f.bot.noteRate(f.account, state)
		}
		if taken && (late || f.bot.clock.Now().Sub(at) <= budget.Margin) {
			f.bot.metrics.Requested(f.account.Name)
			return at, nil
		}
		<-f.bot.answers
		switch {
		case err != nil:
			return time.Time{}, err
		case taken:
			late = true // only once, so that a database that is always slow does not stop all polls
			continue
		case at.Sub(began) > f.patience(state):
			return time.Time{}, heldError{at, f.account, !state.HeldUntil.Before(at)}
		}
		timer := f.bot.clock.Timer(work.Earlier(at, f.bot.clock.Now().Add(slotPause)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return time.Time{}, ctx.Err()
		case <-timer.C:
		}
	}
}

// enter waits until one more answer may be read. It returns false after the time for which the lease may be left alone.
func (f fetcher) enter(ctx context.Context) (entered bool, err error) {
	select {
	case f.bot.answers <- struct{}{}:
		return true, nil
	default:
	}
	timer := f.bot.clock.Timer(f.bot.clock.Now().Add(slotPause))
	defer timer.Stop()
	select {
	case f.bot.answers <- struct{}{}:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	case <-timer.C:
		return false, nil
	}
}
