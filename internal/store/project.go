package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A Project is the state of the polls of one project.
type Project struct {
	UID       string
	PolledAt  time.Time // last successful poll; zero if there was none
	Failures  int       // failed polls since then
	Failure   string    // why the last one failed; "" if it did not
	Truncated bool      // an answer of the last poll was truncated, and the rest was not read in another way
	Damaged   int       // unreadable columns of history at the last poll
	RereadOn  rules.Day // when complete days before yesterday were last read again

	Cause        Cause     // of the last failure; None if the last poll did not fail
	FailingSince time.Time // time of the first of these failures; zero if the last poll did not fail
}

// A Cause is a kind of failure of a poll, with the name in the metrics.
type Cause string

// The causes that concern all projects of an account.
const (
	None         Cause = ""
	Unauthorized Cause = "unauthorized" // the token is not valid
	Suspended    Cause = "suspended"    // the billing account is suspended
	Unreachable  Cause = "unreachable"  // no response

	// Restored is not a failure: polls of other projects of the account succeed again, and this project has not been polled since.
	Restored Cause = "restored"
)

// AccountWide reports whether the cause concerns all projects of an account.
func (c Cause) AccountWide() bool { return c == Unauthorized || c == Suspended || c == Unreachable }

var projectColumns = []string{"polled_at", "failures", "failure", "truncated", "damaged", "reread_on", "cause", "failing_since"}

// fields lists the destinations of the columns uid and projectColumns.
func (p *Project) fields() []any {
	return []any{
		&p.UID, database.Time(&p.PolledAt), &p.Failures, &p.Failure, &p.Truncated, &p.Damaged,
		&p.RereadOn, &p.Cause, database.Time(&p.FailingSince),
	}
}

// Project returns the state of a project; the zero state with its UID if it was never polled.
func (s *Store) Project(ctx context.Context, uid string) (Project, error) {
	project := Project{UID: uid}
	err := s.db.View(ctx, func(tx database.Tx) error {
		row := tx.QueryRowContext(ctx, `SELECT uid, `+database.List(projectColumns)+` FROM project WHERE uid = $1`, uid)
		_, err := database.Found(row, project.fields()...)
		return err
	})
	return project, database.Doing(err, "reading project %q", uid)
}

// Failing returns the projects that have a cause, by UID.
func (s *Store) Failing(ctx context.Context) (map[string]Project, error) {
	var all []Project
	err := s.db.View(ctx, func(tx database.Tx) (err error) {
		all, err = database.Collect(ctx, tx, (*Project).fields, `SELECT uid, `+database.List(projectColumns)+` FROM project WHERE cause <> ''`)
		return err
	})
	failing := make(map[string]Project, len(all))
	for _, p := range all {
		failing[p.UID] = p
	}
	return failing, database.Doing(err, "reading which projects fail")
}

// Restore resets the failures of projects that failed for a cause that concerned the whole account, because other projects of it are polled
// again, and makes these projects due at now. It returns their number.
func (s *Store) Restore(ctx context.Context, projects []string, now time.Time) (restored int, err error) {
	err = s.db.Update(ctx, func(tx database.Tx) error {
		restored = 0
		if err := work.Lock(ctx, tx, work.Poll, projects...); err != nil {
			return err
		}
		for _, uid := range projects {
			changed, err := database.Affected(tx.ExecContext(ctx, `
				UPDATE project SET failures = 0, failure = '', cause = $1, failing_since = NULL
				WHERE uid = $2 AND cause IN ($3, $4, $5)`, Restored, uid, Unauthorized, Suspended, Unreachable))
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			restored++
			if err := work.MakeDue(ctx, tx, work.Poll, uid, now, false); err != nil {
				return err
			}
		}
		return nil
	})
	return restored, database.Doing(err, "making the other projects of an account due")
}

func saveProject(ctx context.Context, tx database.Tx, project Project) error {
	table := database.Upsert{Table: "project", Key: []string{"uid"}, Set: projectColumns}
	return table.Run(ctx, tx, 1, func(int) []any { return project.fields() }, nil)
}

// A RuleMeaning is the meaning of a rule at its last evaluation for a project.
type RuleMeaning struct {
	Hash      string
	Since     time.Time       // first evaluation for the project with that meaning
	Semantics rules.Semantics // zero if it was evaluated by an older version of notewatch
}

// Meanings returns the meanings of the rules at their last evaluation for the project, by rule name.
func (s *Store) Meanings(ctx context.Context, project string) (map[string]RuleMeaning, error) {
	type row struct {
		rule string
		RuleMeaning
	}
	var all []row
	err := s.db.View(ctx, func(tx database.Tx) (err error) {
		all, err = database.Collect(ctx, tx, func(r *row) []any {
			return []any{&r.rule, &r.Hash, database.Time(&r.Since), database.Document(&r.Semantics)}
		},
			`SELECT rule, hash, since, semantics FROM judged WHERE project = $1`, project)
		return err
	})
	meanings := make(map[string]RuleMeaning, len(all))
	for _, r := range all {
		meanings[r.rule] = r.RuleMeaning
	}
	return meanings, database.Doing(err, "reading the meanings of rules for project %q", project)
}

// dropMeanings deletes the entries of Meanings, except those of the rules that stay.
func dropMeanings(ctx context.Context, tx database.Tx, project string, stay []string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM judged WHERE project = $1 AND rule NOT IN (SELECT value FROM json_each($2))`,
		project, database.Elements(stay))
	return err
}

// saveMeanings adds or replaces entries of Meanings.
func saveMeanings(ctx context.Context, tx database.Tx, project string, meanings map[string]RuleMeaning) error {
	names := slices.Sorted(maps.Keys(meanings))
	table := database.Upsert{Table: "judged", Key: []string{"project", "rule"}, Set: []string{"hash", "since", "semantics"}}
	return table.Run(ctx, tx, len(names), func(i int) []any {
		m := meanings[names[i]]
		return []any{project, names[i], m.Hash, database.At(m.Since), database.Document(&m.Semantics)}
	}, nil)
}
