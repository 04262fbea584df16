package terminal

import (
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/explain"
	"notewatch/internal/lookup"
	"notewatch/internal/status"
	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/notify"
	"notewatch/rules"
)

var (
	noon  = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	plant = lookup.Named{UID: "app:1", Name: "plant"}
	july  = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	truck = lookup.Subject{Kind: lookup.KindDevice, Project: plant, UID: "dev:7", Name: "冷藏车 no. 7"}
)

// A usage on terminals that are wide, narrow and none: what is no data is never a number, and what it is about, how old it
// is and what is not read is always said.
func TestUsageText(t *testing.T) {
	u := lookup.Usage{
		Now: noon, Subject: truck, Span: lookup.Period, From: noon.AddDate(0, 0, -14).Truncate(24 * time.Hour), To: noon.Truncate(24*time.Hour).AddDate(0, 0, 1),
		Source:  lookup.Source{AsOf: noon.Add(-3 * time.Hour), Failures: 2, Failure: "status 503", Truncated: true},
		Devices: 1, Device: &lookup.Device{SKU: "NOTE-WBNA", Voltage: math.NaN()}, Period: lookup.UsagePeriod{End: july},
		Figures: []lookup.FigureUsage{
			{
				Figure: rules.Bytes, Unit: "B", Total: 4.1e6, Limit: 6e6, LimitRule: "data-budget", Pace: 3e5, Forecast: 8.6e6, Usual: 2.9e5,
				Days: points(0, 1, 2, math.NaN()), Unknown: 1, LimitAt: noon.AddDate(0, 0, 6),
			},
			{
				Figure: rules.Events, Total: math.NaN(), Limit: math.NaN(), Pace: math.NaN(), Forecast: math.NaN(), Usual: math.NaN(),
				Days: points(math.NaN()), Cost: lookup.Cost{Amount: 0.004, Forecast: 1.5, Currency: "USD", Note: "at list price"},
			},
		},
		NotRead: []rules.Figure{rules.Sessions}, AlertCount: 7,
		Alerts: []lookup.Alert{{ID: "abcdefghij", State: rules.Firing, Level: rules.Critical, Since: noon, Summary: "a\x1b[31m summary"}},
	}
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, `
冷藏车 no. 7 (device in plant) · this period, since 1 Jun (UTC) · 15 d 12 h left
Data as of Mon 15 Jun 09:00 UTC (3 h ago): is notewatch run running?
Polling failed 2 times since then: status 503
Notehub truncated an answer: some values may be missing.
NOTE-WBNA · no activity yet · dev:7

METRIC  SO FAR   LIMIT                       7-DAY AVG  BY 30 JUN  MEDIAN DAY  DAY BY DAY
bytes   4.1 MB   68 % of 6 MB (data-budget)  300 kB     8.6 MB     290 kB      ▁▅█·
events  no data  -                           no data    no data    no data     ·

bytes: no data for 1 of 4 days.
bytes: over the limit from about Sun 21 Jun.
events: less than USD 0.01 so far, forecast USD 1.50 (at list price).
Not fetched from Notehub, because no rule uses them: sessions.

ALERT       LEVEL     SINCE (UTC)       SUMMARY
abcdefghij  critical  2026-06-15 12:00  a\x1b[31m summary
`},
		{66, `
冷藏车 no. 7 (device in plant) · this period, since 1 Jun (UTC) ·
15 d 12 h left
Data as of Mon 15 Jun 09:00 UTC (3 h ago): is notewatch run
running?
Polling failed 2 times since then: status 503
Notehub truncated an answer: some values may be missing.
NOTE-WBNA · no activity yet · dev:7

METRIC  SO FAR   7-DAY AVG  BY 30 JUN  MEDIAN DAY
bytes   4.1 MB   300 kB     8.6 MB     290 kB
    68 % of 6 MB (data-budget) · ▁▅█·
events  no data  no data    no data    no data
    ·

bytes: no data for 1 of 4 days.
bytes: over the limit from about Sun 21 Jun.
events: less than USD 0.01 so far, forecast USD 1.50 (at list
price).
Not fetched from Notehub, because no rule uses them: sessions.

ALERT       LEVEL     SINCE (UTC)       SUMMARY
abcdefghij  critical  2026-06-15 12:00  a\x1b[31m summary
`},
	} {
		var out, talk strings.Builder
		require.NoError(t, Usage(Screen{W: &out, Talk: &talk, Width: c.width}, u, nil))
		require.Equal(t, strings.TrimPrefix(c.want, "\n"), out.String())
		require.Equal(t, "6 more alerts not shown; see notewatch alerts\n", talk.String())
	}
}

