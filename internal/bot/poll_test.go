package bot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/store/usage"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/metric"
)

const hour, day = time.Hour, 24 * time.Hour

func TestAnAlertIsToldOnceAndWhenItIsOver(t *testing.T) {
	r := newRig(t, 3, []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour)}, silent()).hourly()
	r.run(monday.Add(2 * day))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"))
	fired := r.taken("ops")[0]
	require.Equal(t, "hourly-sensor-1", fired.Subject.Name)
	require.Greater(t, *fired.Value, 6.0)
	require.Less(t, *fired.Value, 8.0, "told within the hour that the device list is old at most")
	r.requireTruth("ops")
}

func TestADayRuleClosesAfterAWholeQuietDay(t *testing.T) {
	r := newRig(t, 3, []notehubtest.Incident{flood(monday.Add(9*hour), hour)}, events("500"))
	r.run(monday.Add(4 * day))
	require.Equal(t, []string{"fired", "updated", "resolved"}, r.reasons("ops"))
	all := r.taken("ops")
	require.Equal(t, monday.Add(9*hour).Add(30*time.Minute), all[0].FiredAt.Truncate(15*time.Minute))
	require.Contains(t, all[1].Detail[0], "quiet since 00:00 UTC; resolves Wed 17 Jun 00:00 UTC")
	require.Equal(t, monday.Add(2*day), all[2].EndedAt.Truncate(hour))
	r.requireTruth("ops")
}

func TestAPeriodRuleEscalatesAndEndsWithItsPeriod(t *testing.T) {
	// 24 events a day make 720 in June; the flood of 20 minutes adds 600.
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute)}, budget("1050"))
	r.hourly().run(monday.Add(day))
	r.every(6 * hour).run(monday.Add(17 * day))
	require.Equal(t, []string{"fired", "escalated", "period_ended"}, r.reasons("ops"))
	ended := r.taken("ops")[2]
	require.Equal(t, time.July, ended.EndedAt.Month())
	require.Greater(t, *ended.Value, 1200.0, "the value is that of June")
	r.requireTruth("ops")
}

func TestWhatIsAlreadyTrueIsOneMessageARule(t *testing.T) {
	r := newRig(t, 12, nil, budget("100"))
	r.run(monday.Add(2 * hour))
	require.Len(t, r.hooks["ops"].Requests(), 1)
	require.Len(t, r.taken("ops"), 12)
	require.Contains(t, r.taken("ops")[0].Detail[0], "already true")
	r.requireTruth("ops")
}

func TestARestartWithNothingChangedSendsNothing(t *testing.T) {
	r := newRig(t, 3, []notehubtest.Incident{silence(monday.Add(2*hour), 3*day)}, silent(), events("500")).hourly()
	r.run(monday.Add(day))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	for range 5 {
		r.open()
		r.run(r.now.Add(time.Hour))
	}
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.requireTruth("ops")
}

func TestWhatChangedWhileDownIsTold(t *testing.T) {
	r := newRig(t, 3, []notehubtest.Incident{silence(monday.Add(2*hour), 20*hour), flood(monday.Add(30*hour), hour)},
		silent(), events("500"))
	r.run(monday.Add(12 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
	r.now = monday.Add(34 * hour)
	r.open()
	r.run(r.now.Add(time.Hour))
	require.ElementsMatch(t, []told{
		{"fired", "firing", "warning", "silent-device", "hourly-sensor-1"},
		{"resolved", "resolved", "warning", "silent-device", "hourly-sensor-1"},
		{"fired", "firing", "warning", "event-spike", "hourly-sensor-1"},
	}, r.told("ops"))
	r.requireTruth("ops")
}

func TestABreachInTheLastMinutesOfADayIsRevised(t *testing.T) {
	// The flood begins after the last poll of the day and ends before the first of the next.
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(day-9*time.Minute), 8*time.Minute)}, events("200"))
	r.run(monday.Add(day - 10*time.Minute))
	r.now = monday.Add(day + 10*time.Minute)
	r.run(monday.Add(day + 3*hour))
	require.Equal(t, []string{"revised"}, r.reasons("ops"))
	revised := r.taken("ops")[0]
	require.Equal(t, "resolved", revised.State, "a revision opens no alert")
	require.Equal(t, monday.Add(day), *revised.AsOf)
	require.Greater(t, *revised.Value, 200.0)
	r.requireTruth("ops")
}

