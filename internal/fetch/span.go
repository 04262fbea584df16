package fetch

import (
	"slices"

	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// A span is the days from first to last.
type span struct {
	first, last rules.Day
	back        bool // read from the newest day back, so that there is no gap whenever reading ends
}

func (s span) days() int { return int(s.last-s.first) + 1 }

// cut divides a span into parts of at most a number of days, in the order of reading.
func (s span) cut(days int) (parts []span) {
	for first := s.first; first <= s.last; first += rules.Day(days) {
		parts = append(parts, span{first, min(first+rules.Day(days)-1, s.last), s.back})
	}
	if s.back {
		slices.Reverse(parts)
	}
	return parts
}

// halves divides a span of several days in two.
func (s span) halves() []span { return s.cut((s.days() + 1) / 2) }

// RereadDays is how many days back data is still corrected.
const RereadDays = 7

// due returns the days to read of figures of an endpoint that have been read before, up to today. ok is false if there are none.
func (p *poll) due(e endpoint) (due span, ok bool) {
	due = span{first: p.today, last: p.today}
	for _, figure := range e.kept {
		if read, known := p.coverage[figure]; known {
			due.first, ok = min(due.first, p.dueSince(read)), true
		}
	}
	return due, ok
}

// dueSince returns the first day to read of a figure. Yesterday is always read again, because its data still changes; once a day, and after
// an outage, the days before it too.
func (p *poll) dueSince(read usage.Span) rules.Day {
	switch {
	case read.Last > p.today: // the clock was ahead: what was read of the days since is not known
		return p.given.First
	case read.Last < p.today-1:
		return max(p.given.First, read.Last-RereadDays)
	case p.given.Reread:
		return p.today - RereadDays
	}
	return p.today - 1
}

// missing returns the newest days of some figures of an endpoint that have not been read, as many as fit into one answer, and these
// figures. ok is false if nothing is missing.
func (p *poll) missing(e endpoint) (missing span, figures []rules.Figure, ok bool) {
	missing = span{first: p.given.First, last: p.given.First - 1, back: true}
	for _, figure := range e.kept {
		last := p.today
		if read, known := p.coverage[figure]; known {
			last = min(last, read.First-1)
		}
		switch {
		case last < p.given.First:
		case last > missing.last:
			missing.first, missing.last, figures = max(missing.first, missing.last+1), last, []rules.Figure{figure}
		case last == missing.last:
			figures = append(figures, figure)
		default:
			missing.first = max(missing.first, last+1)
		}
	}
	missing.first = max(missing.first, missing.last-rules.Day(p.fitting(e))+1)
	return missing, figures, len(figures) > 0
}

// maxCells bounds the memory of an answer to 32 MB, even if it has few rows.
const maxCells = 4 << 20

// fitting returns the number of days of an endpoint that fit into one answer.
func (p *poll) fitting(e endpoint) int {
	rows := max(p.busiest(e), 1)
	return max(1, min(p.maxRows/rows, maxCells/(len(p.subjects.born)*len(e.kept))))
}

// busiest returns the largest known number of rows of an endpoint for one day. Some devices have several rows if rows add up.
func (p *poll) busiest(e endpoint) int {
	if rows, ok := p.known.rows[e.name]; ok {
		return rows
	}
	devices := p.given.List.Len()
	if !e.whole {
		devices += devices / 4
	}
	return devices
}

// count records the number of rows for the days of an answer. Weekends may have fewer, so the number falls slowly.
func (p *poll) count(a *answer) {
	before := p.busiest(a.endpoint)
	p.known.rows[a.name] = max(slices.Max(a.rows), before-before/8)
}
