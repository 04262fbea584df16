package evaluate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// An alert about a fleet or project names the devices behind its value, as of the day of that value.
func TestContributors(t *testing.T) {
	b := newBench(t, each(rules.EachFleet, "fleet", "events.today > 100"), each(rules.EachProject, "project", "events.used > 100"),
		each(rules.EachDevice, "device", "events.today > 50"))
	b.inFleet("pump")
	for day := today - 16; day < today; day++ {
		b.events(day, 4, 1)
	}
	b.events(today, 110, 30) // the valve is no longer listed
	pass := b.evaluate()
	require.Equal(t, &rules.Contributors{
		Figure: "events.today", Most: [5]rules.Contributor{{UID: "dev:pump", Name: "pump", Value: 110, Usual: 4, Share: 100}},
		Grown: rules.Growing{Name: "pump", By: 106, Of: 106},
	}, alertOf(t, pass.Commit.Alerts, "fleet").Texts.Contributors)
	c := alertOf(t, pass.Commit.Alerts, "project").Texts.Contributors
	require.Equal(t, "events.used", c.Figure)
	require.Equal(t, "dev:pump", c.Most[0].UID)
	require.Equal(t, rules.Contributor{Name: env.Gone, Value: c.Most[1].Value, Share: c.Most[1].Share}, c.Most[1])
	require.InDelta(t, 100, c.Most[0].Share+c.Most[1].Share, 1e-9)
	require.Zero(t, c.Grown, "nothing is usual of a period so far that a device could be above")
	require.Nil(t, alertOf(t, pass.Commit.Alerts, "device").Texts.Contributors)
}

// An alert over a limit of the period says what its value comes to, and when it exceeds the limit; others do not.
func TestForecasts(t *testing.T) {
	budget := func(scope rules.Scope, name, limit, figure string) rules.Spec {
		return rules.Spec{Name: name, Each: scope, Limit: limit, Show: figure, When: []rules.Condition{
			{Level: rules.Warning, Expr: figure + " > 0.5 * limit"}, {Level: rules.Critical, Expr: figure + " > limit"},
		}}
	}
	b := newBench(t, budget(rules.EachDevice, "device", "200", "events.used"), budget(rules.EachFleet, "fleet", "300", "events.used"),
		budget(rules.EachProject, "project", "400", "events.forecast"), budget(rules.EachProject, "day", "5", "events.today"),
		each(rules.EachDevice, "plain", "events.used > 50"))
	b.inFleet("pump", "valve")
	for day := today - 16; day < today; day++ {
		b.events(day, 10, 1)
	}
	b.events(today, 10, 1)
	pass := b.evaluate() // at noon on the 17th of 30 days: 13.5 are left
	device := alertOf(t, pass.Commit.Alerts, "device").Texts
	require.InDelta(t, 300, device.Forecast.AtEnd, 1e-9)
	require.WithinDuration(t, noon.Add(3*24*time.Hour+3*time.Hour), device.Forecast.LimitAt, time.Hour)
	require.InDelta(t, 330, alertOf(t, pass.Commit.Alerts, "fleet").Texts.Forecast.AtEnd, 1e-9)
	project := alertOf(t, pass.Commit.Alerts, "project").Texts
	require.InDelta(t, 330, project.Forecast.AtEnd, 1e-9)
	require.Zero(t, project.Forecast.LimitAt, "330 are not more than 400")
	require.Nil(t, alertOf(t, pass.Commit.Alerts, "day").Texts.Forecast, "a day is no period")
	require.Nil(t, alertOf(t, pass.Commit.Alerts, "plain").Texts.Forecast, "it has no limit")
	require.Equal(t, "events.used > 50", alertOf(t, pass.Commit.Alerts, "plain").Texts.Met.Condition)
	require.Nil(t, device.Met)

	b.now = noon.Add(15 * time.Minute)
	b.events(today, 50, 1)
	escalated := alertOf(t, b.evaluate().Commit.Alerts, "device").Texts
	require.InDelta(t, 340, escalated.Forecast.AtEnd, 1e-9)
	require.Zero(t, escalated.Forecast.LimitAt, "it is exceeded")
}

// A condition that is no longer true is no reason.
func TestAQuietAlertHasNoCondition(t *testing.T) {
	b := newBench(t, each(rules.EachDevice, "busy", "events.today > 50"))
	b.events(today, 60, 1)
	require.NotNil(t, alertOf(t, b.evaluate().Commit.Alerts, "busy").Texts.Met)
	b.now = noon.AddDate(0, 0, 1)
	b.events(today+1, 1, 1)
	quiet := alertOf(t, b.evaluate().Commit.Alerts, "busy")
	require.False(t, quiet.QuietSince.IsZero())
	require.Nil(t, quiet.Texts.Met)
}