func TestLateBytesAreRevisedOnce(t *testing.T) {
	upload := notehubtest.Incident{
		Kind: notehubtest.ExtraBytes, Devices: []string{sensors(1)[0].UID}, Start: monday.Add(20 * hour),
		Duration: hour, Bytes: 9_000_000, Delay: 30 * hour,
	}
	r := newRig(t, 2, []notehubtest.Incident{upload}, rules.Spec{
		Name: "data-spike", Each: rules.EachDevice, Show: "bytes.today",
		When: []rules.Condition{{Level: rules.Critical, Expr: "bytes.today > mb(2)"}},
	})
	r.hourly().run(monday.Add(5 * day))
	require.Equal(t, []string{"revised"}, r.reasons("ops"))
	require.Equal(t, monday.Add(day), *r.taken("ops")[0].AsOf)
	r.requireTruth("ops")
}

// Bytes that come late make it worse than was told.
func TestARevisionTellsWhatIsWorseThanWasTold(t *testing.T) {
	first := []string{sensors(1)[0].UID}
	incidents := []notehubtest.Incident{
		{Kind: notehubtest.ExtraBytes, Devices: first, Start: monday.Add(10 * hour), Duration: hour, Bytes: 3_000_000},
		{Kind: notehubtest.ExtraBytes, Devices: first, Start: monday.Add(20 * hour), Duration: hour, Bytes: 9_000_000, Delay: 30 * hour},
	}
	r := newRig(t, 2, incidents, rules.Spec{
		Name: "data-spike", Each: rules.EachDevice, Show: "bytes.today",
		When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.today > mb(2)"}, {Level: rules.Critical, Expr: "bytes.today > mb(6)"}},
	})
	r.hourly().run(monday.Add(5 * day))
	var levels []string
	for _, a := range r.told("ops") {
		if a.Reason == "fired" || a.Reason == "revised" {
			levels = append(levels, a.Reason+" "+a.Level)
		}
	}
	require.Equal(t, []string{"fired warning", "revised critical"}, levels)
	r.requireTruth("ops")
}

// A day may be revised twice, as figures come in, if the second time is worse.
func TestASecondRevisionThatIsWorseIsTold(t *testing.T) {
	first := []string{sensors(1)[0].UID}
	incidents := []notehubtest.Incident{
		{Kind: notehubtest.ExtraBytes, Devices: first, Start: monday.Add(10 * hour), Duration: hour, Bytes: 3_000_000, Delay: 30 * hour},
		{Kind: notehubtest.ExtraBytes, Devices: first, Start: monday.Add(20 * hour), Duration: hour, Bytes: 9_000_000, Delay: 60 * hour},
	}
	r := newRig(t, 2, incidents, rules.Spec{
		Name: "data-spike", Each: rules.EachDevice, Show: "bytes.today",
		When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.today > mb(2)"}, {Level: rules.Critical, Expr: "bytes.today > mb(6)"}},
	})
	r.hourly().run(monday.Add(5 * day))
	require.Equal(t, []string{"revised", "revised"}, r.reasons("ops"))
	require.Equal(t, "critical", r.told("ops")[1].Level)
	r.requireTruth("ops")
}

// An episode that closed in the first minutes of a day says nothing about that day.
func TestAnEarlierEpisodeDoesNotHideARevision(t *testing.T) {
	floods := []notehubtest.Incident{flood(monday.Add(9*hour), hour), flood(monday.Add(3*day-9*time.Minute), 8*time.Minute)}
	r := newRig(t, 2, floods, events("200"))
	r.now = r.now.Add(3 * time.Minute)
	r.open()
	r.run(monday.Add(3*day - 10*time.Minute))
	require.Equal(t, []string{"fired", "updated", "resolved"}, r.reasons("ops"))
	r.now = monday.Add(3*day + 10*time.Minute)
	r.run(monday.Add(3*day + 3*hour))
	require.Equal(t, []string{"fired", "updated", "resolved", "revised"}, r.reasons("ops"))
}

