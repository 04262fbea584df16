package notehubtest

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	maxLimit     = 400_000
	defaultLimit = 200_000
	maxPage      = 10_000
	defaultPage  = 50
	defaultSpan  = 30 * day // without startDate; Notehub's own default is not documented
	recentData   = time.Hour
)

// A query is a valid request.
type query struct {
	endpoint         Endpoint
	project          *project
	organization     *organization
	now              time.Time // time of the answered data
	start, end       time.Time
	period           string
	aggregate        string
	devices, fleets  []string
	routes           []string
	notefiles        []string
	includeNotefiles bool
	limit            int  // rows
	halved           bool // by a fault: half the rows, as if they were limited
	page, pageSize   int
}

// uid returns the UID in the path of the request; "" if there is none.
func (q *query) uid() string {
	switch {
	case q.project != nil:
		return q.project.UID
	case q.organization != nil:
		return q.organization.UID
	}
	return ""
}

// A parameter reads the values of one query parameter.
type parameter func(q *query, values []string) error

// parameters returns those that an endpoint has.
func parameters(endpoint Endpoint) map[string]parameter {
	switch endpoint {
	case Fleets, Routes, Projects, Organizations, OneOrganization, BillingAccounts, OneBillingAccount:
		return nil
	case BalanceHistory, BillingBalanceHistory:
		return stretch()
	case Devices:
		return map[string]parameter{
			"pageSize":  number(1, maxPage, func(q *query, n int64) { q.pageSize = int(n) }),
			"pageNum":   number(1, 1<<31, func(q *query, n int64) { q.page = int(n) }),
			"deviceUID": list(func(q *query, items []string) { q.devices = items }),
			"fleetUID":  list(func(q *query, items []string) { q.fleets = items }),
		}
	}
	all := stretch()
	all["limit"] = number(1, maxLimit, func(q *query, n int64) { q.limit = int(n) })
	all["period"] = choice(func(q *query, word string) { q.period = word }, "day", "week", "month")
	aggregates := []string{"device", "fleet", "project"}
	if endpoint == RouteLogs {
		aggregates = []string{"route", "project"}
		all["routeUID"] = list(func(q *query, items []string) { q.routes = items })
	} else {
		all["deviceUID"] = list(func(q *query, items []string) { q.devices = items })
		all["fleetUID"] = list(func(q *query, items []string) { q.fleets = items })
	}
	all["aggregate"] = choice(func(q *query, word string) { q.aggregate = word }, aggregates...)
	if endpoint != Data {
		all["skipRecentData"] = boolean(func(q *query) { q.now = q.now.Add(-recentData) })
	}
	if endpoint == Events {
		all["notefile"] = list(func(q *query, items []string) { q.notefiles = items })
		all["includeNotefiles"] = boolean(func(q *query) { q.includeNotefiles = true })
	}
	return all
}

// stretch returns the parameters for the time of an answer.
func stretch() map[string]parameter {
	return map[string]parameter{
		"startDate": number(0, 1<<40, func(q *query, n int64) { q.start = time.Unix(n, 0).UTC() }),
		"endDate":   number(0, 1<<40, func(q *query, n int64) { q.end = time.Unix(n, 0).UTC() }),
	}
}

// parseQuery reads and checks parameters. It refuses unknown ones, because they are mistakes of the client; Notehub may ignore them.
func parseQuery(endpoint Endpoint, raw string, now time.Time) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, errors.New("the query is not encoded properly")
	}
	q := query{
		endpoint: endpoint, now: now, start: now.Add(-defaultSpan), aggregate: "device",
		limit: defaultLimit, page: 1, pageSize: defaultPage,
	}
	if endpoint == RouteLogs {
		q.aggregate = "route"
	}
	known := parameters(endpoint)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		read, ok := known[name]
		if !ok {
			return query{}, fmt.Errorf("unknown parameter %q", name)
		}
		if err := read(&q, values[name]); err != nil {
			return query{}, fmt.Errorf("parameter %q: %w", name, err)
		}
	}
	hasEnd := q.end.Unix() > 0 // 0 is now
	switch {
	case endpoint.ofUsage() && q.period == "":
		return query{}, fmt.Errorf("parameter %q is required", "period")
	case hasEnd && q.start.After(q.end):
		return query{}, errors.New("startDate is after endDate")
	case !hasEnd || q.end.After(now):
		q.end = now
	}
	return q, nil
}

func number(least, most int64, set func(*query, int64)) parameter {
	return func(q *query, values []string) error {
		n, err := strconv.ParseInt(values[0], 10, 64)
		if len(values) > 1 || err != nil || n < least || n > most {
			return fmt.Errorf("want one whole number from %d to %d, got %q", least, most, values)
		}
		set(q, n)
		return nil
	}
}

func choice(set func(*query, string), words ...string) parameter {
	return func(q *query, values []string) error {
		if len(values) > 1 || !slices.Contains(words, values[0]) {
			return fmt.Errorf("want one of %q, got %q", words, values)
		}
		set(q, values[0])
		return nil
	}
}

func boolean(set func(*query)) parameter {
	return func(q *query, values []string) error {
		if len(values) > 1 || values[0] != "true" && values[0] != "false" {
			return fmt.Errorf("want true or false, got %q", values)
		}
		if values[0] == "true" {
			set(q)
		}
		return nil
	}
}

func list(set func(*query, []string)) parameter {
	return func(q *query, values []string) error {
		if slices.Contains(values, "") {
			return errors.New("it is empty")
		}
		set(q, values)
		return nil
	}
}

// cut returns the rows that the limit of the query allows, and reports whether there were more.
func cut[Row any](rows []Row, q *query) ([]Row, bool) {
	if rows == nil {
		rows = []Row{} // a list, not null
	}
	if q.halved {
		return rows[:len(rows)/2], true
	}
	most := min(q.limit, len(rows))
	return rows[:most], most < len(rows)
}
