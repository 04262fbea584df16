package slackapp

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

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
			l, err := parse(test.text)
			require.NoError(t, err)
			require.Equal(t, test.word, l.word)
			require.Equal(t, test.names, textsOf(l.rest))
			require.Equal(t, test.reason, l.reason)
			require.Equal(t, test.share, l.share)
		})
	}
}

// textsOf returns what tokens say.
func textsOf(tokens []token) (texts []string) {
	for _, token := range tokens {
		texts = append(texts, token.text)
	}
	return texts
}

func TestCommandsThatCannotBeTakenApart(t *testing.T) {
	_, err := parse(strings.Repeat("x", 10_240))
	require.EqualError(t, err, "That is 10,240 characters long; a command has at most 1,000.")
	_, err = parse(`usage "truck 7`)
	require.EqualError(t, err, `The quote before "truck 7" is not closed.`)
}

func TestUsageIsRead(t *testing.T) {
	device, project := []lookup.Kind{lookup.KindDevice}, []lookup.Kind{lookup.KindProject}
	for text, want := range map[string]usageOrder{
		"usage":                         {span: lookup.Period},
		"usage sensor-1":                {name: "sensor-1", span: lookup.Period},
		"usage device sensor-1 7D":      {kinds: device, name: "sensor-1", span: lookup.Week},
		"usage 30d device truck 7":      {kinds: device, name: "truck 7", span: lookup.Month},
		`usage "device" "today" period`: {name: "device today", span: lookup.Period},
		"usage project":                 {kinds: project, span: lookup.Period},
		"usage project device":          {kinds: project, name: "device", span: lookup.Period},
	} {
		l, err := parse(text)
		require.NoError(t, err)
		order, err := parseUsage(l.rest)
		require.NoError(t, err, text)
		require.Equal(t, want, order, text)
	}
	for text, want := range map[string]string{
		"usage device":      "Which device? Its name, its UID or the beginning of either comes after device.",
		"usage fleet today": "Which fleet? Its name, its UID or the beginning of either comes after fleet.",
		"usage x 14d":       `I know today, 7d, 30d and period, not "14d".`,
		"usage x yesterday": `I know today, 7d, 30d and period, not "yesterday".`,
		"usage x 7d 30d":    "Either 7d or 30d, one at a time.",
	} {
		l, err := parse(text)
		require.NoError(t, err)
		_, err = parseUsage(l.rest)
		require.EqualError(t, err, want, text)
	}
}

func TestRankingsAreRead(t *testing.T) {
	either, fleet := []lookup.Kind{lookup.KindProject, lookup.KindFleet}, []lookup.Kind{lookup.KindFleet}
	for text, want := range map[string]topOrder{
		"top":                             {rows: 10, kinds: either, span: lookup.Period},
		"top 3 events 30d":                {rows: 3, by: "events", kinds: either, span: lookup.Month},
		"top 30d Cost 3":                  {rows: 3, by: "cost", kinds: either, span: lookup.Month},
		"top fleet plant 2 today":         {rows: 10, kinds: fleet, name: "plant 2", span: lookup.Today},
		"top 5 lab bytes":                 {rows: 5, by: "bytes", kinds: either, name: "lab", span: lookup.Period},
		`top "bytes"`:                     {rows: 10, kinds: either, name: "bytes", span: lookup.Period},
		`top sessions fleet "fleet" 7d 4`: {rows: 10, by: "sessions", kinds: fleet, name: "fleet 4", span: lookup.Week},
	} {
		l, err := parse(text)
		require.NoError(t, err)
		order, err := parseTop(l.rest)
		require.NoError(t, err, text)
		require.Equal(t, want, order, text)
	}
	for text, want := range map[string]string{
		"top 0":         `top ranks 1 to 50 devices, not "0".`,
		"top 100000":    `top ranks 1 to 50 devices, not "100000".`,
		"top device x":  "top ranks devices: of everything, of a project or of a fleet.",
		"top project":   "Which project? Its name comes after the word.",
		"top 5 fleet":   "Which fleet? Its name comes after the word.",
		"top last week": `I know today, 7d, 30d and period, not "week".`,
	} {
		l, err := parse(text)
		require.NoError(t, err)
		_, err = parseTop(l.rest)
		require.EqualError(t, err, want, text)
	}
}

func TestExplanationsAreRead(t *testing.T) {
	for text, want := range map[string]explainOrder{
		"explain a1b2":                       {alert: "a1b2"},
		"explain alert a1b2":                 {alert: "a1b2"},
		"explain data-budget truck 7":        {rule: "data-budget", subject: "truck 7"},
		"explain rule data-budget device x":  {rule: "data-budget", subject: "x"},
		`explain "rule" "device"`:            {rule: "rule", subject: "device"},
		"explain silent-project project lab": {rule: "silent-project", subject: "lab"},
		"explain r Cold Device 3":            {rule: "r", subject: "Cold Device 3"},
		"explain r pump device":              {rule: "r", subject: "pump device"},
		"explain rule r device Project Rule": {rule: "r", subject: "Project Rule"},
		`explain r "device" 3`:               {rule: "r", subject: "device 3"},
	} {
		l, err := parse(text)
		require.NoError(t, err)
		order, err := parseExplain(l.rest)
		require.NoError(t, err, text)
		require.Equal(t, want, order, text)
	}
	_, err := parseExplain(nil)
	require.EqualError(t, err, "Explain what? An alert, or a rule and whom it judges.")
}

