package usage

import (
	"context"

	"notewatch/internal/store/database"
	"notewatch/rules"
)

// A Span is the days from First to Last.
type Span struct {
	First rules.Day `json:"first"`
	Last  rules.Day `json:"last"`
}

// projectID returns the number of a project. A project without one gets a new number.
func projectID(ctx context.Context, tx database.Tx, uid string) (id int64, err error) {
	id, ok, err := findProject(ctx, tx, uid)
	if ok || err != nil {
		return id, err
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO project (uid) VALUES ($1) RETURNING id`, uid).Scan(&id)
	return id, err
}

// findProject returns the number of a project; ok is false if it has none.
func findProject(ctx context.Context, tx database.Tx, uid string) (id int64, ok bool, err error) {
	ok, err = database.Found(tx.QueryRowContext(ctx, `SELECT id FROM project WHERE uid = $1`, uid), &id)
	return id, ok, err
}
