package rules_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// fired is an alert that fires at the level warning since monday.
func fired(t *testing.T, change func(*rules.Rule)) (rules.Alert, *rules.Rule) {
	t.Helper()
	r := rule(rules.Live, change)
	a, event := key.Inactive().Next(r, verdict(warning), monday)
	require.Equal(t, rules.Fired, event)
	return a, r
}

func remindDaily(r *rules.Rule) { r.Spec.Remind = []time.Duration{day} }

func TestMatch(t *testing.T) {
	a := rules.Alert{ID: "k3p", Rule: "data-budget", Project: "app:1", Subject: "dev:1"}
	a.Told.Project, a.Told.Subject = "cold-chain", "freezer 7"
	for name, c := range map[string]struct {
		match rules.Match
		want  bool
	}{
		"all":                    {rules.Match{}, true},
		"alert":                  {rules.Match{Alert: "k3p"}, true},
		"another alert":          {rules.Match{Alert: "k3q"}, false},
		"rule":                   {rules.Match{Rule: "data-budget"}, true},
		"another rule":           {rules.Match{Rule: "data"}, false},
		"project":                {rules.Match{Project: "app:1"}, true},
		"project by name":        {rules.Match{Project: "cold-chain"}, true},
		"another project":        {rules.Match{Project: "freezer 7"}, false},
		"subject":                {rules.Match{Subject: "dev:1"}, true},
		"subject by name":        {rules.Match{Subject: "freezer 7"}, true},
		"another subject":        {rules.Match{Subject: "cold-chain"}, false},
		"everything":             {rules.Match{Alert: "k3p", Rule: "data-budget", Project: "app:1", Subject: "freezer 7"}, true},
		"everything but subject": {rules.Match{Alert: "k3p", Rule: "data-budget", Project: "app:1", Subject: "dev:2"}, false},
	} {
		require.Equal(t, c.want, c.match.Matches(a), name)
	}

	a.Subject, a.Told.Subject = "", "cold-chain" // of a rule about projects
	for subject, want := range map[string]bool{"app:1": true, "cold-chain": true, "dev:1": false} {
		require.Equal(t, want, rules.Match{Subject: subject}.Matches(a), "a project as subject %s", subject)
	}
}

