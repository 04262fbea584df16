package bot_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/explain"
	"notewatch/internal/store/storetest"
	"notewatch/internal/words"
	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// explain explains a rule for the first sensor.
func (r *rig) explain(rule string) bot.Explanation {
	r.t.Helper()
	e, err := r.bot.Explain(r.t.Context(), rule, project, sensors(1)[0].UID)
	require.NoError(r.t, err)
	return e
}

func TestExplain(t *testing.T) {
	r := newRig(t, 3, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute)}, budget("1150"))
	r.run(monday.Add(10 * hour))
	e := r.explain("event-budget")
	require.Equal(t, []string{
		"✗ critical: events.used 946 > limit 1,150",
		"✓ warning: events.used 946 > 0.8 * limit 1,150 = 920",
	}, e.Lines(words.Figure))
	require.Equal(t, notify.Named{
		UID: sensors(1)[0].UID, Name: sensors(1)[0].Name,
		URL: "https://notehub.io/project/" + project + "/devices/" + sensors(1)[0].UID,
	}, e.Subject)
	want, got := r.delivery("ops", "event-budget").Alert, e.Alert
	require.True(t, math.IsNaN(want.Usual) && math.IsNaN(got.Usual), "of a period nothing is usual")
	want.Usual, got.Usual = 0, 0
	require.Equal(t, want, got)
}

// Of the other devices nothing is read, unless the rule reads how many there are.
func TestExplainReadsLittle(t *testing.T) {
	fleet := rules.Spec{Name: "fleet-silent", Each: rules.EachProject, When: []rules.Condition{{Level: rules.Warning, Expr: "project.silent_pct > 20"}}}
	storetest.NeedsSQLite(t)
	counter := storetest.CountRows(t)
	r := newRig(t, 30, nil, events("600"), fleet)
	r.run(monday.Add(hour))
	db := rawDatabase(t, r.database)
	counter.Watch(t, db, map[string]string{"history": "vals", "device": "uid", "alert": "id"})
	for rule, want := range map[string]map[string]int{
		"event-spike":  {"device": 1, "history": 29},
		"fleet-silent": {"device": 31, "history": 29}, // one more says when the project began
	} {
		require.Equal(t, want, counter.Read(func() { r.explain(rule) }), rule)
	}
}

func TestExplainKnowsWhatItIsAskedFor(t *testing.T) {
	r := newRig(t, 1, nil, silent())
	for _, c := range []struct {
		rule, project, subject string
		want                   error
	}{
		{"silence", project, sensors(1)[0].UID, &bot.UnknownError{What: "rule", Name: "silence"}},
		{"silent-device", "app:1", sensors(1)[0].UID, &bot.UnknownError{What: "project", Name: "app:1"}},
		{"silent-device", project, "dev:1", &bot.UnknownError{What: "device", Name: "dev:1"}},
	} {
		_, err := r.bot.Explain(t.Context(), c.rule, c.project, c.subject)
		require.Equal(t, c.want, err)
	}
	_, err := r.bot.Explain(t.Context(), "silent-device", project, "")
	require.EqualError(t, err, `rule "silent-device" is about devices: say which one`)
}

