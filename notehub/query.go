package notehub

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// A Period is the length of the intervals over which usage is summed.
type Period string

// The periods. Notehub defines when weeks and months begin.
const (
	ByDay   Period = "day"
	ByWeek  Period = "week"
	ByMonth Period = "month"
)

// An Aggregate is the subject of a row of usage.
type Aggregate string

// The aggregates. Fleet rows count a device once in each of its fleets.
const (
	PerDevice  Aggregate = "device"
	PerFleet   Aggregate = "fleet"
	PerProject Aggregate = "project"
	PerRoute   Aggregate = "route"
)

// MaxLimit is the largest number of rows that can be requested in one answer.
const MaxLimit = 400_000

// defaultLimit is the largest number of rows that Notehub answers to a query without a limit.
const defaultLimit = 200_000

// A UsageQuery selects usage. Start is required; a zero End means now. Empty fields are left to Notehub.
type UsageQuery struct {
	Start, End time.Time // whole seconds; fractions are dropped
	Period     Period    // "" means ByDay
	Aggregate  Aggregate // "" means PerDevice, for route logs PerRoute
	Devices    []string  // UIDs; not for route logs
	Fleets     []string  // UIDs; not for route logs
	Limit      int       // rows; 0 means Notehub's default of 200,000. An answer with more is invalid
}

// An EventsQuery selects usage of events.
type EventsQuery struct {
	UsageQuery
	Notefiles        []string // only these
	IncludeNotefiles bool     // also count each notefile
	SkipRecentData   bool     // faster, but older data: only summaries
}

// A SessionsQuery selects usage of sessions.
type SessionsQuery struct {
	UsageQuery
	SkipRecentData bool // faster, but older data: only summaries
}

// A RouteLogsQuery selects usage of routes.
type RouteLogsQuery struct {
	UsageQuery
	Routes         []string // UIDs
	SkipRecentData bool     // faster, but older data: only summaries
}

// values checks the query and returns it as parameters.
func (q UsageQuery) values() (url.Values, error) { return q.common(PerDevice, PerFleet, PerProject) }

// common checks the common part of all queries and returns it as parameters. aggregates lists the allowed subjects.
func (q UsageQuery) common(aggregates ...Aggregate) (url.Values, error) {
	period := q.Period
	if period == "" {
		period = ByDay
	}
	switch {
	case q.Start.IsZero():
		return nil, errors.New("the query has no start")
	case q.Start.Unix() < 0:
		return nil, errors.New("the query starts before 1970")
	case !q.End.IsZero() && q.End.Before(q.Start):
		return nil, errors.New("the query ends before it starts")
	case !slices.Contains([]Period{ByDay, ByWeek, ByMonth}, period):
		return nil, fmt.Errorf("unknown period %q: want day, week or month", period)
	case q.Aggregate != "" && !slices.Contains(aggregates, q.Aggregate):
		return nil, fmt.Errorf("unknown aggregate %q: want one of %q", q.Aggregate, aggregates)
	case q.Limit < 0 || q.Limit > MaxLimit:
		return nil, fmt.Errorf("limit %d is not between 1 and %d", q.Limit, MaxLimit)
	}
	values := url.Values{"period": {string(period)}, "startDate": {strconv.FormatInt(q.Start.Unix(), 10)}}
	if !q.End.IsZero() {
		values.Set("endDate", strconv.FormatInt(q.End.Unix(), 10))
	}
	if q.Aggregate != "" {
		values.Set("aggregate", string(q.Aggregate))
	}
	if q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	if err := setList(values, "deviceUID", q.Devices); err != nil {
		return nil, err
	}
	return values, setList(values, "fleetUID", q.Fleets)
}

func (q EventsQuery) values() (url.Values, error) {
	values, err := q.UsageQuery.values()
	if err != nil {
		return nil, err
	}
	setTrue(values, "includeNotefiles", q.IncludeNotefiles)
	setTrue(values, "skipRecentData", q.SkipRecentData)
	return values, setList(values, "notefile", q.Notefiles)
}

func (q SessionsQuery) values() (url.Values, error) {
	values, err := q.UsageQuery.values()
	if err != nil {
		return nil, err
	}
	setTrue(values, "skipRecentData", q.SkipRecentData)
	return values, nil
}

func (q RouteLogsQuery) values() (url.Values, error) {
	if len(q.Devices) > 0 || len(q.Fleets) > 0 {
		return nil, errors.New("usage of routes cannot be selected by device or fleet")
	}
	values, err := q.common(PerRoute, PerProject)
	if err != nil {
		return nil, err
	}
	setTrue(values, "skipRecentData", q.SkipRecentData)
	return values, setList(values, "routeUID", q.Routes)
}

// setList repeats name once for each item. It refuses an empty item, which would select everything or nothing.
func setList(values url.Values, name string, items []string) error {
	if slices.Contains(items, "") {
		return fmt.Errorf("the query has an empty %s", name)
	}
	if len(items) > 0 {
		values[name] = items
	}
	return nil
}

func setTrue(values url.Values, name string, on bool) {
	if on {
		values.Set(name, "true")
	}
}