func TestMutesOf(t *testing.T) {
	silence := func(id string, from, to time.Duration) rules.Silence {
		return rules.Silence{ID: id, Start: monday.Add(from), End: monday.Add(to), By: "amy", Because: id}
	}
	window := func(because string, from, to time.Duration) rules.Window {
		return rules.Window{Days: []time.Weekday{time.Monday}, From: from, To: to, Because: because}
	}
	silenced := func(because string, until time.Duration) rules.Mute {
		return rules.Mute{Kind: rules.BySilence, Until: monday.Add(until), By: "amy", Because: because}
	}
	shut := func(because string, until time.Duration) rules.Mute {
		return rules.Mute{Kind: rules.ByWindow, Until: monday.Add(until), Because: because}
	}
	other := rules.Match{Rule: "other"}
	elsewhere := silence("elsewhere", 0, 9*hour)
	elsewhere.Match = other
	ever := rules.Window{Because: "ever"}
	endless, ended := silence("endless", 0, 0), silence("ended", 0, 5*hour)
	endless.End, ended.EndedBy, ended.EndedAt = time.Time{}, "ben", monday.Add(hour)
	endlessEnded := ended
	endlessEnded.End = time.Time{}
	for name, c := range map[string]struct {
		mutes rules.Mutes
		want  rules.Mute
	}{
		"nothing":                       {rules.Mutes{}, rules.Mute{}},
		"a silence":                     {rules.Mutes{Silences: []rules.Silence{silence("a", 0, 2*hour)}}, silenced("a", 2*hour)},
		"a silence that begins now":     {rules.Mutes{Silences: []rules.Silence{silence("a", hour, 2*hour)}}, silenced("a", 2*hour)},
		"a silence that ends now":       {rules.Mutes{Silences: []rules.Silence{silence("a", 0, hour)}}, rules.Mute{}},
		"a silence to come":             {rules.Mutes{Silences: []rules.Silence{silence("a", hour+1, 2*hour)}}, rules.Mute{}},
		"a silence of another rule":     {rules.Mutes{Silences: []rules.Silence{elsewhere}}, rules.Mute{}},
		"a silence without an end":      {rules.Mutes{Silences: []rules.Silence{silence("a", 0, 3*hour), endless}, Windows: []rules.Window{ever}}, rules.Mute{Kind: rules.BySilence, By: "amy", Because: "endless"}},
		"a silence that was ended":      {rules.Mutes{Silences: []rules.Silence{ended, endlessEnded}}, rules.Mute{}},
		"the longest silence":           {rules.Mutes{Silences: []rules.Silence{silence("a", 0, 2*hour), silence("b", 0, 3*hour), silence("c", 0, 2*hour)}}, silenced("b", 3*hour)},
		"the first of several":          {rules.Mutes{Silences: []rules.Silence{silence("a", 0, 2*hour), silence("b", 0, 2*hour)}, Windows: []rules.Window{window("w", 0, 2*hour)}}, silenced("a", 2*hour)},
		"a window":                      {rules.Mutes{Windows: []rules.Window{window("w", 0, 2*hour)}}, shut("w", 2*hour)},
		"a window that is shut":         {rules.Mutes{Windows: []rules.Window{window("w", 0, hour)}}, rules.Mute{}},
		"a window of another rule":      {rules.Mutes{Windows: []rules.Window{{Match: other}}}, rules.Mute{}},
		"a window longer than silence":  {rules.Mutes{Silences: []rules.Silence{silence("a", 0, 2*hour)}, Windows: []rules.Window{window("w", 0, 3*hour)}}, shut("w", 3*hour)},
		"silence longer than a window":  {rules.Mutes{Silences: []rules.Silence{silence("a", 0, 3*hour)}, Windows: []rules.Window{window("w", 0, 2*hour)}}, silenced("a", 3*hour)},
		"what never ends, first":        {rules.Mutes{Windows: []rules.Window{ever, window("w", 0, 3*hour)}}, rules.Mute{Kind: rules.ByWindow, Because: "ever"}},
		"what never ends, last":         {rules.Mutes{Silences: []rules.Silence{silence("a", 0, 9*hour)}, Windows: []rules.Window{window("w", 0, 3*hour), ever}}, rules.Mute{Kind: rules.ByWindow, Because: "ever"}},
		"the first that never ends":     {rules.Mutes{Windows: []rules.Window{ever, {Because: "ever, too"}}}, rules.Mute{Kind: rules.ByWindow, Because: "ever"}},
		"a rule on trial":               {rules.Mutes{Rules: specs(rules.Spec{Shadow: true, Unless: "fleet"}), Windows: []rules.Window{ever}, Firing: firing("dev:1")}, rules.Mute{Kind: rules.ByShadow}},
		"another rule for the subject":  {rules.Mutes{Rules: specs(rules.Spec{Unless: "fleet"}), Windows: []rules.Window{ever}, Firing: firing("dev:1")}, rules.Mute{Kind: rules.ByUnless, By: "fleet"}},
		"another rule for the project":  {rules.Mutes{Rules: specs(rules.Spec{Unless: "fleet"}), Firing: firing("")}, rules.Mute{Kind: rules.ByUnless, By: "fleet"}},
		"another rule for another":      {rules.Mutes{Rules: specs(rules.Spec{Unless: "fleet"}), Firing: firing("dev:2")}, rules.Mute{}},
		"another rule that is not told": {rules.Mutes{Rules: specs(rules.Spec{Unless: "other"}), Firing: firing("dev:1")}, rules.Mute{}},
		"a rule that is gone":           {rules.Mutes{Rules: map[string]rules.Spec{}, Firing: firing("dev:1")}, rules.Mute{}},
	} {
		t.Run(name, func(t *testing.T) {
			a := rules.Alert{Rule: key.Rule, Project: key.Project, Subject: key.Subject, State: rules.Firing}
			require.Equal(t, c.want, c.mutes.Of(a, monday.Add(hour)))
			a.Drill = true
			require.Equal(t, rules.Mute{}, c.mutes.Of(a, monday.Add(hour)), "people hear of a drill whatever is muted")
		})
	}
}

// specs are the rules by name: one, and another that it may name.
func specs(spec rules.Spec) map[string]rules.Spec {
	return map[string]rules.Spec{key.Rule: spec, "fleet": {}}
}

// firing says that the rule fleet fires for a subject.
func firing(subject string) func(rule, project, subject string) bool {
	return func(rule, project, of string) bool { return rule == "fleet" && project == key.Project && of == subject }
}