func points(values ...float64) (days []lookup.DayUsage) {
	for i, value := range values {
		days = append(days, lookup.DayUsage{Day: rules.DayOf(noon) + rules.Day(i), Value: value})
	}
	return days
}

// Over which days, seen from now: what is past is not called today.
func TestSpanText(t *testing.T) {
	midnight := noon.Truncate(24 * time.Hour)
	for want, text := range map[string]string{
		"today, Mon 15 Jun (UTC)":                           spanText(lookup.Today, midnight, midnight.AddDate(0, 0, 1), noon),
		"Sun 14 Jun (UTC)":                                  spanText(lookup.Today, midnight.AddDate(0, 0, -1), midnight, noon),
		"this period, since 1 Jun (UTC)":                    spanText(lookup.Period, midnight.AddDate(0, 0, -14), midnight.AddDate(0, 0, 1), noon),
		"the period, 1 Jun – 14 Jun (UTC)":                  spanText(lookup.Period, midnight.AddDate(0, 0, -14), midnight, noon),
		"7 complete days, 8 Jun – 14 Jun (UTC)":             spanText(lookup.Week, midnight.AddDate(0, 0, -7), midnight, noon),
		"30 complete days, 16 May – 14 Jun (UTC)":           spanText(lookup.Month, midnight.AddDate(0, 0, -30), midnight, noon),
		"All projects (3 devices)":                          usageText{Usage: lookup.Usage{Devices: 3}}.subject(),
		"pumps (fleet in plant, 2 devices)":                 usageText{Usage: lookup.Usage{Subject: lookup.Subject{Kind: lookup.KindFleet, Name: "pumps", Project: plant}, Devices: 2}}.subject(),
		"no data for 2 devices, which the values leave out": usageText{Usage: lookup.Usage{Subject: lookup.Subject{Kind: lookup.KindFleet}}}.unknown(lookup.FigureUsage{Missing: 2}),
		"no data for 2 devices":                             usageText{Usage: lookup.Usage{Subject: lookup.Subject{Kind: lookup.KindFleet}}}.unknown(lookup.FigureUsage{Missing: 2, Total: math.NaN()}),
	} {
		require.Equal(t, want, text)
	}
}

// Who uses most, as far as that is known.
func TestTopText(t *testing.T) {
	top := lookup.Top{
		Now: noon, Ranked: lookup.KindDevice, By: "events", Span: lookup.Week, From: noon.AddDate(0, 0, -7).Truncate(24 * time.Hour), To: noon.Truncate(24 * time.Hour),
		Source: lookup.Source{AsOf: noon},
		Rows: []lookup.TopRow{
			{Subject: truck, Value: 1000, Share: 80}, {Subject: lookup.Subject{UID: "dev:8", Project: lookup.Named{UID: "app:2", Name: "lab"}}, Value: 1, Share: 0.08},
		},
		Total: 1250, Devices: 5, Unknown: 2,
	}
	var out strings.Builder
	require.NoError(t, Top(Screen{W: &out}, top))
	require.Equal(t, `Top by events · all projects · 7 complete days, 8 Jun – 14 Jun (UTC)
Data as of Mon 15 Jun 12:00 UTC (0 s ago)

#  DEVICE        PROJECT  EVENTS  SHARE
1  冷藏车 no. 7  plant    1,000   80.0 %  ████████████████████
2  dev:8         lab      1       0.1 %   █
All 5 devices: 1,250; no data for 2 of them.
`, out.String())
}

