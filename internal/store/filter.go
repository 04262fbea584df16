package store

import (
	"math"
	"strings"

	"notewatch/internal/store/alertrow"
	"notewatch/internal/store/database"
	"notewatch/internal/store/usage"
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
		{f.Route, `(alert.subject = $ OR alert.told ->> 'subject' = $ AND alert.subject LIKE 'route:%')`},
		{f.Message, `alert.id IN (SELECT alert FROM delivery WHERE message = $)`},
	} {
		if c.value != "" {
			args = append(args, c.value)
			conditions = append(conditions, strings.ReplaceAll(c.condition, "$", database.Params(len(args), 1)))
		}
	}
	if f.Fleet != "" {
		first, other, _ := usage.FleetTexts(f.Fleet) // a string has JSON
		args = append(args, f.Fleet, first, other)
		conditions = append(conditions, aboutFleet(len(args)-2))
	}
	if f.Open {
		conditions = append(conditions, alertrow.Open)
	}
	return strings.Join(conditions, " AND "), args
}

// aboutFleet returns the condition that an alert is about a fleet or a device in it. Its parameters are the UID and the texts of the fleet, from
// a number on. Each alert finds its device by an index, because there are far fewer alerts than devices.
func aboutFleet(from int) string {
	param := func(i int) string { return database.Params(from+i, 1) }
	in := strings.NewReplacer("$2", param(1), "$3", param(2)).Replace(usage.InFleet)
	return `(alert.subject = ` + param(0) + ` OR EXISTS (
		SELECT 1 FROM project CROSS JOIN device
		WHERE project.uid = alert.project AND device.project = project.id AND device.uid = alert.subject AND ` + in + `))`
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
