package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// last returns what "ops" took last about a rule.
func (r *rig) last(rule string) (last taken) {
	r.t.Helper()
	for _, a := range r.taken("ops") {
		if a.Alert.Rule == rule {
			last = a
		}
	}
	require.NotEmpty(r.t, last.ID, "nothing about %s", rule)
	return last
}

// befall replaces what happens in the simulated project, in the past too, as a correction does.
func (r *rig) befall(incidents ...notehubtest.Incident) {
	r.t.Helper()
	r.project.Incidents = incidents
	r.serve()
	r.open()
}

func TestCorrectedFigures(t *testing.T) {
	incident := flood(monday.Add(2*hour), 2*hour)
	r := newRig(t, 2, []notehubtest.Incident{incident}, budget("2000"), events("500"))
	r.run(monday.Add(6 * hour))
	for _, rule := range []string{"event-budget", "event-spike"} {
		require.Equal(t, "firing", r.last(rule).State)
	}
	fired := r.last("event-budget").ID
	r.befall()
	r.run(monday.Add(7 * hour))
	for rule, why := range map[string]string{
		"event-budget": `^corrected: events\.used [\d,]+ is [\d,]+$`,
		"event-spike":  `^corrected: events\.today [\d,]+ is \d+$`,
	} {
		a := r.last(rule)
		require.Equal(t, "corrected", a.Reason, rule)
		require.Equal(t, "resolved", a.State, rule)
		require.Regexp(t, why, a.Why)
		require.InDelta(t, *a.Value, *a.Peak, 0, "what was wrong is no peak")
		require.NotContains(t, a.Summary, "3,6")
	}
	r.requireTruth("ops")

	r.befall(incident)
	r.run(monday.Add(8 * hour))
	again := r.last("event-budget")
	require.Equal(t, "fired", again.Reason, "the same period may fire again")
	require.NotEqual(t, fired, again.ID)
}

// The total of a project falls when devices leave it as well: then it is not said that Notehub was wrong.
func TestCorrectedTotalsOfAProject(t *testing.T) {
	total := rules.Spec{Name: "all-events", Each: rules.EachProject, When: []rules.Condition{{Level: rules.Warning, Expr: "events.today > 500"}}}
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(2*hour), 2*hour)}, total)
	r.run(monday.Add(6 * hour))
	r.befall()
	r.run(monday.Add(7 * hour))
	a := r.last("all-events")
	require.Equal(t, "corrected", a.Reason)
	require.Regexp(t, `^events\.today was [\d,]+, is \d+: values were corrected, or devices left$`, a.Why)
}

// What a receiver was never shown it is not shown as corrected.
func TestCorrectedBeforeItWasShown(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(2*hour), 2*hour)}, events("500"))
	r.hush(muting.Match{}, 5*day)
	r.run(monday.Add(6 * hour))
	r.befall()
	r.run(monday.Add(7 * hour))
	require.Empty(t, r.told("ops"))
	require.Equal(t, "corrected before it was sent", r.delivery("ops", "event-spike").Detail)
}

func TestWithdrawnForAChangedRule(t *testing.T) {
	spec := func(change func(*rules.Spec)) rules.Spec {
		s := rules.Spec{
			Name: "spike", Each: rules.EachDevice, Limit: "500", Show: "events.today", For: 10 * time.Minute,
			When: []rules.Condition{{Level: rules.Warning, Expr: "events.today > limit"}},
		}
		if change != nil {
			change(&s)
		}
		return s
	}
	for name, c := range map[string]struct {
		change func(*rules.Spec)
		why    string
	}{
		"limit":     {func(s *rules.Spec) { s.Limit = "20000" }, "limit changed 500 → 20,000"},
		"condition": {func(s *rules.Spec) { s.When[0].Expr, s.Show = "sessions.today > limit", "sessions.today" }, "condition changed"},
		"both":      {func(s *rules.Spec) { s.When[0].Expr, s.Limit = "bytes.today > limit", "gb(900)" }, "condition changed"},
		"let": {func(s *rules.Spec) {
			s.When[0].Expr, s.Let = "events.today > most", []rules.Let{{Name: "most", Expr: "18 * limit"}}
		}, "condition changed"},
		"kind":            {func(s *rules.Spec) { s.When[0].Expr, s.Limit = "events.used > limit", "90000" }, "condition changed"},
		"where":           {func(s *rules.Spec) { s.Where = `device.name == "other"` }, "no longer selected by where"},
		"renamed":         {func(s *rules.Spec) { s.Name = "spike-2" }, "rule renamed to spike-2"},
		"renamed, raised": {func(s *rules.Spec) { s.Name, s.Limit = "spike-2", "20000" }, "rule removed"},
		"about projects":  {func(s *rules.Spec) { s.Each, s.Limit = rules.EachProject, "20000" }, "rule is about projects now"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(2*hour), 2*hour)}, spec(nil))
			r.run(monday.Add(6 * hour))
			open, err := r.store.OpenAlerts(t.Context(), project)
			require.NoError(t, err)
			before := open[0]
			r.rules(spec(c.change))
			r.open()
			r.run(monday.Add(7 * hour))
			after := r.last("spike")
			require.Equal(t, "withdrawn", after.State)
			require.Equal(t, c.why, after.Why)
			require.Equal(t, before.Texts.Figure, after.Figure)
			require.Equal(t, before.Texts.Unit, after.Unit)
			require.Equal(t, before.Texts.Summary, after.Summary)
			require.InDelta(t, before.Value, *after.Value, 0)
			require.InDelta(t, before.Limit, *after.Limit, 0)
			r.requireTruth("ops")
		})
	}
}