// How notewatch does when it does not do well.
func TestStatusText(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Status(Screen{W: &out}, status.Status{
		Now: noon,
		Projects: []status.Project{
			{Project: lookup.Project{Name: "plant"}, Devices: 1200, PolledAt: noon.Add(-time.Hour), Next: noon.Add(-50 * time.Minute)},
			{Project: lookup.Project{Name: "lab"}, Failures: 2, Failure: "status 503", Truncated: true, Next: noon.Add(time.Minute)},
			{Project: lookup.Project{Name: "new"}},
		},
		Accounts: []status.Account{
			{Account: lookup.Account{Name: "acme", PerMinute: 4}, Today: 31, Interval: 50 * time.Minute, Rate: 4, HeldUntil: noon.Add(time.Minute)},
			{Account: lookup.Account{Name: "late", PerMinute: 4}, Interval: 15 * time.Minute, Rate: 0.5, RestoredAt: noon.Add(15 * time.Minute)},
		},
		Receivers: []status.Receiver{
			{Name: "team", Waiting: 2, Oldest: time.Hour, Next: noon.Add(time.Minute)}, {Name: "mail", GivenUp: 1},
		},
		Alerts: status.Alerts{Critical: 1, Warning: 3, Pending: 4, Muted: 1, Acknowledged: 2, Silences: 1},
	}))
	require.Equal(t, `PROJECT  DEVICES  POLLED   NEXT         STATE
plant    1,200    1 h ago  50 min late  is notewatch run running?
lab      0        never    in 1 min     failed 2 times: status 503; Notehub truncated an answer: missing devices are read in turn
new      0        never    -            never polled

ACCOUNT  REQUESTS TODAY  A MINUTE  POLLS EVERY  STATE
acme     31              4         50 min       rate-limited by Notehub until Mon 15 Jun 12:01 UTC
late     0               4         15 min       sending 0.5 of 4 requests a minute until Mon 15 Jun 12:15 UTC, because Notehub rate-limited the account

RECEIVER  WAITING  GIVEN UP  STATE
team      2        0         waiting for 1 h, next try in 1 min
mail      0        1         deliveries given up: see notewatch history; notewatch redeliver sends them again

Firing: 1 critical, 3 warning, of them 1 muted and 2 acknowledged · 4 pending · 1 silence.
`, out.String())
}

// Why a rule fires, or does not, in all that can become of it.
func TestExplanationText(t *testing.T) {
	rule, problems := rules.Compile(rules.Spec{
		Name: "budget", Each: rules.EachDevice, Limit: "mb(6)", Show: "bytes.used",
		When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.used > limit"}, {Level: rules.Critical, Expr: "bytes.used > 2 * limit"}},
	})
	require.Empty(t, problems)
	found := func(used float64) explain.Explanation {
		env := rules.Env{Bytes: rules.UnknownMetric(), Events: rules.UnknownMetric(), Sessions: rules.UnknownMetric()}
		env.Bytes.Used = used
		e := explain.Of(bot.Explanation{
			Explanation: rule.Explain(rules.NewView(&env)), Rule: rule, Project: notify.Named{UID: plant.UID, Name: plant.Name},
			Subject: notify.Named{UID: truck.UID, Name: truck.Name}, PolledAt: noon,
		})
		e.Now = noon
		return e
	}
	holds, unknown, stands := found(7e6), found(math.NaN()), found(1e6)
	stands.Alert = &lookup.Alert{ID: "abc", State: rules.Firing, Level: rules.Critical, Since: noon}
	stands.Ending = "It ends when the period does."
	stands.Mute = rules.Mute{Kind: rules.BySilence, By: "amy", Because: "known"}
	stands.TooShort = []explain.TooShort{{Level: rules.Critical, For: 10 * time.Minute, Need: 30 * time.Minute}}
	over := found(1e6)
	over.Ended = &lookup.Alert{ID: "abc", EndedAt: noon, Why: "limit is 200 now"}
	for _, c := range []struct {
		explanation explain.Explanation
		want        []string
	}{
		{holds, []string{"Level reached: warning.", "bytes.used 7 MB · limit 6 MB", "No open alert.", "true    bytes.used 7 MB > limit 6 MB"}},
		{unknown, []string{"Not enough data: it may or may not be true, at most at level critical.", "no data  bytes.used no data > limit 6 MB"}},
		{stands, []string{
			"No level is reached.", "Alert abc is firing at level critical, since Mon 15 Jun 12:00 UTC. It ends when the period does.",
			"critical: true for 10 min of the required 30 min.", "No notifications: silenced", "by amy: known.",
		}},
		{over, []string{"Alert abc ended at Mon 15 Jun 12:00 UTC (limit is 200 now). This is the current result of its rule."}},
	} {
		var out strings.Builder
		require.NoError(t, Explanation(Screen{W: &out}, c.explanation))
		require.Contains(t, out.String(), "budget · 冷藏车 no. 7 (device in plant)\n")
		for _, want := range c.want {
			require.Contains(t, out.String(), want)
		}
	}
}

