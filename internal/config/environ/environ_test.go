package environ_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config/environ"
	"notewatch/internal/secret"
)

// setenv makes variables the only ones of notewatch's that the process has.
func setenv(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "NOTEWATCH_") {
			t.Setenv(name, value) // so that it is put back
			require.NoError(t, os.Unsetenv(name))
		}
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

func TestTheEnvironmentHasDefaults(t *testing.T) {
	want := environ.Settings{
		Rules:     "rules.yaml",
		Database:  secret.New("notewatch.db"),
		Listen:    "127.0.0.1:8080",
		LogLevel:  slog.LevelInfo,
		LogFormat: "text",
	}
	setenv(t, nil)
	unset, err := environ.Read()
	require.NoError(t, err)
	require.Equal(t, want, unset)

	setenv(t, map[string]string{
		"NOTEWATCH_RULES": "", "NOTEWATCH_DATABASE": "", "NOTEWATCH_LISTEN": "", "NOTEWATCH_PPROF": "", "NOTEWATCH_NOTEHUB_URL": "",
		"NOTEWATCH_NOTEHUB_TOKEN": "", "NOTEWATCH_SLACK_BOT_TOKEN": "", "NOTEWATCH_SLACK_API_URL": "",
		"NOTEWATCH_SLACK_APP_TOKEN": "", "NOTEWATCH_SLACK_SIGNING_SECRET": "",
		"NOTEWATCH_LOG_LEVEL": "", "NOTEWATCH_LOG_FORMAT": "", "NOTEWATCH_RULES_FILE": "",
	})
	empty, err := environ.Read()
	require.NoError(t, err)
	require.Equal(t, want, empty)
}

func TestTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte("s3cret\n"), 0o600))
	place := filepath.Join(t.TempDir(), "database")
	require.NoError(t, os.WriteFile(place, []byte("postgres://amy:pa55word@db/notewatch\n"), 0o600))
	setenv(t, map[string]string{
		"NOTEWATCH_RULES":                   "/etc/notewatch/rules.yaml",
		"NOTEWATCH_DATABASE_FILE":           place,
		"NOTEWATCH_LISTEN":                  ":9090",
		"NOTEWATCH_PPROF":                   "127.0.0.1:6060",
		"NOTEWATCH_NOTEHUB_URL":             "http://127.0.0.1:1234/base",
		"NOTEWATCH_NOTEHUB_TOKEN_FILE":      path,
		"NOTEWATCH_NOTEHUB_TOKEN_EXPIRES":   "2027-01-14",
		"NOTEWATCH_SLACK_BOT_TOKEN":         "xoxb-1",
		"NOTEWATCH_SLACK_APP_TOKEN":         "xapp-1-A",
		"NOTEWATCH_SLACK_SIGNING_SECRET":    "00112233445566778899aabbccddeeff",
		"NOTEWATCH_SLACK_API_URL":           "http://127.0.0.1:5678/api/",
		"NOTEWATCH_HEARTBEAT_URL":           "https://hc-ping.com/1",
		"NOTEWATCH_HEARTBEAT_ALLOW_PRIVATE": "true",
		"NOTEWATCH_LOG_LEVEL":               "DEBUG",
		"NOTEWATCH_LOG_FORMAT":              "json",
	})
	environment, err := environ.Read()
	require.NoError(t, err)
	require.Equal(t, environ.Settings{
		Rules:              "/etc/notewatch/rules.yaml",
		Database:           secret.New("postgres://amy:pa55word@db/notewatch"),
		Listen:             ":9090",
		Pprof:              "127.0.0.1:6060",
		NotehubURL:         "http://127.0.0.1:1234/base",
		NotehubToken:       secret.New("s3cret"),
		TokenExpires:       time.Date(2027, 1, 14, 0, 0, 0, 0, time.UTC),
		SlackBotToken:      secret.New("xoxb-1"),
		SlackAppToken:      secret.New("xapp-1-A"),
		SlackSigningSecret: secret.New("00112233445566778899aabbccddeeff"),
		SlackAPIURL:        "http://127.0.0.1:5678/api/",
		Heartbeat:          secret.New("https://hc-ping.com/1"),
		HeartbeatPrivate:   true,
		LogLevel:           slog.LevelDebug,
		LogFormat:          "json",
	}, environment)
}

