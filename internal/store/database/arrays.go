package database

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// PostgreSQL gets many rows as one array for each column, because one statement for each row would be one round trip for each row.

// maxArray is the maximum number of rows in one statement.
const maxArray = 2_000

// columnTypes holds the types of all columns, by table and column as in "alert.level". PostgreSQL needs them for arrays.
type columnTypes map[string]string

// readColumnTypes reads the types of the columns of the current schema.
func readColumnTypes(ctx context.Context, tx Tx) (columnTypes, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT table_name || '.' || column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema()`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	types := columnTypes{}
	for rows.Next() {
		var column, name string
		if err := rows.Scan(&column, &name); err != nil {
			return nil, err
		}
		types[column] = name
	}
	return types, rows.Err()
}

// unnest returns SQL for rows of a table that are passed as arrays of some of its columns, as the parameters from $1 on.
func (t columnTypes) unnest(table string, columns []string) string {
	params := make([]string, len(columns))
	for i, column := range columns {
		params[i] = fmt.Sprintf("$%d::%s[]", i+1, t[table+"."+column])
	}
	return "unnest(" + strings.Join(params, ", ") + ")"
}

// arrays returns the rows from first to before last as the parameters of unnest. row returns the columns of one row.
func arrays(columns, first, last int, row func(i int) []any) []any {
	all := make([]any, columns)
	lists := make([]pgtype.FlatArray[any], columns)
	for c := range lists {
		lists[c] = make(pgtype.FlatArray[any], 0, last-first)
	}
	for i := first; i < last; i++ {
		for c, value := range row(i) {
			lists[c] = append(lists[c], acceptable(value))
		}
	}
	for c := range lists {
		all[c] = lists[c]
	}
	return all
}
