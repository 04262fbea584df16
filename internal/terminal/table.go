package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"notewatch/internal/words"
)

// A column of a table.
type column struct {
	name    string
	shrinks bool // is cut if the table does not fit
	below   int  // moves below the row if the table does not fit: 1 first, 2 if that is not enough; 0 never
}

// A table prints rows aligned under headings. On a terminal that is too narrow, some columns move below their row, others are cut, and the
// last one is wrapped. On a still narrower one, each cell has its own line.
type table struct {
	columns []column
	rows    [][]string
	below   []string // the line below each row; nil if no row has one
}

// columns returns columns by name. After the name, ~ marks one that shrinks, _ one that moves below first, and = one that moves below
// second.
func columns(names ...string) (all []column) {
	for _, name := range names {
		short := strings.TrimRight(name, "~_=")
		mark := name[len(short):]
		all = append(all, column{short, mark == "~", max(strings.Index(" _=", mark), 0)})
	}
	return all
}

// add adds a row. Its cells may hold outside text.
func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = words.Line(cells[i])
	}
	t.rows = append(t.rows, cells)
}

const (
	gap     = 2  // between columns
	minCell = 8  // of a column that shrinks
	minLast = 24 // of the last column
)

// tries are the steps to make a table fit, in order: which columns move below, and the minimum width of the last one.
var tries = []struct{ below, last int }{{1, minLast}, {2, minLast}, {2, minLast / 2}}

// print writes the table.
func (t *table) print(s Screen) error {
	whole, widths := t, t.natural()
	for try := 0; s.Width > 0 && total(widths) > s.Width; try++ {
		if try == len(tries) {
			return whole.stack(s)
		}
		t = whole.folded(tries[try].below)
		widths = t.fit(s.Width, tries[try].last)
	}
	var b strings.Builder
	heading := make([]string, len(t.columns))
	for i, c := range t.columns {
		heading[i] = c.name
	}
	t.line(&b, s, widths, heading, dim)
	for i, row := range t.rows {
		t.line(&b, s, widths, row, plain)
		if t.below != nil && t.below[i] != "" {
			for _, line := range Wrap(t.below[i], s.Width-2*gap) {
				fmt.Fprintf(&b, "%*s%s\n", 2*gap, "", s.paint(dim, line))
			}
		}
	}
	_, err := io.WriteString(s.W, b.String())
	return err
}

// natural returns the width of each column when nothing is cut or wrapped.
func (t *table) natural() []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = displaywidth.String(c.name)
		for _, row := range t.rows {
			widths[i] = max(widths[i], displaywidth.String(row[i]))
		}
	}
	return widths
}

// total returns the width of a table.
func total(widths []int) int {
	sum := gap * (len(widths) - 1)
	for _, width := range widths {
		sum += width
	}
	return sum
}

// folded returns the table with the columns of all steps up to step moved below their rows.
func (t *table) folded(step int) *table {
	below := func(c column) bool { return c.below > 0 && c.below <= step }
	if !slices.ContainsFunc(t.columns, below) {
		return t
	}
	narrow := &table{columns: slices.DeleteFunc(slices.Clone(t.columns), below)}
	for _, row := range t.rows {
		var cells, notes []string
		for i, c := range t.columns {
			switch {
			case !below(c):
				cells = append(cells, row[i])
			case row[i] == "" || row[i] == "-":
			case c.below == 1:
				notes = append(notes, row[i])
			default:
				notes = append(notes, c.label()+" "+row[i])
			}
		}
		narrow.rows = append(narrow.rows, cells)
		narrow.below = append(narrow.below, strings.Join(notes, " · "))
	}
	return narrow
}

// label returns the name of a column within a line.
func (c column) label() string {
	name, _, _ := strings.Cut(c.name, " (")
	return strings.ToLower(name)
}

// stack writes each cell on a line of its own.
func (t *table) stack(s Screen) error {
	var b strings.Builder
	for i, row := range t.rows {
		if i > 0 {
			b.WriteString("\n")
		}
		for j, c := range t.columns {
			if row[j] == "" || row[j] == "-" {
				continue
			}
			for _, line := range Wrap(c.label()+" "+row[j], s.Width) {
				b.WriteString(line + "\n")
			}
		}
	}
	_, err := io.WriteString(s.W, b.String())
	return err
}

// fit returns the width of each column on a screen. The last column has at least the width least, if possible.
func (t *table) fit(screen, least int) []int {
	widths := t.natural()
	last := len(widths) - 1
	widths[last] = min(widths[last], max(least, widths[last]-(total(widths)-screen)))
	for total(widths) > screen {
		widest := -1
		for i, c := range t.columns {
			if c.shrinks && widths[i] > minCell && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// line writes one row.
func (t *table) line(b *strings.Builder, s Screen, widths []int, cells []string, as style) {
	last := len(cells) - 1
	var row strings.Builder
	indent := 0
	for i, cell := range cells[:last] {
		cell = clip(cell, widths[i])
		style := as
		if found, ok := styles[cell]; ok {
			style = found
		}
		fmt.Fprintf(&row, "%s%*s", s.paint(style, cell), widths[i]-displaywidth.String(cell)+gap, "")
		indent += widths[i] + gap
	}
	lines := []string{cells[last]}
	if s.Width > 0 {
		lines = Wrap(cells[last], widths[last])
	}
	row.WriteString(s.paint(as, lines[0]))
	b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	for _, text := range lines[1:] {
		fmt.Fprintf(b, "%*s%s\n", indent, "", s.paint(as, text))
	}
}
