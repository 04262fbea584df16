package database

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
	"strings"
	"time"
	"unicode/utf8"
)

// The types below convert a variable to a column and back, so that one list of fields serves for writing and reading a row.

// A Field is a variable that is written to a column and read from it.
type Field interface {
	driver.Valuer
	sql.Scanner
}

// instant is a time as Unix milliseconds; NULL means the zero time.
type instant struct{ *time.Time }

// Time is a time to read or write, as Unix milliseconds; NULL means the zero time.
func Time(t *time.Time) Field { return instant{t} }

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

// At is a time to write.
func At(t time.Time) Field { return Time(&t) }

// number is a float64; NULL means NaN.
type number struct{ *float64 }

// Number is a float64 to read or write; NULL means NaN.
func Number(x *float64) Field {
	return number{x}
}

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

// optional is a string; NULL means "".
type optional struct{ *string }

// Optional is a string to read or write; NULL means "".
func Optional(text *string) Field {
	return optional{text}
}

// Value implements driver.Valuer.
func (o optional) Value() (driver.Value, error) {
	if *o.string == "" {
		return nil, nil
	}
	return Storable(*o.string), nil
}

// Scan implements sql.Scanner.
func (o optional) Scan(column any) error {
	var text sql.NullString
	err := text.Scan(column)
	*o.string = text.String
	return err
}

// document holds a value as JSON text.
type document[T any] struct{ value *T }

// Document is a value to read or write as JSON text.
func Document[T any](value *T) Field { return document[T]{value} }

// EmptyDocument is the JSON of a struct without values.
const EmptyDocument = "{}"

// Value implements driver.Valuer.
func (d document[T]) Value() (driver.Value, error) {
	if v, ok := any(d.value).(interface{ IsZero() bool }); ok && v.IsZero() {
		return EmptyDocument, nil
	}
	text, err := json.Marshal(*d.value)
	if bytes.Contains(text, []byte(escapedNUL)) {
		return storableDocument.Replace(string(text)), err
	}
	return string(text), err
}

// escapedNUL is NUL in JSON, which PostgreSQL cannot return from a document.
const escapedNUL = `\u0000`

// storableDocument is Storable for JSON. The first pair skips escaped backslashes.
var storableDocument = strings.NewReplacer(`\\`, `\\`, escapedNUL, `\ufffd`)

// Scan implements sql.Scanner. It fills a new value, because the old one may be in use.
func (d document[T]) Scan(column any) error {
	var text sql.NullString
	if err := text.Scan(column); err != nil {
		return err
	}
	var value T
	if _, ok := any(d.value).(interface{ IsZero() bool }); ok && text.String == EmptyDocument {
		*d.value = value
		return nil
	}
	if err := json.Unmarshal([]byte(text.String), &value); err != nil {
		return err
	}
	*d.value = value
	return nil
}

// Numbers is a list of whole numbers as a parameter of Among.
type Numbers []int64

// Value implements driver.Valuer, for SQLite.
func (n Numbers) Value() (driver.Value, error) { return Elements([]int64(n)).Value() }

// Each returns the numbers in order, without duplicates.
func (n Numbers) Each() Numbers { return slices.Compact(slices.Sorted(slices.Values(n))) }

// Texts is a list of texts as a parameter of Among.
type Texts []string

// Value implements driver.Valuer, for SQLite.
func (t Texts) Value() (driver.Value, error) { return Elements([]string(t)).Value() }

// Elements is a list as JSON text, for json_each.
func Elements[T any](list []T) Field {
	if list == nil {
		list = []T{} // not null
	}
	return document[[]T]{&list}
}

// Repeated shares the memory of texts, and of lists of texts, that many rows of a query have.
type Repeated struct {
	texts map[string]string
	lists map[string][]string // by their JSON text
}

// NewRepeated returns an empty Repeated.
func NewRepeated() Repeated { return Repeated{map[string]string{}, map[string][]string{}} }

// Text is a string whose memory is shared.
func (r Repeated) Text(to *string) sql.Scanner {
	return scanner(func(column string) error { *to = r.one(column); return nil })
}

// List is a list of strings as JSON text, whose memory is shared.
func (r Repeated) List(to *[]string) sql.Scanner {
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

// one returns the shared copy of a text.
func (r Repeated) one(text string) string {
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

// Storable returns text as every database accepts it: valid UTF-8 without NUL, which PostgreSQL refuses.
func Storable(text string) string {
	if utf8.ValidString(text) && !strings.Contains(text, "\x00") {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// Found scans a row and reports whether there is one.
func Found(row *sql.Row, fields ...any) (bool, error) {
	err := row.Scan(fields...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Collect reads all rows of a query. fields returns the destinations of the columns of a row, which must not share memory with those of
// other rows.
func Collect[T any](ctx context.Context, tx Tx, fields func(*T) []any, query string, args ...any) ([]T, error) {
	return CollectAbout(ctx, tx, 0, fields, query, args...)
}

// CollectAbout is Collect for about n rows: allocating room at once is faster than moving large rows often.
func CollectAbout[T any](ctx context.Context, tx Tx, n int, fields func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return ScanInto(slices.Grow([]T(nil), n), rows, fields)
}

// ScanInto reads all rows, appends them to all, and closes them.
func ScanInto[T any](all []T, rows *sql.Rows, fields func(*T) []any) ([]T, error) {
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

// A Batch runs the same statements many times in a transaction. SQLite prepares each once, until the end of the transaction. PostgreSQL
// gets no prepared statements, because they would stay in the session.
type Batch struct {
	Tx       Tx
	prepared map[string]*sql.Stmt
}

// NewBatch returns the batch of a transaction.
func NewBatch(tx Tx) Batch { return Batch{tx, map[string]*sql.Stmt{}} }

// Prepare returns a statement, which SQLite prepares once. It ends with the transaction.
func (b Batch) Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := b.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := b.Tx.SQL.PrepareContext(ctx, query)
	if err == nil {
		b.prepared[query] = stmt
	}
	return stmt, err
}

// Exec runs a statement that returns no rows.
func (b Batch) Exec(ctx context.Context, query string, args ...any) error {
	if b.Tx.Postgres {
		_, err := b.Tx.ExecContext(ctx, query, args...)
		return err
	}
	stmt, err := b.Prepare(ctx, query) //nolint:sqlclosecheck // the transaction closes it
	if err == nil {
		_, err = stmt.ExecContext(ctx, args...)
	}
	return err
}

// Affected reports whether a statement changed any row.
func Affected(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// Beyond sorts after all that names and IDs are made of.
const Beyond = "\U0010FFFF"
