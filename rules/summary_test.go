package rules_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

var facts = rules.Facts{
	Rule: "data-budget", Project: "cold-chain", Subject: "pump-7", Level: "warning",
	Value: "41.2 MB", Limit: "40 MB", Usual: "3.1 MB", Period: "month",
}

func TestHeadline(t *testing.T) {
	tests := map[string]struct {
		summary string
		change  func(*rules.Facts)
		want    string
	}{
		"template": {
			summary: "{{.Subject}} has used {{.Value}} of {{.Limit}} this {{.Period}}",
			want:    "pump-7 has used 41.2 MB of 40 MB this month",
		},
		"choice": {
			summary: `{{if eq .Level "critical"}}Stop{{else}}Mind{{end}} {{with .Usual}}(usually {{.}}){{end}}`,
			want:    "Mind (usually 3.1 MB)",
		},
		"when": {
			summary: "{{.Subject}} has used {{.Value}} {{.When}}",
			change:  func(f *rules.Facts) { f.When = "in June" },
			want:    "pump-7 has used 41.2 MB in June",
		},
		"built in, when":     {change: func(f *rules.Facts) { f.When = "in June" }, want: "pump-7: bytes 41.2 MB in June, limit 40 MB"},
		"one line":           {summary: "{{.Subject}}\n  is\tfull ", want: "pump-7 is full"},
		"built in":           {want: "pump-7: bytes.used 41.2 MB, limit 40 MB"},
		"built in, no limit": {change: func(f *rules.Facts) { f.Limit = "no data" }, want: "pump-7: bytes.used 41.2 MB"},
		"nothing rendered":   {summary: `{{if eq .Subject "other"}}x{{end}}`, want: "pump-7: bytes.used 41.2 MB, limit 40 MB"},
		"fails at run time": {
			summary: `{{if eq .Project "lab"}}{{slice .Subject 5 6}}{{end}}`,
			change:  func(f *rules.Facts) { f.Project, f.Subject = "lab", "p" },
			want:    "p: bytes.used 41.2 MB, limit 40 MB",
		},
		"no valid text": {
			summary: "{{.Subject}} is full",
			change:  func(f *rules.Facts) { f.Subject = "pump\xff7" },
			want:    "pump\uFFFD7 is full",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen("bytes.used > 5 || bytes.prev > 5")
			spec.Summary = test.summary
			f := facts
			if test.change != nil {
				test.change(&f)
			}
			require.Equal(t, test.want, compile(t, spec).Headline(f))
		})
	}
}

func TestHeadlineWithoutFigure(t *testing.T) {
	require.Equal(t, "pump-7: data-budget", compile(t, ruleWhen("device.disabled")).Headline(facts))
}

func TestHeadlineOfAResolvedAlert(t *testing.T) {
	tests := map[string]struct {
		show, when, value, limit, peak string
		want                           string
	}{
		"day":          {"events.today", "today", "2", "500", "10,823 on Thu 18 Jun", "pump-7: events 2 today, limit 500, peak 10,823 on Thu 18 Jun"},
		"no day":       {"device.silent_hours", "now", "0.4", "no data", "58.7", "pump-7: device.silent_hours 0.4 now, peak 58.7"},
		"never higher": {"device.voltage", "now", "3.6", "no data", "", "pump-7: device.voltage 3.6 now"},
		"no data":      {"events.today", "today", "no data", "500", "900 on Thu 18 Jun", "pump-7: events no data today, limit 500, peak 900 on Thu 18 Jun"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen(test.show + " > 5")
			spec.Show, spec.Summary = test.show, "{{.Subject}} is far over its limit"
			f := facts
			f.Value, f.Limit, f.When = test.value, test.limit, test.when
			require.Equal(t, test.want, compile(t, spec).Resolved(rules.ResolvedFacts{Facts: f, Duration: "4 h", Peak: test.peak}))
		})
	}
	require.Equal(t, "pump-7: data-budget is no longer true", compile(t, ruleWhen("device.disabled")).Resolved(rules.ResolvedFacts{Facts: facts}))
}

func TestHeadlineOfAResolvedAlertInOwnWords(t *testing.T) {
	spec := ruleWhen("device.silent_hours > 24")
	spec.Resolved = "{{.Subject}} is back after {{.Duration}}{{if .Peak}}; up to {{.Peak}}{{end}}"
	require.Equal(t, "pump-7 is back after 4 h", compile(t, spec).Resolved(rules.ResolvedFacts{Facts: facts, Duration: "4 h"}))
	require.Equal(t, "pump-7 is back after 4 h; up to 58 h",
		compile(t, spec).Resolved(rules.ResolvedFacts{Facts: facts, Duration: "4 h", Peak: "58 h"}))
	spec.Resolved = "{{.Subjekt}}"
	_, problems := rules.Compile(spec)
	require.Equal(t, []rules.Problem{{
		Field: "resolved", Offset: 2, Message: "<.Subjekt>: can't evaluate field Subjekt in type rules.ResolvedFacts",
		Hint: "there are .Rule, .Project, .Subject, .Level, .Value, .Limit, .Usual, .Period, .When, .Duration and .Peak",
	}}, problems)
	spec.Resolved, spec.Summary = "", "{{.Duration}}"
	_, problems = rules.Compile(spec)
	require.Len(t, problems, 1, "an alert that is firing has no duration yet")
}