// Whether the newest answer was cut short is not known better after a poll that failed.
func TestAFailedPollLeavesTruncatedAsItWas(t *testing.T) {
	cut := rules.Spec{Name: "cut", Each: rules.EachProject, When: []rules.Condition{{Level: rules.Warning, Expr: "poll.truncated"}}}
	r := newRig(t, 3, nil, events("500"), cut)
	r.run(monday.Add(hour))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Truncated, Endpoint: notehubtest.Events})
	r.run(monday.Add(2 * hour))
	r.hub.ClearFaults()
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError, Endpoint: notehubtest.Events})
	r.run(monday.Add(2*hour + 16*time.Minute))
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
}

func TestARuleDoesNotReviseTheTimeBeforeItWasThere(t *testing.T) {
	late := notehubtest.Incident{
		Kind: notehubtest.ExtraBytes, Devices: []string{sensors(1)[0].UID}, Start: monday.Add(20 * hour),
		Duration: hour, Bytes: 9_000_000, Delay: 40 * hour,
	}
	spike := rules.Spec{
		Name: "data-spike", Each: rules.EachDevice, Show: "bytes.today",
		When: []rules.Condition{{Level: rules.Critical, Expr: "bytes.today > mb(2)"}},
	}
	other := spike
	other.Name, other.When = "other", []rules.Condition{{Level: rules.Critical, Expr: "bytes.today > mb(500)"}}
	r := newRig(t, 2, []notehubtest.Incident{late}, other)
	r.run(monday.Add(day + 12*hour))
	r.rules(other, spike)
	r.hourly().run(monday.Add(5 * day))
	require.Empty(t, r.told("ops"))
}

// A day rule that also reads what has no past closes by how that is now.
func TestADayRuleOnTheConditionOfADeviceCloses(t *testing.T) {
	weak := rules.Spec{
		Name: "flood-or-weak", Each: rules.EachDevice, Show: "events.today", Where: "device.age_days > 7",
		When: []rules.Condition{{Level: rules.Warning, Expr: "events.today > 500 || device.voltage < 1"}},
	}
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(9*hour), hour)}, weak)
	r.run(monday.Add(12 * hour))
	r.hourly().run(monday.Add(3 * day))
	require.Equal(t, []string{"fired", "updated", "resolved"}, r.reasons("ops"))
}

// What a rule needs is read from where reading had stopped, also when no rule needed it for a while.
func TestFiguresThatNoRuleReadForAWhileAreReadAgain(t *testing.T) {
	r := newRig(t, 2, nil, budget("100000"), silent())
	r.hourly().run(monday.Add(6 * hour))
	r.rules(silent())
	r.open()
	r.run(monday.Add(8 * day))
	r.rules(budget("100000"), silent())
	r.open()
	r.run(monday.Add(8*day + 2*hour))
	known := r.events(r.project.Devices[0].UID, rules.DayOf(monday), rules.DayOf(monday)+7)
	require.Len(t, known, 8)
	for day, n := range known {
		require.InDelta(t, 24, n, 6, "%s", day)
	}
}

// A day of which only the morning was read is not taken for the whole day when the answer about it is cut short.
func TestAnUnfinishedDayIsNotKeptByATruncatedAnswer(t *testing.T) {
	low := rules.Spec{
		Name: "project-low", Each: rules.EachProject,
		When: []rules.Condition{{Level: rules.Warning, Expr: "sessions.yesterday < 300"}},
	}
	r := newRig(t, 20, nil, low)
	r.run(monday.Add(6 * hour))
	r.now = monday.Add(day + 10*time.Minute)
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Truncated, Endpoint: notehubtest.Sessions})
	r.run(monday.Add(day + 2*hour))
	require.Empty(t, r.told("ops"))
}

