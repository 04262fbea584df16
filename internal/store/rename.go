package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
)

// RenameRule moves the stored data of a rule to its new name: alerts, the meaning at its last evaluation, and silences. If a subject has an
// open alert of the new name already, its alert of the old name stays. Nothing happens if nothing is stored under the old name.
func (s *Store) RenameRule(ctx context.Context, was, is string, now time.Time) error {
	err := s.changeSilences(ctx, now, func(tx database.Tx, seq int64) (changed bool, err error) {
		for _, rename := range []struct {
			statement string
			args      []any
		}{
			{`UPDATE alert SET rule = $1 WHERE rule = $2 AND NOT (state IN ('pending', 'firing') AND EXISTS (
				SELECT 1 FROM alert other WHERE other.rule = $1 AND other.project = alert.project AND other.subject = alert.subject
				AND other.state IN ('pending', 'firing')))`, []any{is, was}},
			{`UPDATE judged SET rule = $1 WHERE rule = $2
				AND NOT EXISTS (SELECT 1 FROM judged other WHERE other.rule = $1 AND other.project = judged.project)`, []any{is, was}},
			{`UPDATE silence SET rule = $1, seq = $3 WHERE rule = $2`, []any{is, was, seq + 1}},
		} {
			if _, err := tx.ExecContext(ctx, rename.statement, rename.args...); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	return database.Doing(err, "moving the stored data of rule %q to rule %q", was, is)
}