func TestSilencesAreRead(t *testing.T) {
	for text, want := range map[string]silenceOrder{
		"a1b2 for 2h because moving":                    {alert: "a1b2", until: midday.Add(2 * time.Hour), because: "moving"},
		"alert a1b2 until over because we know":         {alert: "a1b2", over: true, because: "we know"},
		`a1b2 until "it is over" because we know`:       {alert: "a1b2", over: true, because: "we know"},
		"rule r project lab 2 for 1d because x":         {rule: "r", project: "lab 2", until: midday.AddDate(0, 0, 1), because: "x"},
		"for 90 min device truck 7 because x":           {device: "truck 7", until: midday.Add(90 * time.Minute), because: "x"},
		`device "for" until 2026–06–15 14:00 because x`: {device: "for", until: midday.Add(2 * time.Hour), because: "x"},
		"rule r until tomorrow because x":               {rule: "r", until: midday.Add(12 * time.Hour), because: "x"},
		"rule r until tomorrow 9:00 because x":          {rule: "r", until: midday.Add(21 * time.Hour), because: "x"},
		"everything until 11:30 UTC because x":          {everything: true, until: midday.Add(23*time.Hour + 30*time.Minute), because: "x"},
	} {
		l, err := parse("silence " + text)
		require.NoError(t, err)
		order, err := parseSilence(l, midday)
		require.NoError(t, err, text)
		require.Equal(t, want, order, text)
	}
}

func TestSilencesThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                                          "Silence what? Name an alert, a rule, a project or a device; or say everything, if that is meant.",
		"for 2h because x":                          "Silence what? Name an alert, a rule, a project or a device; or say everything, if that is meant.",
		"everything rule r for 2h because":          "Everything, or only what you name?",
		"everything now for 2h because":             "What everything? Nothing that fits follows the word.",
		"rule r for 2h":                             "Say why at the end, after because: others will wonder why nobody is told.",
		"rule r because x for 2h":                   "Say before because either for how long, such as for 2h, or until when, such as until 14:00 (UTC).",
		"rule r for 2h until 14:00 because x":       "Say before because either for how long, such as for 2h, or until when, such as until 14:00 (UTC).",
		"rule r for ever because x":                 `Cannot read the length of time "ever": write 90m, 2h, 3d or 1w.`,
		"rule r for 0h because x":                   `"0h" is no time at all: write 90m, 2h, 3d or 1w.`,
		"rule r for 9999w because x":                `"9999w" is too long: a silence lasts at most a year.`,
		"rule r until 2030-01-01 because x":         `"2030-01-01" is too far away: a silence lasts at most a year.`,
		"rule r until noon because x":               `Cannot read the time "noon": write 14:00, tomorrow 9:00 or "2026-06-15 14:00", in UTC.`,
		`rule r until "2026-06-15 11:00" because x`: `"2026-06-15 11:00" is over already: it is now 2026-06-15 12:00 UTC.`,
		"rule r until over because x":               "Only an alert can be silenced until it is over.",
		"rule r rule s for 2h because x":            "There are two of rule; a silence has one.",
		"rule for 2h because x":                     "What rule? Nothing that fits follows the word.",
		"fleet f for 2h because x":                  "Alerts are of devices and projects: a fleet cannot be silenced.",
	} {
		l, err := parse("silence " + text)
		require.NoError(t, err)
		_, err = parseSilence(l, midday)
		require.EqualError(t, err, want, text)
	}
}

func TestASilenceLastsAYearAtMost(t *testing.T) {
	for _, text := range []string{"366d", "52w2d", "8784h"} {
		length, err := parseLength(text)
		require.NoError(t, err)
		require.Equal(t, maxLength, length, text)
	}
	for _, text := range []string{"53w", "366d1m", "1m366d", "20000w", "30501w", "99999w", "1w30500w", "99999d99999d"} {
		_, err := parseLength(text)
		require.ErrorContains(t, err, "is too long: a silence lasts at most a year.", text)
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
		l, err := parse(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.LessOrEqual(t, utf8.RuneCountInString(l.word+l.reason+joined(l.rest)), maxText)
		require.True(t, utf8.ValidString(l.word+l.reason+joined(l.rest)))
		require.NotContains(t, l.reason+joined(l.rest), "\x00")
		_, err = parseUsage(l.rest)
		mistakeOrNil(t, err)
		top, err := parseTop(l.rest)
		mistakeOrNil(t, err)
		require.LessOrEqual(t, top.rows, maxRows)
		_, err = parseExplain(l.rest)
		mistakeOrNil(t, err)
		silence, err := parseSilence(l, midday)
		if mistakeOrNil(t, err); err == nil {
			require.True(t, silence.over || silence.until.After(midday))
			require.NotEmpty(t, silence.because)
			require.True(t, silence.everything || silence.alert+silence.rule+silence.project+silence.device != "")
		}
	})
}

// mistakeOrNil checks that an error is one that people can be told.
func mistakeOrNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		require.ErrorAs(t, err, new(mistakeError))
	}
}
