package rules_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// A findingTest is a rule and what is found in it.
type findingTest struct {
	change func(*rules.Spec)
	code   string // "" is no finding
	field  string // "" is when.warning
	offset int
	says   string
	hint   string
	error  bool
}

// condition changes the condition of a rule.
func condition(expr string) func(*rules.Spec) {
	return func(s *rules.Spec) { s.When = at(rules.Warning, expr) }
}

// whenLimit changes the condition and the limit.
func whenLimit(expr, limit string) func(*rules.Spec) {
	return func(s *rules.Spec) { s.When, s.Limit = at(rules.Warning, expr), limit }
}

// whenLet changes the condition and names a part of it.
func whenLet(expr, name, let string) func(*rules.Spec) {
	return func(s *rules.Spec) { s.When, s.Let = at(rules.Warning, expr), []rules.Let{{name, let}} }
}

func runFindings(t *testing.T, tests []findingTest) {
	t.Helper()
	for _, test := range tests {
		spec := ruleWhen("events.today > 500")
		test.change(&spec)
		t.Run(spec.When[0].Expr, func(t *testing.T) {
			rule, problems := rules.Compile(spec)
			require.Empty(t, problems)
			var want []rules.Finding
			if test.code != "" {
				field := test.field
				if field == "" {
					field = "when.warning"
				}
				want = append(want, rules.Finding{
					Code: test.code, Certain: test.error, Field: field, Offset: test.offset, Message: test.says, Hint: test.hint,
				})
			}
			require.Equal(t, want, rule.Findings(rules.PeriodSpec{}))
			spec.Accept = []string{test.code}
			rule, problems = rules.Compile(spec)
			require.Empty(t, problems)
			if test.error {
				require.Equal(t, want, rule.Findings(rules.PeriodSpec{}), "what is certain cannot be accepted")
			} else {
				require.Empty(t, rule.Findings(rules.PeriodSpec{}), "accepted")
			}
		})
	}
}

// The manual has all codes and nothing else.
func TestManualListsAllCodes(t *testing.T) {
	content, err := os.ReadFile("../docs/rules.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(content), "<!-- findings -->")
	table, _, _ = strings.Cut(table, "<!-- /findings -->")
	listed := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| (an error|a warning) \\|").FindAllStringSubmatch(table, -1) {
		listed[row[2]] = append(listed[row[2]], row[1])
	}
	warnings, certain := rules.FindingCodes()
	require.ElementsMatch(t, warnings, listed["a warning"])
	require.ElementsMatch(t, certain, listed["an error"])
}

func TestNever(t *testing.T) {
	project := func(expr string) func(*rules.Spec) {
		return func(s *rules.Spec) { s.Each, s.When = rules.EachProject, at(rules.Warning, expr) }
	}
	runFindings(t, []findingTest{
		{change: project("project.silent_pct > 100"), code: "never", error: true, says: "can never be true: project.silent_pct is at most 100"},
		{change: project("project.silent_pct > 99.9")},
		{change: project("100 < project.silent_pct"), code: "never", error: true, says: "can never be true: project.silent_pct is at most 100"},
		{change: condition("bytes.d7 > kb(5) || bytes.d7 < 0"), code: "never", error: true, offset: 20,
			says: "can never be true: bytes.d7 is never below 0"},
		{change: condition("!(bytes.d7 >= 0)"), code: "never", error: true, offset: 2, says: "can never be true: bytes.d7 is never below 0"},
		{change: condition("bytes.used > mb(40) && bytes.used < mb(30)"), code: "never", error: true,
			says: "can never be true beside bytes.used < mb(30)"},
		{change: condition("bytes.used > mb(40) && bytes.used < mb(40)"), code: "never", error: true,
			says: "can never be true beside bytes.used < mb(40)"},
		{change: condition("bytes.used >= mb(40) && bytes.used <= mb(40)")},
		{change: condition("bytes.used > mb(40) || device.silent_hours > 30")},
		{change: condition("(bytes.used > mb(40) || poll.truncated) && bytes.used < mb(30) && bytes.d7 > 5000"), code: "never", error: true, offset: 1,
			says: "can never be true beside bytes.used < mb(30)"},
		{change: condition("device.voltage > 70"), code: "never", error: true, says: "can never be true: device.voltage is at most 60"},
		{change: condition("device.voltage + bytes.d7 > 70")},
		{change: whenLimit("device.voltage > limit", "70"), code: "never", error: true, says: "can never be true: device.voltage is at most 60"},
		{change: whenLet("low", "low", "0.5 * device.voltage > 31"), code: "never", error: true, field: "let.low", says: "can never be true"},
		{change: condition("events.days > 35"), code: "never", says: "can never be true: events.days is at most 35"},
		{change: condition("events.z < -3")},
		{change: condition("device.name == \"a\" && device.name == \"b\"")},
	})
}