func TestExplainSaysWhatBecomesOfTheAlert(t *testing.T) {
	slow := silent()
	slow.For = 4 * hour
	slow.When = append(slow.When, rules.Condition{Level: rules.Critical, Expr: "device.silent_hours > 8"})
	r := newRig(t, 2, []notehubtest.Incident{silence(monday.Add(2*hour), 2*day), flood(monday.Add(2*day+3*hour), 40*time.Minute)},
		slow, budget("1150"), events("600"), blind()).hourly()

	r.run(monday.Add(7 * hour))
	e := r.explain("silent-device")
	require.Empty(t, e.Alert.State)
	require.Empty(t, e.TooShort)
	require.Equal(t, "It ends at the first poll that finds the condition false.", explain.Ending(e))

	r.run(monday.Add(11*hour + 50*time.Minute))
	e = r.explain("silent-device")
	require.Equal(t, rules.Pending, e.Alert.State)
	require.Len(t, e.TooShort, 2)
	require.Equal(t, []rules.Level{rules.Critical, rules.Warning}, []rules.Level{e.TooShort[0].Level, e.TooShort[1].Level})
	for _, h := range e.TooShort {
		require.Equal(t, 4*hour, h.Need)
		require.Positive(t, h.For)
	}
	require.Less(t, e.TooShort[0].For, e.TooShort[1].For)
	require.Empty(t, e.Mute.Kind)
	r.hush(muting.Match{Subject: e.Subject.Name}, day)
	require.Equal(t, rules.BySilence, r.explain("silent-device").Mute.Kind, "if it fired now")

	r.run(monday.Add(13 * hour))
	e = r.explain("silent-device")
	require.Equal(t, rules.Firing, e.Alert.State)
	require.Equal(t, e.Alert.Mute, e.Mute)
	require.Len(t, e.TooShort, 1, "it is not critical yet")

	r.run(monday.Add(2*day + 5*hour))
	e = r.explain("event-budget")
	require.Equal(t, rules.Firing, e.Alert.State)
	require.Equal(t, "It ends when the period does, at Wed 1 Jul 00:00 UTC, or earlier if its values are corrected.", explain.Ending(e))
	e = r.explain("event-spike")
	require.Equal(t, rules.Firing, e.Alert.State)
	require.Equal(t, "It ends at 00:00 UTC after the first complete day on which the condition is false, Fri 19 Jun at the earliest, or earlier if its values are corrected on the same day.", explain.Ending(e))
	r.run(monday.Add(3*day + 5*hour))
	require.Regexp(t, `^It has been quiet since Thu 18 Jun 00:\d\d UTC and ends at Fri 19 Jun 00:00 UTC if it stays quiet\.$`, explain.Ending(r.explain("event-spike")))

	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Suspended})
	r.run(monday.Add(3*day + 8*hour))
	e = r.explain("watcher-blind")
	require.Equal(t, rules.Firing, e.Alert.State)
	require.Equal(t, project, e.Subject.UID, "it is about projects")
	require.Greater(t, e.Failures, 2)
	require.Contains(t, e.Failure, "suspended")
	require.True(t, e.PolledAt.Before(monday.Add(3*day+6*hour)))
}

// Of what Notehub could not be asked nothing is known, so a rule is explained as it was found when that was read. A rule about
// the reading itself goes by the clock, and so does what mutes.
func TestExplainIsAsOfTheLastPollIfThatIsLongAgo(t *testing.T) {
	r := newRig(t, 2, []notehubtest.Incident{flood(monday.Add(3*hour), 40*time.Minute)}, events("600"), budget("9000"), blind()).hourly()
	r.run(monday.Add(23 * hour))
	before := r.explain("event-spike")
	require.Equal(t, rules.Warning, before.Result.Least)

	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Suspended})
	r.run(monday.Add(day + 3*hour))
	r.hush(muting.Match{Rule: "event-budget"}, hour)
	for _, rule := range []string{"event-spike", "event-budget"} {
		e := r.explain(rule)
		require.Equal(t, e.PolledAt, e.Now, rule)
		require.Less(t, e.Now, monday.Add(day), rule)
	}
	e := r.explain("event-spike")
	require.Equal(t, before.Lines(words.Figure), e.Lines(words.Figure), "of today nothing is known")
	require.Equal(t, rules.BySilence, r.explain("event-budget").Mute.Kind)
	require.Equal(t, r.now.UTC(), r.explain("watcher-blind").Now)
}

func TestExplainSaysWhatAnotherRuleMutes(t *testing.T) {
	one := silent()
	one.For, one.Unless = 30*hour, "fleet-silent"
	fleet := rules.Spec{Name: "fleet-silent", Each: rules.EachProject, When: []rules.Condition{
		{Level: rules.Critical, Expr: "project.silent_pct > 50"},
	}}
	r := newRig(t, 6, []notehubtest.Incident{outage(4, monday.Add(2*hour), 2*day)}, one, fleet)
	r.run(monday.Add(day))
	require.Empty(t, r.explain("silent-device").Mute.Kind)
	r.run(monday.Add(day + 5*hour))
	require.Equal(t, rules.Mute{Kind: rules.ByUnless, By: "fleet-silent"}, r.explain("silent-device").Mute)
}

