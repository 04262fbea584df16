package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

// ruleWhen returns a rule for each device with one level.
func ruleWhen(when string) rules.Spec {
	return rules.Spec{Name: "test", Each: rules.EachDevice, When: at(rules.Warning, when)}
}

func at(level rules.Level, expr string) []rules.Condition {
	return []rules.Condition{{Level: level, Expr: expr}}
}

const (
	deviceSees  = "a rule for each device sees bytes, sat, sat_packets, session_bytes, events, events_total, platform, watchdog, reboots, fw_updates, sessions, tls, first_syncs, notefiles, transport, device, plan, sat_plan, project, cost, period, poll"
	projectSees = "a rule for each project sees bytes, sat, sat_packets, session_bytes, events, events_total, platform, watchdog, reboots, fw_updates, sessions, tls, first_syncs, notefiles, transport, project, cost, period, poll"
	metricHas   = "today, yesterday, used, prev, forecast, d7, d30, median, mad, usual, usual_yesterday, ratio, z, peer_ratio, days, series"
	plainHas    = "today, yesterday, used, prev, forecast, d7, d30, median, mad, usual, usual_yesterday, ratio, z, days, series"
	polledHas   = "today, yesterday, used, prev, forecast, d7, d30, median, mad, usual, usual_yesterday, ratio, z, h1, h6, days, series"
	deviceHas   = "uid, name, sku, product, fleets, fleet_uids, firmware, host_firmware, disabled, is_new, updating, voltage, temperature, silent_hours, missed, age_days"
)

