package lookup_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

func (s *scene) usage(of lookup.Subject, span lookup.Span) lookup.Usage {
	s.Helper()
	u, err := s.reader().Usage(s.Context(), of, span)
	require.NoError(s, err)
	return u
}

// figure returns what a usage says of one figure.
func figure(t *testing.T, u lookup.Usage, figure rules.Figure) lookup.FigureUsage {
	t.Helper()
	for _, f := range u.Figures {
		if f.Figure == figure {
			return f
		}
	}
	t.Fatalf("%s is not in the answer", figure)
	return lookup.FigureUsage{}
}

// line puts a figure into a line: total, a day, by the end of the period, usual day; and what is not known.
func line(f lookup.FigureUsage) string {
	text := fmt.Sprintf("%g, %g a day, %g at the end, usually %g", f.Total, f.Pace, f.Forecast, f.Usual)
	if f.Unknown > 0 {
		text += fmt.Sprintf(", %d days unknown", f.Unknown)
	}
	if f.Missing > 0 {
		text += fmt.Sprintf(", %d missing", f.Missing)
	}
	return text
}

func TestUsage(t *testing.T) {
	s := usual(t)
	require.NoError(t, s.Store.Usage.SaveFleets(t.Context(), lab.UID, []usage.Fleet{{UID: "fleet:empty", Name: "empty"}}))
	s.use(cold, storetest.Usage{Device: "dev:864475000000004", Day: today - 3, Figures: storetest.Unknown()})
	for _, c := range []struct {
		of   string
		span lookup.Span
		want string
		days int
	}{
		{"freezer-2", lookup.Today, "1000, 2000 a day, NaN at the end, usually 2000", 14},
		{"freezer-2", lookup.Week, "14000, 2000 a day, NaN at the end, usually 2000", 7},
		{"freezer-2", lookup.Month, "60000, 2000 a day, NaN at the end, usually 2000", 30},
		{"freezer-2", lookup.Period, "19000, 2000 a day, 62000 at the end, usually 2000", 10},
		{hebrew, lookup.Today, "2000, NaN a day, NaN at the end, usually 4000, 1 days unknown", 14},
		{hebrew, lookup.Period, "NaN, NaN a day, NaN at the end, usually 4000, 1 days unknown", 10},
		{"cold-chain", lookup.Period, "95000, 10000 a day, 310000 at the end, usually 10000", 10},
		{"cold-chain", lookup.Today, "5000, 10000 a day, NaN at the end, usually 10000", 14},
		{"fleet:prod", lookup.Today, "3500, 3000 a day, NaN at the end, usually 7000, 1 days unknown", 14},
		{"fleet:prod", lookup.Week, "21000, 3000 a day, NaN at the end, usually 7000, 1 days unknown, 1 missing", 7},
		{"fleet:lab", lookup.Month, "90000, 3000 a day, NaN at the end, usually 7000, 1 days unknown, 1 missing", 30},
		{"fleet:lab", lookup.Period, "28500, 3000 a day, NaN at the end, usually 7000, 1 days unknown, 1 missing", 10},
		{"fleet:empty", lookup.Week, "NaN, NaN a day, NaN at the end, usually NaN", 0},
		{"far-away", lookup.Week, "NaN, NaN a day, NaN at the end, usually NaN, 7 days unknown", 7},
		{"", lookup.Week, "73500, 10500 a day, NaN at the end, usually 10500, 1 missing", 7}, // of the projects
	} {
		u := s.usage(s.find(c.of), c.span)
		bytes := figure(t, u, rules.Bytes)
		require.Equal(t, c.want, line(bytes), "%s %s", c.of, c.span)
		require.Len(t, bytes.Days, c.days, "%s %s", c.of, c.span)
		require.Equal(t, "B", bytes.Unit)
		require.Empty(t, u.NotRead)
	}
}

