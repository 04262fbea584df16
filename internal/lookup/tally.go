package lookup

import (
	"context"
	"math"
	"slices"

	"notewatch/internal/env"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// A tally holds the values of one figure of a subject. NaN is no data.
type tally struct {
	total    float64    // over the span
	week     float64    // in the last 7 complete days
	median   float64    // of the last 14 whole days
	forecast float64    // at the end of the period, if the span is the period; otherwise NaN
	days     []DayUsage // of the span
	missing  int        // parts of the subject without data, which are not included
}

// tallies holds the tallies of the figures that rules read.
type tallies map[rules.Figure]tally

// tally computes the values that a question needs.
func (r *Reader) tally(ctx context.Context, q question) (tallies, error) {
	if q.Kind == KindFleet {
		return r.tallyFleet(ctx, q)
	}
	if q.Kind == KindAll || q.Kind == KindProject {
		var err error
		if q.life.born, err = r.born(ctx, r.ProjectsOf(q.Subject)); err != nil {
			return nil, err
		}
	}
	all := tallies{}
	for _, figure := range q.figures {
		var columns [][]float64
		for _, p := range r.ProjectsOf(q.Subject) {
			column, err := r.column(ctx, p.UID, figure, q)
			if err != nil {
				return all, err
			}
			columns = append(columns, column)
		}
		all[figure] = q.add(columns)
		if figure.Average() && q.span != Today {
			all[figure] = all[figure].withoutSums()
		}
	}
	return all, nil
}

// born returns the day on which the first device of some projects was provisioned; 0 if it is not known.
func (r *Reader) born(ctx context.Context, projects []Project) (first rules.Day, err error) {
	for _, p := range projects {
		born, err := r.config.Store.Usage.Born(ctx, p.UID)
		if err != nil {
			return 0, err
		}
		if day := rules.DayOf(born); !born.IsZero() && (first == 0 || day < first) {
			first = day
		}
	}
	return first, nil
}

// withoutSums returns the tally of an average, which does not add up.
func (t tally) withoutSums() tally {
	t.total, t.week, t.forecast = math.NaN(), math.NaN(), math.NaN()
	return t
}

// column returns a figure of one subject day by day from the first day of the question to its last; NaN is no data. A device used nothing
// after it was no longer listed.
func (r *Reader) column(ctx context.Context, project string, figure rules.Figure, q question) ([]float64, error) {
	if q.ordinal == noOrdinal {
		return q.noData(), nil
	}
	column, err := env.Days(ctx, r.config.Store.Usage, project, q.ordinal, figure, q.first(), q.day)
	for day := max(q.first(), q.life.gone); day <= q.day; day++ {
		if i := day - q.first(); math.IsNaN(column[i]) {
			column[i] = 0
		}
	}
	return column, err
}

// noData returns a column without data.
func (q question) noData() []float64 {
	return slices.Repeat([]float64{math.NaN()}, int(q.day-q.first())+1)
}

// add tallies the sum of columns. If there are several, those without data over the span are left out.
func (q question) add(columns [][]float64) tally {
	whole, missing := q.noData(), 0
	for i, column := range columns {
		switch {
		case len(columns) > 1 && math.IsNaN(q.tally(column).total):
			missing++
		case i == missing: // the first one with data
			whole = column
		default:
			for day, value := range column {
				whole[day] += value
			}
		}
	}
	t := q.tally(whole)
	t.missing = missing
	return t
}

// tally tallies a column.
func (q question) tally(column []float64) tally {
	total, week := q.spanSum(q.life), q.weekSum(q.life)
	for i, value := range column {
		day := q.first() + rules.Day(i)
		total.add(day, value)
		week.add(day, value)
	}
	past := metric.NewPast("", q.period, q.day, q.life.born)
	past.Values = column
	wants := rules.MembersOf("median")
	if q.span == Period {
		wants |= rules.MembersOf("forecast")
	}
	values := past.Metric(wants)
	t := tally{total: total.get(), week: week.get(), median: values.Median, forecast: values.Forecast}
	for day := max(q.drawn(), q.life.born); day < q.to; day++ {
		t.days = append(t.days, DayUsage{Day: day, Value: column[day-q.first()]})
	}
	return t
}