// Every answer fits a terminal that is not very narrow.
func TestLookupsFit(t *testing.T) {
	top := lookup.Top{Now: noon, By: "events", Rows: []lookup.TopRow{{Subject: truck, Value: 1e6, Share: 100}}}
	status := status.Status{
		Now: noon,
		Projects: []status.Project{{
			Project: lookup.Project{Name: strings.Repeat("plant ", 20)}, Devices: 100_000, PolledAt: noon.Add(-100 * 25 * time.Hour),
			Next: noon.Add(-99 * 25 * time.Hour), Failures: 3, Failure: strings.Repeat("it fails ", 20),
		}},
		Accounts:  []status.Account{{Account: lookup.Account{Name: "acme", PerMinute: 4}, HeldUntil: noon.Add(time.Hour)}},
		Receivers: []status.Receiver{{Name: strings.Repeat("team", 20), Waiting: 1000, Oldest: time.Hour}},
	}
	usage := lookup.Usage{
		Now: noon, Subject: truck, Span: lookup.Period, Period: lookup.UsagePeriod{End: july},
		Figures: []lookup.FigureUsage{{
			Figure: rules.Sessions, Total: 123_456, Pace: 12_345, Forecast: 1_234_567, Usual: 12_345, Limit: 50_000,
			LimitRule: "sessions-budget", Days: points(make([]float64, 31)...),
		}},
	}
	for _, width := range []int{56, 80, 120} {
		var out strings.Builder
		s := Screen{W: &out, Talk: io.Discard, Width: width}
		require.NoError(t, Top(s, top))
		require.NoError(t, Status(s, status))
		require.NoError(t, Usage(s, usage, nil))
		for line := range strings.Lines(out.String()) {
			require.LessOrEqual(t, displaywidth.String(strings.TrimSuffix(line, "\n")), width, line)
		}
	}
}

// Of each process it is said how much work it holds, and why it does none.
func TestStatusOfProcesses(t *testing.T) {
	var out strings.Builder
	hour := noon.Add(-time.Hour)
	require.NoError(t, Status(Screen{W: &out}, status.Status{Now: noon, Processes: []status.Process{
		{Name: "a/7", Version: "1.2.3", Started: hour, Lives: true, Holds: []status.Work{
			{Kind: work.Poll, Key: "app:1"}, {Kind: work.Poll, Key: "app:2"}, {Kind: work.Receiver, Key: "team"}, {Kind: work.Mute},
		}},
		{Name: "b/8", Version: "1.2.2", Started: hour, Lives: true, StandsBy: true},
		{Name: "c/9", Version: "1.2.3", Started: noon.Add(-3 * time.Hour), Seen: noon.Add(-2 * time.Hour)},
	}}))
	require.Equal(t, `
PROCESS  VERSION  STARTED  DOING                         STATE
a/7      1.2.3    1 h ago  2 polls, 1 receiver, 1 other  fine
b/8      1.2.2    1 h ago  -                             standing by: its rules are not the active ones
c/9      1.2.3    3 h ago  -                             stopped, or without access to the database: last seen 2 h ago

No alert is firing.
`, "\n"+out.String())
}

// A receiver outside its hours is fine: it is said when they begin, and how much waits for that.
func TestStatusOfReceivers(t *testing.T) {
	var out strings.Builder
	morning := time.Date(2026, 7, 2, 6, 0, 0, 0, time.UTC)
	require.NoError(t, Status(Screen{W: &out}, status.Status{Now: noon, Receivers: []status.Receiver{
		{Name: "always"},
		{Name: "team", Outside: true, Begin: morning},
		{Name: "office", Outside: true, Begin: morning, Held: 3},
		{Name: "closed", Outside: true, Waiting: 1, Oldest: time.Hour, Next: noon.Add(time.Minute)},
	}}))
	require.Equal(t, `
RECEIVER  WAITING  GIVEN UP  STATE
always    0        0         fine
team      0        0         outside its hours until Thu 2 Jul 06:00 UTC
office    0        0         outside its hours until Thu 2 Jul 06:00 UTC, 3 alerts held
closed    1        0         waiting for 1 h, next try in 1 min · outside its hours

No alert is firing.
`, "\n"+out.String())
}

func TestStatusOfAFullDisk(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Status(Screen{W: &out}, status.Status{DiskError: (&database.UnavailableError{Cause: database.Full}).Error()}))
	require.Contains(t, out.String(), "The database cannot be written: the disk is full: free some space on its disk\n")
}
