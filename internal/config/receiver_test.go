package config_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/config/problem"
	"notewatch/internal/secret"
	"notewatch/rules"
)

func TestSettingsOfReceivers(t *testing.T) {
	file := parse(t, strings.Replace(minimal, "receivers: [{name: ops, terminal: {}}]", `
receivers:
  - name: channel
    slack: {channel: C1, mention: {warning: <@U1>, critical: '<!subteam^${SET}>'}}
  - name: incoming
    slack: {url: 'https://hooks.slack.com/services/x', mention: {critical: <!channel>}}
  - name: on-call
    fallback: channel
    pagerduty: {routing_key: '${SET}'}
  - name: on-call-eu
    fallback: on-call
    pagerduty: {routing_key: key, url: https://events.eu.pagerduty.com/v2/enqueue}
  - name: rotating
    webhook:
      url: https://example.com/x
      secret: [new, '${SET}']
      format: alertmanager
      headers: {Authorization: 'Bearer ${SET}', X-Team: cold chain}
  - name: mail
    email: {server: 'mail.example.com:587', from: notewatch@example.com, to: ops@example.com}
  - name: mail-with-password
    email:
      server: mail.example.com:465
      tls: tls
      user: bot
      password: ${SPACED}
      from: notewatch <notewatch@example.com>
      to: [ops@example.com, '${SET}@example.com']
`, 1))
	key := secret.New("s3cret")
	require.Equal(t, []config.Receiver{
		{Name: "channel", From: rules.Info, Slack: &config.Slack{Channel: "C1",
			Mention: map[rules.Level]string{rules.Warning: "<@U1>", rules.Critical: "<!subteam^s3cret>"}}},
		{Name: "incoming", From: rules.Info, Slack: &config.Slack{URL: secret.New("https://hooks.slack.com/services/x"),
			Mention: map[rules.Level]string{rules.Critical: "<!channel>"}}},
		{Name: "on-call", From: rules.Info, Fallback: "channel", PagerDuty: &config.PagerDuty{RoutingKey: key}},
		{Name: "on-call-eu", From: rules.Info, Fallback: "on-call", PagerDuty: &config.PagerDuty{
			RoutingKey: secret.New("key"), URL: secret.New("https://events.eu.pagerduty.com/v2/enqueue")}},
		{Name: "rotating", From: rules.Info, Webhook: &config.Webhook{
			URL: secret.New("https://example.com/x"), Secrets: []secret.Text{secret.New("new"), key}, Format: "alertmanager",
			Headers: []config.Header{
				{Name: "Authorization", Value: secret.New("Bearer s3cret")}, {Name: "X-Team", Value: secret.New("cold chain")}}}},
		{Name: "mail", From: rules.Info, Email: &config.Email{
			Server: "mail.example.com:587", From: "notewatch@example.com", To: []string{"ops@example.com"}}},
		{Name: "mail-with-password", From: rules.Info, Email: &config.Email{
			Server: "mail.example.com:465", TLS: "tls", User: secret.New("bot"), Password: secret.New("two words"),
			From: "notewatch <notewatch@example.com>", To: []string{"ops@example.com", "s3cret@example.com"}}},
	}, file.Receivers)
}

func TestTemplateFiles(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "alert.tmpl"), []byte(`{"text": {{json .Title}}}`+"\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "large.tmpl"), bytes.Repeat([]byte("x"), 64<<10+1), 0o600))
	read := func(path string) (*config.File, error) {
		text := strings.Replace(minimal, "terminal: {}", "webhook: {url: 'https://example.com/x', template: '"+path+"'}", 1)
		return config.Parse(filepath.Join(folder, "rules.yaml"), []byte(text), environment)
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "marked.tmpl"), []byte("\ufeff{}"), 0o600))
	require.NoError(t, syscall.Mkfifo(filepath.Join(folder, "fifo.tmpl"), 0o600))
	for _, path := range []string{"alert.tmpl", "../" + filepath.Base(folder) + "/alert.tmpl", filepath.Join(folder, "alert.tmpl")} {
		file, err := read(path)
		require.NoError(t, err)
		require.Contains(t, file.Receivers[0].Webhook.Template, "{{json .Title}}")
		require.Equal(t, []string{filepath.Join(folder, "rules.yaml"), filepath.Join(folder, "alert.tmpl")}, file.Files)
	}
	marked, err := read("marked.tmpl")
	require.NoError(t, err)
	require.Equal(t, "{}", marked.Receivers[0].Webhook.Template)
	_, err = read("fifo.tmpl")
	require.ErrorContains(t, err, `is a FIFO, not a regular file`)
	_, err = read("large.tmpl")
	require.ErrorContains(t, err, `webhook.template: reading "`+filepath.Join(folder, "large.tmpl")+`": too large: more than 65536 bytes`)
}