func TestHeadlineIsBounded(t *testing.T) {
	for _, summary := range []string{"", "{{.Subject}}", "{{.Subject}}{{.Subject}}{{.Subject}}"} {
		spec := ruleWhen("bytes.used > 5")
		spec.Summary = summary
		f := facts
		f.Subject = strings.Repeat("å", 2000)
		got := compile(t, spec).Headline(f)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, utf8.RuneCountInString(got), 300)
		require.NotEmpty(t, got)
	}
	spec := ruleWhen("bytes.used > 5")
	spec.Summary = "{{.Subject}}"
	rule := compile(t, spec)
	exactly := strings.Repeat("å", 300)
	require.Equal(t, exactly, rule.Headline(rules.Facts{Subject: exactly}))
	require.Equal(t, strings.Repeat("å", 299)+"…", rule.Headline(rules.Facts{Subject: exactly + "b"}))
}

// What is usual of a week, or of an object, is not known.
func TestSummariesNeedAUsualValue(t *testing.T) {
	for when, figure := range map[string]string{
		"events.d7 > 5": "events.d7", "device.silent_hours > 24": "device.silent_hours",
		"events.used > 5": "events.used", "events.forecast > bytes.prev": "events.forecast",
	} {
		spec := ruleWhen(when)
		spec.Summary = "{{.Value}} {{with .Usual}}usually {{.}}{{end}}"
		_, problems := rules.Compile(spec)
		require.Equal(t, []rules.Problem{{Field: "summary", Offset: 18, Message: figure + " has no usual value",
			Hint: "leave out .Usual, or show today, yesterday, h1 or h6 of a metric; used and forecast have one if the rule reads prev"}}, problems)
	}
}

func TestProblemsOfSummaries(t *testing.T) {
	const fields = "there are .Rule, .Project, .Subject, .Level, .Value, .Limit, .Usual, .Period and .When"
	const allowed = "there are if, with, and, or, not, eq, ne, lt, le, gt, ge, len, index, slice, print"
	tests := map[string]struct {
		summary string
		want    rules.Problem
	}{
		"unknown field": {
			"ab {{.Subjekt}}", rules.Problem{Offset: 5, Message: "<.Subjekt>: can't evaluate field Subjekt in type rules.Facts", Hint: fields},
		},
		"unknown field of one level": {
			`{{if eq .Level "critical"}}{{.Worse}}{{end}}`,
			rules.Problem{Offset: 29, Message: "<.Worse>: can't evaluate field Worse in type rules.Facts", Hint: fields},
		},
		"on the second line": {
			"å\nå {{.Subjekt}}", rules.Problem{Offset: 8, Message: "<.Subjekt>: can't evaluate field Subjekt in type rules.Facts", Hint: fields},
		},
		"syntax":           {"a\n{{.Subject", rules.Problem{Offset: 2, Message: "unclosed action", Hint: fields}},
		"unknown function": {"{{humanize .Value}}", rules.Problem{Offset: 0, Message: `function "humanize" not defined`, Hint: fields}},
		"loop":             {"a {{range .Subject}}b{{end}}", rules.Problem{Offset: 10, Message: "{{range .Subject}}b{{end}} is not used here", Hint: allowed}},
		"loop in a branch": {"{{if .Rule}}{{else}}{{range 9}}{{end}}{{end}}", rules.Problem{Offset: 28, Message: "{{range 9}}{{end}} is not used here", Hint: allowed}},
		"recursion":        {`{{define "a"}}{{template "a"}}{{end}}x`, rules.Problem{Offset: -1, Message: "define and block are not used here"}},
		"padding":          {`{{print (printf "%9999s" .Rule)}}`, rules.Problem{Offset: 9, Message: "printf is not used here", Hint: allowed}},
		"variable":         {`{{with $x := .Rule}}{{$x = print $x $x}}{{end}}`, rules.Problem{Offset: 7, Message: "$x := .Rule is not used here", Hint: allowed}},
		"too much":         {strings.Repeat("{{print .Rule .Rule}} ", 180) + strings.Repeat("x", 100), rules.Problem{Offset: -1, Message: "renders more than 4800 bytes"}},
		"too long":         {strings.Repeat("a", 4097), rules.Problem{Offset: -1, Message: "is too long: 4097 bytes, at most 4096"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen("bytes.used > 5")
			spec.Name, spec.Summary = "a rule with a long name", test.summary
			test.want.Field = "summary"
			_, problems := rules.Compile(spec)
			require.Equal(t, []rules.Problem{test.want}, problems)
		})
	}
}
