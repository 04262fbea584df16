package rules_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// A message may lead with a figure or with a number that is computed of figures, a limit and parts of the rule.
func TestWhatARuleShows(t *testing.T) {
	for name, c := range map[string]struct {
		show, unit string
		want       float64
		path       string
		is         string // the unit
		usual      bool
	}{
		"a figure":              {"bytes.used", "", 600, "bytes.used", "B", false},
		"a figure, other unit":  {"events.used", "ms", 30, "events.used", "ms", false},
		"a let that is one":     {"used", "", 600, "bytes.used", "B", false},
		"a figure of a day":     {"events.today", "", 3, "events.today", "", true},
		"bytes of an event":     {"bytes.used /\n  events.used", "", 20, "bytes.used / events.used", "B", false},
		"a share, with unit":    {"100 * bytes.used / limit", "%", 60, "100 * bytes.used / limit", "%", false},
		"a let that is more":    {"left", "", 400, "left", "B", false},
		"no data":               {"bytes.used / events.prev", "", math.NaN(), "bytes.used / events.prev", "B", false},
		"no data that has some": {"bytes.prev ?? 5", "B", 5, "bytes.prev ?? 5", "B", false},
	} {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen("bytes.used > 0.5 * limit && left > 0 && used > 0")
			spec.Limit, spec.Let = "1000", []rules.Let{{Name: "left", Expr: "limit - bytes.used"}, {Name: "used", Expr: "bytes.used"}}
			spec.Show, spec.Unit = c.show, c.unit
			r := compile(t, spec)
			env := unknown()
			env.Bytes.Used, env.Events.Used, env.Events.Today, env.Events.Usual = 600, 30, 3, 1
			env.Bytes.Prev = math.NaN()
			e := r.Eval(rules.NewView(&env))
			if math.IsNaN(c.want) {
				require.True(t, math.IsNaN(e.Value))
			} else {
				require.InDelta(t, c.want, e.Value, 1e-9)
			}
			require.Equal(t, c.path, r.Show)
			require.Equal(t, c.is, r.Unit)
			require.Equal(t, c.usual, rules.Known(e.Usual))
		})
	}
	for show, message := range map[string]string{
		"limit": "must be a number that reads a figure", "5": "must be a number that reads a figure", "bytes.used > 5": "must be a number that reads a figure",
		"device.name": "must be a number that reads a figure", "byts.used": `unknown name "byts"`,
	} {
		spec := ruleWhen("bytes.used > limit")
		spec.Limit, spec.Show, spec.Limits = "1000", show, rules.NewLimits(map[string]float64{"dev:1": 5})
		_, problems := rules.Compile(spec)
		require.Len(t, problems, 1, show)
		require.Equal(t, message, problems[0].Message)
	}
	spec := ruleWhen("bytes.used > mb(5)")
	spec.Show, spec.Summary = "bytes.used / events.used", "usually {{.Usual}}"
	_, problems := rules.Compile(spec)
	require.Len(t, problems, 1)
	require.Equal(t, "bytes.used / events.used has no usual value", problems[0].Message)
}