// An answer tells what it is about, and when that was read.
func TestUsageSays(t *testing.T) {
	s := usual(t)
	u := s.usage(s.find("fleet:prod"), lookup.Period)
	require.Equal(t, "Production", u.Name)
	require.Equal(t, "app:cold", u.Project.UID)
	require.Equal(t, 3, u.Devices)
	require.Nil(t, u.Device)
	require.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), u.From)
	require.Equal(t, time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC), u.To)
	require.Equal(t, now, u.AsOf)
	require.InDelta(t, 21.5, u.Period.DaysLeft, 0)

	u = s.usage(s.find("864475000000001"), lookup.Week)
	require.Equal(t, "Freezer-1", u.Name)
	require.Equal(t, "7.2.2", u.Device.Firmware)
	require.Equal(t, 1, u.Devices)
	require.Equal(t, time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), u.From)
	require.Equal(t, time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), u.To)
	require.Equal(t, lookup.DayUsage{Day: rules.DayOf(u.From), Value: 1000}, figure(t, u, rules.Bytes).Days[0])
	require.InDelta(t, 70, figure(t, u, rules.Events).Total, 0)
	require.InDelta(t, 14, figure(t, u, rules.Sessions).Total, 0)

	u = s.usage(lookup.Subject{}, lookup.Today)
	require.Equal(t, 5, u.Devices)
	require.Equal(t, now.Add(-10*minute), u.AsOf, "of what was read first")

	u = s.usage(s.find("far-away"), lookup.Week)
	require.Zero(t, u.AsOf, "never read")
	require.Zero(t, u.Devices)
}

// What could not be read since yesterday is told as it was then, and nothing is known of the day so far.
func TestUsageOfOld(t *testing.T) {
	s := newScene(t)
	yesterday := (today - 1).Start().Add(20 * time.Hour)
	s.read(cold, yesterday, device("dev:1", "one", 1000, 10, "fleet:all"))
	require.NoError(t, s.Store.Usage.SaveFleets(t.Context(), cold.UID, []usage.Fleet{{UID: "fleet:all", Name: "all"}}))
	s.poll(cold, now, store.Project{PolledAt: yesterday, Failures: 3, Failure: "Notehub is down"}, store.Decision{})
	for _, of := range []string{"one", "fleet:all", "cold-chain"} {
		u := s.usage(s.find(of), lookup.Week)
		require.Equal(t, "7000, 1000 a day, NaN at the end, usually 1000", line(figure(t, u, rules.Bytes)), of)
		require.Equal(t, (today - 1).Start(), u.To, of)
		require.Equal(t, yesterday, u.AsOf, of)
		require.Equal(t, 3, u.Failures, of)
		require.Equal(t, "Notehub is down", u.Failure, of)

		u = s.usage(s.find(of), lookup.Period)
		require.Contains(t, line(figure(t, u, rules.Bytes)), "9000, 1000 a day", of)

		u = s.usage(s.find(of), lookup.Today)
		require.Equal(t, today.Start(), u.From, of)
		require.True(t, math.IsNaN(figure(t, u, rules.Bytes).Total), of)
	}
}

// What is used in the period counts from its beginning, also if the rules file has named another period since the last poll.
func TestUsageOfAnotherPeriod(t *testing.T) {
	s := usual(t)
	s.Period = rules.PeriodSpec{Every: "week"}
	for of, want := range map[string]string{
		"864475000000001": "1500, 1000 a day, 7000 at the end, usually 1000",
		"fleet:prod":      "10500, 7000 a day, 49000 at the end, usually 7000",
	} {
		require.Equal(t, want, line(figure(t, s.usage(s.find(of), lookup.Period), rules.Bytes)), of)
	}
}

// While the first poll of a day stores what it reads, and for as long as it is not committed, answers are whole: as of the poll
// before.
func TestUsageBeforeADayIsCommitted(t *testing.T) {
	s := usual(t)
	top := func() lookup.Top {
		top, err := s.reader().Top(t.Context(), lookup.TopQuery{N: 3, By: "bytes", Span: lookup.Week, Of: s.find("cold-chain")})
		require.NoError(t, err)
		return top
	}
	fleet := func() string { return line(figure(t, s.usage(s.find("fleet:prod"), lookup.Week), rules.Bytes)) }
	before, ofFleet := top(), fleet()
	require.Zero(t, before.Unknown)
	s.Now = func() time.Time { return (today + 1).Start().Add(minute) }
	for _, uid := range []string{"dev:864475000000001", "dev:864475000000004"} {
		s.use(cold,
			storetest.Usage{Device: uid, Day: today, Figures: storetest.Figures{rules.Bytes: 9000}},
			storetest.Usage{Device: uid, Day: today + 1, Figures: storetest.Figures{rules.Bytes: 1}})
	}
	during := top()
	during.Now = before.Now
	require.Equal(t, before, during)
	require.Equal(t, ofFleet, fleet())
}

