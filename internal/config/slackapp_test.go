package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
)

func TestSlackApp(t *testing.T) {
	for text, want := range map[string]config.SlackApp{
		"":                                    {Command: "/notewatch"},
		"slack: {}":                           {Command: "/notewatch"},
		"slack: {allow: {}}":                  {Command: "/notewatch"},
		"slack: {command: /fleet-2_a}":        {Command: "/fleet-2_a"},
		"slack: {allow: {look: C0123456789}}": {Command: "/notewatch", Allow: config.Allow{Look: []string{"C0123456789"}}},
		"slack: {command: /nw, allow: {look: [U0123456789, WABCDEFGH], change: [S012345, C012345, G012345]}}": {
			Command: "/nw",
			Allow:   config.Allow{Look: []string{"U0123456789", "WABCDEFGH"}, Change: []string{"S012345", "C012345", "G012345"}},
		},
	} {
		require.Equal(t, want, parse(t, minimal+text).Slack, text)
	}
}

// A receiver of the kind slack and the app of that name are two things.
func TestSlackAppAndReceiver(t *testing.T) {
	file := parse(t, strings.Replace(minimal, "terminal: {}", "slack: {channel: C0123}", 1)+"slack: {command: /fleet}\n")
	require.Equal(t, &config.Slack{Channel: "C0123"}, file.Receivers[0].Slack)
	require.Equal(t, config.SlackApp{Command: "/fleet"}, file.Slack)
}

func TestSlackCommandNames(t *testing.T) {
	for command, fine := range map[string]bool{
		"/n": true, "/" + strings.Repeat("n", 31): true, "/note-watch_2": true,
		"/": false, "/" + strings.Repeat("n", 32): false, "notewatch": false, "//notewatch": false, "/note/watch": false,
		"/note watch": false, "/NoteWatch": false, "/nötewatch": false, "/notewatch ": false, "/note\nwatch": false,
	} {
		_, err := config.Parse("rules.yaml", []byte(minimal+"slack:\n  command: "+quoted(command)), environment)
		if fine {
			require.NoError(t, err, command)
		} else {
			require.ErrorContains(t, err, "rules.yaml:5:12: slack.command: not a command of Slack; hint: such as /notewatch", command)
		}
	}
}

// quoted returns text as YAML in double quotes.
func quoted(text string) string { return `"` + strings.ReplaceAll(text, "\n", `\n`) + `"` }

func TestPrices(t *testing.T) {
	for text, want := range map[string]config.Prices{
		"": {},
		"prices: {currency: USD, event: 0.00075, free_events: 5000, data_block: 10.00, as_of: 2026-06}": {
			Currency: "USD", Event: 0.00075, FreeEvents: 5000, DataBlock: 10, AsOf: "2026-06"},
		"prices: {as_of: 2026-06-14, data_block: 0, currency: EUR}": {Currency: "EUR", AsOf: "2026-06-14"},
		"prices: {currency: EUR, event: 7.5e-4}":                    {Currency: "EUR", Event: 0.00075},
	} {
		require.Equal(t, want, parse(t, minimal+text).Prices, text)
	}
}