// The condition may be the same, and the keys that decide when an alert ends may not.
func TestWithdrawnForAnotherEnd(t *testing.T) {
	spec := func(change func(*rules.Spec)) rules.Spec {
		s := rules.Spec{Name: "silent-device", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: "device.silent_hours > 6"}}, ResolveWhen: "device.silent_hours < 0"}
		if change != nil {
			change(&s)
		}
		return s
	}
	for name, c := range map[string]struct {
		change func(*rules.Spec)
		why    string
	}{
		"resolve_when":         {func(s *rules.Spec) { s.ResolveWhen = "" }, "resolve_when changed"},
		"resolve_when and for": {func(s *rules.Spec) { s.ResolveWhen, s.For = "", hour }, "resolve_when changed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 10*hour)}, spec(nil)).hourly()
			r.run(monday.Add(20 * hour))
			require.Equal(t, "firing", r.last("silent-device").State)
			r.rules(spec(c.change))
			r.open()
			r.run(monday.Add(21 * hour))
			require.Equal(t, c.why, r.last("silent-device").Why)
		})
	}
	t.Run("period", func(t *testing.T) {
		r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(2*hour), 2*hour)}, budget("2000"))
		r.run(monday.Add(6 * hour))
		r.config.Bot.Period = rules.PeriodSpec{Every: "week"}
		r.open()
		r.run(monday.Add(7 * hour))
		require.Equal(t, []string{"fired", "escalated", "fired", "withdrawn"}, r.reasons("ops"))
		require.Equal(t, "period is week now", r.last("event-budget").Why)
	})
	t.Run("not where the period has ended anyway", func(t *testing.T) {
		r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(2*hour), 2*hour)}, budget("2000"))
		july := monday.AddDate(0, 0, 16)
		r.hourly().run(july.Add(-hour))
		r.rules(budget("3000"))
		r.now = july.Add(time.Minute)
		r.open()
		r.run(july.Add(hour))
		require.Equal(t, []string{"fired", "period_ended"}, r.reasons("ops"))
		require.InDelta(t, 2000, *r.last("event-budget").Limit, 0)
	})
}

// An alert that survives a changed limit says so, and keeps no peak of another figure.
func TestAChangedRuleThatStillHolds(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(2*hour), 2*hour)}, budget("2000"))
	r.run(monday.Add(6 * hour))
	r.rules(budget("2500"))
	r.open()
	r.run(monday.Add(7 * hour))
	a := r.last("event-budget")
	require.Equal(t, "updated", a.Reason)
	require.Equal(t, "limit changed 2,000 → 2,500", a.Why)

	other := budget("2500")
	other.Show = "sessions.used"
	r.rules(other)
	r.open()
	r.run(monday.Add(8 * hour))
	alerts, err := r.store.OpenAlerts(t.Context(), project)
	require.NoError(t, err)
	require.Equal(t, "sessions.used", alerts[0].Texts.Figure)
	require.LessOrEqual(t, alerts[0].Peak, alerts[0].Value)
}

func TestWithdrawnSelfAlertSaysWhy(t *testing.T) {
	r := newRig(t, 1, nil, events("500"))
	r.withFallback()
	require.NoError(t, r.bot.RaiseSelfAlert(t.Context(), bot.SelfAlert{
		Rule: "receiver-dead", Subject: "pager", Level: rules.Critical, Summary: "x", Receivers: []string{"ops"},
	}))
	r.run(monday.Add(hour))
	r.open()
	r.run(monday.Add(2 * hour))
	require.Equal(t, "receiver is no longer in the rules file", r.last("receiver-dead").Why)
}
