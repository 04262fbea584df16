package rules_test

import (
	"testing"

	"notewatch/internal/words"
	"notewatch/rules"
)

// FuzzCompile holds Compile, Eval, Explain and Findings against everything that a rules file could say: none panics, problems and findings
// lie within their text, and what compiles is judged without an error, known or not.
func FuzzCompile(f *testing.F) {
	for _, when := range []string{
		"bytes.used > 0.8 * limit", "events.today > 10 * usual && device.age_days > 2", "all(bytes.series[-7:], # > 5)",
		"(bytes.today ?? 0) / events.today > 5", "device.name matches \"^pump\" ? poll.truncated : none(device.fleets, # == 'lab')",
		"sum(map(filter(sessions.series, # > 0), #index * int(#) % 3)) ** 2 in [1, 2.5]", "nil", "bytes.today > ", "kb(1..2)",
		"findLast(sort(bytes.series), # < mean(events.series)) == -max(1, 2)", "å ≠ 'ß'", "let x = 1; x", "#", "a?.b.c()",
		"if poll.truncated {usual > 1} else {1 < bytes.used < 2}", "((a)) || !(bytes [\"today\"] > 1 /* x */) // y\n and 'å' not in device.fleets",
	} {
		f.Add(when, "max(events.median / 24, 1)", "mb(40)", "{{.Subject}} {{if .Limit}}{{.Value}}{{end}}")
	}
	f.Fuzz(func(t *testing.T, when, let, limit, summary string) {
		for _, each := range []rules.Scope{rules.EachDevice, rules.EachProject} {
			spec := rules.Spec{Name: "fuzz", Each: each, Where: let, Limit: limit, Let: []rules.Let{{Name: "usual", Expr: let}},
				When: at(rules.Critical, when), ResolveWhen: when, Show: let, Summary: summary}
			judgeAll(t, spec)
			spec.Where, spec.Show = "", ""
			judgeAll(t, spec)
		}
	})
}

func judgeAll(t *testing.T, spec rules.Spec) {
	rule, problems := rules.Compile(spec)
	texts := map[string]string{"where": spec.Where, "limit": spec.Limit, "let.usual": spec.Let[0].Expr,
		"when.critical": spec.When[0].Expr, "resolve_when": spec.ResolveWhen, "show": spec.Show, "summary": spec.Summary}
	for _, p := range problems {
		if p.Offset < -1 || p.Offset > len(texts[p.Field]) || p.Message == "" {
			t.Fatalf("%+v in %q", p, texts[p.Field])
		}
	}
	if (rule == nil) != (len(problems) > 0) {
		t.Fatalf("rule %v with problems %v", rule, problems)
	}
	if rule == nil {
		return
	}
	for _, f := range rule.Findings(rules.PeriodSpec{}) {
		if f.Offset < 0 || f.Offset > len(texts[f.Field]) || f.Message == "" || f.Code == "" {
			t.Fatalf("%+v in %q", f, texts[f.Field])
		}
	}
	known, none := scene(), unknown()
	for _, env := range []*rules.Env{&known, &none} {
		got := rule.Eval(rules.NewView(env))
		if got.Err != nil || got.Result.Least > got.Result.Most {
			t.Fatalf("%+v of %+v", got, spec)
		}
		if e := rule.Explain(rules.NewView(env)); e.Result != got.Result || len(e.Lines(words.Figure)) == 0 {
			t.Fatalf("%+v of %+v", e, spec)
		}
	}
	if rule.Headline(rules.Facts{}) == "" || rule.Hash() == "" {
		t.Fatalf("no headline or hash for %+v", spec)
	}
}
