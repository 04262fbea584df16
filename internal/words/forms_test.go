package words_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/arguments"
	"notewatch/internal/config"
	"notewatch/internal/lookup"
	"notewatch/internal/silences"
	"notewatch/internal/slackapp/grammar"
	"notewatch/rules/muting"
)

// formsNow is when the forms are read.
var formsNow = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// The rules file, the terminal and Slack read the same durations.
func TestDurationsEverywhere(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "2h": 2 * time.Hour, "2H": 2 * time.Hour, "3d": 72 * time.Hour, "1w": 168 * time.Hour, "45s": 45 * time.Second,
		"1h30m": 90 * time.Minute, "1d12h": 36 * time.Hour, "1w2d3h": 219 * time.Hour, "1.5h": 90 * time.Minute,
		"90 min": 90 * time.Minute, "1 day 2 hours": 26 * time.Hour, "2 weeks": 336 * time.Hour,
		"": 0, "0h": 0, "24": 0, "-2h": 0, "2x": 0, "1d-1h": 0, "fortnight": 0, // which none of them reads
	} {
		var length arguments.Length
		require.Equal(t, want == 0, length.Set(text) != nil, text)
		require.Equal(t, want, time.Duration(length), text)

		file, err := config.Parse("rules.yaml", fmt.Appendf(nil,
			"projects: [{uid: 'app:1'}]\nreceivers: [{name: ops, terminal: {}}]\nrules: [{name: r, when: events.today > 1, for: %q}]\n", text),
			func(string) (string, bool) { return "", false })
		if require.Equal(t, want == 0, err != nil, "%q: %v", text, err); err == nil {
			require.Equal(t, want, file.Rules[0].Spec.For, text)
		}

		order, err := silenceInSlack(t, "for "+text)
		if require.Equal(t, want == 0, err != nil, "%q: %v", text, err); err == nil {
			require.Equal(t, formsNow.Add(want), order.End, text)
		}
	}
}

// The terminal and Slack read the same instants, and give the same reason where they cannot.
func TestInstantsEverywhere(t *testing.T) {
	for text, want := range map[string]string{
		"14:00": "2026-06-15 14:00", "11:30": "2026-06-16 11:30", "9:30 UTC": "2026-06-16 09:30", "tomorrow": "2026-06-16 00:00",
		"tomorrow 9:00": "2026-06-16 09:00", "2026-06-20": "2026-06-20 00:00", "2026-06-20 06:00": "2026-06-20 06:00",
		"2026-06-20T06:00:00+02:00": "2026-06-20 04:00", "2026–06–20 06:00": "2026-06-20 06:00",
		"noon": "", "25:00": "", "tomorrow noon": "",
	} {
		o := silences.Order{Match: muting.Match{Rule: "r"}, Until: text, Because: "x", Prefix: "--"}
		silence, inTerminal := o.Silence(formsNow)
		order, inSlack := silenceInSlack(t, fmt.Sprintf("until %q", text))
		if want == "" {
			require.EqualError(t, inTerminal, fmt.Sprintf(`cannot read the time %q: write 14:00, tomorrow 9:00 or "2026-06-15 14:00", in UTC`, text))
			require.EqualError(t, inSlack, fmt.Sprintf(`Cannot read the time %q: write 14:00, tomorrow 9:00 or "2026-06-15 14:00", in UTC.`, text))
			continue
		}
		require.NoError(t, inTerminal, text)
		require.NoError(t, inSlack, text)
		require.Equal(t, want, silence.End.Format("2006-01-02 15:04"), text)
		require.Equal(t, silence.End, order.End, text)
	}
}

// silenceInSlack reads a silence of a rule that is typed in Slack, with an end.
func silenceInSlack(t *testing.T, end string) (muting.Silence, error) {
	t.Helper()
	line, err := grammar.Parse("silence rule r " + end + " because x")
	require.NoError(t, err)
	return grammar.ParseSilence(line, formsNow)
}

// The terminal and Slack read the same words for a kind, a name and a time span, and give the same reason where they cannot.
func TestSubjectsEverywhere(t *testing.T) {
	for text, want := range map[string]struct {
		kind      lookup.Kind
		name      string
		span      lookup.Span
		complains string
	}{
		"":                     {span: lookup.Period},
		"today":                {span: lookup.Today},
		"truck 7 7D":           {name: "truck 7", span: lookup.Week},
		"device truck 30d":     {kind: lookup.KindDevice, name: "truck", span: lookup.Month},
		"fleet period plant 2": {kind: lookup.KindFleet, name: "plant 2", span: lookup.Period},
		"project lab":          {kind: lookup.KindProject, name: "lab", span: lookup.Period},
		"truck 99d":            {complains: `nknown time span "99d": want today, 7d, 30d or period`},
		"truck yesterday":      {complains: `nknown time span "yesterday": want today, 7d, 30d or period`},
		"7d truck 30d":         {complains: "ive only one time span, 7d or 30d"},
	} {
		var typed arguments.Usage
		name, inTerminal := typed.Parse(strings.Fields(text))
		line, err := grammar.Parse("usage " + text)
		require.NoError(t, err)
		order, inSlack := grammar.ParseUsage(line.Rest)
		if want.complains != "" {
			require.ErrorContains(t, inTerminal, want.complains)
			require.ErrorContains(t, inSlack, want.complains)
			continue
		}
		require.NoError(t, inTerminal, text)
		require.NoError(t, inSlack, text)
		require.Equal(t, want.name, name, text)
		require.Equal(t, want.name, order.Name, text)
		require.Equal(t, want.span, typed.Span.OrPeriod(), text)
		require.Equal(t, want.span, order.Span, text)
		require.Equal(t, typed.Kind.Kinds(), order.Kinds, text)
		require.Equal(t, want.kind, lookup.Kind(typed.Kind), text)
	}
}