// A revised alert names those of its own day.
func TestContributorsOfAPastDay(t *testing.T) {
	b := newBench(t, each(rules.EachFleet, "fleet", "events.today > 100"))
	b.inFleet("pump", "valve")
	b.events(today, 60, 10)
	b.evaluate()
	b.now = b.now.AddDate(0, 0, 1)
	b.events(today+1, 1, 99)
	b.evaluate()
	b.now = b.now.Add(time.Hour)
	storetest.SaveUsage(t, b.store, project, []storetest.Usage{
		{Device: "dev:pump", Day: today, Figures: storetest.Figures{rules.Events: 190}},
		{Device: "dev:pump", Day: today + 1, Figures: storetest.Figures{rules.Events: 1}},
	}, rules.Events)
	revised := alertOf(t, b.evaluate().Commit.Alerts, "fleet")
	require.Equal(t, rules.Revised, revised.Reason)
	require.Equal(t, [5]rules.Contributor{
		{UID: "dev:pump", Name: "pump", Value: 190, Share: 95}, {UID: "dev:valve", Name: "valve", Value: 10, Share: 5},
	}, revised.Texts.Contributors.Most)
}

// Of more devices than a message names the others are counted, and those of which nothing is known.
func TestManyContributors(t *testing.T) {
	b := newBench(t, each(rules.EachFleet, "fleet", "events.d7 > 20"))
	names := []string{"a", "b", "c", "d", "e", "f", "g", "idle"}
	b.inFleet(names...)
	var rows []storetest.Usage
	for day := today - 8; day <= today; day++ {
		for i, name := range names[:7] {
			rows = append(rows, storetest.Usage{Device: "dev:" + name, Day: day, Figures: storetest.Figures{rules.Events: float64(i + 1)}})
		}
		rows = append(rows, storetest.Usage{Device: "dev:idle", Day: day, Figures: storetest.Figures{rules.Events: 0}})
	}
	storetest.SaveUsage(t, b.store, project, rows, rules.Events)
	c := alertOf(t, b.evaluate().Commit.Alerts, "fleet").Texts.Contributors
	require.Equal(t, rules.Contributor{UID: "dev:g", Name: "g", Value: 49, Share: 25}, c.Most[0])
	require.Equal(t, "c", c.Most[4].Name)
	require.Equal(t, 2, c.Others)
	require.InDelta(t, 100*3.0/28, c.OthersShare, 1e-9)
	require.Zero(t, c.Unknown)
}

// An alert about events names the notefiles that rules read and that are most above their median day.
func TestCauses(t *testing.T) {
	reads := each(rules.EachDevice, "other", `notefiles["_log.qo"].today > 1e6 || notefiles["data.qo"].today > 1e6 || notefiles["old.qo"].today > 1e6`)
	b := newBench(t, each(rules.EachDevice, "device", "events.today > 100"), each(rules.EachProject, "project", "events.used > 100"),
		each(rules.EachFleet, "fleet", "events.today > 100"), reads)
	b.inFleet("pump")
	names := map[string][2]float64{"_log.qo": {170, 3}, "data.qo": {30, 24}, "old.qo": {5, 5}} // today, and before
	var figures []rules.Figure
	var rows []storetest.Usage
	for name := range names {
		figures = append(figures, rules.Notefile(name))
	}
	for day := today - 16; day <= today; day++ {
		b.events(day, 205, 1)
		of := storetest.Figures{}
		for name, events := range names {
			of[rules.Notefile(name)] = events[1]
			if day == today {
				of[rules.Notefile(name)] = events[0]
			}
		}
		rows = append(rows, storetest.Usage{Device: "dev:pump", Day: day, Figures: of}, storetest.Usage{Day: day, Figures: of})
	}
	storetest.SaveUsage(t, b.store, project, rows, figures...)
	pass := b.evaluate()
	want := &rules.Causes{Most: []rules.Cause{{Notefile: "_log.qo", Value: 170, Median: 3}, {Notefile: "data.qo", Value: 30, Median: 24}}}
	require.Equal(t, want, alertOf(t, pass.Commit.Alerts, "device").Texts.Causes)
	require.Equal(t, want, alertOf(t, pass.Commit.Alerts, "project").Texts.Causes)
	require.Nil(t, alertOf(t, pass.Commit.Alerts, "fleet").Texts.Causes)
}

// An alert about silent devices names those that are silent for longest.
func TestSilentContributors(t *testing.T) {
	b := newBench(t, each(rules.EachProject, "silent", "project.silent > 1"))
	var devices []usage.Device
	for i, hours := range []int{1, 25, 99, 30, 0} {
		d := usage.Device{UID: fmt.Sprintf("dev:%d", i), Name: fmt.Sprintf("d-%d", i), Provisioned: noon.AddDate(-1, 0, 0), LastActivity: b.now.Add(-time.Duration(hours) * time.Hour)}
		if d.Disabled = i == 3; i == 4 {
			d.LastActivity = time.Time{}
		}
		devices = append(devices, d)
	}
	storetest.SaveDevices(t, b.store, project, devices, b.now)
	c := alertOf(t, b.evaluate().Commit.Alerts, "silent").Texts.Contributors
	require.Equal(t, &rules.Contributors{
		Figure: "device.silent_hours", Unit: "h", Most: [5]rules.Contributor{{UID: "dev:2", Name: "d-2", Value: 99}, {UID: "dev:1", Name: "d-1", Value: 25}},
	}, c)
}