// A device that is new has used nothing before; one that is gone is not known any more.
func TestUsageOfNewAndGone(t *testing.T) {
	s := newScene(t)
	fresh := device("dev:new", "new", 100, 1)
	fresh.Provisioned = (today - 2).Start().Add(time.Hour)
	born := device("dev:born", "born today", 100, 1)
	born.Provisioned = today.Start().Add(time.Hour)
	s.read(cold, now, fresh, born)
	s.use(cold, storetest.Usage{Device: "dev:gone", Day: today - 3, Figures: storetest.Figures{}})
	for _, c := range []struct {
		of   string
		span lookup.Span
		want string
		days int
	}{
		{"new", lookup.Week, "200, 28.571428571428573 a day, NaN at the end, usually NaN", 2},
		{"born today", lookup.Period, "50, NaN a day, NaN at the end, usually NaN", 1},
		{"dev:gone", lookup.Week, "NaN, NaN a day, NaN at the end, usually NaN, 6 days unknown", 7},
	} {
		u := s.usage(s.find(c.of), c.span)
		require.Equal(t, c.want, line(figure(t, u, rules.Bytes)), c.of)
		require.Len(t, figure(t, u, rules.Bytes).Days, c.days, c.of)
	}
	require.Nil(t, s.usage(s.find("dev:gone"), lookup.Today).Device)
	whole := s.usage(lookup.Subject{Kind: lookup.KindProject, Project: lookup.Named{UID: cold.UID, Name: cold.Name}}, lookup.Week)
	require.Len(t, figure(t, whole, rules.Bytes).Days, 2, "a project begins with its first device")
}

// A device that is no longer listed has used nothing since.
func TestUsageOfFormer(t *testing.T) {
	s := former(t)
	for span, want := range map[lookup.Span]string{
		lookup.Today: "0, 285.7142857142857 a day, NaN at the end, usually 500",
		lookup.Week:  "2000, 285.7142857142857 a day, NaN at the end, usually 500",
		lookup.Month: "13500, 285.7142857142857 a day, NaN at the end, usually 500",
	} {
		require.Equal(t, want, line(figure(t, s.usage(s.find("dev:former"), span), rules.Bytes)), span)
	}
	s.use(cold, storetest.Usage{Device: "dev:former", Day: today - 5, Figures: storetest.Unknown()})
	require.Equal(t, "NaN, NaN a day, NaN at the end, usually 500, 1 days unknown",
		line(figure(t, s.usage(s.find("dev:former"), lookup.Week), rules.Bytes)))
}

// What came with what rules read is shown, and nothing is said to be not fetched that was.
func TestUsageNotRead(t *testing.T) {
	for _, c := range []struct {
		name   string
		stored rules.Figure // beside bytes, which a rule reads
		days   rules.Day    // before the poll, at which it was read last
		shown  []rules.Figure
		unread []rules.Figure
	}{
		{"events came with others", rules.Events, 0, []rules.Figure{rules.Bytes, rules.Events}, []rules.Figure{rules.Sessions}},
		{"sessions came with others", rules.Sessions, 0, []rules.Figure{rules.Bytes, rules.Sessions}, []rules.Figure{rules.Events}},
		{"events are no longer read", rules.Events, 1, []rules.Figure{rules.Bytes}, []rules.Figure{rules.Events, rules.Sessions}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.Rules = s.Rules[:1]
			storetest.SaveDevices(s, s.Store, cold.UID, []usage.Device{device("dev:1", "pump", 0, 0).Device}, now)
			save := func(figure rules.Figure, last rules.Day) {
				var rows []storetest.Usage
				for day := today - 20; day <= last; day++ {
					figures := storetest.Figures{figure: 10}
					rows = append(rows, storetest.Usage{Device: "dev:1", Day: day, Figures: figures}, storetest.Usage{Day: day, Figures: figures})
				}
				storetest.SaveUsage(s, s.Store, cold.UID, rows, figure)
			}
			save(rules.Bytes, today)
			save(c.stored, today-c.days)
			s.poll(cold, now, store.Project{PolledAt: now}, store.Decision{})
			for _, of := range []string{"pump", "cold-chain"} {
				u := s.usage(s.find(of), lookup.Week)
				var shown []rules.Figure
				for _, f := range u.Figures {
					require.Zero(t, f.Unknown, f.Figure)
					shown = append(shown, f.Figure)
				}
				require.Equal(t, c.shown, shown, of)
				require.Equal(t, c.unread, u.NotRead, of)
			}
		})
	}
}

