package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/survey"
	"notewatch/rules"
)

// Each rule is evaluated for all its subjects; what selects nothing, and what is no data for all, is a finding unless it is accepted.
func TestSurvey(t *testing.T) {
	rule := func(name string, change func(*rules.Spec)) rules.Spec {
		spec := rules.Spec{Name: name, Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: "events.d7 > 1"}}}
		change(&spec)
		return spec
	}
	when := func(expr string) func(*rules.Spec) {
		return func(s *rules.Spec) { s.When = []rules.Condition{{Level: rules.Warning, Expr: expr}} }
	}
	where := func(expr string) func(*rules.Spec) { return func(s *rules.Spec) { s.Where = expr } }
	tests := []struct {
		spec           rules.Spec
		subjects       int
		selected, hold int
		noData         int
		want           []survey.Finding
	}{
		{spec: rule("all", func(*rules.Spec) {}), subjects: 3, selected: 3, hold: 3},
		{spec: rule("none-true", when("events.d7 > 1e6")), subjects: 3, selected: 3},
		{spec: rule("one", where(`device.uid == "`+sensors(1)[0].UID+`"`)), subjects: 3, selected: 1, hold: 1},
		{spec: rule("none", where(`device.sku == "none"`)), subjects: 3, want: []survey.Finding{
			{Code: "none", Field: "where", Message: "selects none of 3 devices now", Hint: "compare it with notewatch explain"},
		}},
		{spec: rule("fleets", where(`"none" in device.fleets`)), subjects: 3, want: []survey.Finding{
			{Code: "none", Field: "where", Message: "selects none of 3 devices now", Hint: "device.fleets are hourly sensor"},
		}},
		{spec: rule("accepted", func(s *rules.Spec) { s.Where, s.Accept = `device.sku == "none"`, []string{"none"} }), subjects: 3},
		{spec: rule("blind", when("bytes.peer_ratio > 5 && events.d7 > 1")), subjects: 3, selected: 3, noData: 3, want: []survey.Finding{
			{Code: "blind", Field: "when", Message: "is no data for all 3 devices now: bytes.peer_ratio", Hint: "docs/rules.md says for each name when it is no data"},
		}},
		{spec: rule("known", when("bytes.peer_ratio > 5 && events.d7 > 1e6")), subjects: 3, selected: 3},
		{spec: rule("project", func(s *rules.Spec) { s.Each = rules.EachProject }), subjects: 1, selected: 1, hold: 1},
	}
	specs := make([]rules.Spec, 0, len(tests))
	for _, test := range tests {
		specs = append(specs, test.spec)
	}
	r := newRig(t, 3, nil, specs...)
	_, polled, err := survey.Of(t.Context(), r.bot)
	require.NoError(t, err)
	require.False(t, polled)
	r.run(monday.Add(hour))
	all, polled, err := survey.Of(t.Context(), r.bot)
	require.NoError(t, err)
	require.True(t, polled)
	require.Len(t, all, len(tests))
	for i, test := range tests {
		got := all[i]
		require.Equal(t, test.spec.Name, got.Name)
		require.Equal(t, [4]int{test.subjects, test.selected, test.hold, test.noData}, [4]int{got.Subjects, got.Selected, got.True, got.NoData}, got.Name)
		require.Equal(t, test.want, got.Findings(), got.Name)
	}
}

// Growth between polls is no data if polls are too far apart for it.
func TestSurveyOfRarePolls(t *testing.T) {
	spec := rules.Spec{Name: "flood", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: "events.h1 > 100"}}}
	r := newRig(t, 2, nil, spec)
	r.config.Bot.Interval = 130 * time.Minute
	r.open()
	r.run(monday.Add(6 * hour))
	all, _, err := survey.Of(t.Context(), r.bot)
	require.NoError(t, err)
	require.Equal(t, []survey.Finding{{
		Code: "blind", Field: "when", Message: "is no data for all 2 devices now: events.h1", Hint: "polls are 2 h 10 min apart, and h1 needs two polls within 2 h",
	}}, all[0].Findings())
}
