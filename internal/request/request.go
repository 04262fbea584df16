package request

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/metrics"
	"notewatch/internal/store"
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

// An Account is a billing account of Notehub with its request budget.
type Account struct {
	Name      string
	PerMinute float64
}

// A Config configures a Sender. All fields are required, except Once.
type Config struct {
	Store   *store.Store
	Now     func() time.Time                  // domain clock
	Timer   func(until time.Time) *time.Timer // of the domain clock
	Machine func() time.Time                  // machine clock: leases and the duration of requests
	Once    bool                              // wait less for the budget, because the user has chosen the time
	Metrics *metrics.Metrics
	Log     *slog.Logger
}

// A Sender sends the requests of all accounts. It is safe for use by several goroutines.
type Sender struct {
	config  Config
	answers chan struct{} // limits the answers of Notehub that are read at once
	rates   sync.Map      // float64: rate of an account in requests per minute when it was last logged, by name
}

// New returns a sender.
func New(c Config) *Sender { return &Sender{config: c, answers: make(chan struct{}, maxAnswers)} }

// A Poll makes the requests of one poll, each within the budget of the account and under the lease of the poll.
type Poll struct {
	Account Account
	Project string // UID; "" for requests about no project
	Lease   work.Lease
	Times   Times // so far

	sender *Sender
}

// Poll returns a Poll, which makes the requests of one poll under its lease.
func (s *Sender) Poll(account Account, project string, lease work.Lease, times Times) Poll {
	return Poll{Account: account, Project: project, Lease: lease, Times: times, sender: s}
}