// The limit is that of a rule that shows this figure over this span for such a subject: the next one that is not passed.
func TestUsageLimit(t *testing.T) {
	var never time.Time
	s := usual(t)
	s.Rules = []*rules.Rule{
		rule(t, "low", rules.EachDevice, "bytes.used", "1000"),
		rule(t, "high", rules.EachDevice, "bytes.used", "50000"),
		rule(t, "next", rules.EachDevice, "bytes.used", "20000"),
		rule(t, "quick", rules.EachDevice, "bytes.today", "5000"),
		rule(t, "all", rules.EachProject, "bytes.used", "70000"),
		rule(t, "more", rules.EachProject, "bytes.used", "80000"),
		rule(t, "silent", rules.EachDevice, "events.d7", "0"),
	}
	only := where(t, rules.EachDevice, `"lab" in device.fleets`, "19500")
	s.Rules = append(s.Rules, only)
	for _, c := range []struct {
		of     string
		span   lookup.Span
		figure rules.Figure
		want   string
		at     time.Time
	}{
		{"freezer-2", lookup.Period, rules.Bytes, "next 20000", now.Add(12 * time.Hour)}, // has used 19000, and 2000 a day
		{ice, lookup.Period, rules.Bytes, "high 50000", now.Add(172 * time.Hour)},        // has used 28500, and 3000 a day
		{"freezer-2", lookup.Today, rules.Bytes, "quick 5000", never},
		{"freezer-2", lookup.Week, rules.Bytes, " NaN", never},
		{"freezer-2", lookup.Week, rules.Events, "silent 0", never},
		{"cold-chain", lookup.Period, rules.Bytes, "more 80000", never}, // all are exceeded
		{"fleet:prod", lookup.Period, rules.Bytes, " NaN", never},
	} {
		f := figure(t, s.usage(s.find(c.of), c.span), c.figure)
		require.Equal(t, c.want, fmt.Sprintf("%s %g", f.LimitRule, f.Limit), "%s %s", c.of, c.span)
		require.WithinDuration(t, c.at, f.LimitAt, time.Second, "%s %s", c.of, c.span)
	}
	s.Rules = []*rules.Rule{only}
	require.Equal(t, "selective", figure(t, s.usage(s.find(ice), lookup.Period), rules.Bytes).LimitRule)
	require.Empty(t, figure(t, s.usage(s.find("freezer-2"), lookup.Period), rules.Bytes).LimitRule)
}

// where is a rule about some subjects.
func where(t *testing.T, each rules.Scope, condition, limit string) *rules.Rule {
	t.Helper()
	r, problems := rules.Compile(rules.Spec{
		Name: "selective", Each: each, Where: condition, Limit: limit,
		When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.used > limit"}},
	})
	require.Empty(t, problems)
	return r
}

