package usage

import (
	"context"
	"database/sql"
	"slices"

	"notewatch/internal/history"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A Column holds the cells of one figure on one day from an answer, by ordinal. A cell that the answer does not contain is history.Nothing;
// so are the cells beyond the end.
type Column struct {
	Figure rules.Figure
	Day    rules.Day
	Cells  []history.Cell
}

// A Reading is the data of a project in one answer of Notehub.
type Reading struct {
	Columns     []Column // of the days First to Last, at most one of a figure and day
	Figures     []rules.Figure
	First, Last rules.Day // the days that Figures have been read of now
	Today       rules.Day
	Born        map[int]rules.Day // of routes, by ordinal: the first day of an event in the answer
}

// A Change marks the subjects of a block, by position, for which a figure of a complete day has changed.
type Change struct {
	Block  int
	Figure rules.Figure
	Day    rules.Day
	Bits   history.Bits
}

// SaveReading merges an answer about the project of the lease into the stored data, in one transaction. ErrLeaseLost if the lease is no
// longer held.
//
// A change of a day before today is kept for Changed, unless no earlier reading of its figure covers the day: data that is read for the
// first time is not a change.
func (s *Store) SaveReading(ctx context.Context, lease work.Lease, r Reading) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		project, err := projectID(ctx, tx, lease.Key)
		if err != nil {
			return err
		}
		dictionary, err := readFigures(ctx, tx, project)
		if err != nil {
			return err
		}
		w := merger{tx: tx, project: project}
		for some := range slices.Chunk(r.Columns, w.together()) {
			columns, err := dictionary.arrivals(ctx, tx, r, some)
			if err == nil {
				err = w.merge(ctx, columns)
			}
			if err != nil {
				return err
			}
		}
		if err := bear(ctx, tx, project, r.Born); err != nil {
			return err
		}
		return dictionary.cover(ctx, tx, r)
	})
	return database.Doing(err, "saving what was read of project %q", lease.Key)
}

// A merger merges columns into the history of a project.
type merger struct {
	tx      database.Tx
	project int64
	buffer  []history.Cell
}

// together is the number of columns that are merged at once. On PostgreSQL each merge takes a few round trips; on SQLite more columns would
// only take memory.
func (m *merger) together() int {
	if m.tx.Postgres {
		return 16
	}
	return 1
}

// An arrival is a column that is to be merged.
type arrival struct {
	Column
	figure int64 // number
	news   bool  // changes of it are kept for Changed
}

// A columnKey identifies a value in a table of columns.
type columnKey struct {
	block  int
	figure int64
	day    rules.Day
}

// A blockValue is the value at a key of a table of columns.
type blockValue struct {
	columnKey
	value []byte
}

// merge merges columns.
func (m *merger) merge(ctx context.Context, columns []arrival) error {
	var keys []columnKey
	for i := range columns {
		keys = append(keys, columns[i].keys()...)
	}
	stored, err := m.read(ctx, packedColumns, keys)
	if err != nil {
		return err
	}
	var merged, changed []blockValue
	for i := range columns {
		c := &columns[i]
		for _, at := range c.keys() {
			before, damaged := m.unpack(stored[at])
			after, bits := history.Merge(before, c.block(at.block))
			m.buffer = after
			if !bits.Empty() || damaged {
				merged = append(merged, blockValue{at, history.Pack(after)})
			}
			if c.news && !bits.Empty() {
				changed = append(changed, blockValue{at, bits})
			}
		}
	}
	if err := m.write(ctx, packedColumns, merged); err != nil {
		return err
	}
	return m.note(ctx, changed)
}

// keys returns the keys of the blocks for which the column has cells.
func (a *arrival) keys() (keys []columnKey) {
	for block := 0; block*history.BlockSize < len(a.Cells); block++ {
		if slices.ContainsFunc(a.block(block), func(c history.Cell) bool { return c != history.Nothing }) {
			keys = append(keys, columnKey{block, a.figure, a.Day})
		}
	}
	return keys
}

// block returns the part of the column that belongs to a block.
func (c *Column) block(block int) []history.Cell {
	first := min(block*history.BlockSize, len(c.Cells))
	return c.Cells[first:min(first+history.BlockSize, len(c.Cells))]
}

// A blockTable is a table that has a row for each block, figure and day.
type blockTable struct{ name, column string }