func TestEndingWithResolveWhen(t *testing.T) {
	for _, c := range []struct{ when, want string }{
		{"events.used > 3", "It ends when resolve_when is true and the condition is false, at the latest with the period, at Wed 1 Jul 00:00 UTC."},
		{"events.today > 3", "It ends when resolve_when is true and the condition is false."},
	} {
		rule, problems := rules.Compile(rules.Spec{Name: "test", Each: rules.EachDevice, ResolveWhen: "events.today < 2",
			When: []rules.Condition{{Level: rules.Warning, Expr: c.when}}})
		require.Empty(t, problems)
		e := bot.Explanation{Rule: rule, Period: rules.Period{End: monday.AddDate(0, 0, 16)}}
		require.Equal(t, c.want, explain.Ending(e))
	}
}

func TestEndingOfKeptAlerts(t *testing.T) {
	rule, problems := rules.Compile(rules.Spec{Name: "test", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: "events.d7 > 9"}}})
	require.Empty(t, problems)
	e := bot.Explanation{Rule: rule, Now: monday.Add(20 * hour)}
	require.Equal(t, "It ends when the condition has been false for 6 h.", explain.Ending(e))
	e.Alert.QuietSince, e.Alert.Texts.Resolves = monday.Add(19*hour), monday.Add(25*hour)
	require.Equal(t, "It has been quiet since Mon 15 Jun 19:00 UTC and ends at Tue 16 Jun 01:00 UTC if it stays quiet.", explain.Ending(e))
}

// As of a past day, a rule is explained by the figures that are stored of it; what has no history is no data.
func TestExplainAt(t *testing.T) {
	spike := events("100")
	idle := rules.Spec{Name: "idle", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: "events.yesterday < 30 && device.silent_hours >= 0"}}}
	whole := rules.Spec{Name: "whole", Each: rules.EachProject, When: []rules.Condition{{Level: rules.Critical, Expr: "events.today > 100"}}}
	r := newRig(t, 3, []notehubtest.Incident{flood(monday.Add(9*hour), 20*time.Minute)}, spike, idle, whole, budget("1150")).hourly()
	r.run(monday.Add(2*day + 10*hour))
	device := sensors(1)[0].UID
	for name, c := range map[string]struct {
		rule, subject string
		day           int // from monday
		least, most   rules.Level
		value         float64
	}{
		"the day of the flood":        {"event-spike", device, 0, rules.Warning, rules.Warning, 624},
		"the day before":              {"event-spike", device, -1, rules.Inactive, rules.Inactive, 24},
		"the day after":               {"event-spike", device, 1, rules.Inactive, rules.Inactive, 24},
		"before all that is known":    {"event-spike", device, -90, rules.Inactive, rules.Warning, math.NaN()},
		"another device":              {"event-spike", sensors(3)[2].UID, 0, rules.Inactive, rules.Inactive, 24},
		"the project":                 {"whole", "", 0, rules.Critical, rules.Critical, 672},
		"the device list of the past": {"idle", device, 1, rules.Inactive, rules.Inactive, 624},
		"the same on a quiet day":     {"idle", device, 0, rules.Inactive, rules.Warning, 24},
		"a period so far":             {"event-budget", device, -1, rules.Inactive, rules.Inactive, 14 * 24},
		"a period with the flood":     {"event-budget", device, 0, rules.Warning, rules.Warning, 14*24 + 624},
	} {
		t.Run(name, func(t *testing.T) {
			on := rules.DayOf(monday) + rules.Day(c.day)
			e, err := r.bot.ExplainAt(t.Context(), c.rule, project, c.subject, on)
			require.NoError(t, err)
			require.Equal(t, rules.Result{Least: c.least, Most: c.most}, e.Result)
			require.Equal(t, on.End(), e.Now)
			require.Empty(t, e.Alert.ID)
			if math.IsNaN(c.value) {
				require.True(t, math.IsNaN(e.Value))
				return
			}
			require.InDelta(t, c.value, e.Value, 3, "sensors vary a little")
		})
	}
	_, err := r.bot.ExplainAt(t.Context(), "event-spike", project, "dev:gone", rules.DayOf(monday))
	require.ErrorAs(t, err, new(*bot.UnknownError))
}
