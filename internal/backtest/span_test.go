package backtest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/backtest"
	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A span is what a database holds of three devices: events on the ten days that are tested and 70 before. Days are counted from the first tested
// one.
type span struct {
	events func(day int) int64 // of each device; negative: the day has not been read
	fleets []string            // of the devices, by the list before the newest
	moved  []string            // by the newest list
}

// store returns the database.
func (s span) store(t *testing.T) *store.Store {
	t.Helper()
	db, err := store.Temporary(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	today := rules.DayOf(start.AddDate(0, 0, days))
	now := today.Start()
	require.NoError(t, db.Work.AddWork(t.Context(), work.Poll, []string{"app:1"}, now))
	lease, _, err := db.Work.Claim(t.Context(), work.Poll, "app:1", now, now)
	require.NoError(t, err)
	for _, fleets := range [][]string{s.fleets, s.moved} {
		var listed []usage.Device
		for _, uid := range []string{"dev:1", "dev:2", "dev:3"} {
			listed = append(listed, usage.Device{UID: uid, Name: uid, Provisioned: now.AddDate(-1, 0, 0), Fleets: fleets})
		}
		require.NoError(t, db.Usage.SaveDevices(t.Context(), lease, usage.NewDeviceList(listed...), now, nil))
	}
	require.NoError(t, db.Usage.SaveFleets(t.Context(), "app:1", []usage.Fleet{{UID: "fleet:north", Name: "north"}, {UID: "fleet:south", Name: "south"}}))
	for day := -70; day < days; day++ {
		n := s.events(day)
		if n < 0 {
			continue
		}
		each, _ := history.Value(n)
		total, _ := history.Value(3 * n)
		date := rules.DayOf(start) + rules.Day(day)
		require.NoError(t, db.Usage.SaveReading(t.Context(), lease, usage.Reading{
			Figures: []rules.Figure{rules.Events}, First: date, Last: date, Today: today,
			Columns: []usage.Column{{Figure: rules.Events, Day: date, Cells: []history.Cell{total, each, each, each}}},
		}))
	}
	return db
}

// fired returns the alerts of a report about some subjects, by the days on which they fired and ended; -1 is not ended.
func fired(t *testing.T, r backtest.Report, subjects ...string) (alerts []alertDays) {
	t.Helper()
	for _, a := range r.Alerts {
		if !slices.Contains(subjects, a.Subject) {
			continue
		}
		one := alertDays{a.Rule, int(rules.DayOf(a.Fired) - rules.DayOf(start)), -1, a.As}
		if !a.Ended.IsZero() {
			one.ended = int(rules.DayOf(a.Ended) - rules.DayOf(start))
		}
		alerts = append(alerts, one)
	}
	return alerts
}

// An alertDays is an alert by its days.
type alertDays struct {
	rule         string
	fired, ended int
	as           string
}

func always(n int64) func(int) int64 { return func(int) int64 { return n } }

// Days that were not read neither fire nor resolve.
func TestGap(t *testing.T) {
	t.Parallel()
	file := rulesOf(t, `
  - {name: spike, when: events.today > 50}
  - {name: none, when: events.yesterday < 1}
`)
	gap := span{events: func(day int) int64 {
		switch {
		case day >= 4 && day <= 7:
			return -1
		case day == 3:
			return 100
		}
		return 10
	}}
	require.Equal(t, []alertDays{{"spike", 3, 9, "resolved"}}, fired(t, run(t, gap.store(t), file), "dev:1"), "day 8 is quiet too, and ends with day 9")
	gap.events = func(day int) int64 {
		if day >= 4 {
			return -1
		}
		return 100
	}
	require.Equal(t, []alertDays{{"spike", 0, -1, ""}}, fired(t, run(t, gap.store(t), file), "dev:1"), "the days after are not known")
}

// The period of the rules file holds on all days: a comparison shows what another billing day changes.
func TestPeriods(t *testing.T) {
	t.Parallel()
	db := span{events: always(10)}.store(t)
	const budget = "  - {name: budget, limit: 65, when: events.used > limit}\n"
	first := run(t, db, rulesOf(t, budget+"period: month\n"))
	require.Equal(t, []alertDays{{"budget", 0, -1, ""}}, fired(t, first, "dev:1"))
	changed := run(t, db, rulesOf(t, budget+"period: {every: month, from: 20}\n"))
	require.Equal(t, []alertDays{{"budget", 0, 3, "period_ended"}, {"budget", 9, -1, ""}}, fired(t, changed, "dev:1"), "start is the 17th; 70 events are used on the 26th")
	c := backtest.Compare(first, changed)
	require.Len(t, c.Added, 3, "one for each device, on the 26th")
	require.Empty(t, c.Gone)
}

// A device that moved between fleets brings its past along: the fleets are those of the newest list.
func TestMovedDevice(t *testing.T) {
	t.Parallel()
	db := span{events: always(10), fleets: []string{"fleet:north"}, moved: []string{"fleet:south"}}.store(t)
	r := run(t, db, rulesOf(t, `
  - {name: fleet, each: fleet, when: events.today > 25}
  - {name: northern, where: '"north" in device.fleets', when: events.today > 5}
  - {name: southern, where: '"south" in device.fleets', when: events.today > 5}
`))
	require.Equal(t, []alertDays{{"fleet", 0, -1, ""}}, fired(t, r, "south"))
	require.Equal(t, []alertDays{{"southern", 0, -1, ""}}, fired(t, r, "dev:1"))
	require.Empty(t, fired(t, r, "north"))
}