var (
	packedColumns = blockTable{"history", "vals"}
	changedBits   = blockTable{"change", "bits"}
)

// read returns the values at some keys. It may also return values at other keys of the same blocks, figures and days.
func (m *merger) read(ctx context.Context, from blockTable, keys []columnKey) (map[columnKey][]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	var blocks, figures, days database.Numbers
	for _, at := range keys {
		blocks, figures, days = append(blocks, int64(at.block)), append(figures, at.figure), append(days, int64(at.day))
	}
	rows, err := database.Collect(ctx, m.tx, func(v *blockValue) []any { return []any{&v.block, &v.figure, &v.day, &v.value} }, `
		SELECT block, figure, day, `+from.column+` FROM `+from.name+`
		WHERE project = $1 AND block `+m.tx.Among(2)+` AND figure `+m.tx.Among(3)+` AND day `+m.tx.Among(4),
		m.project, blocks.Each(), figures.Each(), days.Each())
	stored := make(map[columnKey][]byte, len(rows))
	for _, v := range rows {
		stored[v.columnKey] = v.value
	}
	return stored, err
}

// write writes values to a table.
func (m *merger) write(ctx context.Context, to blockTable, values []blockValue) error {
	table := database.Upsert{Table: to.name, Key: []string{"project", "block", "figure", "day"}, Set: []string{to.column}, Single: true} // values are large
	return table.Run(ctx, m.tx, len(values), func(i int) []any {
		v := &values[i]
		return []any{m.project, v.block, v.figure, v.day, v.value}
	}, nil)
}

// unpack returns a part of a column, which is valid until the next call. A damaged one is empty.
func (m *merger) unpack(packed []byte) (column []history.Cell, damaged bool) {
	if packed == nil {
		return m.buffer[:0], false
	}
	column, failure := history.Unpack(m.buffer, packed)
	if failure != nil {
		return m.buffer[:0], true
	}
	return column, false
}

// note adds changes to the stored ones.
func (m *merger) note(ctx context.Context, changed []blockValue) error {
	keys := make([]columnKey, len(changed))
	for i := range changed {
		keys[i] = changed[i].columnKey
	}
	before, err := m.read(ctx, changedBits, keys)
	if err != nil {
		return err
	}
	all := make([]blockValue, len(changed))
	for i, c := range changed {
		all[i] = blockValue{c.columnKey, history.Bits(c.value).Or(before[c.columnKey])}
	}
	return m.write(ctx, changedBits, all)
}

// Coverage returns the days that have been read, by figure. A figure that was never read is left out.
func (s *Store) Coverage(ctx context.Context, project string) (spans map[rules.Figure]Span, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		id, ok, err := findProject(ctx, tx, project)
		if !ok {
			return err
		}
		dictionary, err := readFigures(ctx, tx, id)
		spans = dictionary.spans
		return err
	})
	return spans, database.Doing(err, "reading which days of project %q have been read", project)
}

// Columns calls each with one figure of the subjects of a block for each day from first to last, in order. It leaves out days without
// stored data. cells is only valid until each returns. It leaves out a damaged column too, and Damaged returns it.
func (s *Store) Columns(
	ctx context.Context, project string, block int, figure rules.Figure, first, last rules.Day, each func(day rules.Day, cells []history.Cell),
) error {
	buffer := make([]history.Cell, 0, history.BlockSize)
	return s.packed(ctx, project, block, figure, first, last, func(day rules.Day, packed []byte) error {
		cells, err := history.Unpack(buffer, packed)
		if err == nil {
			each(day, cells)
		}
		return err
	})
}

// Cells is Columns for one subject, and takes less time.
func (s *Store) Cells(
	ctx context.Context, project string, ordinal int, figure rules.Figure, first, last rules.Day, each func(day rules.Day, cell history.Cell),
) error {
	block, position := ordinal/history.BlockSize, ordinal%history.BlockSize
	return s.packed(ctx, project, block, figure, first, last, func(day rules.Day, packed []byte) error {
		cell, err := history.UnpackAt(packed, position)
		if err == nil {
			each(day, cell)
		}
		return err
	})
}