// TestProblemsOfExpressions lists what can be wrong with an expression, and where it is said to be.
func TestProblemsOfExpressions(t *testing.T) {
	tests := []struct {
		expr    string
		offset  int
		message string
		hint    string
	}{
		{"byts.today > 5", 0, `unknown name "byts"`, "did you mean bytes? " + deviceSees},
		{"usual > 5", 0, `unknown name "usual"`, deviceSees},
		{"bytes.today > limt", 14, `unknown name "limt"`, "did you mean limit? " + deviceSees},
		{"$env.bytes.today > 5", 0, `unknown name "$env"`, deviceSees},
		{"bytes.tday > 5", 6, `bytes has no member "tday"`, "did you mean today? it has " + metricHas},
		{`device["known"]`, 6, `device has no member "known"`, "it has " + deviceHas},
		{"tls.peer_ratio > 5", 4, `tls has no member "peer_ratio"`, "bytes, sat, session_bytes, events, events_total, sessions have it; tls has " + plainHas},
		{"bytes.h1 > 5", 6, `bytes has no member "h1"`, `events, sessions, notefiles["data.qo"], transport["wifi"] have it; bytes has ` + metricHas},
		{"bytes > 5", 0, "bytes is not a value by itself", "write bytes. and one of " + metricHas},
		{"bytes[0] > 5", 6, "bytes is not a list", "write bytes. and one of " + metricHas},
		{"notefiles > 5", 0, "notefiles is not a value by itself", `write notefiles["data.qo"]. and one of ` + polledHas},
		{`1 < notefiles["a.qo"]`, 4, `notefiles["a.qo"] is not a value by itself`, `write notefiles["a.qo"]. and one of ` + polledHas},
		{`notefiles["a.qo"].tday > 5`, 18, `notefiles["a.qo"] has no member "tday"`, "did you mean today? it has " + polledHas},
		{`notefiles["a.qo"][0] > 5`, 18, `notefiles["a.qo"] is not a list`, `write notefiles["a.qo"]. and one of ` + polledHas},
		{`notefiles[device.name].today > 5`, 10, "the key of notefiles must be a text that is written out", keyHint("notefiles", "data.qo")},
		{`notefiles["a" + ".qo"].today > 5`, 10, "the key of notefiles must be a text that is written out", keyHint("notefiles", "data.qo")},
		{`transport[1].today > 5`, 10, "the key of transport must be a text that is written out", keyHint("transport", "wifi")},
		{`bytes["abc"]["b"] > 5`, 5, `bytes has no member "abc"`, "it has " + metricHas},
		{"bytes.today > limit", 14, "limit is used, but the rule has none", "add `limit:` to the rule"},

		// Positions count bytes, also behind characters of several.
		{`"å∫ç" == device.name || byts.today > 5`, 28, `unknown name "byts"`, "did you mean bytes? " + deviceSees},
		{"bytes.today > 5 &&\n\tå", 20, `unknown name "å"`, deviceSees},

		// What expr does not parse.
		{"bytes.today = 5", 12, `unexpected "="`, "to compare, write =="},
		{"bytes.today > 5 AND poll.truncated", 16, `unexpected "AND"`, "write && or and"},
		{"bytes.today > 5 OR poll.truncated", 16, `unexpected "OR"`, "write || or or"},
		{"bytes.today >", 13, "ends too early", "an operand or a closing bracket is missing"},
		{"(bytes.today > 5", 16, "ends too early", "an operand or a closing bracket is missing"},
		{"bytes.today ?? 0 > 5", 17, "?? and > stand side by side", "put brackets around x ?? y"},
		{"bytes.today > 5 @", 16, "unrecognized character: U+0040 '@'", `write texts in quotes: "a" or 'a'`},
		{"99999999999999999999 > 5", 21, "invalid integer literal: value out of range", ""},
		{"# > 5", 0, `unexpected "#"`, "# is the element inside of all, any, none, one, count, sum, map, filter and find"},

		{"bytes.today > 2 GB", 16, `unexpected "GB"`, "write gb(2)"},
		{"bytes.today > 2 KiB", 16, `unexpected "KiB"`, "write kib(2)"},

		// What expr has and rules do not.
		{"nil == bytes.today", 0, "nil is not used in rules", "no data is neither nil nor 0: replace it with ??"},
		{"bytes?.today > 5", 7, "?. is not used in rules", "write . and replace no data with ??"},
		{"let a = 5; bytes.today > a", 4, "let is not used inside expressions", "name parts in the `let` of the rule"},
		{"bytes.today > 5; true", 12, "; is not used in rules", "join conditions with && or ||"},
		{"bytes.today in 1..5", 16, "ranges are not used in rules", "compare with >= and <="},
		{"{a: 1} == 1", 0, "{} maps are not used in rules", ""},
		{"b'a' == device.name", 0, "this form is not used in rules", ""},
		{"now() > 5", 0, "now is not used in rules: expressions see no clock",
			"period.elapsed_pct, period.days_left, device.silent_hours and poll.age_minutes depend on the time"},
		{"bytes.today() > 5", 6, "only functions can be called", ""},
		{"mx(bytes.today, 1) > 5", 0, `unknown function "mx"`, "did you mean max?"},
		{"len(map(bytes.series, #index)) > 5 and all(bytes.series, #index > 5)", 57, "#index is known in map only", ""},
		{"all(bytes.series, #acc > 5)", 18, `unknown name "#acc"`, "# is the element"},

		// Kinds.
		{"bytes.today", -1, "must be true or false, not a number", "compare it, such as bytes.used > mb(40)"},
		{"device.name > 5", 12, "> takes two numbers or two texts, not text and a whole number", ""},
		{"device.disabled == 1", 16, "== takes two numbers, texts or truths, not true or false and a whole number", ""},
		{"bytes.series == bytes.series", 13, "== takes two numbers, texts or truths, not a list of numbers and a list of numbers", ""},
		{"bytes.today && true", 12, "&& takes conditions, not a number and true or false", ""},
		{"device.name in bytes.series", 12, "in takes a value and a list of such, not text and a list of numbers", ""},
		{"device.name contains 5", 12, "contains takes two texts, not text and a whole number", ""},
		{"(bytes.today ?? device.name) == 5", 13, "?? takes two values of one kind, not a number and text", ""},
		{"bytes.today - device.name > 5", 12, "- takes two numbers, not a number and text", ""},
		{"bytes.today % 2 == 0", 12, "% takes two whole numbers", "int(…) converts a number"},
		{"!bytes.today", 0, "! takes true or false, not a number", ""},
		{"-device.name == 5", 0, "- takes a number, not text", ""},
		{"bytes.today ? true : false", 0, "the condition of ?: must be true or false, not a number", ""},
		{"(device.disabled ? 1 : \"a\") == 1", 19, "the branches of ?: must be of one kind, not a whole number and text", ""},
		{"5 in [1, \"a\"]", 9, "the elements of a list must be of one kind: numbers, texts, or true and false; this one is text", ""},
		{"5 in []", 5, "an empty list has nothing to compare with", ""},
		{"bytes.series[bytes.today] > 5", 13, "the position in a list must be a whole number, not a number", "int(…) converts a number"},
		{"bytes.series[0.5:] == 5", 13, "the position in a list must be a whole number, not a number", "int(…) converts a number"},
		{"device.name[0] == \"p\"", 0, "[] takes an element of a list, not of text", ""},
		{"device.name[:2] == \"pu\"", 0, "[:] takes a part of a list, not of text", ""},
		{"bytes.series.len > 5", 13, `a list of numbers has no member "len"`, ""},
		{"all(bytes.today, # > 5)", 4, "all runs over a list, not over a number", ""},
		{"all(bytes.series, # + 1)", 18, "all needs true or false for each element, not a number", ""},
		{"sum(device.fleets) > 5", 0, "sum needs a number for each element, not text", ""},
		{"max(device.name) > 5", 4, "max takes numbers or lists of numbers, not text", ""},
		{"len() > 5", 0, "len takes a list or text, not 0 arguments", ""},
		{"kb(device.name) > 5", 0, "kb takes one number", "such as kb(40)"},
		{"device.name matches device.uid", 20, "the pattern of matches must be written out", ""},
		{"device.name matches \"(\"", 20, "error parsing regexp: missing closing ): `(`", ""},
		{"1 > 0", -1, "reads no figure", "compare a figure, such as bytes.used"},
	}
	for _, test := range tests {
		t.Run(test.expr, func(t *testing.T) {
			field := "when.warning"
			if test.message == "reads no figure" {
				field = "when"
			}
			rule, problems := rules.Compile(ruleWhen(test.expr))
			require.Nil(t, rule)
			require.Equal(t, []rules.Problem{{Field: field, Offset: test.offset, Message: test.message, Hint: test.hint}}, problems)
		})
	}
}

