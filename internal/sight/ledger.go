package sight

import (
	"maps"
	"slices"

	"notewatch/internal/store"
	"notewatch/rules"
)

// FirstDay returns the first day that an Env as of a day looks back on.
func FirstDay(spec rules.PeriodSpec, asOf rules.Day) rules.Day {
	start, _ := spec.Bounds(asOf)
	return min(start, asOf-rules.HistoryDays)
}

// A Ledger holds the figures of subjects by day.
type Ledger struct {
	spec   rules.PeriodSpec
	first  rules.Day
	days   int
	all    bool
	rows   map[string][]rules.Figures
	absent []rules.Figures // of a subject without any row
}

// NewLedger returns a ledger of rows, ordered by device, of the days from first to last. subjects are those that are read,
// with rows or without; nil is all.
func NewLedger(spec rules.PeriodSpec, first, last rules.Day, subjects []string, rows []store.Usage) *Ledger {
	days := int(last-first) + 1
	l := &Ledger{
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

// All reports whether the ledger holds every subject. A nil ledger holds none.
func (l *Ledger) All() bool { return l != nil && l.all }

// With returns a ledger that holds what either holds; l may be nil.
func (l *Ledger) With(more *Ledger) *Ledger {
	if l == nil || more.all {
		return more
	}
	maps.Copy(l.rows, more.rows)
	return l
}

// Covers reports whether the ledger holds a subject.
func (l *Ledger) Covers(subject string) bool {
	if l == nil {
		return false
	}
	_, ok := l.rows[subject]
	return ok || l.all
}

func (l *Ledger) of(subject string) []rules.Figures {
	if figures, ok := l.rows[subject]; ok {
		return figures
	}
	return l.absent
}

// Figure returns one figure of one day.
func (l *Ledger) Figure(subject string, figure rules.Figure, day rules.Day) float64 {
	return l.of(subject)[day-l.first][figure]
}

// column returns a figure of the complete days from the first that the subject existed to the day before asOf, as far as
// an Env looks back.
func (l *Ledger) column(born rules.Day, subject string, figure rules.Figure, asOf rules.Day) []float64 {
	from := max(born, l.first, FirstDay(l.spec, asOf))
	column := make([]float64, 0, max(0, asOf-from))
	for day := from; day < asOf; day++ {
		column = append(column, l.Figure(subject, figure, day))
	}
	return column
}

// Closed sums up a figure of the complete days before asOf of a subject that existed from the day born on.
func (l *Ledger) Closed(born rules.Day, subject string, figure rules.Figure, asOf rules.Day) rules.Closed {
	start, _ := l.spec.Bounds(asOf)
	return rules.Close(l.column(born, subject, figure, asOf), int(asOf-start))
}

// Series returns a figure of those days one by one.
func (l *Ledger) Series(born rules.Day, subject string, figure rules.Figure, asOf rules.Day) []float64 {
	return rules.Series(l.column(max(born, asOf-rules.HistoryDays), subject, figure, asOf))
}
