package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"notewatch/internal/sight"
	"notewatch/internal/store"
	"notewatch/notehub"
	"notewatch/notify"
	"notewatch/rules"
)

const (
	listEvery    = time.Hour        // how old the device list and the fleets may get
	listRequests = 2                // that this takes, of a project of up to notehub.MaxPageSize devices
	rereadHour   = 6                // UTC: from then on closed days are read again, once a day
	rereadDays   = 7                // how far back figures are still corrected
	keepDays     = 13 * 31          // how long usage and ended alerts are kept
	callTime     = 40 * time.Second // for one request, within the lease that is extended before it
	pollTime     = 30 * time.Minute // for all requests of a poll, on the machine clock, without waiting for the budget
	slotPause    = 20 * time.Second // how long to wait for the budget before extending the lease
	rateRetries  = 3                // requests repeated after 429 before the poll fails
	ratePause    = 30 * time.Second // after a 429 that does not say how long
	longestWait  = 2 * time.Minute  // for the budget, before the poll gives up
)

// read brings the store up to date with Notehub: the device list, the fleets and the usage that rules read. What was read
// before an error stays; state tells what is known of the project afterwards.
func (b *Bot) read(ctx context.Context, f fetcher, state *store.Project) error {
	devices, listedAt, err := b.Store.Devices(ctx, f.project)
	if err != nil {
		return err
	}
	if f.now.Sub(listedAt) >= listEvery {
		if devices, err = f.relist(ctx, devices); err != nil {
			return err
		}
	}
	truncated := false
	for _, endpoint := range b.endpoints() {
		span := b.span(*state, endpoint, f.now)
		cut, err := f.usage(ctx, endpoint, devices, span)
		if err != nil {
			return fmt.Errorf("reading %s usage: %w", endpoint.name, err)
		}
		truncated = truncated || cut
		state.Read = covered(*state, endpoint, span)
	}
	state.Truncated = truncated
	if today := rules.DayOf(f.now); f.now.Hour() >= rereadHour && state.RereadOn < today {
		state.RereadOn = today
		return b.Store.Prune(ctx, today-keepDays)
	}
	return nil
}

// A span is the days that one request is about.
type span struct {
	first, last rules.Day
	backfill    bool // of history that has never been read: what it brings is no news
}

// span returns the days to read of an endpoint, up to today. Yesterday is always read again: its figures are still coming
// in. Once a day, and after an outage, it is read further back.
func (b *Bot) span(state store.Project, e endpoint, now time.Time) span {
	today := rules.DayOf(now)
	start := b.historyStart(today)
	switch read, ok := state.Read[e.name]; {
	case !ok || read.First > start:
		return span{start, today, true}
	case read.Last > today: // a clock that was ahead: what it read of the days since is not known
		return span{start, today, false}
	case read.Last < today-1:
		return span{max(start, read.Last-rereadDays), today, false}
	case state.RereadOn < today && now.Hour() >= rereadHour:
		return span{today - rereadDays, today, false}
	}
	return span{today - 1, today, false}
}

// covered returns which days have been read, by endpoint, when a span of one has been.
func covered(state store.Project, e endpoint, s span) map[string]store.Span {
	read := maps.Clone(state.Read)
	if read == nil {
		read = map[string]store.Span{}
	}
	first := s.first
	if before, ok := read[e.name]; ok {
		first = min(first, before.First)
	}
	read[e.name] = store.Span{First: first, Last: s.last}
	return read
}

// historyStart returns the first day that an Env as of today looks back on.
func (b *Bot) historyStart(today rules.Day) rules.Day {
	return sight.FirstDay(b.Period, today)
}

// A fetcher makes the requests of one poll: each within the budget of the account and under the lease of the poll.
type fetcher struct {
	*Bot
	account Account
	project string
	lease   store.Lease
	now     time.Time      // of the poll, domain clock
	open    rules.Day      // the first day that no earlier poll has read since it ended
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

// usage reads one endpoint for the days of a span and stores it. It reports whether an answer stayed cut short even for a
// single day.
func (f fetcher) usage(ctx context.Context, e endpoint, devices []store.Device, s span) (truncated bool, err error) {
	grid, err := f.ask(ctx, e, devices, s)
	tooLong := errors.Is(err, notehub.ErrTookTooLong)
	if err != nil && !tooLong {
		return false, err
	}
	if (tooLong || grid.truncated) && s.first < s.last {
		return f.halves(ctx, e, devices, s)
	}
	if tooLong {
		return false, err
	}
	today := rules.DayOf(f.now)
	news := today
	if s.backfill {
		news = s.first
	}
	return grid.truncated, f.Store.SaveUsage(ctx, f.project, e.figures, grid.usage(e, today, f.open), news)
}

// halves reads a span that is too much for one answer in two.
func (f fetcher) halves(ctx context.Context, e endpoint, devices []store.Device, s span) (truncated bool, err error) {
	early, late := s, s
	early.last = s.first + (s.last-s.first)/2
	late.first = early.last + 1
	cutEarly, err := f.usage(ctx, e, devices, early)
	if err != nil {
		return false, err
	}
	cutLate, err := f.usage(ctx, e, devices, late)
	return cutEarly || cutLate, err
}

// ask makes the request. Where Notehub takes too long, it is asked again for its summary tables only.
func (f fetcher) ask(ctx context.Context, e endpoint, devices []store.Device, s span) (*grid, error) {
	query := notehub.UsageQuery{Start: s.first.Start(), Limit: notehub.MaxLimit}
	if s.last < rules.DayOf(f.now) {
		query.End = s.last.End().Add(-time.Second)
	}
	request := func(summariesOnly bool) (*grid, error) {
		g := newGrid(devices, s.first, s.last)
		g.stale = summariesOnly
		return g, f.do(ctx, func(ctx context.Context) (err error) {
			g.truncated, err = e.fetch(ctx, f.account.Client, f.project, query, summariesOnly, g)
			return err
		})
	}
	g, err := request(false)
	if errors.Is(err, notehub.ErrTookTooLong) && e.summaries {
		return request(true)
	}
	return g, err
}