func TestFunctionsThatRulesDoNotHave(t *testing.T) {
	for _, name := range []string{"groupBy", "sortBy", "reduce", "repeat", "split", "join", "replace", "concat", "flatten",
		"uniq", "toJSON", "fromJSON", "keys", "get", "type", "date", "duration", "timezone"} {
		_, problems := rules.Compile(ruleWhen(name + "(bytes.series, #) == 1"))
		if !strings.HasSuffix(name, "By") && name != "reduce" {
			_, problems = rules.Compile(ruleWhen(name + "(bytes.series) == 1"))
		}
		require.Len(t, problems, 1, name)
		require.Contains(t, problems[0].Message, name+" is not used in rules")
		require.NotEmpty(t, problems[0].Hint)
		require.Zero(t, problems[0].Offset)
	}
}

// TestProblemsOfRules lists what can be wrong with a rule beyond a single expression. All of it is told at once.
func TestProblemsOfRules(t *testing.T) {
	whole := func(field, message, hint string) rules.Problem {
		return rules.Problem{Field: field, Offset: -1, Message: message, Hint: hint}
	}
	tests := map[string]struct {
		change func(*rules.Spec)
		want   []rules.Problem
	}{
		"no name":  {func(s *rules.Spec) { s.Name = " " }, []rules.Problem{whole("name", "is empty", "")}},
		"no scope": {func(s *rules.Spec) { s.Each = "galaxy" }, []rules.Problem{whole("each", `unknown scope "galaxy"`, "want device, fleet, route, project or organization")}},
		"peers of a fleet": {
			func(s *rules.Spec) {
				s.Each, s.When[0].Expr = rules.EachFleet, "bytes.today > 5 && bytes.peer_ratio > 2"
			},
			[]rules.Problem{{Field: "when.warning", Offset: 25, Message: "bytes.peer_ratio is not known in a rule for each fleet", Hint: "rules for each device see it"}},
		},
		"device in a project rule": {
			func(s *rules.Spec) { s.Each, s.Where = rules.EachProject, "!device.disabled" },
			[]rules.Problem{{Field: "where", Offset: 1, Message: "device is not known in a rule for each project", Hint: projectSees}},
		},
		"no condition":   {func(s *rules.Spec) { s.When = nil }, []rules.Problem{whole("when", "is missing", "")}},
		"empty":          {func(s *rules.Spec) { s.When = at(rules.Critical, " ") }, []rules.Problem{whole("when.critical", "is empty", "")}},
		"level twice":    {func(s *rules.Spec) { s.When = append(s.When, s.When...) }, []rules.Problem{whole("when.warning", "is given twice", "")}},
		"no such level":  {func(s *rules.Spec) { s.When = at(9, "true") }, []rules.Problem{whole("when.level(9)", "is no level of a condition", "want info, warning or critical")}},
		"inactive level": {func(s *rules.Spec) { s.When = at(0, "true") }, []rules.Problem{whole("when.inactive", "is no level of a condition", "want info, warning or critical")}},
		"negative for":   {func(s *rules.Spec) { s.For = -time.Second }, []rules.Problem{whole("for", "is negative", "")}},
		"remind at once": {
			func(s *rules.Spec) { s.Remind = []time.Duration{0} },
			[]rules.Problem{whole("remind", "must ascend by a minute at least, not 0s after 0s", "such as [24h, 72h, 168h]")},
		},
		"remind not ascending": {
			func(s *rules.Spec) { s.Remind = []time.Duration{time.Hour, time.Hour} },
			[]rules.Problem{whole("remind", "must ascend by a minute at least, not 1h0m0s after 1h0m0s", "such as [24h, 72h, 168h]")},
		},
		"limit not constant": {
			func(s *rules.Spec) { s.Limit = "bytes.median * 2" },
			[]rules.Problem{whole("limit", "must be constant", "such as mb(40); put what changes into `let`")},
		},
		"limit no number": {
			func(s *rules.Spec) { s.Limit = `"40 MB"` },
			[]rules.Problem{whole("limit", "must be a number, not text", "such as mb(40)")},
		},
		"limit without value": {
			func(s *rules.Spec) { s.Limit = "max(1, 1/0)" },
			[]rules.Problem{whole("limit", "has no value", "it divides by zero or leaves the range of numbers")},
		},
		"limit that does not parse is told once": {
			func(s *rules.Spec) { s.Limit, s.When = "40 MB", at(rules.Warning, "bytes.used > limit") },
			[]rules.Problem{{Field: "limit", Offset: 3, Message: `unexpected "MB"`, Hint: "write mb(40)"}},
		},
		"show no figure": {
			func(s *rules.Spec) {
				s.Show = "limit / 2"
				s.Limit = "5"
				s.When = at(rules.Warning, "bytes.used > limit")
			},
			[]rules.Problem{whole("show", "must be a number that reads a figure", "such as bytes.used, or 100 * bytes.used / limit")},
		},
		"show no number": {
			func(s *rules.Spec) { s.Show = "device.name" },
			[]rules.Problem{whole("show", "must be a number that reads a figure", "such as bytes.used, or 100 * bytes.used / limit")},
		},
		"let": {
			func(s *rules.Spec) {
				s.Let = []rules.Let{
					{"a", "b + 1"}, {"b", "1"}, {"b", "2"}, {"bytes", "1"}, {"max", "1"}, {"kb", "1"}, {"limit", "1"},
					{"in", "1"}, {"1st", "1"}, {"", "1"}, {"c", "1/0"}, {"d", ""},
				}
			},
			[]rules.Problem{
				{Field: "let.a", Offset: 0, Message: `unknown name "b"`, Hint: deviceSees},
				whole("let.b", "b is defined twice", ""),
				whole("let.bytes", "bytes already names what a rule reads", ""),
				whole("let.max", "max is the name of a function", ""),
				whole("let.kb", "kb is the name of a function", ""),
				whole("let.limit", "limit is the name of the rule's limit", ""),
				whole("let.in", "in is a word of the language", ""),
				whole("let.1st", `"1st" is not a name`, "letters, digits and _, not a digit first"),
				whole("let.", `"" is not a name`, "letters, digits and _, not a digit first"),
				whole("let.c", "has no value", "it divides by zero or leaves the range of numbers"),
				whole("let.d", "is empty", ""),
			},
		},
		"a broken part is told once": {
			func(s *rules.Spec) {
				s.Let = []rules.Let{{"a", "byts.today"}}
				s.When = at(rules.Warning, "a > 5 && a + a > 7 && bytes.usd > a")
			},
			[]rules.Problem{
				{Field: "let.a", Offset: 0, Message: `unknown name "byts"`, Hint: "did you mean bytes? " + deviceSees},
				{Field: "when.warning", Offset: 28, Message: `bytes has no member "usd"`, Hint: "did you mean used? it has " + metricHas},
			},
		},
		"everything at once": {
			func(s *rules.Spec) {
				s.Where, s.Limit, s.ResolveWhen, s.Show, s.Summary = "1", "x", "nil", "5", "{{.Nobody}}"
				s.When = []rules.Condition{{rules.Warning, "a > 5 || b"}, {rules.Critical, "5"}}
			},
			[]rules.Problem{
				{Field: "limit", Offset: 0, Message: `unknown name "x"`, Hint: deviceSees},
				whole("where", "must be true or false, not a whole number", "compare it, such as bytes.used > mb(40)"),
				{Field: "when.warning", Offset: 0, Message: `unknown name "a"`, Hint: deviceSees},
				{Field: "when.warning", Offset: 9, Message: `unknown name "b"`, Hint: deviceSees},
				whole("when.critical", "must be true or false, not a whole number", "compare it, such as bytes.used > mb(40)"),
				{Field: "resolve_when", Offset: 0, Message: "nil is not used in rules", Hint: "no data is neither nil nor 0: replace it with ??"},
				whole("show", "must be a number that reads a figure", "such as bytes.used, or 100 * bytes.used / limit"),
				{Field: "summary", Offset: 2, Message: `<.Nobody>: can't evaluate field Nobody in type rules.Facts`,
					Hint: "there are .Rule, .Project, .Subject, .Level, .Value, .Limit, .Usual, .Period and .When"},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen("bytes.used > 5")
			test.change(&spec)
			rule, problems := rules.Compile(spec)
			require.Nil(t, rule)
			require.Equal(t, test.want, problems)
		})
	}
}