func TestAccessToNotehubFromTheEnvironment(t *testing.T) {
	const mark = "mArk4711"
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(mark+"\n"), 0o600))
	const token, expires = "NOTEWATCH_NOTEHUB_TOKEN", "NOTEWATCH_NOTEHUB_TOKEN_EXPIRES"
	const id, clientSecret = "NOTEWATCH_NOTEHUB_CLIENT_ID", "NOTEWATCH_NOTEHUB_CLIENT_SECRET"
	for _, test := range []struct {
		name      string
		variables map[string]string
		want      string
	}{
		{"client", map[string]string{id: "acme", clientSecret + "_FILE": path}, ""},
		{"both", map[string]string{id: "acme", clientSecret: mark, token: mark},
			token + ": there is an OAuth client too; hint: unset it, or " + id + " and " + clientSecret},
		{"no ID", map[string]string{clientSecret: mark}, id + ": missing; hint: it belongs to " + clientSecret},
		{"no secret", map[string]string{id: mark}, clientSecret + ": missing; hint: it belongs to " + id},
		{"spaces", map[string]string{id: "a b", clientSecret: mark + "\t"}, id + ": holds white space\n" + clientSecret + ": holds white space"},
		{"no date", map[string]string{token: mark, expires: mark}, expires + ": not a date; hint: such as 2027-01-14"},
		{"a date of nothing", map[string]string{expires: "2027-01-14"}, expires + ": there is no token that expires; hint: it is about " + token},
	} {
		t.Run(test.name, func(t *testing.T) {
			setenv(t, test.variables)
			environment, err := environ.Read()
			if test.want == "" {
				require.NoError(t, err)
				require.Equal(t, "acme", environment.ClientID)
				require.Equal(t, secret.New(mark), environment.ClientSecret)
				return
			}
			require.EqualError(t, err, test.want)
		})
	}
}

func TestMistakesInTheEnvironment(t *testing.T) {
	const mark = "mArk4711"
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte(mark+"\n"), 0o600))
	setenv(t, map[string]string{
		"NOTEWATCH_RULE":                    "rules.yaml",
		"NOTEWATCH_NOTEHUB_TOKN_FILE":       path,
		"NOTEWATCH_BILLING_SECRET":          mark,
		"NOTEWATCH_DATABASE":                "postgres://user:" + mark + "@host/db",
		"NOTEWATCH_LISTEN":                  mark,
		"NOTEWATCH_PPROF":                   mark,
		"NOTEWATCH_NOTEHUB_URL":             mark + "://x",
		"NOTEWATCH_NOTEHUB_TOKEN":           mark,
		"NOTEWATCH_NOTEHUB_TOKEN_FILE":      path,
		"NOTEWATCH_SLACK_BOT_TOKEN":         mark + " " + mark,
		"NOTEWATCH_SLACK_API_URL":           "http://[" + mark,
		"NOTEWATCH_HEARTBEAT_URL":           mark,
		"NOTEWATCH_HEARTBEAT_ALLOW_PRIVATE": mark,
		"NOTEWATCH_LOG_LEVEL":               mark,
		"NOTEWATCH_LOG_FORMAT":              mark,
		"NOTEWATCH_RULES_FILE":              mark,
		"NOTEWATCH_PORT":                    "tcp://10.0.0.1:80", // as Kubernetes sets them for a service of this name
		"NOTEWATCH_PORT_80_TCP_ADDR":        "10.0.0.1",
		"NOTEWATCH_SERVICE_HOST":            "10.0.0.1",
		"NOTEWATCH_SERVICE_PORT_HTTP":       "80",
		"NOTEWATCH_ACTIVE_HELP":             "0", // as the completion scripts set it
		"NOTEWATCH_COMPLETION_DESCRIPTIONS": "0",
		"SOMEBODY_ELSES_NOTEWATCH_RULE":     "1",
	})
	_, err := environ.Read()
	require.EqualError(t, err, strings.Join([]string{
		`NOTEWATCH_BILLING_SECRET: unknown variable; hint: the names NOTEWATCH_… are for its own settings; call yours something else`,
		`NOTEWATCH_HEARTBEAT_ALLOW_PRIVATE: not a truth value; hint: want true or false`,
		`NOTEWATCH_HEARTBEAT_URL: want an address; hint: such as https://hc-ping.com/…`,
		`NOTEWATCH_LISTEN: want a host and port; hint: such as 127.0.0.1:8080`,
		`NOTEWATCH_LOG_FORMAT: unknown format; hint: want text or json`,
		`NOTEWATCH_LOG_LEVEL: unknown level; hint: want debug, info, warn or error`,
		`NOTEWATCH_NOTEHUB_TOKEN: given both by itself and as NOTEWATCH_NOTEHUB_TOKEN_FILE; hint: unset one of them`,
		`NOTEWATCH_NOTEHUB_TOKN_FILE: unknown variable; hint: did you mean NOTEWATCH_NOTEHUB_TOKEN_FILE?`,
		`NOTEWATCH_NOTEHUB_URL: want an address; hint: such as https://api.notefile.net`,
		`NOTEWATCH_PPROF: want a loopback address and port; hint: such as 127.0.0.1:6060`,
		`NOTEWATCH_RULE: unknown variable; hint: did you mean NOTEWATCH_RULES?`,
		`NOTEWATCH_RULES_FILE: reading the file of that path: no such file or directory; ` +
			`hint: want the path of a file that holds the value, from the root`,
		`NOTEWATCH_SLACK_API_URL: want an address; hint: such as https://slack.com/api/`,
		`NOTEWATCH_SLACK_BOT_TOKEN: holds white space`,
	}, "\n"))
	require.NotContains(t, err.Error(), mark)
}

