package grammar

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
	"notewatch/rules/muting"

	"notewatch/internal/lookup"
)

// midday is a Monday.
var midday = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

func TestCommandsAreTakenApart(t *testing.T) {
	tests := map[string]struct {
		text   string
		word   string
		names  []string
		reason string
		share  bool
	}{
		"nothing":                        {text: " \n "},
		"case does not matter":           {text: "USAGE Sensor-1", word: "usage", names: []string{"Sensor-1"}},
		"quotes hold blanks":             {text: `usage "truck 7" today`, word: "usage", names: []string{"truck 7", "today"}},
		"curly quotes":                   {text: `usage “truck 7”`, word: "usage", names: []string{"truck 7"}},
		"other quotes":                   {text: `usage „truck 7“ «truck 8»`, word: "usage", names: []string{"truck 7", "truck 8"}},
		"backticks, as help shows names": {text: "usage `truck 7`", word: "usage", names: []string{"truck 7"}},
		"a quote within a word":          {text: `usage 5" pipe`, word: "usage", names: []string{`5"`, "pipe"}},
		"an apostrophe":                  {text: `usage amy's sensor`, word: "usage", names: []string{"amy's", "sensor"}},
		"options, as at the terminal":    {text: "—Status --share", word: "status", share: true},
		"share anywhere":                 {text: "share usage x", word: "usage", names: []string{"x"}, share: true},
		"share in quotes is a name":      {text: `usage "share"`, word: "usage", names: []string{"share"}},
		"a reason is all that follows":   {text: `silence x for 2h because it's "odd", for a   while`, word: "silence", names: []string{"x", "for", "2h"}, reason: `it's "odd", for a while`},
		"a reason in quotes":             {text: `silence x because “moving day”`, word: "silence", names: []string{"x"}, reason: "moving day"},
		"a reason of two quotations":     {text: `silence x because "moved" and "locked"`, word: "silence", names: []string{"x"}, reason: `"moved" and "locked"`},
		"a reason that ends in quotes":   {text: `silence x because moved to ""`, word: "silence", names: []string{"x"}, reason: `moved to ""`},
		"no reason in quotes":            {text: `silence x because ""`, word: "silence", names: []string{"x"}},
		"share after a reason":           {text: "silence x because moving share", word: "silence", names: []string{"x"}, reason: "moving", share: true},
		"share as the reason":            {text: "silence x because share", word: "silence", names: []string{"x"}, reason: "share"},
		"what Slack escapes":             {text: "usage &lt;b&gt; R&amp;D", word: "usage", names: []string{"<b>", "R&D"}},
		"what is escaped twice":          {text: "usage &amp;lt;", word: "usage", names: []string{"&lt;"}},
		"a mention":                      {text: "usage <@U123|amy>", word: "usage", names: []string{"amy"}},
		"a mention without a name":       {text: "usage <@U123>", word: "usage", names: []string{"@U123"}},
		"an address made a link":         {text: "usage <http://pump.example.com|pump.example.com>", word: "usage", names: []string{"pump.example.com"}},
		"lines and tabs":                 {text: "usage\nx\t7d", word: "usage", names: []string{"x", "7d"}},
		"what does not print":            {text: "usage a\x00b", word: "usage", names: []string{"a", "b"}},
		"what is no text":                {text: "usage \xff", word: "usage", names: []string{"\uFFFD"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l, err := Parse(test.text)
			require.NoError(t, err)
			require.Equal(t, test.word, l.Word)
			require.Equal(t, test.names, textsOf(l.Rest))
			require.Equal(t, test.reason, l.Reason)
			require.Equal(t, test.share, l.Share)
		})
	}
}

// textsOf returns what tokens say.
func textsOf(tokens []Token) (texts []string) {
	for _, token := range tokens {
		texts = append(texts, token.Text)
	}
	return texts
}

func TestCommandsThatCannotBeTakenApart(t *testing.T) {
	_, err := Parse(strings.Repeat("x", 10_240))
	require.EqualError(t, err, "That is 10,240 characters long; a command has at most 1,000.")
	_, err = Parse(`usage "truck 7`)
	require.EqualError(t, err, `The quote before "truck 7" is not closed.`)
}

