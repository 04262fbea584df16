package store

import (
	"context"
	"database/sql/driver"
	"time"

	"notewatch/internal/budget"
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// TakeRequest takes a request from the budget of an account, of perMinute requests a minute, like [budget.State.Take]. If the request may
// be sent, at is the time on the clock, and the request counts among those of the UTC day. Otherwise at is when to try again, and nothing
// is taken. state is the budget afterwards.
//
// The clock is read while no one else can take a request, so that requests are counted when they are sent.
func (s *Store) TakeRequest(ctx context.Context, account string, perMinute float64, clock func() time.Time) (
	state budget.State, at time.Time, taken bool, err error,
) {
	err = s.db.Relax(ctx, func(tx database.Tx) error {
		return changeBudget(ctx, tx, account, func(before budget.State) (budget.State, rules.Day) {
			now := clock()
			state, at = before.Take(now, perMinute)
			if taken = !at.After(now); taken {
				return state, rules.DayOf(now)
			}
			return state, 0
		})
	})
	return state, at, taken, database.Doing(err, "taking a request from the budget of account %q", account)
}

// RefuseRequest records at now that Notehub has refused a request that was sent at sent, and that the account may send no request until
// until, like [budget.State.Refuse]. It returns the budget afterwards.
func (s *Store) RefuseRequest(ctx context.Context, account string, sent, now, until time.Time) (state budget.State, err error) {
	err = s.db.Update(ctx, func(tx database.Tx) error {
		return changeBudget(ctx, tx, account, func(before budget.State) (budget.State, rules.Day) {
			state = before.Refuse(sent, now, until)
			return state, 0
		})
	})
	return state, database.Doing(err, "noting that Notehub refused a request of account %q", account)
}

// changeBudget changes the budget of an account. change also returns the UTC day on which it took a request; 0 means none.
func changeBudget(ctx context.Context, tx database.Tx, account string, change func(budget.State) (budget.State, rules.Day)) error {
	var state budget.State
	row := tx.QueryRowContext(ctx, `
		INSERT INTO account (name, next_at) VALUES ($1, 0) ON CONFLICT (name) DO UPDATE SET name = excluded.name
		RETURNING `+budgetColumns, account) // an update, so that no one else changes the row meanwhile
	if err := row.Scan(budgetFields(&state)...); err != nil {
		return err
	}
	state, day := change(state)
	_, err := tx.ExecContext(ctx, `
		UPDATE account SET sent = $1, held_until = $2, halvings = $3, halved_at = $4,
			requests = CASE WHEN $5 = 0 THEN requests WHEN $5 = requests_on THEN requests + 1 ELSE 1 END,
			requests_on = CASE WHEN $5 = 0 THEN requests_on ELSE $5 END
		WHERE name = $6`,
		append(budgetFields(&state), day, account)...)
	return err
}

const budgetColumns = "sent, held_until, halvings, halved_at"

// budgetFields lists the destinations of budgetColumns.
func budgetFields(s *budget.State) []any {
	return []any{sentRequests{&s.Sent}, database.Time(&s.HeldUntil), &s.Halvings, database.Time(&s.HalvedAt)}
}

// sentRequests holds sent requests, as a JSON array of [Unix milliseconds, number].
type sentRequests struct{ all *[]budget.Sent }

// Value implements driver.Valuer.
func (r sentRequests) Value() (driver.Value, error) {
	pairs := make([][2]int64, len(*r.all))
	for i, sent := range *r.all {
		pairs[i] = [2]int64{sent.At.UnixMilli(), int64(sent.N)}
	}
	return database.Document(&pairs).Value()
}

// Scan implements sql.Scanner.
func (r sentRequests) Scan(column any) error {
	var pairs [][2]int64
	if err := (database.Document(&pairs)).Scan(column); err != nil {
		return err
	}
	all := make([]budget.Sent, len(pairs))
	for i, pair := range pairs {
		all[i] = budget.Sent{At: time.UnixMilli(pair[0]).UTC(), N: int(pair[1])}
	}
	*r.all = all
	return nil
}

// Budgets returns the stored budgets by name of the account. Accounts that have sent no request are left out.
func (s *Store) Budgets(ctx context.Context) (map[string]budget.State, error) {
	type row struct {
		account string
		state   budget.State
	}
	var all []row
	err := s.db.View(ctx, func(tx database.Tx) (err error) {
		all, err = database.Collect(ctx, tx, func(r *row) []any { return append([]any{&r.account}, budgetFields(&r.state)...) },
			`SELECT name, `+budgetColumns+` FROM account`)
		return err
	})
	budgets := make(map[string]budget.State, len(all))
	for _, r := range all {
		budgets[r.account] = r.state
	}
	return budgets, database.Doing(err, "reading the request budgets")
}

// Requests returns the number of requests sent on the UTC day of now, by name of the account. Accounts without any are left out.
func (s *Store) Requests(ctx context.Context, now time.Time) (map[string]int, error) {
	type row struct {
		account  string
		requests int
	}
	var all []row
	err := s.db.View(ctx, func(tx database.Tx) (err error) {
		all, err = database.Collect(ctx, tx, func(r *row) []any { return []any{&r.account, &r.requests} },
			`SELECT name, requests FROM account WHERE requests_on = $1 AND requests > 0`, rules.DayOf(now))
		return err
	})
	requests := make(map[string]int, len(all))
	for _, r := range all {
		requests[r.account] = r.requests
	}
	return requests, database.Doing(err, "reading how many requests were made")
}

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}
