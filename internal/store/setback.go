package store

import (
	"context"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// Pauses holds the longest times that anything waits. A stored time that lies further ahead shows that the clock was set back after it was
// written.
type Pauses struct {
	Work map[work.Kind]time.Duration // until work of these kinds is due; kinds without a limit are left out
	Hold time.Duration               // longest time for which Notehub may ask an account to wait
}

// SetBack looks for times that only a clock that was ahead can have written. If there are any, it makes sure that nothing waits for them:
// all work is due now, that of kind Summary at summary, accounts may send requests, and past events that lie ahead count as happening now.
// Data of days to come is deleted. Silences keep the times that people gave them. It returns the time that lies furthest ahead; if there is
// none, it returns the zero time and changes nothing.
//
// It reads the clock again before it changes anything, because a process that was frozen after reading it finds what others have written
// meanwhile.
func (s *Store) SetBack(
	ctx context.Context, clock func() time.Time, summary func(now time.Time) time.Time, longest Pauses,
) (ahead time.Time, err error) {
	now := clock()
	err = s.db.View(ctx, func(tx database.Tx) error {
		ahead, err = furthestAhead(ctx, tx, now, longest)
		return err
	})
	if err == nil && !ahead.IsZero() {
		err = s.db.Update(ctx, func(tx database.Tx) error {
			now := clock() // no transaction survives a freeze of a minute
			ahead, err = furthestAhead(ctx, tx, now, longest)
			if err != nil || ahead.IsZero() {
				return err
			}
			return s.setBack(ctx, tx, now, summary(now))
		})
	}
	return ahead, database.Doing(err, "setting back the times that lie ahead of the clock")
}

// furthestAhead returns the latest time that only a clock that was ahead can have written; zero if there is none.
func furthestAhead(ctx context.Context, tx database.Tx, now time.Time, longest Pauses) (ahead time.Time, err error) {
	find := func(query string, wait time.Duration, args ...any) {
		var found time.Time
		if err == nil {
			args = append([]any{database.At(now.Add(wait + work.ClockTolerance))}, args...)
			err = tx.QueryRowContext(ctx, query, args...).Scan(database.Time(&found))
			ahead = latest(ahead, found)
		}
	}
	for kind, wait := range longest.Work {
		find(`SELECT max(due_at) FROM work WHERE due_at > $1 AND kind = $2`, wait, kind)
	}
	find(`SELECT max(held_until) FROM account WHERE held_until > $1`, longest.Hold)
	find(`SELECT max(halved_at) FROM account WHERE halved_at > $1`, 0)
	find(`SELECT max(read_at) FROM device_list WHERE read_at > $1`, 0)
	find(`SELECT max(polled_at) FROM project WHERE polled_at > $1`, 0)
	return ahead, err
}

// happened lists the columns with times of past events, by table.
var happened = map[string][]string{
	"account":  {"held_until", "halved_at"},
	"project":  {"polled_at", "failing_since"},
	"judged":   {"since"},
	"alert":    {"since", "fired_at", "raised_at", "notified_at", "changed_at", "quiet_since", "ended_at", "as_of"},
	"delivery": {"waiting_since"},
	"message":  {"begun_at", "posted_at"},
	"attempt":  {"started", "ended"},
	"silence":  {"ended_at"},

	"transition": {"at"},
}

func (s *Store) setBack(ctx context.Context, tx database.Tx, now, summary time.Time) error {
	var err error
	run := func(statement string, args ...any) {
		if err == nil {
			_, err = tx.ExecContext(ctx, statement, args...)
		}
	}
	for table, columns := range happened {
		for _, column := range columns {
			run(`UPDATE `+table+` SET `+column+` = $1 WHERE `+column+` > $1`, database.At(now))
		}
	}
	run(`UPDATE device_list SET read_at = $1, version = version + 1 WHERE read_at > $2`, database.At(now.AddDate(0, 0, -1)), database.At(now)) // so that it is read again
	run(`UPDATE work SET version = version + 1, due_at = CASE WHEN kind = $1 THEN CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END
		WHERE due_at > $3`, work.Summary, database.At(summary), database.At(now))
	today := rules.DayOf(now)
	run(`UPDATE project SET reread_on = 0 WHERE reread_on > $1`, today)
	if err != nil {
		return err
	}
	return s.Usage.DropAfter(ctx, tx, today)
}