func TestDevicesThatWereNeverHeardOfAreNotSilent(t *testing.T) {
	many := rules.Spec{
		Name: "fleet-silent", Each: rules.EachProject,
		When: []rules.Condition{{Level: rules.Critical, Expr: "project.silent_pct > 20"}},
	}
	r := newRig(t, 3, nil, many).hourly()
	for i := range r.project.Devices {
		r.project.Incidents = append(r.project.Incidents, notehubtest.Incident{
			Kind: notehubtest.Silence, Devices: []string{r.project.Devices[i].UID}, Start: monday.AddDate(-2, 0, 0),
		})
	}
	r.serve()
	r.open()
	r.run(monday.Add(2 * day))
	require.Empty(t, r.told("ops"))
}

func TestTruncatedAnswersAreNotJudgedAsWhole(t *testing.T) {
	idle := rules.Spec{
		Name: "no-sessions", Each: rules.EachDevice,
		When: []rules.Condition{{Level: rules.Warning, Expr: "sessions.today == 0"}},
	}
	low := rules.Spec{
		Name: "project-low", Each: rules.EachProject,
		When: []rules.Condition{{Level: rules.Warning, Expr: "sessions.today < 300"}},
	}
	r := newRig(t, 20, nil, idle, low).hourly()
	r.run(monday.Add(23 * hour))
	before := len(r.told("ops"))
	require.Positive(t, before, "days begin without sessions")
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Truncated, Endpoint: notehubtest.Sessions})
	r.run(monday.Add(day + 3*hour))
	state, err := r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.True(t, state.Truncated)
	require.Len(t, r.told("ops"), before, "nothing fires and nothing resolves")
	r.hub.ClearFaults()
	r.run(monday.Add(day + 4*hour))
	require.Len(t, r.told("ops"), before+1, "the project is below 300 now")
	r.requireTruth("ops")
}

func TestATruncatedBackfillIsReadInParts(t *testing.T) {
	r := newRig(t, 3, nil, budget("100000"))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Truncated, Endpoint: notehubtest.Events, Times: 2})
	r.run(monday.Add(hour))
	known := r.events(r.project.Devices[0].UID, rules.DayOf(monday)-35, rules.DayOf(monday)-1)
	require.Len(t, known, 35)
	for day, n := range known {
		require.InDelta(t, 24, n, 6, "%s", day)
	}
}

func TestNotehubThatTakesTooLongIsAskedForLess(t *testing.T) {
	r := newRig(t, 3, nil, budget("100000"))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.TookTooLong, Endpoint: notehubtest.Events, Times: 2})
	r.run(monday.Add(hour))
	state, err := r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.Zero(t, state.Failures)
	read, err := r.store.Usage.Coverage(t.Context(), project)
	require.NoError(t, err)
	require.Equal(t, usage.Span{First: rules.DayOf(monday) - metric.HistoryDays, Last: rules.DayOf(monday)}, read[rules.Events])
}

func TestAFailedPollJudgesOnlyThePolling(t *testing.T) {
	faults := []notehubtest.FaultKind{
		notehubtest.Unauthorized, notehubtest.Forbidden, notehubtest.Suspended, notehubtest.ServerError, notehubtest.BadGateway,
		notehubtest.Cut, notehubtest.InvalidJSON, notehubtest.WebPage, notehubtest.TookTooLong, notehubtest.RateLimited,
	}
	for _, kind := range faults {
		t.Run(string(kind), func(t *testing.T) {
			r := newRig(t, 3, []notehubtest.Incident{silence(monday.Add(2*hour), 40*hour)}, silent(), events("500"), blind()).hourly()
			r.run(monday.Add(12 * hour))
			require.Equal(t, []string{"fired"}, r.reasons("ops"))
			r.hub.Fail(notehubtest.Fault{Kind: kind})
			r.run(monday.Add(20 * hour))
			blind := told{"fired", "firing", "critical", "watcher-blind", "cold-chain"}
			if kind == notehubtest.Unauthorized || kind == notehubtest.Suspended {
				blind.Rule, blind.Subject = "account-failing", "acme"
			}
			require.Equal(t, []told{{"fired", "firing", "warning", "silent-device", "hourly-sensor-1"}, blind}, r.told("ops"))
			r.hub.ClearFaults()
			r.run(monday.Add(22 * hour))
			require.Equal(t, "resolved", r.reasons("ops")[2])
			r.requireTruth("ops")
		})
	}
}