func TestReceiversAreCheckedByTheCaller(t *testing.T) {
	const text = `
projects: [{uid: app:1}]
receivers:
  - {name: ops, terminal: }
  - name: team
    slack:
      channel: C0123
  - &hook {name: hook, webhook: {url: 'https://example.com/x'}}
  - {name: unread, webhook: {url: '${UNSET}'}}
  - {<<: *hook, name: again}
rules: [{name: budget, sevrity: info, when: bytes.used > 5}]
`
	wrong := func(r config.Receiver) error {
		switch {
		case r.Webhook != nil:
			return errors.Join(errors.New("no URL of "+r.Name), errors.New("no secret"))
		case r.Slack != nil:
			return fmt.Errorf("looking at channel %s: %w", r.Slack.Channel, errors.New("not there"))
		}
		return errors.New("no terminal")
	}
	_, err := config.Parse("rules.yaml", []byte(text), environment, wrong, func(config.Receiver) error { return nil })
	require.EqualError(t, err, strings.Join([]string{
		`rules.yaml:4:5: receiver "ops": no terminal`,
		`rules.yaml:7:7: receiver "team": looking at channel C0123: not there`,
		`rules.yaml:8:33: receiver "again": no URL of again`,
		`rules.yaml:8:33: receiver "again": no secret`,
		`rules.yaml:8:33: receiver "hook": no URL of hook`,
		`rules.yaml:8:33: receiver "hook": no secret`,
		`rules.yaml:9:35: receiver "unread": webhook.url: ${UNSET}: the environment variable is not set`,
		`rules.yaml:11:24: rule "budget": sevrity: unknown key; hint: did you mean "severity"?`,
	}, "\n"))
}

func TestSecretFiles(t *testing.T) {
	for name, c := range map[string]struct{ content, want, problem string }{
		"plain":           {"s3cret", "s3cret", ""},
		"newline at end":  {"s3cret\n", "s3cret", ""},
		"windows":         {"s3cret\r\n", "s3cret", ""},
		"two lines":       {"s3cret\nmore\n", "", "holds white space"},
		"two newlines":    {"s3cret\n\n", "", "holds white space"},
		"byte order mark": {"\ufeffs3cret\n", "s3cret", ""},
		"UTF-16":          {"\xff\xfes\x003\x00", "", "the file is in UTF-16: save it in UTF-8"},
		"empty":           {"\n", "", "the file is empty"},
		"large":           {strings.Repeat("s3cret", 20_000), "", "too large: more than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token")
			require.NoError(t, os.WriteFile(path, []byte(c.content), 0o600))
			text := minimal + "accounts: [{name: acme, token: '${file:" + path + "}'}]\n"
			file, err := config.Parse("rules.yaml", []byte(text), environment)
			if c.problem != "" {
				require.ErrorContains(t, err, c.problem)
				require.NotContains(t, err.Error(), "s3cret")
				return
			}
			require.NoError(t, err)
			require.Equal(t, secret.New(c.want), file.Accounts[0].Token)
			require.Equal(t, []string{"rules.yaml", path}, file.Files)
		})
	}
}