func TestMutesNext(t *testing.T) {
	m := rules.Mutes{
		Silences: []rules.Silence{{Start: monday.Add(hour), End: monday.Add(5 * hour)}, {Start: monday}, {Start: monday.Add(-hour), End: monday.Add(2 * hour)}, {Start: monday, End: monday.Add(7 * hour), EndedAt: monday.Add(hour)}},
		Windows:  []rules.Window{{From: 3 * hour, To: 4 * hour}, {From: 5 * hour, To: 3 * hour, Days: []time.Weekday{time.Monday}}, {}},
	}
	now := monday
	for _, want := range []time.Duration{hour, 2 * hour, 3 * hour, 4 * hour, 5 * hour, day + 3*hour, day + 4*hour, 2*day + 3*hour} {
		require.Equal(t, monday.Add(want), m.Next(now).UTC())
		now = m.Next(now)
	}
	require.Zero(t, rules.Mutes{}.Next(monday))
	require.Zero(t, rules.Mutes{Silences: m.Silences, Windows: []rules.Window{{}}}.Next(monday.Add(5*hour)), "what never ends does not begin again")
}

// What is muted no more because somebody ended a silence says who did.
func TestMutesApply(t *testing.T) {
	alert := func(by, because string) rules.Alert {
		a, _ := fired(t, nil)
		a.Mute = rules.Mute{Kind: rules.BySilence, Until: monday.Add(day), By: by, Because: because}
		return a
	}
	over := func(endedBy string, at time.Duration) rules.Silence {
		return rules.Silence{Start: monday, End: monday.Add(day), By: "amy", Because: "moving", EndedBy: endedBy, EndedAt: monday.Add(at)}
	}
	elsewhere := over("eve", hour)
	elsewhere.Match.Rule = "other"
	longer := over("ben", hour)
	longer.End = monday.Add(2 * day)
	for name, c := range map[string]struct {
		silences []rules.Silence
		alert    rules.Alert
		event    rules.Event
		by       string
	}{
		"it was ended":            {[]rules.Silence{over("ben", hour)}, alert("amy", "moving"), rules.Unmuted, "ben"},
		"it is forgotten":         {nil, alert("amy", "moving"), rules.Unmuted, ""},
		"one like it was ended":   {[]rules.Silence{over("cem", hour), over("ben", 2*hour), over("dee", hour)}, alert("amy", "moving"), rules.Unmuted, "ben"},
		"another one was ended":   {[]rules.Silence{over("ben", hour)}, alert("amy", "testing"), rules.Unmuted, ""},
		"a longer one was ended":  {[]rules.Silence{longer}, alert("amy", "moving"), rules.Unmuted, ""},
		"that of another":         {[]rules.Silence{over("ben", hour)}, alert("eve", "moving"), rules.Unmuted, ""},
		"that of another rule":    {[]rules.Silence{elsewhere}, alert("amy", "moving"), rules.Unmuted, ""},
		"it is not ended yet":     {[]rules.Silence{over("ben", 4*hour)}, alert("amy", "moving"), rules.None, ""},
		"it was ended for longer": {[]rules.Silence{over("ben", hour), {Start: monday, End: monday.Add(2 * day), By: "cem"}}, alert("amy", "moving"), rules.Muted, "cem"},
	} {
		t.Run(name, func(t *testing.T) {
			a, event := rules.Mutes{Silences: c.silences}.Apply(c.alert, monday.Add(3*hour))
			require.Equal(t, c.event, event)
			require.Equal(t, c.by, a.By)
		})
	}
}

// A silence that lasts to its end was ended by nobody, whoever ended one of the same person before.
func TestMutesApplyAfterASilenceLikeOneThatWasEnded(t *testing.T) {
	ended := rules.Silence{Start: monday, End: monday.Add(day), By: "amy", Because: "moving", EndedBy: "ben", EndedAt: monday.Add(hour)}
	for name, end := range map[string]time.Time{"to the same end": ended.End, "for longer": ended.End.Add(hour)} {
		t.Run(name, func(t *testing.T) {
			again := rules.Silence{Start: monday.Add(2 * hour), End: end, By: "amy", Because: "moving"}
			m := rules.Mutes{Silences: []rules.Silence{ended, again}}
			a, _ := fired(t, nil)
			a, event := m.Apply(a, monday.Add(3*hour))
			require.Equal(t, rules.Muted, event)
			require.Equal(t, "amy", a.By)
			a, event = m.Apply(a, end)
			require.Equal(t, rules.Unmuted, event)
			require.Empty(t, a.By)
		})
	}
}