func TestOnlyEndpointsThatRulesReadAreAsked(t *testing.T) {
	r := newRig(t, 2, nil, events("500"))
	r.run(monday.Add(6 * hour))
	require.Positive(t, r.asked(notehubtest.Events))
	require.Positive(t, r.asked(notehubtest.Devices))
	require.Zero(t, r.asked(notehubtest.Sessions))
	require.Zero(t, r.asked(notehubtest.Data))
	require.Zero(t, r.asked(notehubtest.RouteLogs))
}

func TestTheRequestBudgetHolds(t *testing.T) {
	r := newRig(t, 2, nil, events("500"), silent(), budget("1000"), rules.Spec{
		Name: "data", Each: rules.EachDevice,
		When: []rules.Condition{{Level: rules.Warning, Expr: "bytes.used > mb(400) || sessions.today > 400"}},
	})
	r.run(monday.Add(day))
	requests := r.hub.Requests()
	require.Greater(t, len(requests), 3*90)
	for i, request := range requests {
		require.Equal(t, 200, request.Status, "the simulated Notehub refuses more than 7 a minute")
		within := 0
		for _, later := range requests[i:] {
			if later.At.Sub(request.At) < time.Minute {
				within++
			}
		}
		require.LessOrEqual(t, within, 7)
	}
}

func TestRetryAfterHoldsTheWholeAccount(t *testing.T) {
	r := newRig(t, 2, nil, events("500"), silent())
	r.run(monday.Add(hour))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.RateLimited, Times: 1, RetryAfter: 7 * time.Minute})
	before := len(r.hub.Requests())
	r.run(monday.Add(3 * hour))
	requests := r.hub.Requests()[before:]
	require.GreaterOrEqual(t, requests[1].At.Sub(requests[0].At), 7*time.Minute)
	state, err := r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.Zero(t, state.Failures, "the poll waited instead of failing")
}

func TestAPollDoesNotWaitForALongHold(t *testing.T) {
	r := newRig(t, 2, nil, events("500"), silent(), blind())
	r.run(monday.Add(hour))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.RateLimited, Times: 1, RetryAfter: 5 * time.Hour})
	r.run(monday.Add(4 * hour))
	require.Equal(t, []string{"fired"}, r.reasons("ops"), "that Notehub lets nobody in is worth knowing")
	state, err := r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.Contains(t, state.Failure, "Notehub has rate-limited account acme until")
	r.run(monday.Add(8 * hour))
	require.Equal(t, []string{"fired", "resolved"}, r.reasons("ops"))
}

// Polls that Notehub lets wait reserve nothing: when the hold is over, all projects go on.
func TestAHoldDoesNotUseUpTheBudget(t *testing.T) {
	r := newRig(t, 1, nil, events("500"))
	r.config.Bot.Projects = nil
	var projects []notehubtest.Project
	for i := range 20 {
		p := r.project
		p.UID = fmt.Sprintf("app:%d", i)
		projects = append(projects, p)
		r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: p.UID, Name: p.UID, Account: "acme"})
	}
	r.serve(projects...)
	r.open()
	r.run(monday.Add(2 * hour))
	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.RateLimited, Times: 1, RetryAfter: 2 * hour})
	r.run(monday.Add(5 * hour))
	for _, p := range projects {
		state, err := r.store.Project(t.Context(), p.UID)
		require.NoError(t, err)
		require.Zero(t, state.Failures, p.UID)
	}
}

func TestAHigherBudgetStaysBelowNotehubsLimit(t *testing.T) {
	r := newRig(t, 2, nil, events("500"), silent())
	r.config.Bot.Accounts[0].PerMinute = 7
	r.config.Bot.Interval = time.Minute
	r.open()
	r.run(monday.Add(hour))
	for _, request := range r.hub.Requests() {
		require.Equal(t, 200, request.Status)
	}
}

func TestAnOutageIsReadAfterwards(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(2*day), hour)}, events("500"))
	r.run(monday.Add(6 * hour))
	r.now = monday.Add(5 * day)
	r.open()
	r.run(r.now.Add(hour))
	require.Equal(t, []string{"revised"}, r.reasons("ops"), "the flood was on a day on which nobody watched")
	require.Equal(t, monday.Add(3*day), *r.taken("ops")[0].AsOf)
	r.requireTruth("ops")
}

