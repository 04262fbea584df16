package store

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"notewatch/rules"
)

// The types below convert a variable to and from what a column holds, so that one list of fields both writes and reads a
// row.

// instant is a time as Unix milliseconds; NULL is the zero time.
type instant struct{ *time.Time }

// Value implements driver.Valuer.
func (i instant) Value() (driver.Value, error) {
	if i.IsZero() {
		return nil, nil
	}
	return i.UnixMilli(), nil
}

// Scan implements sql.Scanner.
func (i instant) Scan(column any) error {
	switch v := column.(type) {
	case nil:
		*i.Time = time.Time{}
	case int64:
		*i.Time = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("a time is stored as %T", column)
	}
	return nil
}

// at is an instant to write.
func at(t time.Time) instant { return instant{&t} }

// number is a float64; NULL is NaN.
type number struct{ *float64 }

// Value implements driver.Valuer.
func (n number) Value() (driver.Value, error) {
	if math.IsNaN(*n.float64) {
		return nil, nil
	}
	return *n.float64, nil
}

// Scan implements sql.Scanner.
func (n number) Scan(column any) error {
	switch v := column.(type) {
	case nil:
		*n.float64 = math.NaN()
	case int64:
		*n.float64 = float64(v)
	case float64:
		*n.float64 = v
	default:
		return fmt.Errorf("a number is stored as %T", column)
	}
	return nil
}

// optional is a string; NULL is "".
type optional struct{ *string }

// Value implements driver.Valuer.
func (o optional) Value() (driver.Value, error) {
	if *o.string == "" {
		return nil, nil
	}
	return storable(*o.string), nil
}

// Scan implements sql.Scanner.
func (o optional) Scan(column any) error {
	var text sql.NullString
	err := text.Scan(column)
	*o.string = text.String
	return err
}

// document is a value as JSON text.
type document[T any] struct{ value *T }

// emptyDocument is a struct in which everything is left out.
const emptyDocument = "{}"

// Value implements driver.Valuer.
func (d document[T]) Value() (driver.Value, error) {
	if v, ok := any(d.value).(interface{ IsZero() bool }); ok && v.IsZero() {
		return emptyDocument, nil
	}
	text, err := json.Marshal(*d.value)
	if bytes.Contains(text, []byte(escapedNUL)) {
		return storableDocument.Replace(string(text)), err
	}
	return string(text), err
}

// escapedNUL is NUL in JSON, which PostgreSQL does not take out of a document.
const escapedNUL = `\u0000`

// storableDocument is storable for JSON. A backslash that is escaped escapes nothing.
var storableDocument = strings.NewReplacer(`\\`, `\\`, escapedNUL, `\ufffd`)

// Scan implements sql.Scanner. It fills a new value: the old one may have been handed out.
func (d document[T]) Scan(column any) error {
	var text sql.NullString
	if err := text.Scan(column); err != nil {
		return err
	}
	var value T
	if _, ok := any(d.value).(interface{ IsZero() bool }); ok && text.String == emptyDocument {
		*d.value = value
		return nil
	}
	if err := json.Unmarshal([]byte(text.String), &value); err != nil {
		return err
	}
	*d.value = value
	return nil
}

// numbers is a list of whole numbers as a parameter of among.
type numbers []int64

// Value implements driver.Valuer, for SQLite.
func (n numbers) Value() (driver.Value, error) { return elements([]int64(n)).Value() }

// each returns every number once, in order.
func (n numbers) each() numbers { return slices.Compact(slices.Sorted(slices.Values(n))) }

// texts is a list of texts as a parameter of among.
type texts []string

// Value implements driver.Valuer, for SQLite.
func (t texts) Value() (driver.Value, error) { return elements([]string(t)).Value() }

// elements is a list as JSON text, for json_each.
func elements[T any](list []T) document[[]T] {
	if list == nil {
		list = []T{} // which is no null
	}
	return document[[]T]{&list}
}

// repeated keeps one copy of each text, and of each list of texts, that many rows of a query have.
type repeated struct {
	texts map[string]string
	lists map[string][]string // by their JSON text
}

func newRepeated() repeated { return repeated{map[string]string{}, map[string][]string{}} }

// text is a string of which one copy is kept.
func (r repeated) text(to *string) sql.Scanner {
	return scanner(func(column string) error { *to = r.one(column); return nil })
}

