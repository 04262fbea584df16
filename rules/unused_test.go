package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// A limit or a named part that no condition reads would look in messages as if it decided something.
func TestUnusedParts(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*rules.Spec)
		want   []string // fields
	}{
		"limit":                     {func(s *rules.Spec) { s.Limit = "500" }, []string{"limit"}},
		"part":                      {func(s *rules.Spec) { s.Let = []rules.Let{{"x", "events.used"}} }, []string{"let.x"}},
		"part of an unused part":    {func(s *rules.Spec) { s.Let = []rules.Let{{"x", "events.used"}, {"y", "x * 2"}} }, []string{"let.x", "let.y"}},
		"limit of an unused part":   {func(s *rules.Spec) { s.Limit, s.Let = "5", []rules.Let{{"x", "2 * limit"}} }, []string{"limit", "let.x"}},
		"limit in the summary only": {func(s *rules.Spec) { s.Limit, s.Summary = "5", "{{.Limit}}" }, []string{"limit"}},
		"limit in a condition":      {func(s *rules.Spec) { s.Limit, s.When[0].Expr = "5", "events.today > limit" }, nil},
		"limit in where":            {func(s *rules.Spec) { s.Limit, s.Where = "5", "events.median > limit" }, nil},
		"limit in resolve_when":     {func(s *rules.Spec) { s.Limit, s.ResolveWhen = "5", "events.today < limit" }, nil},
		"limit through parts": {func(s *rules.Spec) {
			s.Limit, s.Let, s.When[0].Expr = "5", []rules.Let{{"x", "2 * limit"}, {"y", "x + 1"}}, "events.today > y"
		}, nil},
		"part in show":   {func(s *rules.Spec) { s.Let, s.Show = []rules.Let{{"x", "events.used"}}, "x" }, nil},
		"other mistakes": {func(s *rules.Spec) { s.Limit, s.When[0].Expr = "5", "events.today > limt" }, []string{"when.warning"}},
	} {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen("events.today > 100")
			test.change(&spec)
			_, problems := rules.Compile(spec)
			var fields []string
			for _, p := range problems {
				fields = append(fields, p.Field)
			}
			require.Equal(t, test.want, fields, "%v", problems)
		})
	}
}