func TestUsageIsRead(t *testing.T) {
	device, project := []lookup.Kind{lookup.KindDevice}, []lookup.Kind{lookup.KindProject}
	for text, want := range map[string]UsageOrder{
		"usage":                         {Span: lookup.Period},
		"usage sensor-1":                {Name: "sensor-1", Span: lookup.Period},
		"usage device sensor-1 7D":      {Kinds: device, Name: "sensor-1", Span: lookup.Week},
		"usage 30d device truck 7":      {Kinds: device, Name: "truck 7", Span: lookup.Month},
		`usage "device" "today" period`: {Name: "device today", Span: lookup.Period},
		"usage project":                 {Kinds: project, Span: lookup.Period},
		"usage project device":          {Kinds: project, Name: "device", Span: lookup.Period},
	} {
		l, err := Parse(text)
		require.NoError(t, err)
		order, err := ParseUsage(l.Rest)
		require.NoError(t, err, text)
		require.Equal(t, want, order, text)
	}
	for text, want := range map[string]string{
		"usage device":      "Which device? Put its name or UID after device.",
		"usage fleet today": "Which fleet? Put its name or UID after fleet.",
		"usage x 14d":       `Unknown time span "14d": want today, 7d, 30d or period.`,
		"usage x yesterday": `Unknown time span "yesterday": want today, 7d, 30d or period.`,
		"usage x 7d 30d":    "Give only one time span, 7d or 30d.",
	} {
		l, err := Parse(text)
		require.NoError(t, err)
		_, err = ParseUsage(l.Rest)
		require.EqualError(t, err, want, text)
	}
}

func TestRankingsAreRead(t *testing.T) {
	either, fleet := []lookup.Kind{lookup.KindProject, lookup.KindFleet}, []lookup.Kind{lookup.KindFleet}
	for text, want := range map[string]TopOrder{
		"top":                             {Rows: 10, Kinds: either, Span: lookup.Period},
		"top 3 events 30d":                {Rows: 3, By: "events", Kinds: either, Span: lookup.Month},
		"top 30d Cost 3":                  {Rows: 3, By: "cost", Kinds: either, Span: lookup.Month},
		"top fleet plant 2 today":         {Rows: 10, Kinds: fleet, Name: "plant 2", Span: lookup.Today},
		"top 5 lab bytes":                 {Rows: 5, By: "bytes", Kinds: either, Name: "lab", Span: lookup.Period},
		`top "bytes"`:                     {Rows: 10, Kinds: either, Name: "bytes", Span: lookup.Period},
		`top sessions fleet "fleet" 7d 4`: {Rows: 10, By: "sessions", Kinds: fleet, Name: "fleet 4", Span: lookup.Week},
	} {
		l, err := Parse(text)
		require.NoError(t, err)
		order, err := ParseTop(l.Rest)
		require.NoError(t, err, text)
		require.Equal(t, want, order, text)
	}
	for text, want := range map[string]string{
		"top 0":         `top ranks 1 to 50 devices, not "0".`,
		"top 100000":    `top ranks 1 to 50 devices, not "100000".`,
		"top device x":  "top ranks the devices of all projects, of one project or of one fleet.",
		"top project":   "Which project? Put its name after the word.",
		"top 5 fleet":   "Which fleet? Put its name after the word.",
		"top last week": `Unknown time span "week": want today, 7d, 30d or period.`,
	} {
		l, err := Parse(text)
		require.NoError(t, err)
		_, err = ParseTop(l.Rest)
		require.EqualError(t, err, want, text)
	}
}

