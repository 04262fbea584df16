package rules_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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

// routeWhen changes a rule to one about routes.
func routeWhen(expr string) func(*rules.Spec) {
	return func(s *rules.Spec) { s.Each, s.When = rules.EachRoute, at(rules.Warning, expr) }
}

// whenLimit changes the condition and the limit.
func whenLimit(expr, limit string) func(*rules.Spec) {
	return func(s *rules.Spec) { s.When, s.Limit = at(rules.Warning, expr), limit }
}

// whenLet changes the condition and names a part of it.
func whenLet(expr, name, let string) func(*rules.Spec) {
	return func(s *rules.Spec) { s.When, s.Let = at(rules.Warning, expr), []rules.Let{{name, let}} }
}

// runFindings compares the findings of one code with those of rules.
func runFindings(t *testing.T, code string, tests []findingTest) {
	t.Helper()
	found := func(rule *rules.Rule) []rules.Finding {
		return slices.DeleteFunc(rule.Findings(rules.PeriodSpec{}), func(f rules.Finding) bool { return f.Code != code })
	}
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
			require.ElementsMatch(t, want, found(rule))
			spec.Accept = []string{test.code}
			rule, problems = rules.Compile(spec)
			require.Empty(t, problems)
			if test.error {
				require.Equal(t, want, found(rule), "what is certain cannot be accepted")
			} else {
				require.Empty(t, found(rule), "accepted")
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
	runFindings(t, "never", []findingTest{
		{change: project("project.silent_pct > 100"), code: "never", error: true, says: "can never be true: project.silent_pct is at most 100"},
		{change: project("project.silent_pct > 99.9")},
		{change: project("100 < project.silent_pct"), code: "never", error: true, says: "can never be true: project.silent_pct is at most 100"},
		{change: condition("bytes.d7 > kb(5) || bytes.d7 < 0"), code: "never", error: true, offset: 20,
			says: "can never be true: bytes.d7 is never below 0"},
		{change: condition("!(bytes.d7 >= 0)"), code: "never", error: true, offset: 2, says: "can never be true: bytes.d7 is never below 0"},
		{change: condition("bytes.used > mb(40) && bytes.used < mb(30)"), code: "never", error: true,
			says: "can never be true together with bytes.used < mb(30)"},
		{change: condition("bytes.used > mb(40) && bytes.used < mb(40)"), code: "never", error: true,
			says: "can never be true together with bytes.used < mb(40)"},
		{change: condition("bytes.used >= mb(40) && bytes.used <= mb(40)")},
		{change: condition("bytes.used > mb(40) || device.silent_hours > 30")},
		{change: condition("(bytes.used > mb(40) || poll.truncated) && bytes.used < mb(30) && bytes.d7 > 5000"), code: "never", error: true, offset: 1,
			says: "can never be true together with bytes.used < mb(30)"},
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
	runFindings(t, "always", []findingTest{
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
	runFindings(t, "bytes", []findingTest{
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

// A UID is never a label, and a label never a UID, so that such a condition would select no device.
func TestFleetsByLabelAndUID(t *testing.T) {
	where := func(expr string) func(*rules.Spec) {
		return func(s *rules.Spec) { s.Where = expr }
	}
	runFindings(t, "fleets", []findingTest{
		{change: where(`"production" in device.fleets`)},
		{change: where(`"fleet:1042ddc5" in device.fleet_uids`)},
		{change: where(`"fleet:1042ddc5" in device.fleets`), code: "fleets", field: "where", error: true,
			says: `"fleet:1042ddc5" is a UID, and device.fleets has labels`, hint: "write device.fleet_uids"},
		{change: where(`device.sku == "x" && "fleet:1042ddc5" not in device.fleets`), code: "fleets", field: "where", offset: 21, error: true,
			says: `"fleet:1042ddc5" is a UID, and device.fleets has labels`, hint: "write device.fleet_uids"},
		{change: condition(`events.today > 5 && "production" in device.fleet_uids`), code: "fleets", offset: 20, error: true,
			says: `"production" is a label, and device.fleet_uids has UIDs`, hint: "write device.fleets"},
		{change: where(`any(device.fleet_uids, # startsWith "fleet:")`)},
	})
}

func TestUnits(t *testing.T) {
	runFindings(t, "units", []findingTest{
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

func TestMidnight(t *testing.T) {
	resolve := func(expr string) func(*rules.Spec) {
		return func(s *rules.Spec) { s.ResolveWhen = expr }
	}
	const period = "add && period.elapsed_pct > 10"
	runFindings(t, "midnight", []findingTest{
		{change: condition("events.today < 5"), code: "midnight", says: "is true at every midnight, when events.today begins at 0",
			hint: "look at events.yesterday, with for: 6h"},
		{change: condition("events.today > 500")},
		{change: condition("events.today < 5 && sessions.today > 9")},
		{change: condition("device.age_days > 3 && events.ratio < 0.2"), code: "midnight", offset: 23, hint: "look at events.yesterday, with for: 6h",
			says: "is true at every midnight, when events.today begins at 0"},
		{change: condition("events.z < -3"), code: "midnight", says: "is true at every midnight, when events.today begins at 0",
			hint: "look at events.yesterday, with for: 6h"},
		{change: condition("events.today == int(events.median)"), code: "midnight", says: "is true at every midnight, when events.today begins at 0",
			hint: "look at events.yesterday, with for: 6h"},
		{change: condition("len(filter(events.series, # > events.today)) > 20")},
		{change: condition("100 * tls.today / sessions.today > 60 && sessions.today > 10")},
		{change: condition("100 * tls.today / sessions.today < 60 && tls.d7 > 3 ")},
		{change: resolve("events.today < 50"), code: "midnight", field: "resolve_when",
			says: "would end the alert at every midnight, when events.today begins at 0"},
		{change: resolve("events.h1 < 50")},
		{change: condition("bytes.used < mb(1)"), code: "midnight", says: "is true whenever a period begins, when bytes.used begins at 0", hint: period},
		{change: condition("bytes.used < mb(1) && period.elapsed_pct > 10")},
		{change: condition("bytes.used < mb(1) && period.elapsed_pct > 4"), code: "midnight", hint: period,
			says: "is true whenever a period begins, when bytes.used begins at 0"},
		{change: condition("events.today < 5 && period.elapsed_pct > 10"), code: "midnight", hint: "look at events.yesterday, with for: 6h",
			says: "is true at every midnight, when events.today begins at 0"},
	})
	daily, problems := rules.Compile(ruleWhen("events.today < 5 && period.elapsed_pct > 50"))
	require.Empty(t, problems)
	require.Empty(t, daily.Findings(rules.PeriodSpec{Every: "day"}), "by midday the day has events")
}

func TestLate(t *testing.T) {
	const says, hint = "values of yesterday still grow after midnight", "add for: 6h"
	held := func(expr string, length time.Duration) func(*rules.Spec) {
		return func(s *rules.Spec) { s.When, s.For = at(rules.Warning, expr), length }
	}
	runFindings(t, "late", []findingTest{
		{change: condition("events.yesterday < 5"), code: "late", says: says, hint: hint},
		{change: held("events.yesterday < 5", 5*time.Hour), code: "late", says: says, hint: hint},
		{change: held("events.yesterday < 5 && events.d7 > 5", 6*time.Hour)},
		{change: condition("sessions.yesterday >= 6 && events.yesterday == 0")},
		{change: condition("events.yesterday > 500")},
		{change: condition("events.d7 < 5")},
		{change: func(s *rules.Spec) { s.ResolveWhen = "events.yesterday < 50" }, code: "late", field: "resolve_when", says: says, hint: hint},
	})
}

func TestFloor(t *testing.T) {
	runFindings(t, "floor", []findingTest{
		{change: condition("events.today > 5 * events.median"), code: "floor", hint: "add && events.today > 500",
			says: "has no least amount: if 5 * events.median is 0, anything is above it"},
		{change: condition("5 * events.median < events.today"), code: "floor", hint: "add && events.today > 500",
			says: "has no least amount: if 5 * events.median is 0, anything is above it"},
		{change: condition("events.today > 5 * events.median && events.d7 > 500")},
		{change: condition("events.today > 5 * events.median && bytes.d7 > 5000"), code: "floor", hint: "add && events.today > 500",
			says: "has no least amount: if 5 * events.median is 0, anything is above it"},
		{change: condition("events.today > 5 * max(events.median ?? 0, 24)")},
		{change: condition("events.ratio > 5"), code: "floor", hint: "add && events.today > 500", says: "is true from 50 events on"},
		{change: condition("bytes.ratio > 5"), code: "floor", hint: "add && bytes.today > kb(500)", says: "is true from 100000 bytes on"},
		{change: condition("bytes.ratio > 5 && bytes.today > kb(500)")},
		{change: condition("events.ratio > 5 && events.today > 500")},
		{change: routeWhen("100 * route_failures.today / routed.today > 20"), code: "floor", hint: "add && routed.today > 500",
			says: "has no least amount: if routed.today is 1, one of them is all"},
		{change: condition("tls.d7 / sessions.d7 >= 0.5"), code: "floor", hint: "add && sessions.d7 > 500", says: "has no least amount: if sessions.d7 is 1, one of them is all"},
		{change: routeWhen("100 * route_failures.today / routed.today > 20 && routed.h1 > 50")},
		{change: routeWhen("100 * route_failures.today / max(routed.today, 50) > 20")},
		{change: condition("100 * events.yesterday / events.usual_yesterday < 20 && events.usual_yesterday > 9")},
		{change: condition("session_bytes.d7 / sessions.d7 > kb(50)")},
		{change: condition("events.ratio > 5 && events.z > 3"), code: "floor", hint: "add && events.today > 500", says: "is true from 50 events on"},
		{change: condition("project.silent > 5 * project.active")},
		{change: condition("watchdog.used > 100 && watchdog.used > 0.3 * events.used")},
	})
}

func TestStart(t *testing.T) {
	hint := "add && period.elapsed_pct > 10"
	says := "is true of any use when the period begins: limit * period.elapsed_pct / 100 is near 0 then"
	runFindings(t, "start", []findingTest{
		{change: whenLimit("events.used > limit * period.elapsed_pct / 100", "500"), code: "start", hint: hint, says: says},
		{change: whenLimit("events.used > limit * period.elapsed_pct / 100 && period.elapsed_pct > 10", "500")},
		{change: whenLimit("events.used > limit * period.elapsed_pct / 100 && 3 < period.elapsed_pct", "500"), code: "start", hint: hint, says: says},
		{change: whenLimit("events.used > 50 + limit * period.elapsed_pct / 100", "500")},
		{change: whenLimit("events.used > limit * max(period.elapsed_pct, 10) / 100", "500")},
	})
}

func TestEstimate(t *testing.T) {
	says := "session_bytes.used is corrected by some per cent each day, so this may fire and be corrected by turns"
	runFindings(t, "estimate", []findingTest{
		{change: condition("session_bytes.used > mb(40)"), code: "estimate", says: says, hint: "add resolve_when with a lower value, such as session_bytes.used < 0.9 * limit"},
		{change: func(s *rules.Spec) {
			s.When, s.ResolveWhen = at(rules.Warning, "session_bytes.used > mb(40)"), "session_bytes.used < mb(36)"
		}},
		{change: condition("session_bytes.d7 > mb(40)")},
		{change: condition("bytes.used > mb(40)")},
	})
}

func TestLevelsInVain(t *testing.T) {
	levels := func(warning, critical string) func(*rules.Spec) {
		return func(s *rules.Spec) {
			if strings.Contains(warning, "limit") {
				s.Limit = "mb(40)"
			}
			s.When = append(at(rules.Critical, critical), at(rules.Warning, warning)...)
		}
	}
	const says, hint = "is true whenever warning is, so warning is never announced", "exchange them, or raise what is compared here"
	found := func(warning, critical string) findingTest {
		return findingTest{change: levels(warning, critical), code: "levels", field: "when.critical", says: says, hint: hint}
	}
	runFindings(t, "levels", []findingTest{
		found("bytes.used > limit", "bytes.used > 0.8 * limit"),
		found("bytes.used > limit", "bytes.used > limit"),
		found("bytes.used > limit && poll.truncated", "limit <= bytes.used"),
		found("bytes.used > limit && poll.truncated", "poll.truncated && bytes.used > kb(9)"),
		found("bytes.used / 2 > limit", "bytes.used / 2 > kb(9)"),
		{change: levels("bytes.used > 0.8 * limit", "bytes.used > limit")},
		{change: levels("bytes.used >= limit", "bytes.used > limit")},
		{change: levels("bytes.used > limit", "bytes.d7 > 0.8 * limit")},
		{change: levels("bytes.used > limit", "bytes.used > 0.8 * limit && poll.truncated")},
		{change: levels("bytes.used > limit || poll.truncated", "bytes.used > 0.8 * limit")},
		{change: levels("device.voltage < 3.5", "device.voltage < 3.2")},
	})
}

func TestHold(t *testing.T) {
	held := func(expr string, length time.Duration) func(*rules.Spec) {
		return func(s *rules.Spec) { s.When, s.For = at(rules.Warning, expr), length }
	}
	const says, hint = "holds over midnight only if it is true at the first poll of the day already", "shorten for, or look at yesterday or d7"
	runFindings(t, "hold", []findingTest{
		{change: held("events.today > 5", 30*time.Hour), code: "hold", says: says, hint: hint},
		{change: held("events.today > 5", 20*time.Hour)},
		{change: held("events.today > 5 || poll.truncated", 30*time.Hour)},
		{change: held("events.today > 5 || bytes.today > 5000", 30*time.Hour), code: "hold", says: says, hint: hint},
		{change: held("events.yesterday > 5", 30*time.Hour)},
		{change: held("events.used > 5", 30*24*time.Hour), code: "hold", hint: hint,
			says: "holds when a period begins only if it is true at its first poll already"},
		{change: held("events.used > 5", 27*24*time.Hour)},
	})
}

func TestHistory(t *testing.T) {
	rule, problems := rules.Compile(ruleWhen("events.used > 500 && events.used > 2 * events.prev"))
	require.Empty(t, problems)
	require.Empty(t, rule.Findings(rules.PeriodSpec{Days: 201, From: 1}))
	require.Equal(t, []rules.Finding{{Code: "history", Certain: true, Field: "when.warning", Offset: 39,
		Message: "needs 732 days of history, and 403 are kept", Hint: "shorten the period"}}, rule.Findings(rules.PeriodSpec{Days: 366, From: 1}))
}
