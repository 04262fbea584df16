package bot

import (
	"maps"
	"slices"

	"notewatch/internal/store"
	"notewatch/rules"
)

// A ledger holds the figures of subjects by day.
type ledger struct {
	spec   rules.PeriodSpec
	first  rules.Day
	days   int
	all    bool // holds every subject
	rows   map[string][]rules.Figures
	absent []rules.Figures // of a subject without any row
}

func newLedger(spec rules.PeriodSpec, first, last rules.Day, subjects []string, rows []store.Usage) *ledger {
	days := int(last-first) + 1
	l := &ledger{
		spec: spec, first: first, days: days, all: subjects == nil,
		rows:   make(map[string][]rules.Figures),
		absent: slices.Repeat([]rules.Figures{rules.Unknown()}, days),
	}
	for _, subject := range subjects {
		l.rows[subject] = l.absent
	}
	for chunk := range chunks(rows) {
		figures := slices.Clone(l.absent)
		for _, row := range chunk {
			figures[row.Day-first] = row.Figures
		}
		l.rows[chunk[0].Device] = figures
	}
	return l
}

// chunks cuts rows, which are ordered by device, into those of one device each.
func chunks(rows []store.Usage) func(yield func([]store.Usage) bool) {
	return func(yield func([]store.Usage) bool) {
		for len(rows) > 0 {
			n := 1
			for n < len(rows) && rows[n].Device == rows[0].Device {
				n++
			}
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

// with returns a ledger that holds what either holds.
func (l *ledger) with(more *ledger) *ledger {
	if l == nil || more.all {
		return more
	}
	maps.Copy(l.rows, more.rows)
	return l
}

func (l *ledger) covers(subject string) bool {
	if l == nil {
		return false
	}
	_, ok := l.rows[subject]
	return ok || l.all
}

func (l *ledger) of(subject string) []rules.Figures {
	if figures, ok := l.rows[subject]; ok {
		return figures
	}
	return l.absent
}

// figure returns one figure of one day.
func (l *ledger) figure(subject string, figure rules.Figure, day rules.Day) float64 {
	return l.of(subject)[day-l.first][figure]
}

// column returns a figure of the complete days from the first that the subject existed to the day before asOf, as far as
// an Env looks back.
func (l *ledger) column(born rules.Day, subject string, figure rules.Figure, asOf rules.Day) []float64 {
	start, _ := l.spec.Bounds(asOf)
	from := max(born, l.first, min(start, asOf-rules.HistoryDays))
	column := make([]float64, 0, max(0, asOf-from))
	for day := from; day < asOf; day++ {
		column = append(column, l.figure(subject, figure, day))
	}
	return column
}

func (l *ledger) close(born rules.Day, subject string, figure rules.Figure, asOf rules.Day) rules.Closed {
	start, _ := l.spec.Bounds(asOf)
	return rules.Close(l.column(born, subject, figure, asOf), int(asOf-start))
}

func (l *ledger) series(born rules.Day, subject string, figure rules.Figure, asOf rules.Day) []float64 {
	return rules.Series(l.column(max(born, asOf-rules.HistoryDays), subject, figure, asOf))
}