// A value that comes from a file may be wrong as any other. The message names the file.
func TestMistakesInFilesOfTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	fifo := filepath.Join(dir, "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	for name, test := range map[string]struct{ path, want string }{
		"FIFO":          {fifo, fmt.Sprintf(" (%q): reading the file of that path: is a FIFO, not a regular file", fifo)},
		"directory":     {dir, fmt.Sprintf(" (%q): reading the file of that path: is a directory, not a regular file", dir)},
		"device":        {"/dev/zero", ` ("/dev/zero"): reading the file of that path: is a device, not a regular file`},
		"missing":       {"/nowhere/token", ` ("/nowhere/token"): reading the file of that path: no such file or directory`},
		"no path":       {"mArk4711", ": reading the file of that path: no such file or directory; hint: want the path of a file that holds the value, from the root"},
		"empty":         {write("empty", "\n"), fmt.Sprintf(" (%q): reading the file of that path: the file is empty", filepath.Join(dir, "empty"))},
		"UTF-16":        {write("wide", "\xff\xfex\x00"), fmt.Sprintf(" (%q): reading the file of that path: the file is in UTF-16: save it in UTF-8", filepath.Join(dir, "wide"))},
		"wrong value":   {write("value", "mArk4711 x"), fmt.Sprintf(" (%q): holds white space", filepath.Join(dir, "value"))},
		"relative path": {filepath.Base(write("other", "mArk4711 x")), ` ("other"): holds white space`},
	} {
		t.Run(name, func(t *testing.T) {
			setenv(t, map[string]string{"NOTEWATCH_NOTEHUB_TOKEN_FILE": test.path})
			_, err := environ.Read()
			require.EqualError(t, err, "NOTEWATCH_NOTEHUB_TOKEN_FILE"+test.want)
		})
	}
}

// Editors of Windows put a byte order mark before the text.
func TestByteOrderMarksInTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte("\ufeffs3cret\r\n"), 0o600))
	setenv(t, map[string]string{"NOTEWATCH_NOTEHUB_TOKEN_FILE": path, "NOTEWATCH_SLACK_BOT_TOKEN": "\ufeffxoxb-1"})
	environment, err := environ.Read()
	require.NoError(t, err)
	require.Equal(t, "s3cret", environment.NotehubToken.Reveal())
	require.Equal(t, "xoxb-1", environment.SlackBotToken.Reveal())
}

// Profiles tell too much of a process for others to see.
func TestProfilesStayOnTheMachine(t *testing.T) {
	for address, fine := range map[string]bool{
		"127.0.0.1:6060": true, "127.8.8.8:0": true, "[::1]:6060": true, "[::ffff:127.0.0.1]:6060": true, "localhost:6060": true,
		":6060": false, "0.0.0.0:6060": false, "[::]:6060": false, "10.0.0.1:6060": false, "example.com:6060": false,
		"127.0.0.1": false, "127.0.0.1:": false, "6060": false,
	} {
		setenv(t, map[string]string{"NOTEWATCH_PPROF": address})
		environment, err := environ.Read()
		if fine {
			require.NoError(t, err, address)
			require.Equal(t, address, environment.Pprof)
		} else {
			require.EqualError(t, err, "NOTEWATCH_PPROF: want a loopback address and port; hint: such as 127.0.0.1:6060", address)
		}
	}
}

// What Slack gives an app is easily put in the wrong place, or copied with too much.
func TestMistakesWithWhatSlackGives(t *testing.T) {
	const mark = "mArk4711"
	for _, c := range []struct{ name, value, want string }{
		{"BOT_TOKEN", "xapp-" + mark, "that is an app-level token; hint: the bot token begins with xoxb-; this one goes into NOTEWATCH_SLACK_APP_TOKEN"},
		{"APP_TOKEN", "xapp-" + mark + "\n", "holds white space"},
		{"APP_TOKEN", "  ", "holds white space"},
		{"APP_TOKEN", "xoxb-" + mark, "that is a bot token; hint: the app-level token begins with xapp-; this one goes into NOTEWATCH_SLACK_BOT_TOKEN"},
		{"APP_TOKEN", mark, "not an app-level token; hint: it begins with xapp- and stands under Basic Information of the Slack app"},
		{"SIGNING_SECRET", " ", "holds white space"},
		{"SIGNING_SECRET", "00112233 445566778899aabbccddeeff", "holds white space"},
		{"SIGNING_SECRET", "xapp-" + mark, "that is a token; hint: the signing secret stands under Basic Information of the Slack app"},
		{"SIGNING_SECRET", "xoxb-" + mark, "that is a token; hint: the signing secret stands under Basic Information of the Slack app"},
		{"SIGNING_SECRET", mark + mark + mark + mark, "not a signing secret; hint: it is 32 hexadecimal digits, under Basic Information of the Slack app"},
		{"SIGNING_SECRET", "0011223344", "not a signing secret; hint: it is 32 hexadecimal digits, under Basic Information of the Slack app"},
	} {
		setenv(t, map[string]string{"NOTEWATCH_SLACK_" + c.name: c.value})
		_, err := environ.Read()
		require.EqualError(t, err, "NOTEWATCH_SLACK_"+c.name+": "+c.want)
		require.NotContains(t, err.Error(), mark)
	}
}
