package lookup_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/rules"
)

// Open alerts have the values of the last poll if that evaluated the rule as it is now, else those of their newest event.
func TestAlertsAsOfTheLastPoll(t *testing.T) {
	const freezer = "dev:864475000000002" // uses 2 kB and 20 events a day
	eventAt, march := now.Add(-2*time.Hour), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		alert func(a *rules.Alert)
		then  func(s *scene) // after the poll
		value float64        // 0: that of the newest event
		peak  float64        // 0: the value
	}{
		"the same meaning":          {value: 19_000},
		"the peak was higher":       {alert: func(a *rules.Alert) { a.Peak = 30_000 }, value: 19_000, peak: 30_000},
		"a pending alert":           {alert: func(a *rules.Alert) { a.State = rules.Pending }, value: 19_000},
		"texts that were edited":    {then: func(s *scene) { s.edit(func(spec *rules.Spec) { spec.Advice = "look at it" }) }, value: 19_000},
		"a poll a day ago":          {then: func(s *scene) { s.Now = func() time.Time { return now.AddDate(0, 0, 1) } }, value: 19_000},
		"another project failed":    {then: func(s *scene) { s.fail(lab, store.Unreachable, 3) }, value: 19_000},
		"a limit that was changed":  {then: func(s *scene) { s.edit(func(spec *rules.Spec) { spec.Limit = "10001" }) }},
		"a figure that was changed": {then: func(s *scene) { s.edit(func(spec *rules.Spec) { spec.Show = "bytes.today" }) }},
		"a period that was changed": {then: func(s *scene) { s.Period = rules.PeriodSpec{Every: "week"} }},
		"another period of the project": {then: func(s *scene) {
			s.Projects = slices.Clone(s.Projects)
			s.Projects[0].Period = rules.PeriodSpec{Every: "week"}
		}},
		"a rule that was removed":    {then: func(s *scene) { s.Rules = s.Rules[1:] }},
		"a project that was removed": {then: func(s *scene) { s.Projects = s.Projects[1:] }},
		"a failed poll":              {then: func(s *scene) { s.fail(cold, store.Unreachable, 1) }},
		"a failure that was ended":   {then: func(s *scene) { s.fail(cold, store.Restored, 0) }},
		"a device that is gone":      {then: func(s *scene) { storetest.SaveDevices(s, s.Store, cold.UID, nil, now) }},
		"no data": {then: func(s *scene) {
			s.use(cold, storetest.Usage{Device: freezer, Day: today - 1, Figures: storetest.Unknown()})
		}},
		"an alert that has ended":       {alert: func(a *rules.Alert) { *a = over(*a) }},
		"an alert of the period before": {alert: func(a *rules.Alert) { a.Period = march.AddDate(0, -1, 0) }},
		"a drill":                       {alert: func(a *rules.Alert) { a.Drill = true }},
	} {
		t.Run(name, func(t *testing.T) {
			s := usual(t)
			s.Rules[0] = rule(t, "data-budget", rules.EachDevice, "bytes.used", "10000")
			a := alert("a1", cold, freezer, "freezer-2")
			a.Value, a.Peak, a.PeakOn, a.Limit, a.AsOf, a.Period = 12_000, 12_000, today, 10_000, eventAt, march
			a.Texts.Figure, a.Texts.Unit, a.Texts.Summary = "bytes.used", "B", "12 kB then"
			if c.alert != nil {
				c.alert(&a)
			}
			s.alerts(a)
			if c.then != nil {
				c.then(s)
			}
			want, summary := a, "12 kB then"
			if c.value != 0 {
				want.Value, want.Usual, want.AsOf, want.Peak, summary = c.value, math.NaN(), now, max(c.value, c.peak), "freezer-2: bytes 19 kB this month, limit 10 kB"
			}
			all := updated(t, s.reader(), store.AlertFilter{})
			require.Len(t, all, 1)
			got := all[0]
			require.Equal(t, summary, got.Texts.Summary)
			same := func(want, got float64) bool { return want == got || math.IsNaN(want) && math.IsNaN(got) }
			require.True(t, same(want.Value, got.Value) && same(want.Usual, got.Usual) && same(want.Peak, got.Peak), "%+v", got)
			require.Equal(t, want.AsOf, got.AsOf)
			require.Equal(t, want.Version, got.Version)
		})
	}
}

// updated returns alerts with the values as of the last poll.
func updated(t *testing.T, reader *lookup.Reader, filter store.AlertFilter) []rules.Alert {
	t.Helper()
	alerts, err := reader.Store().Alerts(t.Context(), filter)
	require.NoError(t, err)
	require.NoError(t, reader.UpdateValues(t.Context(), alerts))
	return alerts
}

// edit changes the rule about the data budget in the rules file.
func (s *scene) edit(change func(*rules.Spec)) {
	s.Helper()
	spec := s.Rules[0].Spec
	change(&spec)
	edited, problems := rules.Compile(spec)
	require.Empty(s, problems)
	s.Rules = append([]*rules.Rule{edited}, s.Rules[1:]...)
}

