package store

import (
	"math"
	"strings"

	"notewatch/internal/store/alertrow"
	"notewatch/internal/store/database"
	"notewatch/rules/muting"
)

// An AlertFilter says which alerts are wanted. What is zero wants all. A fleet is given by its UID.
type AlertFilter struct {
	muting.Match
	Open    bool   // pending and firing ones only
	Message string // those that this message shows
	Limit   int    // how many at most
}

// where returns the condition under which an alert is wanted, and its parameters. Nothing is in it that is not asked for:
// conditions that may be idle keep SQLite from using an index.
func (f AlertFilter) where() (condition string, args []any) {
	conditions := []string{"TRUE"}
	for _, c := range []struct{ value, condition string }{
		{f.Alert, `alert.id = $`},
		{f.Rule, `alert.rule = $`},
		{f.Project, `(alert.project = $ OR alert.told ->> 'project' = $)`},
		{f.Subject, `(alert.subject = $ OR alert.told ->> 'subject' = $)`},
		{f.Fleet, `(alert.subject = $ OR alert.subject IN (SELECT uid FROM device WHERE listed AND fleets LIKE '%"' || $ || '"%'))`},
		{f.Message, `alert.id IN (SELECT alert FROM delivery WHERE message = $)`},
	} {
		if c.value != "" {
			args = append(args, c.value)
			conditions = append(conditions, strings.ReplaceAll(c.condition, "$", database.Params(len(args), 1)))
		}
	}
	if f.Open {
		conditions = append(conditions, alertrow.Open)
	}
	return strings.Join(conditions, " AND "), args
}

// order is the order in which alerts are returned.
func (f AlertFilter) order() string {
	if f.Open {
		return worstFirst
	}
	return newestFirst
}

// chosen returns a query of the IDs of the alerts that are wanted, in their order, and its parameters.
func (f AlertFilter) chosen() (query string, args []any) {
	if f.Limit > 0 && f == (AlertFilter{Open: true, Limit: f.Limit}) {
		return worstOfAll, []any{f.Limit}
	}
	where, args := f.where()
	return `SELECT id FROM alert WHERE ` + where + f.order() + ` LIMIT ` + database.Params(len(args)+1, 1), append(args, f.limit())
}

// limit is the parameter of LIMIT.
func (f AlertFilter) limit() int {
	if f.Limit <= 0 {
		return math.MaxInt64
	}
	return f.Limit
}