func TestMuted(t *testing.T) {
	a, _ := fired(t, nil)
	mute := rules.Mute{Kind: rules.BySilence, Until: monday.Add(day), By: "amy", Because: "moving"}
	muted, event := a.Muted(mute, "", monday.Add(hour))
	require.Equal(t, rules.Muted, event)
	require.Equal(t, mute, muted.Mute)
	require.Equal(t, a.Version+1, muted.Version)
	require.Equal(t, monday.Add(hour), muted.ChangedAt)
	require.Equal(t, a.NotifiedAt, muted.NotifiedAt, "nobody was told")

	mute.Until = mute.Until.In(time.FixedZone("", 3600))
	again, event := muted.Muted(mute, "", monday.Add(2*hour))
	require.Equal(t, rules.None, event, "the same instant is the same, wherever")
	require.Equal(t, muted.Version, again.Version)

	mute.Until = monday.Add(2 * day)
	longer, event := muted.Muted(mute, "", monday.Add(2*hour))
	require.Equal(t, rules.Muted, event, "people may want to know until when")
	require.Equal(t, mute, longer.Mute)
	require.Equal(t, "amy", longer.By)

	loud, event := longer.Muted(rules.Mute{}, "ben", monday.Add(3*hour))
	require.Equal(t, rules.Unmuted, event)
	require.Equal(t, "ben", loud.By)
	trial, _ := longer.Muted(rules.Mute{Kind: rules.ByShadow}, "ben", monday.Add(3*hour))
	require.Empty(t, trial.By, "nobody did that")
	require.Equal(t, rules.Mute{}, loud.Mute)
	require.Equal(t, a.Version+3, loud.Version)

	_, event = loud.Muted(rules.Mute{}, "", monday.Add(3*hour))
	require.Equal(t, rules.None, event)
	over, _ := muted.Clear(monday.Add(3 * hour))
	require.Equal(t, rules.BySilence, over.Mute.Kind, "what ends while it is muted stays so")
	for name, a := range map[string]rules.Alert{"over": over, "pending": {State: rules.Pending}, "nothing": {}} {
		same, event := a.Muted(rules.Mute{}, "", monday.Add(4*hour))
		require.Equal(t, rules.None, event, name)
		require.Equal(t, a.Mute, same.Mute, name)
		_, event = a.Muted(rules.Mute{Kind: rules.ByShadow}, "", monday.Add(4*hour))
		require.Equal(t, rules.None, event, name)
	}
}

func TestAcknowledged(t *testing.T) {
	a, _ := fired(t, nil)
	taken, event := a.Acknowledged("amy", monday.Add(hour))
	require.Equal(t, rules.Acknowledged, event)
	require.Equal(t, rules.Ack{By: "amy", At: monday.Add(hour)}, taken.Ack)
	require.Equal(t, a.Version+1, taken.Version)

	again, event := taken.Acknowledged("amy", monday.Add(2*hour))
	require.Equal(t, rules.None, event)
	require.Equal(t, taken.Ack, again.Ack, "she has it since the first time")

	over, event := taken.Acknowledged("ben", monday.Add(2*hour))
	require.Equal(t, rules.Acknowledged, event)
	require.Equal(t, rules.Ack{By: "ben", At: monday.Add(2 * hour)}, over.Ack)

	free, event := over.Unacknowledged("cem", monday.Add(3*hour))
	require.Equal(t, rules.Unacknowledged, event)
	require.Equal(t, rules.Ack{}, free.Ack)
	require.Equal(t, []string{"", "amy", "ben", "cem"}, []string{a.By, taken.By, over.By, free.By})
	_, event = free.Unacknowledged("amy", monday.Add(4*hour))
	require.Equal(t, rules.None, event, "nobody has it already")

	ended, _ := taken.Clear(monday.Add(3 * hour))
	require.Equal(t, "amy", ended.Ack.By, "it is known who had it")
	for name, a := range map[string]rules.Alert{"over": ended, "pending": {State: rules.Pending}, "nothing": {}} {
		_, event = a.Acknowledged("ben", monday.Add(4*hour))
		require.Equal(t, rules.None, event, name)
		_, event = a.Unacknowledged("ben", monday.Add(4*hour))
		require.Equal(t, rules.None, event, name)
	}
}

