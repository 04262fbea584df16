package fetch_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/store/usage"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// A fleet is a simulated Notehub with a rig that reads it.
type fleet struct {
	*rig
	hub     *notehubtest.Server
	project notehubtest.Project
}

// sensors are hourly sensors that were provisioned a long time ago.
func sensors(n int) []notehubtest.Device {
	return notehubtest.Fleet(7, n, monday.AddDate(-1, 0, 0), []notehubtest.Share{{Archetype: notehubtest.HourlySensor, Weight: 1}})
}

func newFleet(t *testing.T, devices []notehubtest.Device, figures ...rules.Figure) *fleet {
	t.Helper()
	f := &fleet{project: notehubtest.Project{UID: project, Devices: devices}}
	f.rig = newRig(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.hub.ServeHTTP(w, r) }), figures...)
	f.serve()
	return f
}

// serve makes changes of the project visible.
func (f *fleet) serve() {
	f.hub = notehubtest.New(notehubtest.Config{Now: func() time.Time { return f.now }, Token: token, Seed: 7, Projects: []notehubtest.Project{f.project}})
}

// limit makes answers have at most so many rows.
func (f *fleet) limit(rows int) {
	f.config.MaxRows = rows
	f.restart()
}

// spans returns of which days events were asked for, by their distance to today.
func (f *fleet) spans() (spans []string) {
	for _, r := range f.hub.Requests() {
		if r.Endpoint != notehubtest.Events {
			continue
		}
		last := 0
		if r.Query.Has("endDate") {
			last = dayOf(r.Query, "endDate") - int(rules.DayOf(f.now))
		}
		spans = append(spans, fmt.Sprintf("%d…%d", dayOf(r.Query, "startDate")-int(rules.DayOf(f.now)), last))
	}
	return spans
}

func dayOf(query url.Values, name string) int {
	seconds, _ := strconv.ParseInt(query.Get(name), 10, 64)
	return int(rules.DayOf(time.Unix(seconds, 0)))
}

// requireTruth requires that the stored events of every device and of the project are what Notehub answers now.
func (f *fleet) requireTruth(first, last rules.Day) {
	f.t.Helper()
	f.requireDevices(first, last)
	for on := first; on <= last; on++ {
		sum := int64(0)
		for _, d := range f.project.Devices {
			sum += f.hub.AsOf(project, d.UID, on.Start(), f.now).Events
		}
		require.Equal(f.t, value(sum), f.cell(rules.Events, on, ""), "events of the project on %s", on)
	}
}

// requireDevices requires that of every device.
func (f *fleet) requireDevices(first, last rules.Day) {
	f.t.Helper()
	for on := first; on <= last; on++ {
		column := f.column(rules.Events, on)
		for d := range f.list.All() {
			want := f.hub.AsOf(project, d.UID, on.Start(), f.now).Events
			require.Equal(f.t, value(want), history.At(column, d.Ordinal), "events of %s on %s", d.Name, on)
		}
	}
}

func TestTheFirstPollReadsWhatRulesLookBackOn(t *testing.T) {
	for _, c := range []struct {
		name    string
		devices int
		rows    int
		want    []string
	}{
		{"in one answer", 3, 0, []string{"-35…0"}},
		{"in spans that fit, the newest first", 10, 100, []string{"-9…0", "-19…-10", "-29…-20", "-35…-30"}},
		{"day by day", 10, 12, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, sensors(c.devices), rules.Events)
			f.limit(c.rows)
			require.False(t, f.poll().Truncated)
			if c.want != nil {
				require.Equal(t, c.want, f.spans())
			}
			require.Equal(t, usage.Span{First: f.first, Last: today}, f.coverage(rules.Events))
			f.requireTruth(f.first, today)
			require.Empty(t, f.news(), "what is read for the first time is no news")
		})
	}
}

