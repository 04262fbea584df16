package env_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
	"notewatch/rules/metric"
)

// A device is overdue, or late, by what it did before it fell silent. An evaluation and a look-up agree.
func TestSilence(t *testing.T) {
	const project = "app:1"
	nan := math.NaN()
	wednesday := time.Date(2026, 6, 17, 10, 0, 0, 0, time.UTC)
	daily := func(time.Weekday) float64 { return 1 }
	hourly := func(time.Weekday) float64 { return 24 }
	weekdays := func(day time.Weekday) float64 {
		if day == time.Saturday || day == time.Sunday {
			return 0
		}
		return 24
	}
	ago := func(now time.Time, hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }
	for name, c := range map[string]struct {
		now      time.Time
		sessions func(time.Weekday) float64 // on whole days before it fell silent
		silent   int                        // hours; -1: it was never active
		days     int                        // that it exists; 0 is a year
		disabled bool
		missed   float64
		overdue  float64
		late     float64
		heard    bool
	}{
		"a daily tank after 27 hours":     {now: wednesday, sessions: daily, silent: 27, missed: 27.0 / 24, heard: true},
		"a daily tank after three days":   {now: wednesday, sessions: daily, silent: 72, missed: 3, overdue: 1, heard: true},
		"hourly, an hour ago":             {now: wednesday, sessions: hourly, silent: 1, missed: 1, heard: true},
		"hourly, three hours ago":         {now: wednesday, sessions: hourly, silent: 3, missed: 3, late: 1, heard: true},
		"hourly, 28 hours ago":            {now: wednesday, sessions: hourly, silent: 28, missed: 28, overdue: 1, late: 1, heard: true},
		"hourly, for ten days":            {now: wednesday, sessions: hourly, silent: 240, missed: 240, overdue: 1, heard: true},
		"off at weekends, on Monday":      {now: wednesday.AddDate(0, 0, -2), sessions: weekdays, silent: 63, heard: true},
		"since Wednesday, on Saturday":    {now: wednesday.AddDate(0, 0, 3), sessions: weekdays, silent: 72, missed: 62, overdue: 1, heard: true},
		"new":                             {now: wednesday, sessions: hourly, silent: 28, days: 4, missed: nan, late: 1, heard: true},
		"three whole days":                {now: wednesday, sessions: hourly, silent: 28, days: 6, missed: 28, overdue: 1, late: 1, heard: true},
		"silent for more than five weeks": {now: wednesday, sessions: hourly, silent: 36 * 24, missed: nan},
		"never active":                    {now: wednesday, sessions: hourly, silent: -1, missed: nan},
		"disabled":                        {now: wednesday, sessions: hourly, silent: 28, disabled: true, missed: 28},
		"not read":                        {now: wednesday, sessions: func(time.Weekday) float64 { return nan }, silent: 28, missed: nan, heard: true},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), storetest.Database(t))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			device := usage.Device{UID: "dev:a", Provisioned: c.now.AddDate(-1, 0, 0), Fleets: []string{"fleet:1", "fleet:1"}, Disabled: c.disabled}
			if c.days > 0 {
				device.Provisioned = c.now.AddDate(0, 0, -c.days)
			}
			if c.silent >= 0 {
				device.LastActivity = ago(c.now, c.silent)
			}
			storetest.SaveDevices(t, db, project, []usage.Device{device}, c.now)
			today, active := rules.DayOf(c.now), rules.DayOf(device.LastActivity)
			var rows []storetest.Usage
			for back := range rules.Day(metric.MissedDays) {
				day := today - back
				used := 0.0
				if c.silent < 0 || day <= active {
					used = c.sessions(day.Start().Weekday())
				}
				rows = append(rows, storetest.Usage{Device: "dev:a", Day: day, Figures: storetest.Figures{rules.Sessions: used}})
			}
			storetest.SaveUsage(t, db, project, rows, rules.Sessions)

			objects, wants := rules.Objects{"project.overdue"}, rules.Wants{rules.Sessions: rules.MembersOf("missed")}
			list, err := db.Usage.DeviceList(t.Context(), project)
			require.NoError(t, err)
			silences, err := env.CountSilence(t.Context(), db.Usage, project, list)
			require.NoError(t, err)
			data := env.Source{Usage: db.Usage, Objects: objects}.Data(env.Project{
				UID: project, Now: c.now, Silences: silences, Fleets: []usage.Fleet{{UID: "fleet:1"}},
			}, list)
			see := func(scope rules.Scope) *rules.Env {
				block, err := data.Read(t.Context(), data.Reader(wants), data.Blocks(scope)[0])
				require.NoError(t, err)
				seen := new(rules.Env)
				block.See(seen, 0)
				return seen
			}
			look := func(subject string) *rules.Env {
				s, err := env.Look(t.Context(), db, env.Query{Project: project, Subject: subject, Now: c.now, Wants: wants, Objects: objects, Counts: true})
				require.NoError(t, err)
				return s.Env
			}
			share := func(count float64) float64 {
				if !c.heard {
					return nan
				}
				return 100 * count
			}
			for _, e := range []*rules.Env{see(rules.EachDevice), look("dev:a")} {
				requireNumber(t, c.missed, math.Round(e.Device.Missed*1e9)/1e9)
			}
			for _, e := range []*rules.Env{see(rules.EachProject), look("")} {
				require.Equal(t, []float64{c.overdue, c.late}, []float64{e.Project.Overdue, e.Project.Late})
				requireNumber(t, share(c.overdue), e.Project.OverduePct)
				requireNumber(t, share(c.late), e.Project.LatePct)
			}
			for _, e := range []*rules.Env{see(rules.EachFleet), look("fleet:1")} {
				require.Equal(t, []float64{c.overdue, c.late}, []float64{e.Fleet.Overdue, e.Fleet.Late})
				requireNumber(t, share(c.overdue), e.Fleet.OverduePct)
			}
		})
	}
}
