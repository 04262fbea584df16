package lookup

import (
	"context"
	"math"
	"slices"

	"notewatch/internal/sight"
	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// drawnDays is how many days are shown where the day so far is asked for.
const drawnDays = 14

// sums are how much of one figure was used: in the complete days of the period before a day, in the last 7 and 30 of them,
// and on the day itself so far. NaN is no data.
type sums struct{ used, d7, d30, today float64 }

// unknown are sums without data.
func unknown() sums { return sums{math.NaN(), math.NaN(), math.NaN(), math.NaN()} }

// total returns how much was used over a span.
func (s sums) total(span Span) float64 {
	switch span {
	case Week:
		return s.d7
	case Month:
		return s.d30
	case Period:
		return s.used + s.today
	default:
		return s.today
	}
}

// A tally is how much of one figure a subject used.
type tally struct {
	sums
	median  float64        // of the last 14 complete days
	days    []notify.Point // of the span that is asked for
	missing int            // parts of the subject that are not counted in, since there is no data of them
}

// tallies are by figure. Only those that rules read mean anything.
type tallies [rules.FigureCount]tally

// tally adds up what is asked for.
func (d *Desk) tally(ctx context.Context, q question) (tallies, error) {
	if q.Kind == KindFleet {
		return d.tallyFleet(ctx, q)
	}
	h := d.history(q)
	var read [][]store.Usage
	for _, p := range d.projectsOf(q.Subject) {
		rows, err := d.Store.Usage(ctx, p.UID, []string{q.within()}, h.first, q.day)
		if err != nil {
			return tallies{}, err
		}
		read = append(read, rows)
	}
	var all tallies
	for _, figure := range d.figures {
		columns := make([][]float64, len(read))
		for i, rows := range read {
			columns[i] = h.column(rows, figure)
		}
		all[figure] = h.add(columns)
	}
	return all, nil
}

// A history is the days that a question looks back on.
type history struct {
	question
	spec  rules.PeriodSpec
	first rules.Day
}

func (d *Desk) history(q question) history {
	return history{question: q, spec: d.Period, first: sight.FirstDay(d.Period, q.day)}
}

// column returns a figure day by day from the first of the history to the day of the question; NaN is no data.
func (h history) column(rows []store.Usage, figure rules.Figure) []float64 {
	column := slices.Repeat([]float64{math.NaN()}, int(h.day-h.first)+1)
	for _, row := range rows {
		column[row.Day-h.first] = row.Figures[figure]
	}
	return column
}

// add tallies columns together. Of several, those that do not know the span are left out.
func (h history) add(columns [][]float64) tally {
	whole, missing := h.column(nil, 0), 0
	for i, column := range columns {
		switch {
		case len(columns) > 1 && math.IsNaN(h.tally(column).total(h.span)):
			missing++
		case i == missing: // the first that is known
			whole = column
		default:
			for day, value := range column {
				whole[day] += value
			}
		}
	}
	t := h.tally(whole)
	t.missing = missing
	return t
}

// tally tallies a column.
func (h history) tally(column []float64) tally {
	start, _ := h.spec.Bounds(h.day)
	existed := column[min(max(0, int(h.born-h.first)), len(column)-1):]
	last := len(existed) - 1
	closed := rules.Close(existed[:last], int(h.day-start))
	t := tally{sums: sums{closed.Used, closed.D7, closed.D30, existed[last]}, median: closed.Median}
	from, to := h.span.days(h.day, h.spec)
	if h.span == Today {
		from -= drawnDays - 1
	}
	for day := max(from, h.born); day < to; day++ {
		t.days = append(t.days, notify.Point{Day: day.Start(), Value: column[day-h.first]})
	}
	return t
}