// Whatever is wrong with a file or with what it refers to, no message has a secret in it.
func TestNoMessageHoldsASecret(t *testing.T) {
	const mark = "mArk4711"
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(mark+"\n"), 0o600))
	lookup := func(name string) (string, bool) { return mark + " " + mark, name == "MARK" }
	template := `accounts: [{name: a, token: "SECRET"}]
projects: [{uid: app:1}]
receivers:
  - {name: a, slack: {channel: "SECRET"}}
  - {name: b, slack: {url: "SECRET"}}
  - {name: c, webhook: {url: "SECRET", secret: "SECRET"}}
  - {name: d, from: "SECRET", webhook: {url: "https://x/SECRET", secret: ["SECRET", "SECRET"], allow_private: "SECRET"}}
  - {name: e, slack: {channel: C1, mention: {critical: "SECRET"}}}
  - {name: f, pagerduty: {routing_key: "SECRET", url: "SECRET"}}
  - {name: g, webhook: {url: "https://x/SECRET", headers: {Authorization: "SECRET", X-Key: "SECRET"}}}
  - {name: h, email: {server: "SECRET", tls: "SECRET", user: "SECRET", password: "SECRET", from: "SECRET", to: "SECRET"}}
  - {name: i, email: {server: "SECRET", tls: none, password: "SECRET", from: "SECRET", to: ["SECRET"]}}
rules: [{name: budget, when: bytes.usd > 5}]
`
	for _, value := range []string{
		mark, mark + " " + mark, "${MARK}", "${file:" + path + "}", "${" + mark, "${" + mark + "-}", "$${" + mark + "}", "${MARK}" + mark,
		"https://" + mark + ":" + mark + "@:99999/" + mark, "http://[" + mark, "ftp://" + mark, "\\x00" + mark, mark + "\\n", mark + "${UNSET}",
		"${UNSET}" + mark, "\\q" + mark, "%zz" + mark, "\"" + mark,
	} {
		for _, quotes := range []string{`"`, `'`, ""} {
			text := strings.ReplaceAll(strings.ReplaceAll(template, `"SECRET"`, quotes+value+quotes), "SECRET", value)
			for _, change := range []func(string) string{
				func(s string) string { return s },
				func(s string) string { return strings.ReplaceAll(s, ": "+quotes+value, ":"+quotes+value) },
				func(s string) string { return strings.ReplaceAll(s, quotes+value, "*"+value) },
				func(s string) string { return strings.ReplaceAll(s, quotes+value, "!"+value) },
				func(s string) string { return strings.ReplaceAll(s, quotes+value, "!!int "+value) },
				func(s string) string { return strings.ReplaceAll(s, quotes+value+quotes, "["+value+"]") },
				func(s string) string { return strings.ReplaceAll(s, quotes+value+quotes, "{"+value+": "+value+"}") },
				func(s string) string { return strings.ReplaceAll(s, quotes+value+quotes, value+": "+value) },
				func(s string) string { return strings.ReplaceAll(s, "}", "") },
			} {
				_, err := config.Parse("rules.yaml", []byte(change(text)), lookup)
				require.Error(t, err)
				require.NotContains(t, err.Error(), mark, change(text))
			}
		}
	}
}

// Who can do without some accounts and receivers is told which of them lack something, and of all else that is wrong.
func TestLoadPartly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	var checked []string
	check := func(r config.Receiver) error {
		checked = append(checked, r.Name)
		return nil
	}
	const text = `accounts:
  - {name: acme, token: '${SET}'}
  - {name: other, token: '${file:/nowhere/token}'}
projects: [{uid: 'app:1', account: acme}, {uid: 'app:2', account: other}]
receivers:
  - {name: whole, webhook: {url: 'https://example.com/${SET}'}}
  - {name: lacking, fallback: whole, webhook: {url: 'https://example.com/${UNSET}', secret: '${EMPTY}', headers: {X: '${UNSET}y'}}}
  - {name: mail, email: {server: 'mail:587', user: '${UNSET}', password: '${SET}', from: a@example.com, to: '${UNSET}'}}
rules: [{name: budget, when: bytes.used > 5}]
`
	write(text)
	file, err := config.LoadPartly(path, environment, check)
	require.NoError(t, err)
	require.Equal(t, []string{"whole"}, checked)
	require.Nil(t, file.Accounts[0].Missing)
	require.EqualError(t, file.Accounts[1].Missing, path+`:3:26: account "other": token: ${file:/nowhere/token}: no such file or directory`)
	require.True(t, file.Accounts[1].Token.IsZero())
	require.Nil(t, file.Receivers[0].Missing)
	require.Equal(t, secret.New("https://example.com/s3cret"), file.Receivers[0].Webhook.URL)
	lacking := file.Receivers[1]
	require.EqualError(t, lacking.Missing, strings.Join([]string{
		path + `:7:53: receiver "lacking": webhook.url: ${UNSET}: the environment variable is not set`,
		path + `:7:93: receiver "lacking": webhook.secret: ${EMPTY}: the environment variable is empty`,
		path + `:7:118: receiver "lacking": webhook.headers.X: ${UNSET}: the environment variable is not set`,
	}, "\n"))
	require.True(t, lacking.Webhook.URL.IsZero(), "not a part of it")
	require.Equal(t, "whole", lacking.Fallback)
	require.Len(t, file.Receivers[2].Missing, 2)

	_, err = config.Load(path, environment)
	problems, ok := errors.AsType[problem.Errors](err)
	require.True(t, ok)
	require.Len(t, problems, 6)

	write(strings.Replace(text, "${file:/nowhere/token}", "${file:token}", 1) + "rule: []\n")
	_, err = config.LoadPartly(path, environment)
	require.ErrorContains(t, err, "want a path from the root")
	require.ErrorContains(t, err, "rule: unknown key")
	require.NotContains(t, err.Error(), "UNSET")
}