func TestEachPollReadsWhatMayHaveChanged(t *testing.T) {
	f := newFleet(t, sensors(3), rules.Events)
	f.poll()
	for _, c := range []struct {
		name string
		now  time.Time
		want string
	}{
		{"yesterday and today", monday.Add(13 * hour), "-1…0"},
		{"after midnight too", monday.Add(day + hour), "-1…0"},
		{"a week, once a day", monday.Add(day + 6*hour), "-7…0"},
		{"from where an outage began, and a week before", monday.Add(6 * day), "-12…0"},
		{"what rules look back on after a longer one", monday.Add(100 * day), "-35…0"},
		{"all after a clock that was ahead", monday.Add(50 * day), "-35…0"},
		{"and then as ever", monday.Add(50*day + hour), "-1…0"},
	} {
		f.now = c.now
		f.first = rules.DayOf(f.now) - metric.HistoryDays
		f.serve()
		f.poll()
		require.Equal(t, []string{c.want}, f.spans(), c.name)
		require.Equal(t, rules.DayOf(f.now), f.coverage(rules.Events).Last, c.name)
		f.requireTruth(rules.DayOf(f.now)-1, rules.DayOf(f.now))
	}
}

// An outage is read from its beginning, so that what has been read has no gap if reading ends in between.
func TestAnOutageIsReadFromItsBeginning(t *testing.T) {
	f := newFleet(t, sensors(10), rules.Events)
	f.poll()
	f.now = monday.Add(12 * day)
	f.limit(100)
	f.serve()
	f.poll()
	require.Equal(t, []string{"-19…-10", "-9…0"}, f.spans())
	require.NotEmpty(t, f.news())
	for _, change := range f.news() {
		require.GreaterOrEqual(t, change.Day, today, "days before that were over, and have not changed")
	}
}

// What has been read is kept by figure. A figure that is missing days is filled back, and only that.
func TestAFigureThatIsMissingDaysIsFilledBack(t *testing.T) {
	f := newFleet(t, sensors(10), rules.Events)
	f.first = today - 9
	f.poll()
	f.first = today - metric.HistoryDays
	f.serve()
	f.now = f.now.Add(15 * time.Minute)
	f.limit(100)
	for _, want := range []string{"-19…-10", "-29…-20", "-35…-30"} {
		f.serve()
		f.poll()
		require.Equal(t, []string{"-1…0", want}, f.spans(), "one span in a poll")
	}
	f.serve()
	f.poll()
	require.Equal(t, []string{"-1…0"}, f.spans())
	f.requireTruth(f.first, today)
	require.Empty(t, f.news())
}

// A poll that failed before the first that succeeded goes on where it stopped.
func TestAFirstStartGoesOnWhereItStopped(t *testing.T) {
	f := newFleet(t, sensors(10), rules.Events)
	f.limit(100)
	f.hub.Fail(notehubtest.Fault{Kind: notehubtest.Slow, Endpoint: notehubtest.Events, Times: 2, Release: closed()})
	f.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError, Endpoint: notehubtest.Events, Times: 1})
	_, err := f.tryPoll()
	require.Error(t, err)
	require.Equal(t, usage.Span{First: today - 19, Last: today}, f.coverage(rules.Events))
	f.serve()
	f.poll()
	require.Equal(t, []string{"-1…0", "-29…-20", "-35…-30"}, f.spans())
	f.requireTruth(f.first, today)
}

func closed() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// Spans are cut by the rows that a day had in the last answers, which may be more than there are devices.
func TestSpansFollowTheRowsOfTheLastAnswers(t *testing.T) {
	devices := sensors(10)
	for i := range devices[1:] {
		devices[1+i].Removed = monday
	}
	f := newFleet(t, devices, rules.Events)
	f.limit(20)
	f.poll()
	require.Equal(t, 1, f.list.Len())
	require.Greater(t, f.asked, 2+18, "answers were truncated")
	f.requireTruth(f.first, today)

	f.now = monday.Add(day + 6*hour)
	f.first++
	f.serve()
	f.poll()
	require.Equal(t, []string{"-7…-6", "-5…-4", "-3…-2", "-1…0"}, f.spans())
}
