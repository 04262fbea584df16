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
	"notewatch/rules"
)

const (
	listEvery    = time.Hour // how old the device list and the fleets may get
	listRequests = 2         // that this takes, of a project of up to notehub.MaxPageSize devices
	rereadHour   = 6         // UTC: from then on closed days are read again, once a day
	rereadDays   = 7         // how far back figures are still corrected
	keepDays     = 13 * 31   // how long usage and ended alerts are kept
)

// read brings the store up to date with Notehub: the device list, the fleets and the usage that rules read. What was read
// before an error stays; state tells what is known of the project afterwards.
func (b *Bot) read(ctx context.Context, f fetcher, state *store.Project) error {
	devices, listedAt, err := b.Store.Devices(ctx, f.project)
	if err != nil {
		return err
	}
	if b.listDue(f.account.Name, f.project, listedAt, f.now) {
		if devices, err = f.relist(ctx, devices); err != nil {
			return err
		}
	}
	b.devices.Store(f.project, len(devices))
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
