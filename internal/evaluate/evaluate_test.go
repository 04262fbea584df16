package evaluate_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/env"
	"notewatch/internal/evaluate"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/muting"
)

const (
	project = "app:1"
	team    = "team"
)

var (
	noon    = time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	today   = rules.DayOf(noon)
	unknown = math.NaN()
)

// A bench is a project of two devices, "pump" and "valve", whose events a test writes down day by day, and the rules that are evaluated.
type bench struct {
	t     *testing.T
	store *store.Store
	now   time.Time
	state store.Project // how the polls went
	rules []*rules.Rule
}

func newBench(t *testing.T, specs ...rules.Spec) *bench {
	t.Helper()
	t.Parallel()
	db, err := store.Open(t.Context(), storetest.Database(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	b := &bench{t: t, store: db, now: noon, state: store.Project{UID: project, PolledAt: noon}}
	b.list("pump", "valve")
	b.events(today-1, 10, 10)
	b.rule(specs...)
	return b
}

// list replaces the device list.
func (b *bench) list(names ...string) {
	b.t.Helper()
	devices := make([]usage.Device, len(names))
	for i, name := range names {
		devices[i] = usage.Device{UID: "dev:" + name, Name: name, Provisioned: noon.AddDate(-1, 0, 0), LastActivity: b.now}
	}
	storetest.SaveDevices(b.t, b.store, project, devices, b.now)
}

// rule replaces the rules.
func (b *bench) rule(specs ...rules.Spec) {
	b.t.Helper()
	b.rules = nil
	for _, spec := range specs {
		r, problems := rules.Compile(spec)
		require.Empty(b.t, problems)
		b.rules = append(b.rules, r)
	}
}

// events writes down the events of both devices on a day, as a poll reads them now.
func (b *bench) events(day rules.Day, pump, valve float64) {
	b.t.Helper()
	of := func(device string, day rules.Day, events float64) storetest.Usage {
		return storetest.Usage{Device: device, Day: day, Figures: storetest.Figures{rules.Events: events}}
	}
	rows := []storetest.Usage{of("", day, pump+valve), of("dev:pump", day, pump), of("dev:valve", day, valve)}
	storetest.SaveUsage(b.t, b.store, project, rows, rules.Events)
}

// evaluate is one pass that is committed, for the rules that read more than poll. It returns what the pass found.
func (b *bench) evaluate() *evaluate.Pass {
	b.t.Helper()
	return b.pass((*evaluate.Evaluator).Evaluate, work.Poll, (*store.Store).Commit)
}

// evaluatePoll is evaluate for the rules that read only poll.
func (b *bench) evaluatePoll() *evaluate.Pass {
	b.t.Helper()
	return b.pass((*evaluate.Evaluator).EvaluatePollRules, work.PollRules, (*store.Store).CommitPollRules)
}

type (
	evaluation func(*evaluate.Evaluator, context.Context, *env.ProjectData, evaluate.Context) (*evaluate.Pass, error)
	committal  func(*store.Store, context.Context, work.Lease, store.Commit) error
)

func (b *bench) pass(evaluateRules evaluation, kind work.Kind, commit committal) *evaluate.Pass {
	b.t.Helper()
	ctx := b.t.Context()
	list, err := b.store.Usage.DeviceList(ctx, project)
	require.NoError(b.t, err)
	fleets, err := env.FleetNames(ctx, b.store.Usage, project)
	require.NoError(b.t, err)
	labels, err := env.FleetLabels(ctx, b.store.Usage, project)
	require.NoError(b.t, err)
	var objects rules.Objects
	for _, r := range b.rules {
		objects = objects.With(r.Reads.Objects)
	}
	routes, err := b.store.Usage.Routes(ctx, project)
	require.NoError(b.t, err)
	born, err := b.store.Usage.Born(ctx, project)
	require.NoError(b.t, err)
	data := env.Source{Usage: b.store.Usage, Objects: objects}.Data(env.Project{
		UID: project, Name: "lab", Born: born, State: b.state, Now: b.now, Fleets: fleets, Labels: labels, Routes: routes,
	}, list)
	about := evaluate.Context{Recipients: map[string][]string{}, NextStep: "check the network"}
	specs, wants := map[string]rules.Spec{}, rules.Wants{}
	for _, r := range b.rules {
		wants = wants.With(r.Reads.Members)
		about.Recipients[r.Spec.Name], specs[r.Spec.Name] = []string{team}, r.Spec
	}
	e := evaluate.New(evaluate.Config{
		Store: b.store, Rules: b.rules, Wants: wants, Workers: 2, Log: slog.New(slog.DiscardHandler),
	})
	pass, err := evaluateRules(e, ctx, data, about)
	require.NoError(b.t, err)
	silences, seq, err := b.store.Silences(ctx, b.now)
	require.NoError(b.t, err)
	require.NoError(b.t, pass.Mute(muting.Sources{Silences: silences, Rules: specs}, seq))

	require.NoError(b.t, b.store.Work.AddWork(ctx, kind, []string{project}, b.now))
	require.NoError(b.t, b.store.Work.MakeDue(ctx, kind, project, b.now))
	lease, ok, err := b.store.Work.Claim(ctx, kind, project, b.now, b.now)
	require.NoError(b.t, err)
	require.True(b.t, ok)
	require.NoError(b.t, commit(b.store, ctx, lease, pass.Commit))
	return pass
}

// happened says what happened to alerts in a pass, a line each: rule, subject, event and level.
func happened(pass *evaluate.Pass) []string {
	all := []string{}
	for _, a := range slices.Concat(pass.Commit.Alerts, pass.Commit.States, pass.Commit.Versions) {
		if _, event := pass.Commit.Show[a.ID]; event {
			all = append(all, fmt.Sprintf("%s %s: %s %s", a.Rule, cmp.Or(strings.TrimPrefix(a.Subject, "dev:"), "lab"), a.Reason, a.Level))
		}
	}
	return all
}

// busy is a rule about the events of a day.
func busy(over string) rules.Spec {
	return rules.Spec{
		Name: "busy", Each: rules.EachDevice, Limit: over, Show: "events.today",
		When: []rules.Condition{
			{Level: rules.Warning, Expr: "events.today > limit"},
			{Level: rules.Critical, Expr: "events.today > 2 * limit"},
		},
	}
}

func blind() rules.Spec {
	return rules.Spec{
		Name: evaluate.WatcherBlind, Each: rules.EachProject,
		When: []rules.Condition{{Level: rules.Critical, Expr: "poll.failures >= 3"}},
	}
}

// A pass finds only what is new. What fires is shown by the receivers of its rule, under the headline of this pass.
func TestEachEventIsFoundOnce(t *testing.T) {
	b := newBench(t, busy("100"))
	b.events(today, 120, 50)
	pass := b.evaluate()
	require.Equal(t, []string{"busy pump: fired warning"}, happened(pass))
	fired := pass.Commit.Alerts[0]
	require.Equal(t, []string{team}, pass.Commit.Show[fired.ID])
	require.Equal(t, "pump: events 120 today, limit 100", fired.Texts.Summary)
	require.True(t, fired.Already, "it was true before its rule was first evaluated")

	b.now = noon.Add(15 * time.Minute)
	require.Empty(t, happened(b.evaluate()), "nothing has changed")
	b.events(today, 250, 50)
	require.Equal(t, []string{"busy pump: escalated critical"}, happened(b.evaluate()))
	b.events(today, 260, 130)
	require.Equal(t, []string{"busy valve: fired warning"}, happened(b.evaluate()))
	b.now = noon.AddDate(0, 0, 1)
	b.events(today+1, 3, 3)
	require.Equal(t, []string{"busy pump: updated critical", "busy valve: updated warning"}, happened(b.evaluate()), "they are quiet since")
	b.now = noon.AddDate(0, 0, 2)
	b.events(today+2, 3, 3)
	require.Equal(t, []string{"busy pump: resolved critical", "busy valve: resolved warning"}, happened(b.evaluate()), "a complete day was quiet")
}

// What is not known makes nothing fire and ends nothing.
func TestNoDataChangesNothing(t *testing.T) {
	b := newBench(t, busy("100"))
	b.events(today, unknown, 120)
	require.Equal(t, []string{"busy valve: fired warning"}, happened(b.evaluate()))
	b.events(today+1, unknown, unknown)
	b.now = noon.AddDate(0, 0, 2)
	b.events(today+2, unknown, 5)
	require.Equal(t, []string{"busy valve: updated warning"}, happened(b.evaluate()), "it is quiet, but what it was yesterday is not known")
	b.now = noon.AddDate(0, 0, 3)
	b.events(today+3, unknown, 5)
	require.Equal(t, []string{"busy valve: resolved warning"}, happened(b.evaluate()))
}

// An alert whose rule or device is gone, or whose rule changed so that it no longer fires, is withdrawn and says why. Where the changed rule
// still fires, the alert goes on.
func TestWhatAChangeOfTheRulesEnds(t *testing.T) {
	renamed, other, projects := busy("100"), busy("100"), busy("100")
	renamed.Name = "lively"
	other.When = []rules.Condition{{Level: rules.Warning, Expr: "events.today > 3 * limit"}}
	projects.Each, projects.When = rules.EachProject, []rules.Condition{{Level: rules.Warning, Expr: "events.today > 10 * limit"}}
	for name, c := range map[string]struct {
		change func(*bench)
		want   []string
		why    string
	}{
		"removed":       {func(b *bench) { b.rule() }, []string{"busy pump: withdrawn warning"}, "rule removed"},
		"renamed":       {func(b *bench) { b.rule(renamed) }, []string{"lively pump: fired warning", "busy pump: withdrawn warning"}, "rule renamed to lively"},
		"other scope":   {func(b *bench) { b.rule(projects) }, []string{"busy pump: withdrawn warning"}, "rule is about projects now"},
		"device gone":   {func(b *bench) { b.list("valve") }, []string{"busy pump: withdrawn warning"}, "no longer listed in Notehub"},
		"higher limit":  {func(b *bench) { b.rule(busy("150")) }, []string{"busy pump: withdrawn warning"}, "limit changed 100 → 150"},
		"condition":     {func(b *bench) { b.rule(other) }, []string{"busy pump: withdrawn warning"}, "condition changed"},
		"still exceeds": {func(b *bench) { b.rule(busy("90")) }, []string{"busy pump: updated warning"}, "limit changed 100 → 90"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, busy("100"))
			b.events(today, 120, 50)
			b.evaluate()
			c.change(b)
			pass := b.evaluate()
			require.Equal(t, c.want, happened(pass))
			alerts := slices.Concat(pass.Commit.Alerts, pass.Commit.States, pass.Commit.Versions)
			require.True(t, slices.ContainsFunc(alerts, func(a *rules.Alert) bool { return a.Rule == "busy" && a.Why == c.why }), "%+v", alerts)
		})
	}
}

