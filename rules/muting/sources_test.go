package muting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
	"notewatch/rules/muting"
)

// monday is 2026-06-01, 00:00 UTC.
var monday = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour

var key = rules.Key{Rule: "data-budget", Project: "app:1", Subject: "dev:1"}

// fired is an alert that is firing.
var fired = rules.Alert{ID: "k3p", Rule: key.Rule, Project: key.Project, Subject: key.Subject, State: rules.Firing, Level: rules.Warning}

func TestMatch(t *testing.T) {
	a := rules.Alert{ID: "k3p", Rule: "data-budget", Project: "app:1", Subject: "dev:1"}
	a.Texts.Project, a.Texts.Subject = "cold-chain", "freezer 7"
	for name, c := range map[string]struct {
		match muting.Match
		want  bool
	}{
		"all":                    {muting.Match{}, true},
		"alert":                  {muting.Match{Alert: "k3p"}, true},
		"another alert":          {muting.Match{Alert: "k3q"}, false},
		"rule":                   {muting.Match{Rule: "data-budget"}, true},
		"another rule":           {muting.Match{Rule: "data"}, false},
		"project":                {muting.Match{Project: "app:1"}, true},
		"project by name":        {muting.Match{Project: "cold-chain"}, true},
		"another project":        {muting.Match{Project: "freezer 7"}, false},
		"subject":                {muting.Match{Subject: "dev:1"}, true},
		"subject by name":        {muting.Match{Subject: "freezer 7"}, true},
		"another subject":        {muting.Match{Subject: "cold-chain"}, false},
		"everything":             {muting.Match{Alert: "k3p", Rule: "data-budget", Project: "app:1", Subject: "freezer 7"}, true},
		"everything but subject": {muting.Match{Alert: "k3p", Rule: "data-budget", Project: "app:1", Subject: "dev:2"}, false},
	} {
		require.Equal(t, c.want, c.match.Matches(a, nil), name)
	}

	a.Subject, a.Texts.Subject = "", "cold-chain" // of a rule about projects
	for subject, want := range map[string]bool{"app:1": true, "cold-chain": true, "dev:1": false} {
		require.Equal(t, want, muting.Match{Subject: subject}.Matches(a, nil), "a project as subject %s", subject)
	}
}

