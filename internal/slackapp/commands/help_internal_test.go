package commands

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/rules/muting"
)

// The table in docs/slack.md is made of the words.
func TestWordsInDocs(t *testing.T) {
	const file, begin, end = "../../../docs/slack.md", "<!-- words -->\n", "<!-- /words -->"
	doc, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(doc), begin)
	require.True(t, found)
	written, after, found := strings.Cut(rest, end)
	require.True(t, found)
	if *update {
		written = wordTable()
		require.NoError(t, os.WriteFile(file, []byte(before+begin+written+end+after), 0o600))
	}
	require.Equal(t, wordTable(), written, "go test ./internal/slackapp/commands -run Docs -update writes it anew")
}

// wordTable is a table of all words in Markdown.
func wordTable() string {
	var b strings.Builder
	b.WriteString("| after `/notewatch` | what it does |\n|---|---|\n")
	for _, w := range commands() {
		typed := strings.ReplaceAll(strings.TrimSpace(w.name+" "+w.hint), "|", `\|`)
		b.WriteString("| `" + typed + "` | " + w.summary + " |\n")
	}
	return b.String()
}

// What help shows to be typed is what the person may do where they ask. Of the rest it says who may.
func TestHelpOffersWhatTheAskerMay(t *testing.T) {
	d := newAskDesk(t, usualScene())
	d.ask("silence device hourly-sensor-2 for 2h because it is on the bench")
	changing := []string{"silence", "unsilence", "ack", "unack", "refresh"}
	const only, nobody = "Only people in <#" + teamRoom + "> may change this.", "No Slack channel is notified of this, so it cannot be changed"
	help := d.from(otherRoom, "help").Text
	require.Contains(t, help, "Not from here: silence, unsilence, ack, unack and refresh. "+only)
	for _, word := range changing {
		text := d.from(otherRoom, "help "+word).Text
		require.Contains(t, text, only)
		require.NotRegexp(t, typeable, text)
		require.NotContains(t, d.ask("help "+word), only)
		help += text + d.from(otherRoom, word+` "no such thing" "nor this"`).Text
	}
	for _, found := range typeable.FindAllStringSubmatch(help, -1) {
		require.False(t, d.from(otherRoom, found[1]).Failed, found[1])
	}

	d.answerer.config.Channels = func() map[string]string { return nil }
	require.Contains(t, d.ask("help"), nobody)
	for _, word := range changing {
		require.Contains(t, d.ask("help "+word), nobody)
	}
}

// Where one may change something, help is about that, not about what is worse and told elsewhere.
func TestHelpIsAboutWhatTheChannelIsTold(t *testing.T) {
	d := newAskDesk(t, usualScene())
	require.Equal(t, "event-budget", d.bot.Config().Rules[0].Spec.Name)
	d.bot.Config().Rules[0].Notify = []string{"log"}
	d.answerer.config.Channels = func() map[string]string { return map[string]string{"team": teamRoom, "log": otherRoom} }
	budget, err := d.store.Alerts(t.Context(), store.AlertFilter{Match: muting.Match{Rule: "event-budget"}, Open: true})
	require.NoError(t, err)
	d.ask("silence rule event-spike project cold-chain for 1h because x")
	here := d.from(otherRoom, "silence rule event-budget project cold-chain for 2h because x").Text
	for word, want := range map[string]string{
		"ack": budget[0].ID, "silence": budget[0].ID + " for 2h", "unsilence": regexp.MustCompile("unsilence s-[a-z0-9]+").FindString(here),
	} {
		require.Contains(t, d.from(otherRoom, "help "+word).Text, "`/notewatch "+word+" "+strings.TrimPrefix(want, word+" "))
	}
	require.Contains(t, d.ask("help ack"), d.spike().ID)
}

// All that is made of the words needs them to be whole.
func TestWordsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range commands() {
		require.Equal(t, strings.ToLower(w.name), w.name)
		require.False(t, seen[w.name], w.name)
		seen[w.name] = true
		require.NotNil(t, w.answer, w.name)
		require.NotEmpty(t, w.examples, w.name)
		require.True(t, strings.HasSuffix(w.summary, "."), w.summary)
		require.LessOrEqual(t, utf8.RuneCountInString(w.hint), maxSaid)
	}
	require.LessOrEqual(t, len(usageHint()), 1000)
}