// TestBounds says how large an expression may be, whatever form its size takes.
func TestBounds(t *testing.T) {
	const x = "bytes.today"
	doubled := func(times int) []rules.Let {
		lets := []rules.Let{{Name: "n0", Expr: x}}
		for i := range times {
			lets = append(lets, rules.Let{Name: fmt.Sprintf("n%d", i+1), Expr: fmt.Sprintf("n%d + n%d", i, i)})
		}
		return lets
	}
	nested := func(form string, times int) string {
		expr := x + " > 5"
		for range times {
			expr = fmt.Sprintf(form, expr)
		}
		return expr
	}
	tests := map[string]struct {
		spec rules.Spec
		want string // of the message; "" compiles
	}{
		"long text":           {ruleWhen(x + " > 5 /*" + strings.Repeat(" ", 4096-19) + "*/"), "is too long: 4097 bytes, at most 4096"},
		"long advice":         {rules.Spec{Name: "a", Each: rules.EachDevice, When: at(rules.Info, x+" > 5"), Advice: strings.Repeat("a", 4097)}, "is too long: 4097 bytes, at most 4096"},
		"text just not long":  {ruleWhen(x + " > 5 /*" + strings.Repeat(" ", 4096-20) + "*/"), ""},
		"many terms":          {ruleWhen(strings.Repeat("1+", 260) + x + " > 5"), "is too large: more than 500 terms once named parts are put in place"},
		"not so many terms":   {ruleWhen(strings.Repeat("1+", 200) + x + " > 5"), ""},
		"brackets":            {ruleWhen(strings.Repeat("(", 1000) + x + " > 5" + strings.Repeat(")", 1000)), ""},
		"negations":           {ruleWhen(strings.Repeat("!", 400) + "poll.truncated"), ""},
		"too many negations":  {ruleWhen(strings.Repeat("!", 600) + "poll.truncated"), "is too large: more than 500 terms once named parts are put in place"},
		"parts that double":   {rules.Spec{Name: "a", Each: rules.EachDevice, Let: doubled(100), When: at(rules.Info, "n7 > 5")}, "is too large: more than 500 terms once named parts are put in place"},
		"a few that do":       {rules.Spec{Name: "a", Each: rules.EachDevice, Let: doubled(7), When: at(rules.Info, "n7 > 5")}, ""},
		"loops two deep":      {ruleWhen("any(bytes.series, any(bytes.series, # > 5))"), ""},
		"loops three deep":    {ruleWhen("any(bytes.series, any(bytes.series, any(bytes.series, # > 5)))"), "loops more than 2 deep are not used in rules"},
		"loops four deep":     {ruleWhen("any(bytes.series, any(bytes.series, any(bytes.series, any(bytes.series, # > 5))))"), "loops more than 2 deep are not used in rules"},
		"sorting in a loop":   {ruleWhen("any(bytes.series, any(bytes.series, # > median(bytes.series)))"), "loops more than 2 deep are not used in rules"},
		"searching in a loop": {ruleWhen("any(bytes.series, any(bytes.series, # in bytes.series))"), "loops more than 2 deep are not used in rules"},
		"choosing in a loop":  {ruleWhen("any(bytes.series, any(bytes.series, max(#, 5) in [5, 6]))"), ""},
		"loops in parts":      {rules.Spec{Name: "a", Each: rules.EachDevice, Let: []rules.Let{{"m", "sum(bytes.series, count(bytes.series, # > 5))"}}, When: at(rules.Info, "any(bytes.series, # > m)")}, "loops more than 2 deep are not used in rules"},
		"choices":             {ruleWhen(nested("(poll.truncated ? %s : true)", 100)), ""},
		"compared truths":     {ruleWhen(nested("(%s) == true", 80)), ""},
		"many compared":       {ruleWhen(nested("(%s && poll.truncated) == true", 40)), "is nested too deeply"},
		"choices in a loop":   {ruleWhen("any(bytes.series, " + nested("(%s ? true : poll.truncated)", 60) + ")"), "is nested too deeply"},
		"replaced and again":  {ruleWhen("(" + strings.Repeat("(", 90) + x + strings.Repeat(" ?? 1)", 90) + ") > 5"), "is nested too deeply"},
		"replaced in a chain": {ruleWhen("(" + x + strings.Repeat(" ?? "+x, 20) + ") > 5"), ""},
		"powers":              {ruleWhen(strings.Repeat("2**", 200) + "2 > " + x), "is nested too deeply"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rule, problems := rules.Compile(test.spec)
			if test.want == "" {
				require.Empty(t, problems)
				env := unknown()
				require.NoError(t, rule.Eval(rules.NewView(&env)).Err)
				return
			}
			require.Nil(t, rule)
			require.Len(t, problems, 1)
			require.Equal(t, test.want, problems[0].Message)
		})
	}
}