func TestAlways(t *testing.T) {
	every := "; so the rule fires for every device"
	runFindings(t, []findingTest{
		{change: condition("bytes.d7 >= 0"), code: "always", hint: "write > 0, or leave it out",
			says: "is always true once it is known: bytes.d7 is never below 0" + every},
		{change: condition("bytes.d7 > 0")},
		{change: condition("bytes.d7 >= 0 && events.d7 == 0"), code: "always", hint: "write > 0, or leave it out",
			says: "is always true once it is known: bytes.d7 is never below 0"},
		{change: condition("events.d7 == 0 && period.elapsed_pct <= 100"), code: "always", offset: 18, hint: "leave it out",
			says: "is always true once it is known: period.elapsed_pct is at most 100"},
		{change: condition("max(events.d7, 24) > 20"), code: "always", hint: "leave it out", says: "is always true once it is known" + every},
		{change: condition("max(events.d7, 24) > 24")},
		{change: condition("(events.d7 ?? 30) > 24")},
		{change: condition("bytes.series[0] >= 0")},
	})
}

func TestBytesAsNumbers(t *testing.T) {
	runFindings(t, []findingTest{
		{change: condition("bytes.d7 > 40"), code: "bytes", offset: 11, says: "40 is 40 bytes", hint: "write kb(40) or mb(40)"},
		{change: condition("40 < bytes.d7"), code: "bytes", says: "40 is 40 bytes", hint: "write kb(40) or mb(40)"},
		{change: condition("bytes.d7 > 1000")},
		{change: condition("bytes.d7 > kb(0.4)")},
		{change: condition("bytes.d7 > 0")},
		{change: condition("sat.d7 > 40")},
		{change: condition("events.d7 > 40")},
		{change: whenLimit("bytes.d7 > 0.8 * limit", "40"), code: "bytes", offset: 11, says: "0.8 * limit is 32 bytes", hint: "write kb(32) or mb(32)"},
		{change: whenLimit("bytes.d7 > 0.8 * limit", "mb(40)")},
		{change: whenLet("bytes.d7 > room", "room", "40"), code: "bytes", offset: 11, says: "room is 40 bytes", hint: "write kb(40) or mb(40)"},
		{change: condition("bytes.d7 > 40 * bytes.median && bytes.d7 > kb(1)")},
		{change: condition("bytes.d7 / events.d7 > 40"), code: "bytes", offset: 23, says: "40 is 40 bytes", hint: "write kb(40) or mb(40)"},
		{change: condition("bytes.d7 / bytes.median > 40")},
	})
}

func TestUnits(t *testing.T) {
	runFindings(t, []findingTest{
		{change: condition("bytes.d7 > events.d7"), code: "units", says: "compares bytes with a count"},
		{change: condition("bytes.d7 > sat.d7")},
		{change: condition("device.silent_hours > period.days_left"), code: "units", says: "compares hours with days"},
		{change: condition("device.silent_hours > 24 * period.days_left"), code: "units", says: "compares hours with days"},
		{change: condition("device.silent_hours > 30")},
		{change: condition("bytes.d7 / events.d7 > bytes.d30 / events.d30")},
		{change: condition("bytes.d7 > events.d7 * bytes.median")},
		{change: whenLimit("events.d7 > limit * period.elapsed_pct / 100", "500")},
		{change: condition("(bytes.d7 ?? 0) > max(bytes.median, events.d7)")},
		{change: condition("poll.truncated ? bytes.d7 > events.d7 : bytes.d7 > kb(1)"), code: "units", offset: 17, says: "compares bytes with a count"},
		{change: whenLet("much", "much", "bytes.d7 > events.d7"), code: "units", field: "let.much", says: "compares bytes with a count"},
		{change: condition("device.silent_hours > poll.age_minutes"), code: "units", says: "compares hours with minutes"},
	})
}