// Without an answer of Notehub nothing is evaluated but what reads only poll, which says why, and what to do. Alerts stay as they are, also
// those whose rule is gone: nobody could compare them.
func TestWhereNotehubCannotBeRead(t *testing.T) {
	b := newBench(t, busy("100"), blind())
	b.events(today, 120, 50)
	b.evaluate()
	require.Empty(t, happened(b.evaluatePoll()))

	b.state.Failures, b.state.Failure = 3, "status 502"
	b.rule(blind())
	pass := b.evaluate()
	require.Empty(t, happened(pass))
	require.Empty(t, pass.Counts)
	pass = b.evaluatePoll()
	require.Equal(t, []string{"watcher-blind lab: fired critical"}, happened(pass))
	told := pass.Commit.Alerts[0].Texts
	require.Contains(t, told.Summary, ": status 502")
	require.Equal(t, "Next step: check the network.", told.Advice)

	b.state.Failures, b.state.Failure = 0, ""
	require.Equal(t, []string{"busy pump: withdrawn warning"}, happened(b.evaluate()))
	require.Equal(t, []string{"watcher-blind lab: resolved critical"}, happened(b.evaluatePoll()))
}

// Figures of a closed day that arrive late are evaluated as of the end of that day, and what was true then is reported once. The time before
// the rule was there does not count.
func TestLateFiguresAreRevised(t *testing.T) {
	b := newBench(t, busy("100"))
	b.now = noon.AddDate(0, 0, -1)
	b.events(today-2, 10, 10)
	b.events(today-1, 90, 10)
	require.Empty(t, happened(b.evaluate()))
	b.now = noon
	b.events(today, 10, 10)
	require.Empty(t, happened(b.evaluate()))

	late := func(day rules.Day, events float64) {
		storetest.SaveUsage(t, b.store, project, []storetest.Usage{
			{Device: "dev:pump", Day: day, Figures: storetest.Figures{rules.Events: events}},
			{Device: "dev:pump", Day: today, Figures: storetest.Figures{rules.Events: 10}},
		}, rules.Events)
	}
	late(today-1, 130)
	pass := b.evaluate()
	require.Equal(t, []string{"busy pump: revised warning"}, happened(pass))
	require.Equal(t, rules.Resolved, pass.Commit.Alerts[0].State, "nothing stays open")
	require.Empty(t, happened(b.evaluate()))
	late(today-1, 140)
	require.Empty(t, happened(b.evaluate()), "that was announced")
	late(today-2, 500)
	require.Empty(t, happened(b.evaluate()), "the rule is newer than that day")
}