func TestExplanationsAreRead(t *testing.T) {
	for text, want := range map[string]ExplainOrder{
		"explain a1b2":                       {Alert: "a1b2"},
		"explain alert a1b2":                 {Alert: "a1b2"},
		"explain data-budget truck 7":        {Rule: "data-budget", Subject: "truck 7"},
		"explain rule data-budget device x":  {Rule: "data-budget", Subject: "x"},
		`explain "rule" "device"`:            {Rule: "rule", Subject: "device"},
		"explain silent-project project lab": {Rule: "silent-project", Subject: "lab"},
		"explain r Cold Device 3":            {Rule: "r", Subject: "Cold Device 3"},
		"explain r pump device":              {Rule: "r", Subject: "pump device"},
		"explain rule r device Project Rule": {Rule: "r", Subject: "Project Rule"},
		`explain r "device" 3`:               {Rule: "r", Subject: "device 3"},
	} {
		l, err := Parse(text)
		require.NoError(t, err)
		order, err := ParseExplain(l.Rest)
		require.NoError(t, err, text)
		require.Equal(t, want, order, text)
	}
	_, err := ParseExplain(nil)
	require.EqualError(t, err, "Explain what? Give an alert ID, or a rule and a device or project.")
}

func TestSilencesAreRead(t *testing.T) {
	for text, want := range map[string]muting.Silence{
		"a1b2 for 2h because moving":                       {Match: muting.Match{Alert: "a1b2"}, End: midday.Add(2 * time.Hour), Because: "moving"},
		"alert a1b2 until over because we know":            {Match: muting.Match{Alert: "a1b2"}, Because: "we know"},
		`a1b2 until "it is over" because we know`:          {Match: muting.Match{Alert: "a1b2"}, Because: "we know"},
		"rule r project lab 2 for 1d because x":            {Match: muting.Match{Rule: "r", Project: "lab 2"}, End: midday.AddDate(0, 0, 1), Because: "x"},
		"for 90 min device truck 7 because x":              {Match: muting.Match{Subject: "truck 7"}, End: midday.Add(90 * time.Minute), Because: "x"},
		`device "for" until 2026–06–15 14:00 because x`:    {Match: muting.Match{Subject: "for"}, End: midday.Add(2 * time.Hour), Because: "x"},
		"route to orders for 1d because x":                 {Match: muting.Match{Route: "to orders"}, End: midday.AddDate(0, 0, 1), Because: "x"},
		"rule r until tomorrow because x":                  {Match: muting.Match{Rule: "r"}, End: midday.Add(12 * time.Hour), Because: "x"},
		"rule r until tomorrow 9:00 because x":             {Match: muting.Match{Rule: "r"}, End: midday.Add(21 * time.Hour), Because: "x"},
		"rule r from 22:00 until 6:00 because for a night": {Match: muting.Match{Rule: "r"}, Start: midday.Add(10 * time.Hour), End: midday.Add(18 * time.Hour), Because: "for a night"},
		"everything until 11:30 UTC because x":             {End: midday.Add(23*time.Hour + 30*time.Minute), Because: "x"},
	} {
		l, err := Parse("silence " + text)
		require.NoError(t, err)
		silence, err := ParseSilence(l, midday)
		require.NoError(t, err, text)
		if want.Start.IsZero() {
			want.Start = midday
		}
		require.Equal(t, want, silence, text)
	}
}

func TestSilencesThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                                          "Nothing to silence: give alert, rule, project, fleet, route or device, or everything.",
		"for 2h because x":                          "Nothing to silence: give alert, rule, project, fleet, route or device, or everything.",
		"everything rule r for 2h because":          "Give either everything, or what to silence.",
		"everything now for 2h because":             "What everything? Nothing that fits follows the word.",
		"rule r for 2h":                             "Missing because: give a reason for the others on call.",
		"rule r because x for 2h":                   "Give one of for and until, such as for 2h or until 14:00 (UTC). Everything after because is the reason.",
		"rule r because x":                          "Give one of for and until, such as for 2h or until 14:00 (UTC).",
		"rule r for 2h until 14:00 because x":       "Give one of for and until, such as for 2h or until 14:00 (UTC).",
		"rule r for ever because x":                 `Cannot read the duration "ever": write 90m, 2h, 3d or 1w.`,
		"rule r for 0h because x":                   `"0h" is too short: write 90m, 2h, 3d or 1w.`,
		"rule r for 9999w because x":                `For "9999w" is too long: a silence lasts at most a year.`,
		"rule r until 2030-01-01 because x":         `Until "2030-01-01" is too far away: a silence lasts at most a year.`,
		"rule r until noon because x":               `Cannot read the time "noon": write 14:00, tomorrow 9:00 or "2026-06-15 14:00", in UTC.`,
		`rule r until "2026-06-15 11:00" because x`: `Until "2026-06-15 11:00" is in the past: it is now Mon 15 Jun 12:00 UTC.`,
		"rule r until over because x":               "Until over works only with alert.",
		"rule r rule s for 2h because x":            "rule is given twice.",
		"rule for 2h because x":                     "What rule? Nothing that fits follows the word.",
		"fleet for 2h because x":                    "What fleet? Nothing that fits follows the word.",
	} {
		l, err := Parse("silence " + text)
		require.NoError(t, err)
		_, err = ParseSilence(l, midday)
		require.EqualError(t, err, want, text)
	}
}

