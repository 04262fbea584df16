package fetch

import (
	"slices"

	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// A span is the days from first to last.
type span struct {
	first, last rules.Day
	back        bool // read from the newest day back, so that what has been read has no gaps whenever reading ends
}

func (s span) days() int { return int(s.last-s.first) + 1 }

// cut cuts a span into parts of at most so many days, in the order in which they are read.
func (s span) cut(days int) (parts []span) {
	for first := s.first; first <= s.last; first += rules.Day(days) {
		parts = append(parts, span{first, min(first+rules.Day(days)-1, s.last), s.back})
	}
	if s.back {
		slices.Reverse(parts)
	}
	return parts
}

// halves cuts a span of several days in two.
func (s span) halves() []span { return s.cut((s.days() + 1) / 2) }

// RereadDays is how many days back figures are still corrected.
const RereadDays = 7

// due returns the days to read of the figures of an endpoint that have been read before, up to today. ok is false if none has.
func (p *poll) due(e endpoint) (due span, ok bool) {
	due = span{first: p.today, last: p.today}
	for _, figure := range e.kept {
		if read, known := p.coverage[figure]; known {
			due.first, ok = min(due.first, p.dueSince(read)), true
		}
	}
	return due, ok
}

// dueSince returns the first day to read of a figure. Yesterday is always read again: its figures are still coming in. Once a day,
// and after an outage, the days before it are too.
func (p *poll) dueSince(read usage.Span) rules.Day {
	switch {
	case read.Last > p.today: // a clock that was ahead: what was read of the days since is not known
		return p.First
	case read.Last < p.today-1:
		return max(p.First, read.Last-RereadDays)
	case p.Reread:
		return p.today - RereadDays
	}
	return p.today - 1
}

// missing returns the newest days that have not been read of some figures of an endpoint, as many as fit into one answer, and these
// figures. ok is false if nothing is missing.
func (p *poll) missing(e endpoint) (missing span, figures []rules.Figure, ok bool) {
	missing = span{first: p.First, last: p.First - 1, back: true}
	for _, figure := range e.kept {
		last := p.today
		if read, known := p.coverage[figure]; known {
			last = min(last, read.First-1)
		}
		switch {
		case last < p.First:
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

// maxCells bounds the memory of an answer, also if it has few rows: to 32 MB.
const maxCells = 4 << 20

// fitting returns how many days of an endpoint fit into one answer.
func (p *poll) fitting(e endpoint) int {
	rows := max(p.busiest(e), 1)
	return max(1, min(p.maxRows/rows, maxCells/(len(p.subjects.born)*len(e.kept))))
}

// busiest returns how many rows of an endpoint a day has at most, as far as that is known. Some devices have several rows where
// rows add up.
func (p *poll) busiest(e endpoint) int {
	if rows, ok := p.known.rows[e.name]; ok {
		return rows
	}
	devices := p.List.Len()
	if !e.whole {
		devices += devices / 4
	}
	return devices
}

// count notes how many rows the days of an answer have. Weekends may have less, so the number falls slowly.
func (p *poll) count(a *answer) {
	before := p.busiest(a.endpoint)
	p.known.rows[a.name] = max(slices.Max(a.rows), before-before/8)
}