// A limit is only that of a rule that is surely about the subject, by all that its condition can read.
func TestUsageLimitIsOfTheSubject(t *testing.T) {
	s := usual(t)
	unheard := device("dev:unheard", "unheard", 1000, 10)
	unheard.LastActivity = time.Time{}
	s.read(lab, now, device("dev:999", "freezer-1", 500, 6), unheard)
	s.use(cold, storetest.Usage{Device: "dev:gone", Day: today - 3, Figures: storetest.Figures{}})
	for _, c := range []struct {
		each  rules.Scope
		where string
		of    string
		want  bool
	}{
		{rules.EachProject, `project.name == "lab"`, "app:lab", true},
		{rules.EachProject, `project.name == "lab"`, "cold-chain", false},
		{rules.EachProject, `project.device_count > 3`, "cold-chain", true},
		{rules.EachProject, `project.device_count > 3`, "app:lab", false},
		{rules.EachProject, `project.device_count > 3`, "far-away", false}, // never read
		{rules.EachProject, `poll.age_minutes < 30`, "cold-chain", true},
		{rules.EachProject, `poll.age_minutes < 30`, "far-away", false},
		{rules.EachProject, `poll.every_minutes == 15`, "cold-chain", true},
		{rules.EachProject, `poll.every_minutes > 15`, "cold-chain", false},
		{rules.EachDevice, `project.name == "lab"`, "dev:999", true},
		{rules.EachDevice, `project.name == "lab"`, "freezer-2", false},
		{rules.EachDevice, `device.age_days > 300`, "freezer-2", true},
		{rules.EachDevice, `device.age_days > 100000`, "freezer-2", false},
		{rules.EachDevice, `device.silent_hours < 2`, "freezer-2", true},
		{rules.EachDevice, `device.silent_hours > 2`, "freezer-2", false},
		{rules.EachDevice, `device.silent_hours < 2`, "unheard", false}, // no data
		{rules.EachDevice, `device.silent_hours > 2`, "unheard", false},
		{rules.EachDevice, `device.voltage > 4`, "freezer-2", true},
		{rules.EachDevice, `events.d30 > 500`, "freezer-2", true},
		{rules.EachDevice, `events.d30 > 500`, "dev:864475000000001", false},
		{rules.EachDevice, `sum(events.series) > 500`, "freezer-2", true},
		{rules.EachDevice, `period.days_left > 20`, "freezer-2", true},
		{rules.EachDevice, `true`, "dev:gone", false}, // is judged by no rule
		{rules.EachDevice, "", "dev:gone", false},
	} {
		s.Rules = []*rules.Rule{where(t, c.each, c.where, "6000")}
		require.Equal(t, c.want, figure(t, s.usage(s.find(c.of), lookup.Period), rules.Bytes).LimitRule == "selective", "%s: %s", c.of, c.where)
	}
}

// What is wrong with a subject and what is in it comes with the answer, the worst first.
func TestUsageAlerts(t *testing.T) {
	s := usual(t)
	worse := alert("a2", cold, "dev:864475000000002", "freezer-2")
	worse.Level, worse.Rule = rules.Critical, "event-flood"
	newer := alert("a3", cold, "dev:864475000000003", ice)
	newer.Since = now
	all := []rules.Alert{
		alert("a1", cold, "dev:864475000000002", "freezer-2"), worse, newer, alert("a4", cold, "", "cold-chain"),
		over(alert("a5", cold, "dev:864475000000004", hebrew)),
	}
	for i := range 4 {
		all = append(all, alert(fmt.Sprintf("b%d", i), lookup.Project{UID: "app:lab"}, fmt.Sprintf("dev:%d", i), ""))
	}
	s.alerts(all...)
	for _, c := range []struct {
		of, want string
		count    int
	}{
		{"freezer-2", "a2 a1", 2},
		{ice, "a3", 1},
		{hebrew, "", 0},
		{"fleet:prod", "a2 a1", 2}, // of its devices
		{"fleet:lab", "a3", 1},
		{"cold-chain", "a2 a3 a4 a1", 4}, // at the same level and time that of the project first
		{"", "a2 a3 a4 b0 b1", 8},
	} {
		u := s.usage(s.find(c.of), lookup.Today)
		var ids []string
		for _, a := range u.Alerts {
			ids = append(ids, a.ID)
		}
		require.Equal(t, c.want, strings.Join(ids, " "), c.of)
		require.Equal(t, c.count, u.AlertCount, c.of)
	}
}