func TestANewDeviceHasNoPastButNoHolesEither(t *testing.T) {
	r := newRig(t, 3, nil, budget("100"), rules.Spec{
		Name: "quiet-yesterday", Each: rules.EachDevice,
		When: []rules.Condition{{Level: rules.Warning, Expr: "events.yesterday == 0"}},
	})
	r.project.Devices[2].Provisioned = monday.Add(-36 * hour)
	r.serve()
	r.open()
	r.run(monday.Add(20 * hour))
	for _, a := range r.told("ops") {
		require.NotEqual(t, "hourly-sensor-3", a.Subject, "it has used some 60 events, and was not quiet yesterday")
		require.NotEqual(t, "quiet-yesterday", a.Rule)
	}
}

func TestWithdrawn(t *testing.T) {
	fresh := func(t *testing.T) *rig {
		t.Helper()
		r := newRig(t, 3, []notehubtest.Incident{silence(monday.Add(2*hour), 5*day)}, silent(), events("500")).hourly()
		r.run(monday.Add(12 * hour))
		require.Equal(t, []string{"fired"}, r.reasons("ops"))
		return r
	}
	requireWithdrawn := func(t *testing.T, r *rig, why string) {
		t.Helper()
		r.run(r.now.Add(2 * hour))
		require.Equal(t, why, r.last("silent-device").Why)
		require.Equal(t, []string{"fired", "withdrawn"}, r.reasons("ops"))
		r.requireTruth("ops")
	}
	t.Run("the rule is gone", func(t *testing.T) {
		r := fresh(t)
		r.rules(events("500"))
		r.open()
		requireWithdrawn(t, r, "rule removed")
	})
	t.Run("the device is gone", func(t *testing.T) {
		r := fresh(t)
		r.project.Devices = r.project.Devices[1:]
		r.project.Incidents = nil
		r.serve()
		r.open()
		requireWithdrawn(t, r, "no longer listed in Notehub")
	})
	t.Run("the rule is about something else now", func(t *testing.T) {
		r := fresh(t)
		wide := silent()
		wide.Each, wide.Show, wide.When[0].Expr = rules.EachProject, "", "project.silent_pct > 90"
		r.rules(wide, events("500"))
		r.open()
		requireWithdrawn(t, r, "rule is about projects now")
	})
	t.Run("the project is no longer watched", func(t *testing.T) {
		r := fresh(t)
		r.config.Bot.Projects = []bot.Project{{UID: "app:other", Name: "other", Account: "acme"}}
		r.open()
		requireWithdrawn(t, r, "project is no longer in the rules file")
	})
	t.Run("the rule is no longer about the device", func(t *testing.T) {
		r := fresh(t)
		choosy := silent()
		choosy.Where = `device.name != "hourly-sensor-1"`
		r.rules(choosy, events("500"))
		r.open()
		requireWithdrawn(t, r, "no longer selected by where")
	})
	t.Run("the rule no longer holds", func(t *testing.T) {
		r := fresh(t)
		patient := silent()
		patient.When[0].Expr = "device.silent_hours > 48"
		r.rules(patient, events("500"))
		r.open()
		requireWithdrawn(t, r, "condition changed")
	})
	t.Run("but not when the changed rule still holds", func(t *testing.T) {
		r := fresh(t)
		stricter := silent()
		stricter.When[0].Expr = "device.silent_hours > 5"
		r.rules(stricter, events("500"))
		r.open()
		r.run(r.now.Add(2 * hour))
		require.Equal(t, []string{"fired"}, r.reasons("ops"))
	})
	t.Run("nor when only words changed", func(t *testing.T) {
		r := fresh(t)
		reworded := silent()
		reworded.Summary = "{{.Subject}} says nothing"
		r.rules(reworded, events("500"))
		r.open()
		r.run(r.now.Add(2 * hour))
		require.Equal(t, []string{"fired"}, r.reasons("ops"))
	})
}