// A name is shown so that it is read back as that name.
func TestNamesInCommandsAreReadBack(t *testing.T) {
	for _, name := range []string{"sensor-1", "truck 7", "today", "7d", "share", "because", "device", "12", "bytes", "für-elise", "a&b"} {
		l, err := Parse("usage " + Called(name))
		require.NoError(t, err)
		order, err := ParseUsage(l.Rest)
		require.NoError(t, err)
		require.Equal(t, UsageOrder{Name: name, Span: order.Span}, order)
		require.True(t, Plain(name))
	}
	for _, name := range []string{"", " a", `a"b`, "a\u202eb", "“a”", "`a`", strings.Repeat("x", 100)} {
		require.False(t, Plain(name), name)
	}
}

// FuzzParse checks that whatever is typed is taken apart or refused in words, and that what is read of it is what was typed.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`usage "truck 7" today`, "top 10 events 30d project lab", "silence rule r for 2h because x share", "explain r `x`", "“", "<@U1|a> &amp;",
		`silence everything until "2026-06-15 14:00" because x`, "ack a1\u202e", "help —usage",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Parse(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.LessOrEqual(t, utf8.RuneCountInString(l.Word+l.Reason+Joined(l.Rest)), maxText)
		require.True(t, utf8.ValidString(l.Word+l.Reason+Joined(l.Rest)))
		require.NotContains(t, l.Reason+Joined(l.Rest), "\x00")
		_, err = ParseUsage(l.Rest)
		mistakeOrNil(t, err)
		top, err := ParseTop(l.Rest)
		mistakeOrNil(t, err)
		require.LessOrEqual(t, top.Rows, MaxRows)
		_, err = ParseExplain(l.Rest)
		mistakeOrNil(t, err)
		silence, err := ParseSilence(l, midday)
		if mistakeOrNil(t, err); err == nil {
			require.True(t, silence.End.After(silence.Start) || silence.End.IsZero() && silence.Match.Alert != "")
			require.NotEmpty(t, silence.Because)
		}
	})
}

// mistakeOrNil checks that an error is one that people can be told.
func mistakeOrNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		require.ErrorAs(t, err, new(MistakeError))
	}
}

// Metrics may be named in usage and top, whatever quotes Slack makes of those around their keys.
func TestMetricsAreRead(t *testing.T) {
	l, err := Parse("usage pump 7 Reboots notefiles[“data.qo”] 7d")
	require.NoError(t, err)
	usage, err := ParseUsage(l.Rest)
	require.NoError(t, err)
	require.Equal(t, UsageOrder{Name: "pump 7", Span: lookup.Week, Metrics: []rules.Figure{rules.Reboots, rules.Notefile("data.qo")}}, usage)

	l, err = Parse(`usage device "reboots"`)
	require.NoError(t, err)
	usage, err = ParseUsage(l.Rest)
	require.NoError(t, err)
	require.Equal(t, "reboots", usage.Name, "in quotes it is a name")
	require.Empty(t, usage.Metrics)

	l, err = Parse("top 5 transport[wifi] today organization acme")
	require.NoError(t, err)
	top, err := ParseTop(l.Rest)
	require.NoError(t, err)
	require.Equal(t, TopOrder{Rows: 5, By: string(rules.Transport("wifi")), Kinds: []lookup.Kind{lookup.KindOrganization}, Name: "acme", Span: lookup.Today}, top)
}