// Do makes one request as soon as the budget allows. After a 429 the whole account waits and continues at half the rate. Then the request
// is repeated, until the patience of the poll ends.
func (p Poll) Do(ctx context.Context, request func(ctx context.Context) error) error {
	var firstRefused time.Time
	for refusals := 0; ; refusals++ {
		sent, err := p.wait(ctx)
		if err != nil {
			return err
		}
		err = p.call(ctx, request)
		<-p.sender.answers
		if !errors.Is(err, notehub.ErrRateLimited) {
			return err
		}
		if firstRefused.IsZero() {
			firstRefused = p.sender.config.Now()
		}
		pause := ratePauseAfter(err, refusals)
		state, noting := p.refused(ctx, sent, pause)
		if noting != nil {
			return noting
		}
		if refusals > 0 && p.sender.config.Now().Add(pause).Sub(firstRefused) > p.patience(state) {
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
func (p Poll) refused(ctx context.Context, sent time.Time, pause time.Duration) (budget.State, error) {
	p.sender.config.Log.Warn("rate-limited by Notehub", "account", p.Account.Name, "project", p.Project, "pause", pause)
	now := p.sender.config.Now()
	state, err := p.sender.config.Store.RefuseRequest(ctx, p.Account.Name, sent, now, now.Add(pause))
	if err == nil {
		p.sender.noteRate(p.Account, state)
	}
	return state, err
}

// patience returns how long a poll waits for one request before it fails. notewatch once waits less, because the user has chosen its time.
func (p Poll) patience(state budget.State) time.Duration {
	patience := longestWait
	if p.sender.config.Once {
		patience = oncePause
	}
	return max(patience, 2*budget.Window(state.Rate(p.Account.PerMinute)))
}

// SharedHint is the next step when an account is rate-limited.
const SharedHint = "other tools share the rate limit of this account: lower requests_per_minute"

// noteRate logs that the rate of an account has changed since it was last noted.
func (s *Sender) noteRate(account Account, state budget.State) {
	rate := state.Rate(account.PerMinute)
	before, ok := s.rates.Swap(account.Name, rate)
	if !ok {
		before = account.PerMinute
	}
	switch {
	case rate < before.(float64):
		s.config.Log.Warn("sending fewer requests to Notehub", "account", account.Name, "requests_per_minute", rate, "of", account.PerMinute,
			"until", state.RestoredAt(), "hint", SharedHint)
	case rate > before.(float64):
		s.config.Log.Info("sending more requests to Notehub again", "account", account.Name, "requests_per_minute", rate, "of", account.PerMinute)
	}
}

// ErrPollTooLong is the failure of a poll whose requests take more than pollTime, because other projects of the account are waiting.
var ErrPollTooLong = fmt.Errorf("the requests to Notehub for one poll take longer than %s", words.Duration(pollTime))

// ErrNoAnswer is the failure of a request that takes more than callTime.
var ErrNoAnswer = fmt.Errorf("no answer from Notehub within %s", words.Duration(callTime))

// call makes a request within the time limits of a request and of the poll.
func (p Poll) call(ctx context.Context, request func(ctx context.Context) error) error {
	if p.Times[metrics.Fetch] >= pollTime {
		return ErrPollTooLong
	}
	calling, cancel := context.WithTimeoutCause(ctx, callTime, ErrNoAnswer)
	defer cancel()
	done := p.Times.Spend(metrics.Fetch, p.sender.config.Machine)
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

// A HeldError means that the account may send no request until a time for which the poll does not wait.
type HeldError struct {
	Until   time.Time
	Account Account
	Refused bool // Notehub asked to wait; otherwise the request budget of the account is used up
}

// Error implements error.
func (e HeldError) Error() string {
	if e.Refused {
		return fmt.Sprintf("Notehub has rate-limited account %s until %s", e.Account.Name, words.Time(e.Until))
	}
	return fmt.Sprintf("notewatch is waiting for the request budget of account %s, %s a minute, until %s",
		e.Account.Name, words.Figure(e.Account.PerMinute, ""), words.Time(e.Until))
}

// wait waits until one more answer may be read and the budget allows a request, counts it, and returns when. The lease is then long enough
// for one call. If the process was frozen, so that the request would be sent in a later minute than it was counted in, the request is
// counted again, because others have sent requests meanwhile. The caller frees Sender.answers after the call.
func (p Poll) wait(ctx context.Context) (sent time.Time, err error) {
	defer p.Times.Spend(metrics.Wait, p.sender.config.Machine)()
	began := p.sender.config.Now()
	for late := false; ; {
		if err := p.sender.config.Store.Work.Extend(ctx, p.Lease, p.sender.config.Machine()); err != nil {
			return time.Time{}, err
		}
		if entered, err := p.enter(ctx); err != nil {
			return time.Time{}, err
		} else if !entered {
			began = p.sender.config.Now() // patience counts only the wait for the budget
			continue
		}
		state, at, taken, err := p.sender.config.Store.TakeRequest(ctx, p.Account.Name, p.Account.PerMinute, p.sender.config.Now)
		if err == nil {
			p.sender.noteRate(p.Account, state)
		}
		if taken && (late || p.sender.config.Now().Sub(at) <= budget.Margin) {
			p.sender.config.Metrics.Requested(p.Account.Name)
			return at, nil
		}
		<-p.sender.answers
		switch {
		case err != nil:
			return time.Time{}, err
		case taken:
			late = true // only once, so that a database that is always slow does not stop all polls
			continue
		case at.Sub(began) > p.patience(state):
			return time.Time{}, HeldError{at, p.Account, !state.HeldUntil.Before(at)}
		}
		timer := p.sender.config.Timer(work.Earlier(at, p.sender.config.Now().Add(slotPause)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return time.Time{}, ctx.Err()
		case <-timer.C:
		}
	}
}

// enter waits until one more answer may be read. It returns false after the time for which the lease may be left alone.
func (p Poll) enter(ctx context.Context) (entered bool, err error) {
	select {
	case p.sender.answers <- struct{}{}:
		return true, nil
	default:
	}
	timer := p.sender.config.Timer(p.sender.config.Now().Add(slotPause))
	defer timer.Stop()
	select {
	case p.sender.answers <- struct{}{}:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	case <-timer.C:
		return false, nil
	}
}
