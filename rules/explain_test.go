package rules_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/words"
	"notewatch/rules"
)

// explained are the lines of the explanation of a rule.
func explained(t *testing.T, env rules.Env, spec rules.Spec) []string {
	t.Helper()
	spec.Name, spec.Each = "test", rules.EachDevice
	return compile(t, spec).Explain(rules.NewView(&env)).Lines(words.Figure)
}

// night is an Env in which a budget is spent and half of the figures are unknown.
func night() rules.Env {
	unknown := rules.UnknownMetric()
	env := rules.Env{Bytes: unknown, Events: unknown, Sessions: unknown}
	env.Bytes.Used, env.Bytes.Median, env.Bytes.Series = 41.2e6, 1e6, []float64{1, 2, 3, 4, 5, 6, 7}
	env.Events.Today, env.Events.Median = 240, 84
	env.Device = rules.Device{Known: true, Name: "pump-7", Fleets: []string{"a", "b"}, FleetsKnown: true, Voltage: 3.1, SilentHours: math.NaN()}
	env.Poll = rules.Poll{AgeMinutes: 4, Truncated: true}
	return env
}

func TestExplain(t *testing.T) {
	for name, c := range map[string]struct {
		spec rules.Spec
		want string
	}{
		"a figure and its limit": {
			rules.Spec{Limit: "mb(40)", When: at(rules.Critical, "bytes.used > limit")}, `
			✓ critical: bytes.used 41.2 MB > limit 40 MB`,
		},
		"each condition, the worst first": {
			rules.Spec{Limit: "mb(50)", Where: `"a" in device.fleets`, ResolveWhen: "bytes.used < 0.1 * limit", When: []rules.Condition{
				{Level: rules.Warning, Expr: "bytes.used > 0.8 * limit"}, {Level: rules.Critical, Expr: "bytes.used > limit"},
			}}, `
			✓ where: "a" in device.fleets ["a", "b"]
			✗ critical: bytes.used 41.2 MB > limit 50 MB
			✓ warning: bytes.used 41.2 MB > 0.8 * limit 50 MB = 40 MB
			✗ resolve when: bytes.used 41.2 MB < 0.1 * limit 50 MB = 5 MB`,
		},
		"what is no data": {
			rules.Spec{When: at(rules.Warning, "device.silent_hours > 6 || (events.yesterday ?? 0) > 2 * 100")}, `
			? warning: any of
			  ? device.silent_hours no data > 6
			  ✗ (events.yesterday no data ?? 0) = 0 > 2 * 100 = 200`,
		},
		"a named part of a computation": {
			rules.Spec{
				Let:  []rules.Let{{Name: "hourly", Expr: "events.median / 24"}, {Name: "usual", Expr: "max(hourly, 1)"}},
				When: at(rules.Warning, "events.today > 10 * usual and events.today < 1000 * usual"),
			}, `
			✓ warning: all of
			  ✓ events.today 240 > 10 * usual 3.5 = 35
			      usual is max(hourly 3.5, 1)
			      hourly is events.median 84 / 24
			  ✓ events.today 240 < 1000 * usual 3.5 = 3,500`,
		},
		"a named condition": {
			rules.Spec{
				Let:  []rules.Let{{Name: "flood", Expr: "events.today > 200\n  && events.today > 2 * events.median"}},
				When: at(rules.Warning, "!flood || device.disabled"),
			}, `
			✗ warning: any of
			  ✗ not
			    ✓ flood: all of
			      ✓ events.today 240 > 200
			      ✓ events.today 240 > 2 * events.median 84 = 168
			  ✗ device.disabled false`,
		},
		"a choice": {
			rules.Spec{When: at(rules.Warning, `poll.truncated ? bytes["used"] > 1 : (device.voltage < 3.2 ? true : false)`)}, `
			✓ warning: if, then, else
			  ✓ if: poll.truncated true
			  ✓ then: bytes["used"] 41.2 MB > 1
			  ✓ else: if, then, else
			    ✓ if: device.voltage 3.1 V < 3.2
			    ✓ then: true
			    ✗ else: false`,
		},
		"a truth in the place of one that is not known": {
			rules.Spec{When: at(rules.Warning, "(device.silent_hours > 6) ?? poll.truncated")}, `
			✓ warning: the first with data of
			  ? device.silent_hours no data > 6
			  ✓ poll.truncated true`,
		},
		"chains, however they are nested": {
			rules.Spec{When: at(rules.Warning, "events.today > 1 && (events.today > 2 && (poll.truncated)) && events.today > 3")}, `
			✓ warning: all of
			  ✓ events.today 240 > 1
			  ✓ events.today 240 > 2
			  ✓ poll.truncated true
			  ✓ events.today 240 > 3`,
		},
		"what cannot be taken apart in its text": {
			rules.Spec{When: at(rules.Warning, `1 < events.today < 300 && device.name not in ["a", "b"] && (if poll.truncated {events.today > 1} else {false})`)}, `
			✓ warning: all of
			  ✓ 1 < events.today 240 < 300
			  ✓ device.name "pump-7" not in ["a", "b"]
			  ✓ if poll.truncated true {events.today 240 > 1} else {false}`,
		},
		"lists": {
			rules.Spec{When: at(rules.Warning, "any(bytes.series, # > 2 * bytes.median) || sum(bytes.series) >= kb(3) || (events.series | count(# > 1)) > 2")}, `
			? warning: any of
			  ✗ any(bytes.series [… 3 B, 4 B, 5 B, 6 B, 7 B: 7 in all], # > 2 * bytes.median 1 MB)
			  ✗ sum(bytes.series [… 3 B, 4 B, 5 B, 6 B, 7 B: 7 in all]) = 28 B >= kb(3)
			  ? (events.series no data | count(# > 1)) = no data > 2`,
		},
		"named lists": {
			rules.Spec{
				Let: []rules.Let{{Name: "halves", Expr: "map(bytes.series[:2], # / 2)"}, {Name: "words", Expr: "map(halves, string(#))"},
					{Name: "large", Expr: "filter(halves, # > 9)"}, {Name: "mine", Expr: "device.fleets"}},
				When: at(rules.Warning, `1 in halves || "x" in words || 1 in large || "x" in mine`),
			}, `
			✓ warning: any of
			  ✓ 1 in halves [0.5, 1]
			      halves is map(bytes.series [… 3 B, 4 B, 5 B, 6 B, 7 B: 7 in all][:2], # / 2)
			  ✗ "x" in words ["0.5", "1"]
			      words is map(halves [0.5, 1], string(#))
			  ✗ 1 in large []
			      large is filter(halves [0.5, 1], # > 9)
			  ✗ "x" in mine ["a", "b"]
			      mine is device.fleets ["a", "b"]`,
		},
		"units": {
			rules.Spec{When: at(rules.Warning, "bytes.used / bytes.median > 3 && (bytes.used - kb(200)) / 2 > 1 && -bytes.used < max(bytes.median, 5) && bytes.used * 2 > mb(2 * 3)")}, `
			✓ warning: all of
			  ✓ bytes.used 41.2 MB / bytes.median 1 MB = 41.2 > 3
			  ✓ (bytes.used 41.2 MB - kb(200)) / 2 = 20.5 MB > 1
			  ✓ -bytes.used 41.2 MB < max(bytes.median 1 MB, 5) = 1 MB
			  ✓ bytes.used 41.2 MB * 2 = 82.4 MB > mb(2 * 3) = 6 MB`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, strings.Split(strings.ReplaceAll(c.want, "\n\t\t\t", "\n")[1:], "\n"), explained(t, night(), c.spec))
		})
	}
}