func keyHint(object, key string) string {
	return fmt.Sprintf("such as %s[%q]: what is fetched and kept follows from it", object, key)
}

func TestKindAndReads(t *testing.T) {
	figures := func(list ...rules.Figure) []rules.Figure { return list }
	tests := map[string]struct {
		change func(*rules.Spec)
		kind   rules.Kind
		reads  rules.Reads
	}{
		"live": {
			func(s *rules.Spec) { s.When[0].Expr = "device.silent_hours > 24" },
			rules.Live, rules.Reads{Device: true},
		},
		"complete days are live": {
			func(s *rules.Spec) { s.When[0].Expr = "events.d7 > 7 * events.median && events.yesterday > 1" },
			rules.Live, rules.Reads{Figures: figures(rules.Events)},
		},
		"day": {
			func(s *rules.Spec) { s.When[0].Expr = "sessions.today > sessions.median || bytes.d7 > 1" },
			rules.DayRule, rules.Reads{Figures: figures(rules.Bytes, rules.Sessions)},
		},
		"period before day": {
			func(s *rules.Spec) { s.When[0].Expr = "events.today > 5 && bytes.used > 5" },
			rules.PeriodRule, rules.Reads{Figures: figures(rules.Bytes, rules.Events)},
		},
		"forecast before day": {
			func(s *rules.Spec) { s.When[0].Expr = "events.forecast > 5 && events.ratio > 5" },
			rules.ForecastRule, rules.Reads{Figures: figures(rules.Events)},
		},
		"period before forecast": {
			func(s *rules.Spec) { s.When[0].Expr = "events.used > 5 && events.forecast > 5" },
			rules.PeriodRule, rules.Reads{Figures: figures(rules.Events)},
		},
		"ratio": {
			func(s *rules.Spec) { s.When[0].Expr = "events.ratio > 5" },
			rules.DayRule, rules.Reads{Figures: figures(rules.Events)},
		},
		"z": {
			func(s *rules.Spec) { s.When[0].Expr = "events.z > 5" },
			rules.DayRule, rules.Reads{Figures: figures(rules.Events)},
		},
		"usual days are live": {
			func(s *rules.Spec) {
				s.When[0].Expr = "events.prev > events.usual + events.usual_yesterday + events.mad + events.days + max(events.series)"
			},
			rules.Live, rules.Reads{Figures: figures(rules.Events)},
		},
		"the other levels too": {
			func(s *rules.Spec) {
				s.When = []rules.Condition{{rules.Info, "events.d7 > 5"}, {rules.Critical, "bytes.used > 5"}}
			},
			rules.PeriodRule, rules.Reads{Figures: figures(rules.Bytes, rules.Events)},
		},
		"through let": {
			func(s *rules.Spec) {
				s.Let = []rules.Let{{"so_far", "events.today"}, {"share", "so_far / 10"}}
				s.When[0].Expr = "share > 5"
			},
			rules.DayRule, rules.Reads{Figures: figures(rules.Events)},
		},
		"where and resolve_when are read but decide nothing": {
			func(s *rules.Spec) {
				s.Where, s.ResolveWhen = `"production" in device.fleets`, "sessions.today == 0"
				s.When[0].Expr = "events.d7 > 5"
			},
			rules.Live, rules.Reads{Figures: figures(rules.Events, rules.Sessions), Device: true},
		},
		"show is read but decides nothing": {
			func(s *rules.Spec) { s.When[0].Expr, s.Show = "events.d7 > 5", "bytes.used" },
			rules.Live, rules.Reads{Figures: figures(rules.Bytes, rules.Events)},
		},
		"series": {
			func(s *rules.Spec) { s.When[0].Expr = "max(bytes.series) > 5" },
			rules.Live, rules.Reads{Figures: figures(rules.Bytes)},
		},
		"project": {
			func(s *rules.Spec) { s.Each, s.When[0].Expr = rules.EachProject, "project.silent_pct > 5" },
			rules.Live, rules.Reads{Device: true, Counts: true},
		},
		"the plan of a SIM": {
			func(s *rules.Spec) { s.When[0].Expr = "plan.used > 5" },
			rules.Live, rules.Reads{Device: true},
		},
		"how long it lasts": {
			func(s *rules.Spec) { s.When[0].Expr = "plan.days_left < 5" },
			rules.Live, rules.Reads{Figures: figures(rules.Bytes), Device: true},
		},
		"name of the project": {
			func(s *rules.Spec) { s.When[0].Expr = `project.name == "lab" && project.uid != "app:1"` },
			rules.Live, rules.Reads{Device: true},
		},
		"poll": {
			func(s *rules.Spec) { s.When[0].Expr = "poll.age_minutes > 60" },
			rules.Live, rules.Reads{Poll: true},
		},
		"period": {
			func(s *rules.Spec) { s.When[0].Expr = "period.days_left < 1" },
			rules.Live, rules.Reads{},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen("")
			test.change(&spec)
			rule := compile(t, spec)
			require.Equal(t, test.kind.String(), rule.Kind.String())
			for _, figure := range rule.Reads.Figures {
				require.NotZero(t, rule.Reads.Members[figure])
			}
			reads := rule.Reads
			reads.Members, reads.Objects, reads.Period, reads.FleetNames = nil, nil, false, false
			require.Equal(t, test.reads, reads)
			require.Equal(t, name == "poll", rule.Reads.OnlyPoll())
		})
	}
}