// Nobody is reminded of what is muted or taken on. What gets worse is said all the same, and is for somebody to take on
// again.
func TestNextOfWhatIsMutedOrTakenOn(t *testing.T) {
	mute := func(a rules.Alert, now time.Time) rules.Alert {
		a, _ = a.Muted(rules.Mute{Kind: rules.BySilence, Until: monday.Add(30 * day)}, "", now)
		return a
	}
	take := func(a rules.Alert, now time.Time) rules.Alert {
		a, _ = a.Acknowledged("amy", now)
		return a
	}
	for name, c := range map[string]struct {
		hush, free func(rules.Alert, time.Time) rules.Alert
	}{
		"muted":    {mute, func(a rules.Alert, now time.Time) rules.Alert { a, _ = a.Muted(rules.Mute{}, "", now); return a }},
		"taken on": {take, func(a rules.Alert, now time.Time) rules.Alert { a, _ = a.Unacknowledged("amy", now); return a }},
	} {
		t.Run(name, func(t *testing.T) {
			a, r := fired(t, remindDaily)
			a = c.hush(a, monday.Add(hour))
			for now := monday.Add(2 * hour); now.Before(monday.Add(3 * day)); now = now.Add(hour) {
				var event rules.Event
				a, event = a.Next(r, verdict(warning), now)
				require.Equal(t, rules.None, event)
			}
			loud := c.free(a, monday.Add(3*day))
			_, event := loud.Next(r, verdict(warning), monday.Add(3*day))
			require.Equal(t, rules.Reminded, event)

			worse, event := a.Next(r, verdict(critical), monday.Add(3*day))
			require.Equal(t, rules.Escalated, event)
			require.Equal(t, a.Mute, worse.Mute, "that does not end silence")
			require.Equal(t, rules.Ack{}, worse.Ack, "it was taken on when it was less bad")

			better, event := worse.Next(r, verdict(warning), monday.Add(4*day))
			require.Equal(t, rules.Deescalated, event)
			taken := take(better, monday.Add(4*day))
			over, event := taken.Next(r, verdict(quiet), monday.Add(5*day))
			require.Equal(t, rules.Cleared, event)
			require.Equal(t, a.Mute, over.Mute, "it says why nobody was told")
			require.Equal(t, "amy", over.Ack.By)
		})
	}
}

// A rule for a fleet mutes those for the devices in it, and no others.
func TestUnlessOfFleets(t *testing.T) {
	mutes := rules.Mutes{
		Rules: map[string]rules.Spec{
			"device": {Each: rules.EachDevice, Unless: "fleet"}, "other": {Each: rules.EachFleet, Unless: "fleet"}, "fleet": {Each: rules.EachFleet},
		},
		Firing: func(rule, project, subject string) bool {
			return rule == "fleet" && project == "app:1" && subject == "fleet:north"
		},
		Within: func(_, device string) []string {
			return map[string][]string{"dev:a": {"fleet:south", "fleet:north"}, "dev:b": {"fleet:south"}}[device]
		},
	}
	for _, c := range []struct {
		rule, subject string
		muted         bool
	}{
		{"device", "dev:a", true}, {"device", "dev:b", false}, {"device", "dev:gone", false},
		{"other", "fleet:north", true}, {"other", "fleet:south", false},
	} {
		mute := mutes.Of(rules.Alert{Rule: c.rule, Project: "app:1", Subject: c.subject, State: rules.Firing}, monday)
		require.Equal(t, c.muted, mute.Kind == rules.ByUnless, "%s of %s", c.rule, c.subject)
	}
}

func TestScopes(t *testing.T) {
	require.Equal(t, rules.EachProject, rules.ScopeOf(""))
	require.Equal(t, rules.EachFleet, rules.ScopeOf("fleet:1"))
	require.Equal(t, rules.EachDevice, rules.ScopeOf("dev:1"))
	require.Equal(t, rules.EachRoute, rules.ScopeOf("route:1"))
	require.True(t, rules.EachRoute.Contains(rules.EachRoute))
	require.True(t, rules.EachProject.Contains(rules.EachRoute))
	require.False(t, rules.EachRoute.Contains(rules.EachDevice))
	require.False(t, rules.EachRoute.Contains(rules.EachFleet))
	require.False(t, rules.EachFleet.Contains(rules.EachRoute))
	require.True(t, rules.EachFleet.Contains(rules.EachDevice))
	require.True(t, rules.EachFleet.Contains(rules.EachFleet))
	require.False(t, rules.EachFleet.Contains(rules.EachProject))
	require.False(t, rules.EachDevice.Contains(rules.EachFleet))
}
