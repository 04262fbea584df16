package transfer

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// A row is the values of a table's columns: nil, int64, float64, string, bool or []byte.
type row []any

// size returns the approximate number of bytes of a row in memory.
func (r row) size() int {
	size := 0
	for _, value := range r {
		size += 24
		switch v := value.(type) {
		case string:
			size += len(v)
		case []byte:
			size += len(v)
		}
	}
	return size
}

// plain returns a value of a column in the form of both databases. clean returns text that every database accepts.
func (c column) plain(value any, clean func(string) string) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case int64:
		switch c.kind {
		case whole:
			return v, nil
		case decimal:
			return float64(v), nil
		case truth:
			return v != 0, nil
		}
	case float64:
		switch {
		case c.kind != decimal:
		case math.IsNaN(v):
			return nil, nil // as in SQLite
		case v == 0:
			return 0.0, nil // SQLite does not keep the sign of zero
		default:
			return v, nil
		}
	case bool:
		if c.kind == truth {
			return v, nil
		}
	case string:
		if c.kind == text {
			return clean(v), nil
		}
	case []byte:
		switch c.kind {
		case blob:
			if v == nil {
				v = []byte{} // as SQLite returns an empty one
			}
			return v, nil
		case text:
			return clean(string(v)), nil
		}
	}
	return nil, fmt.Errorf("column %s is of type %s and holds a %T", c.name, c.declared, value)
}

// A batch holds consecutive rows by key.
type batch struct {
	rows []row
	next []any // key of the last row as stored; nil: no rows
	size int   // bytes
}

const (
	firstRows  = 100 // rows of a batch while their size is unknown
	mostRows   = 2_000
	batchBytes = 4 << 20 // of a batch, unless one row is larger
)

// limit returns the number of rows to read next, if they have the size of those of this batch.
func (b *batch) limit() int {
	if len(b.rows) == 0 {
		return firstRows
	}
	return min(max(batchBytes*len(b.rows)/b.size, 1), mostRows)
}

// read reads at most limit rows after a key; nil starts with the first.
func (t *Table) read(ctx context.Context, tx *sql.Tx, after []any, limit int, clean func(string) string) (b batch, err error) {
	query := "SELECT " + t.all() + " FROM " + t.Name
	if after != nil {
		query += " WHERE (" + t.keyNames() + ") > (" + params(1, len(t.key)) + ")"
	}
	rows, err := tx.QueryContext(ctx, fmt.Sprint(query, " ORDER BY ", t.keyNames(), " LIMIT ", limit), after...)
	if err != nil {
		return b, err
	}
	defer func() { _ = rows.Close() }()
	values, pointers := make(row, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	for b.size < batchBytes && rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return b, err
		}
		b.next = make([]any, len(t.key))
		for i, place := range t.key {
			b.next[i] = values[place]
		}
		kept := make(row, len(values))
		for i, c := range t.columns {
			if kept[i], err = c.plain(values[i], clean); err != nil {
				return b, fmt.Errorf("table %s: %w", t.Name, err)
			}
		}
		b.rows = append(b.rows, kept)
		b.size += kept.size()
	}
	return b, rows.Err()
}

// newest returns the greatest key; nil if there are no rows.
func (t *Table) newest(ctx context.Context, tx *sql.Tx) (key []any, err error) {
	descending := strings.ReplaceAll(t.keyNames(), ",", " DESC,") + " DESC"
	rows, err := tx.QueryContext(ctx, "SELECT "+t.keyNames()+" FROM "+t.Name+" ORDER BY "+descending+" LIMIT 1")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		key = make([]any, len(t.key))
		pointers := make([]any, len(t.key))
		for i := range key {
			pointers[i] = &key[i]
		}
		if err := rows.Scan(pointers...); err != nil {
			return nil, err
		}
	}
	return key, rows.Err()
}

// A Checksum is the sum of a hash of each row, so it does not depend on their order.
type Checksum [2]uint64

// String returns 32 hexadecimal digits.
func (c Checksum) String() string { return fmt.Sprintf("%016x%016x", c[0], c[1]) }

// add adds a row. buffer is scratch space, which is returned for reuse.
func (c *Checksum) add(r row, buffer []byte) []byte {
	buffer = buffer[:0]
	for _, value := range r {
		switch v := value.(type) {
		case nil:
			buffer = append(buffer, 'n')
		case int64:
			buffer = binary.LittleEndian.AppendUint64(append(buffer, 'i'), uint64(v)) //nolint:gosec // it is for its bits
		case float64:
			buffer = binary.LittleEndian.AppendUint64(append(buffer, 'f'), math.Float64bits(v))
		case bool:
			buffer = append(buffer, 't', 0)
			if v {
				buffer[len(buffer)-1] = 1
			}
		case string:
			buffer = append(binary.AppendUvarint(append(buffer, 's'), uint64(len(v))), v...)
		case []byte:
			buffer = append(binary.AppendUvarint(append(buffer, 'b'), uint64(len(v))), v...)
		}
	}
	sum := sha256.Sum256(buffer)
	c[0] += binary.LittleEndian.Uint64(sum[0:])
	c[1] += binary.LittleEndian.Uint64(sum[8:])
	return buffer
}