// packed calls unpack with the stored form of the columns that Columns returns. An error of unpack means damage.
func (s *Store) packed(
	ctx context.Context, project string, block int, figure rules.Figure, first, last rules.Day, unpack func(day rules.Day, packed []byte) error,
) error {
	if first > last {
		return nil
	}
	err := s.db.View(ctx, func(tx database.Tx) error {
		rows, err := tx.QueryContext(ctx, `
			SELECT day, vals FROM history
			WHERE project = (SELECT id FROM project WHERE uid = $1) AND block = $2
				AND figure = (SELECT figure.id FROM figure JOIN project ON project.id = figure.project WHERE project.uid = $1 AND figure.name = $3)
				AND day BETWEEN $4 AND $5 ORDER BY day`, project, block, string(figure), first, last)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		var day rules.Day
		var packed sql.RawBytes
		for rows.Next() {
			if err := rows.Scan(&day, &packed); err != nil {
				return err
			}
			if err := unpack(day, packed); err != nil {
				s.noteDamage(Damage{Project: project, Block: block, Figure: figure, Day: day, Err: err})
			}
		}
		return rows.Err()
	})
	return database.Doing(err, "reading %s of project %q", figure, project)
}

// Changed returns the changes of complete days that no Commit has evaluated, by block, figure and day.
func (s *Store) Changed(ctx context.Context, project string) (changes []Change, err error) {
	type row struct {
		Change
		figure string
	}
	err = s.db.View(ctx, func(tx database.Tx) error {
		rows, err := database.Collect(ctx, tx, func(r *row) []any { return []any{&r.Block, &r.figure, &r.Day, (*[]byte)(&r.Bits)} }, `
			SELECT change.block, figure.name, change.day, change.bits
			FROM change JOIN figure ON figure.id = change.figure JOIN project ON project.id = change.project
			WHERE project.uid = $1 ORDER BY change.block, change.figure, change.day`, project)
		for _, r := range rows {
			figure, known := rules.ParseFigure(r.figure)
			if !known {
				continue // of a newer version
			}
			r.Figure = figure
			changes = append(changes, r.Change)
		}
		return err
	})
	return changes, database.Doing(err, "reading the changed days of project %q", project)
}

// ShareChanges notes changes of the figures of a project as a whole as changes of the organization of an account, whose sums they change. The
// work of the organization is made due before, in the same transaction: that lets one project at a time write here.
func ShareChanges(ctx context.Context, tx database.Tx, account string, changes []Change) error {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Block != 0 || !c.Bits.Has(0) }) // 0 is the project
	if len(changes) == 0 {
		return nil
	}
	id, err := projectID(ctx, tx, rules.OfAccount(account))
	if err != nil {
		return err
	}
	var whole history.Bits
	whole.Set(0)
	statements := database.NewBatch(tx)
	for _, c := range changes {
		figure, err := addFigure(ctx, tx, id, string(c.Figure), 1)
		if err != nil {
			return err
		}
		if err := statements.Exec(ctx, `
			INSERT INTO change (project, block, figure, day, bits) VALUES ($1, 0, $2, $3, $4)
			ON CONFLICT (project, block, figure, day) DO NOTHING`, id, figure, c.Day, []byte(whole)); err != nil {
			return err
		}
	}
	return nil
}

// DropChanges deletes changes that were evaluated. Later changes stay.
func DropChanges(ctx context.Context, tx database.Tx, project string, seen []Change) error {
	id, ok, err := findProject(ctx, tx, project)
	if !ok || len(seen) == 0 {
		return err
	}
	statements := database.NewBatch(tx)
	const chosen = ` change WHERE project = $1 AND block = $2 AND day = $3
		AND figure = (SELECT id FROM figure WHERE project = $1 AND name = $4)`
	for _, c := range seen {
		key := []any{id, c.Block, c.Day, string(c.Figure)}
		var bits []byte
		if ok, err := database.Found(tx.QueryRowContext(ctx, `SELECT bits FROM`+chosen, key...), &bits); !ok {
			if err != nil {
				return err
			}
			continue
		}
		left := history.Bits(bits).Without(c.Bits)
		if left.Empty() {
			err = statements.Exec(ctx, `DELETE FROM`+chosen, key...)
		} else {
			err = statements.Exec(ctx, `UPDATE change SET bits = $5 WHERE project = $1 AND block = $2 AND day = $3
				AND figure = (SELECT id FROM figure WHERE project = $1 AND name = $4)`, append(key, []byte(left))...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