// What is read beside metrics is known by its paths, each once.
func TestObjectsRead(t *testing.T) {
	spec := ruleWhen("plan.used_pct > 80 && device.voltage < 3 && bytes.d7 > 5 && plan.used_pct < 95")
	spec.Where = "!plan.auto_topup"
	reads := compile(t, spec).Reads.Objects
	require.Equal(t, rules.Objects{"device.voltage", "plan.auto_topup", "plan.used_pct"}, reads)
	require.True(t, reads.Read("plan."))
	require.False(t, reads.Read("device.temperature"))
	require.Equal(t, rules.Objects{"device.voltage", "plan.auto_topup", "plan.used_pct", "poll.failures"}, reads.With(rules.Objects{"device.voltage", "poll.failures"}))
}

// A rule wants what it reads, what it shows with what is usual, and what its values can be seen to have been wrong by.
func TestMembersRead(t *testing.T) {
	for when, want := range map[string]rules.Members{
		"events.yesterday > 5":              rules.MembersOf("yesterday", "usual_yesterday"),
		"events.today > 5":                  rules.MembersOf("today", "usual"),
		"events.h1 > 5":                     rules.MembersOf("h1", "usual"),
		"events.d7 > 5":                     rules.MembersOf("d7"),
		"events.days > 5":                   rules.MembersOf("days"),
		"events.forecast > 5":               rules.MembersOf("forecast"),
		"events.used > events.prev":         rules.MembersOf("used", "prev"),
		"events.ratio > 5":                  rules.MembersOf("ratio", "today"),
		"poll.failures > 5 && events.z > 5": rules.MembersOf("z", "today"),
	} {
		require.Equal(t, rules.Wants{rules.Events: want}, compile(t, ruleWhen(when)).Reads.Members, when)
	}
}