// fail commits polls of a project that failed.
func (s *scene) fail(p lookup.Project, cause store.Cause, failures int) {
	s.Helper()
	state, err := s.Store.Project(s.Context(), p.UID)
	require.NoError(s, err)
	state.Cause, state.Failures = cause, failures
	s.poll(p, now, state, store.Decision{})
}

// An alert about the project is shown beside those of devices: each has the values of its own subject.
func TestAlertsOfSeveralSubjects(t *testing.T) {
	s := usual(t)
	s.Rules = []*rules.Rule{
		rule(t, "data-budget", rules.EachDevice, "bytes.today", "10"), rule(t, "busy", rules.EachProject, "events.today", "10"),
		rule(t, "crowded", rules.EachProject, "project.device_count", "3"), rule(t, "silent", rules.EachDevice, "device.silent_hours", "0.5"),
	}
	want := map[string]float64{}
	var all []rules.Alert
	add := func(of, subject string, value float64) {
		a := alert(fmt.Sprintf("a%d", len(all)+1), cold, subject, "")
		a.Rule, a.AsOf = of, now.Add(-time.Hour)
		want[a.ID] = value
		all = append(all, a)
	}
	add("data-budget", "dev:864475000000004", 2000)
	add("busy", "", 50)
	add("crowded", "", 4)
	add("silent", "dev:864475000000001", 1)
	add("data-budget", "dev:864475000000001", 500)
	s.alerts(all...)
	open, count, err := s.reader().OpenAlerts(t.Context(), s.find("cold-chain"), 10)
	require.NoError(t, err)
	require.Equal(t, len(want), count)
	got := map[string]float64{}
	for _, a := range open {
		got[a.ID] = a.Value
	}
	require.Equal(t, want, got)
	one, err := s.reader().UpdateValue(t.Context(), all[1])
	require.NoError(t, err)
	require.InDelta(t, 50, one.Value, 0)
}

// However many alerts are open, the blocks of those that are shown are read, each once.
func TestAlertsReadTheirBlocks(t *testing.T) {
	const devices = 3*history.BlockSize - 1
	rows := storetest.CountRows(t)
	l := newLarge(t, devices)
	for _, change := range []string{
		`UPDATE alert SET state = 'resolved', subject = printf('dev:%015d', 20 * CAST(substr(id, 7) AS INTEGER))`,
		`UPDATE alert SET state = 'firing', ended_at = NULL, period = ` + fmt.Sprint(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli()),
		`INSERT INTO judged (project, rule, hash, since, semantics) VALUES ('app:cold', 'data-budget', '` + l.Config().Rules[0].Meaning(l.Config().Period) + `', 0, '{}')`,
	} {
		_, err := l.db.ExecContext(t.Context(), change)
		require.NoError(t, err)
	}
	rows.Watch(t, l.db, map[string]string{"history": "vals", "device": "sku"})
	for _, c := range []struct{ limit, blocks int }{{50, 1}, {150, 2}, {0, 3}} {
		var alerts []rules.Alert
		read := rows.Read(func() {
			alerts = updated(t, l.Reader, store.AlertFilter{Open: true, Limit: c.limit})
		})
		require.Equal(t, map[string]int{"history": 10 * c.blocks, "device": len(alerts)}, read)
		for i, a := range alerts[1:] {
			require.InDelta(t, 10*20*1000*(i+1), a.Value, 0, a.ID)
			require.Equal(t, now, a.AsOf)
		}
	}
}

// What a rule with a period of its own counts is updated beside what goes by the period of the project, whose usage is that of the project.
func TestPeriodsOfRulesAndProjects(t *testing.T) {
	const freezer = "dev:864475000000002" // uses 2 kB and 20 events a day
	s := usual(t)
	s.Projects = slices.Clone(s.Projects)
	s.Projects[0].Period = rules.PeriodSpec{Every: "week"}
	daily, problems := rules.Compile(rules.Spec{
		Name: "daily", Each: rules.EachDevice, Period: rules.PeriodSpec{Every: "day"}, When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.used > 5"}},
	})
	require.Empty(t, problems)
	s.Rules = []*rules.Rule{daily, rule(t, "budget", rules.EachDevice, "bytes.used", "10000")}
	var all []rules.Alert
	for i, name := range []string{"daily", "budget"} {
		a := alert(fmt.Sprint("a", i+1), cold, freezer, "freezer-2")
		a.Rule, a.Value, a.AsOf, a.Texts.Figure, a.Texts.Unit = name, 12_000, now.Add(-2*time.Hour), "bytes.used", "B"
		a.Period = s.Rules[i].PeriodIn(s.Projects[0].Period).Period(today, now).Start
		all = append(all, a)
	}
	s.alerts(all...)
	found := map[string]string{}
	for _, a := range updated(t, s.reader(), store.AlertFilter{}) {
		found[a.Rule] = a.Texts.Summary
	}
	u, err := s.reader().Usage(t.Context(), s.find("freezer-2"), lookup.Period)
	require.NoError(t, err)
	week := rules.PeriodSpec{Every: "week"}.Period(today, now)
	require.Equal(t, week.Start, u.From)
	require.Equal(t, week.End, u.Period.End)
	require.Equal(t, map[string]string{"daily": "freezer-2: bytes 1 kB today", "budget": "freezer-2: bytes 3 kB this week"}, found)
}
