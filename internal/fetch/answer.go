package fetch

import (
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/notehub"
	"notewatch/rules"
)

// An answer holds one answer of Notehub as columns: for each figure and day one cell for each subject, by its place. While rows are read, a
// cell is [history.Nothing] until a row names its device and day. Then close fills in the remaining cells.
type answer struct {
	question
	columns [][]history.Cell  // by figure of the endpoint, then day; nil for figures that are not wanted
	rows    []int             // by day
	invalid []int             // by figure of the endpoint: numbers that are not counts
	cells   []history.Cell    // of all columns
	counts  []notehub.Count   // of the current row
	born    map[int]rules.Day // of routes, by ordinal: the first day with a row

	truncated bool // by Notehub
	stale     bool // from summary tables only, which lack the newest data of today

	sims        map[simDay]int64      // bytes of the SIMs of devices with several; nil: they are not wanted
	severalSIMs func(uid string) bool // reports which devices have several

	// unlisted returns the ordinal of a device that is not among the subjects, or 0; if nil, such devices are left out of the answer.
	unlisted func(uid string) (int32, error)
}

// A question is a request for usage, with the meaning of its answer.
type question struct {
	endpoint
	span
	wanted   []rules.Figure // of the endpoint
	subjects *subjects
	part     bool     // only the devices of subjects count, because such an answer does not mention the project
	total    bool     // only the project counts
	quiet    bool     // changes are not revised
	devices  []string // UIDs to ask for; nil means all
	fleets   []string // UIDs to ask for; nil means all
}

// newAnswer makes an answer without rows. Its cells are in buffer if that is large enough.
func newAnswer(q question, buffer []history.Cell) *answer {
	days, size := q.days(), len(q.subjects.born)
	a := &answer{question: q, columns: make([][]history.Cell, len(q.figures)*days), rows: make([]int, days), invalid: make([]int, len(q.figures))}
	if need := len(q.wanted) * days * size; cap(buffer) < need {
		buffer = make([]history.Cell, need)
	} else {
		buffer = buffer[:need]
	}
	a.cells = buffer
	fill(buffer, history.Nothing)
	for i, figure := range q.figures {
		for d := 0; d < days && q.wants(figure); d++ {
			a.columns[i*days+d], buffer = buffer[:size:size], buffer[size:]
		}
	}
	return a
}

// add adds a row with the counts of the endpoint's figures. It leaves out a row of a day outside the span, which may cover only a part of
// that day.
func (a *answer) add(device string, period time.Time, counts ...notehub.Count) error {
	days := len(a.rows)
	day := int(rules.DayOf(period) - a.first)
	if day < 0 || day >= days {
		return nil
	}
	a.rows[day]++
	place, listed := a.subjects.find(device)
	if !listed {
		var err error
		if place, err = a.unlistedPlace(device); err != nil {
			return err
		}
	}
	for i, count := range counts {
		column := a.columns[i*days+day]
		if column == nil {
			continue
		}
		cell, ok := cellOf(a.figures[i], count)
		if !ok {
			a.invalid[i]++
		}
		column[0] = join(column[0], cell)
		if place > 0 {
			column[place] = join(column[place], cell)
		}
	}
	return nil
}

// addSIM adds the bytes of one SIM, if the device has several.
func (a *answer) addSIM(row notehub.DataRow) {
	if a.sims != nil && row.Total.Known && a.severalSIMs(row.Device) {
		a.sims[simDay{row.Device, row.ICCID, rules.DayOf(row.Period)}] += row.Total.N
	}
}

// withKeyed returns the counts of the row that is read with those of the figures that have keys. A map without a key counts none of it;
// of a row without a map nothing is known.
func (a *answer) withKeyed(counts map[string]notehub.Count) []notehub.Count {
	for _, key := range a.keys {
		count, ok := counts[key]
		if !ok && counts != nil {
			count = notehub.Count{Known: true}
		}
		a.counts = append(a.counts, count)
	}
	return a.counts
}

// unlistedPlace returns the place of a device that is not listed: its ordinal if it was listed before, else 0.
func (a *answer) unlistedPlace(device string) (int32, error) {
	if device == "" || a.unlisted == nil {
		return 0, nil
	}
	place, err := a.unlisted(device)
	if missing := int(place) + 1 - len(a.subjects.born); missing > 0 {
		a.widen(missing)
	}
	return place, err
}

// widen adds places for unlisted devices to the columns.
func (a *answer) widen(places int) {
	more := make([]history.Cell, places)
	fill(more, history.Nothing)
	for i, column := range a.columns {
		if column != nil {
			a.columns[i] = append(column, more...)
		}
	}
	wide := *a.subjects
	for range places {
		wide.born = append(wide.born, never)
	}
	a.subjects = &wide
}

// cellOf returns the cell for a count. ok is false for a number that is not a count.
func cellOf(figure rules.Figure, count notehub.Count) (cell history.Cell, ok bool) {
	switch {
	case count.Known:
		return history.Value(count.N)
	case count.Invalid:
		return history.NotKnown, false
	case nullable(figure):
		return history.Null, true
	}
	return history.NotKnown, true
}

// join adds the cells of two rows. It leaves out null.
func join(a, b history.Cell) history.Cell {
	switch {
	case a == history.Nothing || a == history.Null && b != history.Nothing:
		return b
	case b == history.Nothing || b == history.Null:
		return a
	case a == history.NotKnown || b == history.NotKnown:
		return history.NotKnown
	}
	const zero = 2 // the cell of the number 0
	if sum := a + b - zero; sum <= history.MaxValue+zero {
		return sum
	}
	return history.NotKnown
}

// close fills in the cells without a row. A listed device without a row used nothing, unless the answer was truncated: then only whole rows
// count, and other cells of days from open on, which were not read since they ended, are not known. For earlier days a truncated answer
// changes nothing else, and an answer about some devices changes nothing for the others. A route without a row has no average, and a
// project never has one.
func (a *answer) close(today rules.Day, open func(rules.Figure) rules.Day) {
	days := len(a.rows)
	for i, figure := range a.figures {
		from := open(figure)
		for d, column := range a.columns[i*days : (i+1)*days] {
			if column != nil {
				if figure.Average() {
					column[0] = history.Nothing
				}
				a.closeColumn(column, figure, a.first+rules.Day(d), today, from)
			}
		}
	}
}

func (a *answer) closeColumn(column []history.Cell, figure rules.Figure, day, today, open rules.Day) {
	stale := a.stale && day == today
	complete := !a.truncated && !stale
	usable := complete || !stale && a.whole
	absent, _ := history.Value(0)
	if figure.Average() {
		absent = history.Null
	}
	if !complete {
		absent = history.Nothing
		if day >= open && !a.part && !a.total {
			absent = history.NotKnown
		}
	}
	switch {
	case a.part:
		column[0] = history.Nothing
	case !complete || column[0] == history.Nothing:
		column[0] = absent
	}
	for place := 1; place < len(column); place++ {
		switch {
		case column[place] != history.Nothing && usable:
		case day >= a.subjects.born[place]:
			column[place] = absent
		default:
			column[place] = history.Nothing
		}
	}
}

// of returns the columns of one day, by ordinal.
func (a *answer) of(day rules.Day) (columns []usage.Column) {
	days := len(a.rows)
	for i, figure := range a.figures {
		if column := a.columns[i*days+int(day-a.first)]; column != nil {
			columns = append(columns, usage.Column{Figure: figure, Day: day, Cells: a.subjects.expand(column)})
		}
	}
	return columns
}