func TestShow(t *testing.T) {
	tests := map[string]struct {
		when, show string
		want, unit string
	}{
		"first compared":         {when: "bytes.used > 5 && events.today > 7", want: "bytes.used", unit: "B"},
		"on either side":         {when: "5 < events.today", want: "events.today"},
		"inside of a function":   {when: "max(bytes.d7 / 7, 1) > bytes.median", want: "bytes.d7", unit: "B"},
		"through let":            {when: "double > 10", want: "sessions.used"},
		"not in the condition":   {when: "device.disabled ? true : events.today > 5", want: "events.today"},
		"of an object":           {when: "device.silent_hours > 24 && bytes.d7 > 1", want: "device.silent_hours", unit: "h"},
		"not how many days":      {when: "bytes.days >= 14 && bytes.d7 > 5", want: "bytes.d7", unit: "B"},
		"not how far the period": {when: "period.elapsed_pct < 50 && bytes.used > 5", want: "bytes.used", unit: "B"},
		"unless there is else":   {when: "bytes.days < 14", want: "bytes.days"},
		"nothing to show":        {when: "device.disabled"},
		"named":                  {when: "events.today > 5", show: "bytes.today", want: "bytes.today", unit: "B"},
		"named by a part":        {when: "events.today > 5", show: "part", want: "bytes.d30", unit: "B"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := ruleWhen(test.when)
			spec.Show = test.show
			spec.Let = slices.DeleteFunc([]rules.Let{{"double", "2 * sessions.used"}, {"part", "bytes.d30"}}, func(let rules.Let) bool {
				return !strings.Contains(test.when+test.show, let.Name)
			})
			rule := compile(t, spec)
			require.Equal(t, test.want, rule.Show)
			require.Equal(t, test.unit, rule.Unit)
		})
	}
}