// An alert about a forecast ends as corrected when the forecast was wrong, and at the latest with its period.
func TestForecast(t *testing.T) {
	spec := busy("500")
	spec.Name, spec.Show = "heading", "events.forecast"
	spec.When = []rules.Condition{{Level: rules.Warning, Expr: "events.forecast > limit"}}
	b := newBench(t, spec)
	for day := today - 16; day < today; day++ {
		b.events(day, 10, 10)
	}
	b.events(today, 10, 10)
	require.Empty(t, happened(b.evaluate()), "300 are expected")
	b.events(today, 300, 10)
	pass := b.evaluate()
	require.Equal(t, []string{"heading pump: fired warning"}, happened(pass))
	require.Equal(t, "pump: events.forecast 590 this month, limit 500", pass.Commit.Alerts[0].Texts.Summary)
	require.Equal(t, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), pass.Commit.Alerts[0].Period)
	b.events(today, 20, 10)
	require.Equal(t, []string{"heading pump: corrected warning"}, happened(b.evaluate()))
	b.now = noon.Add(15 * time.Minute)
	b.events(today, 300, 10)
	require.Equal(t, []string{"heading pump: fired warning"}, happened(b.evaluate()))
	for day := today + 1; day < today+14; day++ {
		b.now = day.Start().Add(12 * time.Hour)
		b.events(day, 10, 10)
		require.Empty(t, happened(b.evaluate()), day)
	}
	b.now = noon.AddDate(0, 0, 14)
	b.events(today+14, 10, 10)
	require.Equal(t, []string{"heading pump: period_ended warning"}, happened(b.evaluate()))
}

