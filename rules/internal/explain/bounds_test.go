package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
	"notewatch/rules/internal/explain"
)

// However large a rule is, its explanation is not.
func TestExplanationIsBounded(t *testing.T) {
	many := strings.Repeat("events.today > 1 && ", 80) + "bytes.today > 2"
	wide := "max(" + strings.TrimSuffix(strings.Repeat("events.today, ", 200), ", ") + ") > 1"
	nested := strings.Repeat("!(", 120) + "events.today > 1" + strings.Repeat(")", 120)
	for _, c := range []struct {
		condition                         string
		parts, omitted, values, longLines int
	}{
		{many, explain.MaxParts, 81 - (explain.MaxParts - 1), explain.MaxParts - 1, 0},
		{wide, 1, 0, explain.MaxValues, 1},
		{nested, explain.MaxParts, 1, 0, 0},
	} {
		rule, problems := rules.Compile(rules.Spec{
			Name: "large", Each: rules.EachDevice, When: []rules.Condition{{Level: rules.Warning, Expr: c.condition}},
		})
		require.Empty(t, problems)
		env := rules.Env{}
		e := rule.Explain(rules.NewView(&env))
		require.Equal(t, c.omitted, e.Conditions[0].Omitted)
		require.Equal(t, c.parts, countParts(e.Conditions[0].Part))
		require.Len(t, valuesOf(e.Conditions[0].Part), c.values)
		long := 0
		for _, line := range e.Lines(func(value float64, _ string) string { return fmt.Sprint(value) }) {
			if strings.HasSuffix(line, "…") {
				long++
			}
			require.LessOrEqual(t, len([]rune(strings.TrimLeft(line, " "))), explain.MaxLine)
		}
		require.Equal(t, c.longLines, long)
	}
}

func countParts(p rules.Part) int {
	count := 1
	for _, below := range p.Parts {
		count += countParts(below)
	}
	return count
}

func valuesOf(p rules.Part) []rules.Value {
	all := p.Values
	for _, below := range p.Parts {
		all = append(all, valuesOf(below)...)
	}
	return all
}