func TestHash(t *testing.T) {
	base := func() rules.Spec {
		return rules.Spec{
			Name: "data-budget", Each: rules.EachProject, Where: "project.active > 0", Limit: "mb(40)",
			Let:  []rules.Let{{"a", "0.8"}, {"b", "0.9 * a"}},
			When: []rules.Condition{{rules.Warning, "bytes.used > b * limit"}, {rules.Critical, "bytes.used > limit"}},
			For:  time.Hour, ResolveWhen: "bytes.today == 0", Summary: "{{.Subject}}", Advice: "Look.",
			Remind: []time.Duration{time.Hour},
		}
	}
	hash := func(spec rules.Spec) string { return compile(t, spec).Hash() }
	before := hash(base())
	require.Regexp(t, "^[0-9a-f]{16}$", before)

	same := map[string]func(*rules.Spec){
		"nothing":       func(*rules.Spec) {},
		"name":          func(s *rules.Spec) { s.Name = "budget" },
		"summary":       func(s *rules.Spec) { s.Summary = "" },
		"advice":        func(s *rules.Spec) { s.Advice = "" },
		"remind":        func(s *rules.Spec) { s.Remind = nil },
		"show":          func(s *rules.Spec) { s.Show = "bytes.today" },
		"shadow":        func(s *rules.Spec) { s.Shadow = true },
		"order of when": func(s *rules.Spec) { slices.Reverse(s.When) },
	}
	for name, change := range same {
		spec := base()
		change(&spec)
		require.Equal(t, before, hash(spec), name)
	}

	seen := map[string]string{before: "nothing"}
	different := map[string]func(*rules.Spec){
		"each":               func(s *rules.Spec) { s.Each = rules.EachDevice },
		"where":              func(s *rules.Spec) { s.Where = "project.active > 1" },
		"no where":           func(s *rules.Spec) { s.Where = "" },
		"limit":              func(s *rules.Spec) { s.Limit = "mb(50)" },
		"let":                func(s *rules.Spec) { s.Let[0].Expr = "0.7" },
		"name of a let":      func(s *rules.Spec) { s.Let[1].Name, s.When[0].Expr = "c", "bytes.used > c * limit" },
		"let left out":       func(s *rules.Spec) { s.Let, s.When[0].Expr = s.Let[:1], "bytes.used > a * limit" },
		"condition":          func(s *rules.Spec) { s.When[1].Expr = "bytes.used > 2 * limit" },
		"level":              func(s *rules.Spec) { s.When[0].Level = rules.Info },
		"levels exchanged":   func(s *rules.Spec) { s.When[0].Level, s.When[1].Level = rules.Critical, rules.Warning },
		"for":                func(s *rules.Spec) { s.For = 2 * time.Hour },
		"resolve_when":       func(s *rules.Spec) { s.ResolveWhen = "bytes.today == 1" },
		"unless":             func(s *rules.Spec) { s.Unless = "fleet-silent" },
		"another unless":     func(s *rules.Spec) { s.Unless = "fleet-blind" },
		"where, not resolve": func(s *rules.Spec) { s.Where, s.ResolveWhen = s.ResolveWhen, s.Where },
	}
	for name, change := range different {
		spec := base()
		change(&spec)
		h := hash(spec)
		require.NotContains(t, seen, h, "%s as with %s", name, seen[h])
		seen[h] = name
	}

	// The database keeps hashes over versions of the program, also over those that did not know unless.
	require.Equal(t, "94360b2438c72a35", before)
}
