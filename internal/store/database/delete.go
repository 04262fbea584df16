package database

import (
	"context"
	"strconv"
)

// DeleteRows deletes the rows of a table for which condition holds, in a transaction for every MaxRows of them. key is the columns of its
// primary key, as in "a, b".
func (s *DB) DeleteRows(ctx context.Context, table, key, condition string, args ...any) error {
	for {
		var deleted int64
		err := s.Update(ctx, func(tx Tx) error {
			result, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE (`+key+`) IN (
				SELECT `+key+` FROM `+table+` WHERE `+condition+` LIMIT `+strconv.Itoa(MaxRows)+`)`, args...)
			if err == nil {
				deleted, err = result.RowsAffected()
			}
			return err
		})
		if err != nil || deleted < MaxRows {
			return err
		}
	}
}