// list is a list of strings as JSON text, of which one copy is kept.
func (r repeated) list(to *[]string) sql.Scanner {
	return scanner(func(column string) error {
		if list, ok := r.lists[column]; ok {
			*to = list
			return nil
		}
		var list []string
		if err := (document[[]string]{&list}).Scan(column); err != nil {
			return err
		}
		for i := range list {
			list[i] = r.one(list[i])
		}
		r.lists[column], *to = list, list
		return nil
	})
}

// one returns the copy of a text that is kept.
func (r repeated) one(text string) string {
	if kept, ok := r.texts[text]; ok {
		return kept
	}
	r.texts[text] = text
	return text
}

// A scanner takes a text from a column.
type scanner func(text string) error

// Scan implements sql.Scanner.
func (s scanner) Scan(column any) error {
	text, ok := column.(string)
	if !ok {
		return fmt.Errorf("a text is stored as %T", column)
	}
	return s(text)
}

// storable returns a text that every database takes: valid UTF-8 without NUL, which PostgreSQL refuses.
func storable(text string) string {
	if utf8.ValidString(text) && !strings.Contains(text, "\x00") {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// holds is how long each level has been true, from the lowest on: Unix milliseconds and count of each that has. A version before
// this one wrote JSON.
type holds struct {
	all *[rules.Critical + 1]rules.Hold
}

// Value implements driver.Valuer.
func (h holds) Value() (driver.Value, error) {
	text := make([]byte, 0, 32)
	for level, hold := range h.all {
		if hold.Count == 0 {
			continue
		}
		if len(text) > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendInt(text, int64(level), 10)
		text = strconv.AppendInt(append(text, ':'), hold.Since.UnixMilli(), 10)
		text = strconv.AppendInt(append(text, '*'), int64(hold.Count), 10)
	}
	return string(text), nil
}

// Scan implements sql.Scanner.
func (h holds) Scan(column any) error {
	text, ok := column.(string)
	if !ok || strings.HasPrefix(text, "[") {
		return document[[rules.Critical + 1]rules.Hold]{h.all}.Scan(column)
	}
	*h.all = [rules.Critical + 1]rules.Hold{}
	for hold := range strings.FieldsSeq(text) {
		level, rest, _ := strings.Cut(hold, ":")
		since, count, _ := strings.Cut(rest, "*")
		i, err1 := strconv.Atoi(level)
		at, err2 := strconv.ParseInt(since, 10, 64)
		n, err3 := strconv.Atoi(count)
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		if i < 0 || i >= len(h.all) {
			return fmt.Errorf("a level is stored as %d", i)
		}
		h.all[i] = rules.Hold{Since: time.UnixMilli(at).UTC(), Count: n}
	}
	return nil
}

// found scans a row and reports whether there is one.
func found(row *sql.Row, fields ...any) (bool, error) {
	err := row.Scan(fields...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// collect reads all rows of a query. fields lists where the columns of a row go; what it points to must not be shared
// with the row before.
func collect[T any](ctx context.Context, tx transaction, fields func(*T) []any, query string, args ...any) ([]T, error) {
	return collectAbout(ctx, tx, 0, fields, query, args...)
}

// collectAbout is collect for about n rows: to make room for them at once is quicker than to move large rows often.
func collectAbout[T any](ctx context.Context, tx transaction, n int, fields func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return scanInto(slices.Grow([]T(nil), n), rows, fields)
}

// scanInto reads all rows, appends them to all, and closes them.
func scanInto[T any](all []T, rows *sql.Rows, fields func(*T) []any) ([]T, error) {
	defer func() { _ = rows.Close() }()
	var row T
	columns := fields(&row)
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// A batch is a transaction that runs the same statements many times: SQLite prepares each once. They end with the transaction.
// PostgreSQL gets no prepared statements, which would stay behind in the session.
type batch struct {
	tx       transaction
	prepared map[string]*sql.Stmt
}

func newBatch(tx transaction) batch { return batch{tx, map[string]*sql.Stmt{}} }

func (b batch) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := b.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := b.tx.tx.PrepareContext(ctx, query)
	if err == nil {
		b.prepared[query] = stmt
	}
	return stmt, err
}

func (b batch) exec(ctx context.Context, query string, args ...any) error {
	if b.tx.postgres {
		_, err := b.tx.ExecContext(ctx, query, args...)
		return err
	}
	stmt, err := b.prepare(ctx, query) //nolint:sqlclosecheck // the transaction closes it
	if err == nil {
		_, err = stmt.ExecContext(ctx, args...)
	}
	return err
}

// affected reports whether a statement changed any row.
func affected(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