// Alerts take their mute along in the pass in which it begins or ends: a silence by a person, or a rule that explains them.
func TestMutesComeWithTheTurn(t *testing.T) {
	crowd := busy("500")
	crowd.Name, crowd.Each = "crowd", rules.EachProject
	quiet := busy("100")
	quiet.Unless, quiet.For = "crowd", time.Minute
	b := newBench(t, crowd, quiet)
	b.events(today, 120, 50)
	b.evaluate()
	b.now = b.now.Add(2 * time.Minute)
	require.Equal(t, []string{"busy pump: fired warning"}, happened(b.evaluate()))

	silence := muting.Silence{ID: "s", Match: muting.Match{Subject: "dev:pump"}, Start: b.now, End: b.now.Add(time.Hour), By: "amy"}
	require.NoError(t, b.store.AddSilence(t.Context(), silence, b.now))
	pass := b.evaluate()
	require.Equal(t, []string{"busy pump: muted warning"}, happened(pass))
	require.Equal(t, rules.BySilence, pass.Commit.Versions[0].Mute.Kind)

	b.now = b.now.Add(time.Hour)
	b.events(today, 130, 600)
	pass = b.evaluate()
	require.Contains(t, happened(pass), "crowd lab: fired warning")
	for _, a := range pass.Commit.Alerts {
		if a.Rule == "busy" && a.Subject == "dev:pump" {
			require.Equal(t, rules.ByUnless, a.Mute.Kind, "the silence is over, but crowd fires")
		}
	}
}

// A rule whose evaluation fails for some subjects is evaluated for the others. The count says how many failed, with the first as an example.
func TestATrialCountsFailures(t *testing.T) {
	spec := busy("100")
	spec.Where = `len(map(device.fleet_uids, len(map(device.fleet_uids, #)))) >= 0`
	b := newBench(t, spec)
	var fleets []string
	for i := range 400 {
		fleets = append(fleets, fmt.Sprint("fleet:", i))
	}
	storetest.SaveDevices(t, b.store, project, []usage.Device{
		{UID: "dev:pump", Name: "pump"}, {UID: "dev:valve", Name: "valve", Fleets: fleets},
	}, noon.Add(time.Minute))
	b.events(today, 120, 120)
	pass := b.evaluate()
	require.Equal(t, []string{"busy pump: fired warning"}, happened(pass))
	count := pass.Counts["busy"]
	require.Equal(t, 2, count.Subjects)
	require.Equal(t, 1, count.Failed)
	require.Equal(t, "dev:valve", count.Example)
	require.ErrorContains(t, count.Err, "memory budget exceeded")
}