func TestOf(t *testing.T) {
	silence := func(id string, from, to time.Duration) muting.Silence {
		return muting.Silence{ID: id, Start: monday.Add(from), End: monday.Add(to), By: "amy", Because: id}
	}
	window := func(because string, from, to time.Duration) muting.Window {
		return muting.Window{Days: []time.Weekday{time.Monday}, From: from, To: to, Because: because}
	}
	silenced := func(because string, until time.Duration) rules.Mute {
		return rules.Mute{Kind: rules.BySilence, Until: monday.Add(until), By: "amy", Because: because}
	}
	shut := func(because string, until time.Duration) rules.Mute {
		return rules.Mute{Kind: rules.ByWindow, Until: monday.Add(until), Because: because}
	}
	other := muting.Match{Rule: "other"}
	elsewhere := silence("elsewhere", 0, 9*hour)
	elsewhere.Match = other
	ever := muting.Window{Because: "ever"}
	endless, ended := silence("endless", 0, 0), silence("ended", 0, 5*hour)
	endless.End, ended.EndedBy, ended.EndedAt = time.Time{}, "ben", monday.Add(hour)
	endlessEnded := ended
	endlessEnded.End = time.Time{}
	for name, c := range map[string]struct {
		mutes muting.Sources
		want  rules.Mute
	}{
		"nothing":                       {muting.Sources{}, rules.Mute{}},
		"a silence":                     {muting.Sources{Silences: []muting.Silence{silence("a", 0, 2*hour)}}, silenced("a", 2*hour)},
		"a silence that begins now":     {muting.Sources{Silences: []muting.Silence{silence("a", hour, 2*hour)}}, silenced("a", 2*hour)},
		"a silence that ends now":       {muting.Sources{Silences: []muting.Silence{silence("a", 0, hour)}}, rules.Mute{}},
		"a silence to come":             {muting.Sources{Silences: []muting.Silence{silence("a", hour+1, 2*hour)}}, rules.Mute{}},
		"a silence of another rule":     {muting.Sources{Silences: []muting.Silence{elsewhere}}, rules.Mute{}},
		"a silence without an end":      {muting.Sources{Silences: []muting.Silence{silence("a", 0, 3*hour), endless}, Windows: []muting.Window{ever}}, rules.Mute{Kind: rules.BySilence, By: "amy", Because: "endless"}},
		"a silence that was ended":      {muting.Sources{Silences: []muting.Silence{ended, endlessEnded}}, rules.Mute{}},
		"the longest silence":           {muting.Sources{Silences: []muting.Silence{silence("a", 0, 2*hour), silence("b", 0, 3*hour), silence("c", 0, 2*hour)}}, silenced("b", 3*hour)},
		"the first of several":          {muting.Sources{Silences: []muting.Silence{silence("a", 0, 2*hour), silence("b", 0, 2*hour)}, Windows: []muting.Window{window("w", 0, 2*hour)}}, silenced("a", 2*hour)},
		"a window":                      {muting.Sources{Windows: []muting.Window{window("w", 0, 2*hour)}}, shut("w", 2*hour)},
		"a window that is shut":         {muting.Sources{Windows: []muting.Window{window("w", 0, hour)}}, rules.Mute{}},
		"a window of another rule":      {muting.Sources{Windows: []muting.Window{{Match: other}}}, rules.Mute{}},
		"a window longer than silence":  {muting.Sources{Silences: []muting.Silence{silence("a", 0, 2*hour)}, Windows: []muting.Window{window("w", 0, 3*hour)}}, shut("w", 3*hour)},
		"silence longer than a window":  {muting.Sources{Silences: []muting.Silence{silence("a", 0, 3*hour)}, Windows: []muting.Window{window("w", 0, 2*hour)}}, silenced("a", 3*hour)},
		"what never ends, first":        {muting.Sources{Windows: []muting.Window{ever, window("w", 0, 3*hour)}}, rules.Mute{Kind: rules.ByWindow, Because: "ever"}},
		"what never ends, last":         {muting.Sources{Silences: []muting.Silence{silence("a", 0, 9*hour)}, Windows: []muting.Window{window("w", 0, 3*hour), ever}}, rules.Mute{Kind: rules.ByWindow, Because: "ever"}},
		"the first that never ends":     {muting.Sources{Windows: []muting.Window{ever, {Because: "ever, too"}}}, rules.Mute{Kind: rules.ByWindow, Because: "ever"}},
		"a rule on trial":               {muting.Sources{Rules: specs(rules.Spec{Shadow: true, Unless: "fleet"}), Windows: []muting.Window{ever}, Firing: firing("dev:1")}, rules.Mute{Kind: rules.ByShadow}},
		"another rule for the subject":  {muting.Sources{Rules: specs(rules.Spec{Unless: "fleet"}), Windows: []muting.Window{ever}, Firing: firing("dev:1")}, rules.Mute{Kind: rules.ByUnless, By: "fleet"}},
		"another rule for the project":  {muting.Sources{Rules: specs(rules.Spec{Unless: "fleet"}), Firing: firing("")}, rules.Mute{Kind: rules.ByUnless, By: "fleet"}},
		"another rule for another":      {muting.Sources{Rules: specs(rules.Spec{Unless: "fleet"}), Firing: firing("dev:2")}, rules.Mute{}},
		"another rule that is not told": {muting.Sources{Rules: specs(rules.Spec{Unless: "other"}), Firing: firing("dev:1")}, rules.Mute{}},
		"a rule that is gone":           {muting.Sources{Rules: map[string]rules.Spec{}, Firing: firing("dev:1")}, rules.Mute{}},
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

func TestNext(t *testing.T) {
	m := muting.Sources{
		Silences: []muting.Silence{{Start: monday.Add(hour), End: monday.Add(5 * hour)}, {Start: monday}, {Start: monday.Add(-hour), End: monday.Add(2 * hour)}, {Start: monday, End: monday.Add(7 * hour), EndedAt: monday.Add(hour)}},
		Windows:  []muting.Window{{From: 3 * hour, To: 4 * hour}, {From: 5 * hour, To: 3 * hour, Days: []time.Weekday{time.Monday}}, {}},
	}
	now := monday
	for _, want := range []time.Duration{hour, 2 * hour, 3 * hour, 4 * hour, 5 * hour, day + 3*hour, day + 4*hour, 2*day + 3*hour} {
		require.Equal(t, monday.Add(want), m.Next(now).UTC())
		now = m.Next(now)
	}
	require.Zero(t, muting.Sources{}.Next(monday))
	require.Zero(t, muting.Sources{Silences: m.Silences, Windows: []muting.Window{{}}}.Next(monday.Add(5*hour)), "what never ends does not begin again")
}

// What is muted no more because somebody ended a silence says who did.
func TestApply(t *testing.T) {
	alert := func(by, because string) rules.Alert {
		a := fired
		a.Mute = rules.Mute{Kind: rules.BySilence, Until: monday.Add(day), By: by, Because: because}
		return a
	}
	over := func(endedBy string, at time.Duration) muting.Silence {
		return muting.Silence{Start: monday, End: monday.Add(day), By: "amy", Because: "moving", EndedBy: endedBy, EndedAt: monday.Add(at)}
	}
	elsewhere := over("eve", hour)
	elsewhere.Match.Rule = "other"
	longer := over("ben", hour)
	longer.End = monday.Add(2 * day)
	for name, c := range map[string]struct {
		silences []muting.Silence
		alert    rules.Alert
		event    rules.Event
		by       string
	}{
		"it was ended":            {[]muting.Silence{over("ben", hour)}, alert("amy", "moving"), rules.Unmuted, "ben"},
		"it is forgotten":         {nil, alert("amy", "moving"), rules.Unmuted, ""},
		"one like it was ended":   {[]muting.Silence{over("cem", hour), over("ben", 2*hour), over("dee", hour)}, alert("amy", "moving"), rules.Unmuted, "ben"},
		"another one was ended":   {[]muting.Silence{over("ben", hour)}, alert("amy", "testing"), rules.Unmuted, ""},
		"a longer one was ended":  {[]muting.Silence{longer}, alert("amy", "moving"), rules.Unmuted, ""},
		"that of another":         {[]muting.Silence{over("ben", hour)}, alert("eve", "moving"), rules.Unmuted, ""},
		"that of another rule":    {[]muting.Silence{elsewhere}, alert("amy", "moving"), rules.Unmuted, ""},
		"it is not ended yet":     {[]muting.Silence{over("ben", 4*hour)}, alert("amy", "moving"), rules.None, ""},
		"it was ended for longer": {[]muting.Silence{over("ben", hour), {Start: monday, End: monday.Add(2 * day), By: "cem"}}, alert("amy", "moving"), rules.Muted, "cem"},
	} {
		t.Run(name, func(t *testing.T) {
			a, event := muting.Sources{Silences: c.silences}.Apply(c.alert, monday.Add(3*hour))
			require.Equal(t, c.event, event)
			require.Equal(t, c.by, a.By)
		})
	}
}

// A silence that lasts to its end was ended by nobody, whoever ended one of the same person before.
func TestApplyAfterASilenceLikeOneThatWasEnded(t *testing.T) {
	ended := muting.Silence{Start: monday, End: monday.Add(day), By: "amy", Because: "moving", EndedBy: "ben", EndedAt: monday.Add(hour)}
	for name, end := range map[string]time.Time{"to the same end": ended.End, "for longer": ended.End.Add(hour)} {
		t.Run(name, func(t *testing.T) {
			again := muting.Silence{Start: monday.Add(2 * hour), End: end, By: "amy", Because: "moving"}
			m := muting.Sources{Silences: []muting.Silence{ended, again}}
			a := fired
			a, event := m.Apply(a, monday.Add(3*hour))
			require.Equal(t, rules.Muted, event)
			require.Equal(t, "amy", a.By)
			a, event = m.Apply(a, end)
			require.Equal(t, rules.Unmuted, event)
			require.Empty(t, a.By)
		})
	}
}

// A rule for a fleet mutes those for the devices in it, and no others.
func TestUnlessOfFleets(t *testing.T) {
	mutes := muting.Sources{
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
