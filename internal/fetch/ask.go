package fetch

import (
	"context"
	"errors"
	"slices"
	"time"

	"notewatch/internal/store/usage"
	"notewatch/notehub"
	"notewatch/rules"
)

// wants reports whether a figure is wanted.
func (q question) wants(figure rules.Figure) bool { return slices.Contains(q.wanted, figure) }

// query returns the query for Notehub.
func (p *poll) query(q question) notehub.UsageQuery {
	query := notehub.UsageQuery{Start: q.first.Start(), Limit: p.maxRows, Devices: q.devices, Fleets: q.fleets}
	if q.last < p.today {
		query.End = q.last.End().Add(-time.Second)
	}
	if q.total {
		query.Aggregate = notehub.PerProject
	}
	return query
}

// ask makes the request. If Notehub takes too long, it asks again for the summary tables only. The answer is valid until the next call.
func (p *poll) ask(ctx context.Context, q question) (*answer, error) {
	a, err := p.request(ctx, q, false)
	if errors.Is(err, notehub.ErrTookTooLong) && q.summaries {
		a, err = p.request(ctx, q, true)
	}
	if err == nil && !q.part && !q.total {
		p.count(a)
	}
	return a, err
}

func (p *poll) request(ctx context.Context, q question, summariesOnly bool) (a *answer, err error) {
	err = p.given.Request(ctx, func(ctx context.Context) (err error) {
		a = newAnswer(q, p.buffer)
		p.buffer = a.cells
		a.stale = summariesOnly
		if !q.part && !q.total && !q.routes {
			a.unlisted = func(uid string) (int32, error) { return p.unlistedOrdinal(ctx, uid) }
			if p.objects.Read("plan.") {
				a.sims, a.severalSIMs = map[simDay]int64{}, p.severalSIMs
			}
		}
		a.truncated, err = q.read(ctx, p.given.Client, p.given.Project, p.query(q), summariesOnly, a)
		return err
	})
	return a, err
}

// mostUnlisted is the maximum number of unlisted devices to remember: no answer has more.
const mostUnlisted = notehub.MaxLimit

// unlistedOrdinal returns the ordinal of a device that is not in the list; 0 if it never was.
func (p *poll) unlistedOrdinal(ctx context.Context, uid string) (int32, error) {
	if ordinal, ok := p.known.unlisted[uid]; ok {
		return ordinal, nil
	}
	ordinal, _, err := p.usage.Ordinal(ctx, p.given.Project, uid)
	if err == nil {
		if len(p.known.unlisted) == mostUnlisted {
			clear(p.known.unlisted)
		}
		p.known.unlisted[uid] = int32(ordinal)
	}
	return int32(ordinal), err
}

// save saves an answer. Its days then count as read for the figures in read, which are all wanted ones, or none.
func (p *poll) save(ctx context.Context, a *answer, read []rules.Figure) error {
	a.close(p.today, p.open)
	p.note(a)
	p.noteSIMs(a)
	p.logInvalid(a)
	reading := usage.Reading{Figures: read, First: a.first, Last: a.last, Today: p.today, Born: a.born}
	if a.quiet {
		reading.Today = a.first
	}
	for day, cells := a.first, 0; day <= a.last; day++ {
		for _, column := range a.of(day) {
			cells += len(column.Cells)
			reading.Columns = append(reading.Columns, column)
		}
		if read == nil && cells > maxCells { // some devices take much more memory by ordinal than by place
			if err := p.saveReading(ctx, reading); err != nil {
				return err
			}
			reading.Columns, cells = nil, 0
		}
	}
	return p.saveReading(ctx, reading)
}

func (p *poll) saveReading(ctx context.Context, r usage.Reading) (err error) {
	if err := p.usage.SaveReading(ctx, p.given.Lease, r); err != nil || len(r.Figures) == 0 {
		return err
	}
	p.coverage, err = p.usage.Coverage(ctx, p.given.Project)
	return err
}

// open returns the first day of a figure that was not read since it ended. Unknown cells of such a day must not keep a value from before
// its end.
func (p *poll) open(figure rules.Figure) rules.Day {
	read, ok := p.coverage[figure]
	if !ok {
		return p.given.First
	}
	return min(read.Last, p.today)
}

// logInvalid counts numbers that are not counts, and logs them once for each figure.
func (p *poll) logInvalid(a *answer) {
	for i, n := range a.invalid {
		figure := a.figures[i]
		p.invalid += n
		if n > 0 && !p.known.invalid[figure] {
			p.known.invalid[figure] = true
			p.log.Warn("Notehub answers numbers that are negative, fractional or too large: they are no data",
				"project", p.given.Project, "figure", figure, "numbers", n)
		}
	}
}
