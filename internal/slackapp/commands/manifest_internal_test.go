package commands

import (
	_ "embed"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// manifestText is the manifest of the app in Slack.
//
//go:embed testdata/manifest.yaml.tmpl
var manifestText string

// manifest returns the manifest with which an app is made in Slack, as YAML. command is what people type first, such as
// /notewatch. url is where Slack reaches [App.Handler], such as https://notewatch.example.com; "" is Socket Mode, in which Slack
// needs to reach nothing.
func manifest(command, url string) (string, error) {
	t, err := template.New("manifest").Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(manifestText)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, struct{ Command, URL, Hint string }{command, strings.TrimRight(url, "/"), usageHint()})
	return b.String(), err
}

// usageHint is what Slack shows while a command is typed.
func usageHint() string { return strings.Join(wordNames(), "|") }

// The manifests in docs are what the code makes, so that they cannot name a word that is not there.
func TestManifestsInDocs(t *testing.T) {
	for file, url := range map[string]string{
		"../../../docs/slack-app-socket.yaml": "",
		"../../../docs/slack-app-http.yaml":   "https://notewatch.example.com",
	} {
		made, err := manifest("/notewatch", url)
		require.NoError(t, err)
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(made), 0o600))
		}
		written, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(written), made, "go test ./internal/slackapp/commands -run Manifest -update writes it anew")
	}
}

func TestManifestsAreWithinTheLimitsOfSlack(t *testing.T) {
	for _, url := range []string{"", "https://notewatch.example.com/"} {
		m := readManifest(t, "/notewatch", url)
		short := func(limit int, text string) { require.LessOrEqual(t, utf8.RuneCountInString(text), limit, text) }
		short(35, m.Display.Name)
		short(140, m.Display.Description)
		short(80, m.Features.BotUser.DisplayName)
		require.Regexp(t, `^#[0-9a-f]{6}$`, m.Display.BackgroundColor)
		require.Len(t, m.Features.SlashCommands, 1)
		command := m.Features.SlashCommands[0]
		require.Regexp(t, `^/[a-z-]{1,31}$`, command.Command)
		require.NotEmpty(t, command.Description)
		short(2000, command.Description)
		short(1000, command.UsageHint)
		require.True(t, m.Settings.Interactivity.IsEnabled)
	}
}

// In Socket Mode no URL may stand in a manifest; over HTTP each has to lead to its handler.
func TestManifestsSayWhereToSendWhatPeopleDo(t *testing.T) {
	socket := readManifest(t, "/notewatch", "")
	require.True(t, socket.Settings.SocketModeEnabled)
	require.Empty(t, socket.Features.SlashCommands[0].Url)
	require.Empty(t, socket.Settings.Interactivity.RequestUrl)

	http := readManifest(t, "/fleet", "https://notewatch.example.com/")
	require.False(t, http.Settings.SocketModeEnabled)
	require.Equal(t, "/fleet", http.Features.SlashCommands[0].Command)
	require.Equal(t, "https://notewatch.example.com/slack/commands", http.Features.SlashCommands[0].Url)
	require.Equal(t, "https://notewatch.example.com/slack/interactions", http.Settings.Interactivity.RequestUrl)
}

func TestManifestsAskForNoMoreThanIsUsed(t *testing.T) {
	scopes := readManifest(t, "/notewatch", "").OAuthConfig.Scopes
	require.Equal(t, []string{"chat:write", "chat:write.public", "commands", "usergroups:read"}, scopes.Bot)
	require.Equal(t, []string{"usergroups:read"}, scopes.BotOptional)
	require.Empty(t, scopes.User)
}

// readManifest decodes a manifest, which may have nothing that Slack does not know.
func readManifest(t *testing.T, command, url string) (m slack.Manifest) {
	t.Helper()
	made, err := manifest(command, url)
	require.NoError(t, err)
	decoder := yaml.NewDecoder(strings.NewReader(made))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&m))
	return m
}
