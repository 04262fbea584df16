package config_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/secret"
	"notewatch/rules"
)

var update = flag.Bool("update", false, "write the files of expected messages")

// environment gives the variables that the files in testdata refer to.
func environment(name string) (string, bool) {
	value, ok := map[string]string{
		"SET":    "s3cret",
		"EMPTY":  "",
		"SPACED": "two words",
	}[name]
	return value, ok
}

// Each file of testdata/invalid shows one kind of mistake; what is said of it stands beside it. What is said of
// expressions comes from package rules: after a change of its words, run with -update and read the difference.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = config.Parse("rules.yaml", data, environment)
			require.Error(t, err)
			wantPath := strings.TrimSuffix(path, ".yaml") + ".want"
			if *update {
				require.NoError(t, os.WriteFile(wantPath, []byte(err.Error()+"\n"), 0o600))
			}
			want, readErr := os.ReadFile(wantPath)
			require.NoError(t, readErr)
			require.Equal(t, string(want), err.Error()+"\n")
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
}

const minimal = `projects: [{uid: app:1}]
receivers: [{name: ops, terminal: {}}]
rules: [{name: budget, when: bytes.used > 5}]
`

// parse reads a rules file that has nothing wrong with it.
func parse(t *testing.T, text string) *config.File {
	t.Helper()
	file, err := config.Parse("rules.yaml", []byte(text), environment)
	require.NoError(t, err)
	return file
}

func TestParse(t *testing.T) {
	file := parse(t, `
accounts:
  - name: acme
    token: ${SET}
    requests_per_minute: 2.5
  - name: other
    token: literal
projects:
  - {uid: app:1, name: cold-chain, account: acme}
  - {uid: com.acme.fleet:trackers, account: other}
period: week
receivers:
  - {name: ops, terminal: {}}
  - name: team
    from: warning
    slack: {channel: C0123}
  - name: hook
    slack: {url: 'https://hooks.example.com/${SET}'}
  - name: billing
    from: critical
    webhook: {url: 'https://example.com/x', secret: 'a$${b}c', allow_private: true}
defaults:
  notify: [team]
  remind: [1d, 1w]
rules:
  - name: data-budget
    each: project
    where: project.device_count > 3
    limit: mb(40)
    let:
      volume: bytes.used
      share: volume / 2
    when:
      warning: share > 0.8 * limit
      critical: share > limit
    for: 1d12h30m
    show: bytes.used
    summary: '{{.Subject}} used {{.Value}}'
    advice: Look at it.
    notify: [ops, billing]
    remind: []
    resolve_when: share < 0.5 * limit
  - name: silent
    severity: critical
    when: device.silent_hours > 24
`)
	require.Equal(t, "rules.yaml", file.Path)
	require.Equal(t, []config.Account{
		{Name: "acme", Token: secret.New("s3cret"), RequestsPerMinute: 2.5},
		{Name: "other", Token: secret.New("literal"), RequestsPerMinute: 4},
	}, file.Accounts)
	require.Equal(t, []config.Project{
		{UID: "app:1", Name: "cold-chain", Account: "acme"},
		{UID: "com.acme.fleet:trackers", Name: "com.acme.fleet:trackers", Account: "other"},
	}, file.Projects)
	require.Equal(t, rules.PeriodSpec{Every: "week"}, file.Period)
	require.Equal(t, []config.Receiver{
		{Name: "ops", From: rules.Info, Terminal: true},
		{Name: "team", From: rules.Warning, Slack: &config.Slack{Channel: "C0123"}},
		{Name: "hook", From: rules.Info, Slack: &config.Slack{URL: secret.New("https://hooks.example.com/s3cret")}},
		{Name: "billing", From: rules.Critical, Webhook: &config.Webhook{
			URL: secret.New("https://example.com/x"), Secret: secret.New("a${b}c"), AllowPrivate: true}},
	}, file.Receivers)

	require.Len(t, file.Rules, 3)
	require.Equal(t, rules.Spec{
		Name:  "data-budget",
		Each:  rules.EachProject,
		Where: "project.device_count > 3",
		Limit: "mb(40)",
		Let:   []rules.Let{{Name: "volume", Expr: "bytes.used"}, {Name: "share", Expr: "volume / 2"}},
		When: []rules.Condition{
			{Level: rules.Warning, Expr: "share > 0.8 * limit"}, {Level: rules.Critical, Expr: "share > limit"}},
		For:         36*time.Hour + 30*time.Minute,
		ResolveWhen: "share < 0.5 * limit",
		Show:        "bytes.used",
		Summary:     "{{.Subject}} used {{.Value}}",
		Advice:      "Look at it.",
	}, file.Rules[0].Spec)
	require.Equal(t, []string{"ops", "billing"}, file.Rules[0].Notify)
	require.Equal(t, rules.Spec{
		Name:   "silent",
		Each:   rules.EachDevice,
		When:   []rules.Condition{{Level: rules.Critical, Expr: "device.silent_hours > 24"}},
		Remind: []time.Duration{24 * time.Hour, 7 * 24 * time.Hour},
	}, file.Rules[1].Spec)
	require.Equal(t, []string{"team"}, file.Rules[1].Notify)
}

func TestWithoutAccountsThereIsOneForTheEnvironment(t *testing.T) {
	file := parse(t, minimal)
	require.Equal(t, []config.Account{{Name: "default", RequestsPerMinute: 4}}, file.Accounts)
	require.Equal(t, []config.Project{{UID: "app:1", Name: "app:1", Account: "default"}}, file.Projects)
}

func TestTheOnlyAccountIsThatOfAllProjects(t *testing.T) {
	file := parse(t, minimal+"accounts: [{name: acme, token: t}]\n")
	require.Equal(t, "acme", file.Projects[0].Account)
}

func TestPeriods(t *testing.T) {
	for text, want := range map[string]rules.PeriodSpec{
		"":                                       {Every: "month"},
		"period: day":                            {Every: "day"},
		"period: month":                          {Every: "month"},
		"period: {every: week}":                  {Every: "week"},
		"period: {every: month, from: 14}":       {Every: "month", MonthDay: 14},
		"period: {from: 1970-01-11, every: 30d}": {Days: 30, From: 10},
		"period: {every: 30d, from: '1970-01-11'}": {Days: 30, From: 10},
	} {
		require.Equal(t, want, parse(t, minimal+text).Period, text)
	}
}

func TestRulesTellEverybodyByDefault(t *testing.T) {
	file := parse(t, strings.Replace(minimal, "{name: ops, terminal: {}}", "{name: z, terminal: }, {name: a, terminal: {}}", 1))
	require.Equal(t, []string{"z", "a"}, file.Rules[0].Notify)
	require.Equal(t, []string{"z", "a"}, file.Rules[1].Notify)
}

func TestTheBuiltInRule(t *testing.T) {
	file := parse(t, minimal+"defaults: {notify: [ops], remind: [3h]}\n")
	require.Len(t, file.Rules, 2)
	watcher := file.Rules[1]
	require.Equal(t, "watcher-blind", watcher.Spec.Name)
	require.Equal(t, rules.EachProject, watcher.Spec.Each)
	require.Equal(t, rules.Critical, watcher.Lowest)
	require.True(t, watcher.Reads.OnlyPoll())
	require.Equal(t, []time.Duration{3 * time.Hour}, watcher.Spec.Remind)
	require.Equal(t, []string{"ops"}, watcher.Notify)
	for _, word := range []string{"token", "view", "suspended", "rate limit"} {
		require.Contains(t, watcher.Spec.Advice, word)
	}
}

func TestTheBuiltInRuleCanBeReplaced(t *testing.T) {
	file := parse(t, strings.Replace(minimal, "name: budget", "name: watcher-blind", 1))
	require.Len(t, file.Rules, 1)
	require.Equal(t, "bytes.used > 5", file.Rules[0].Spec.When[0].Expr)
}

func TestAliasesAndMergeKeys(t *testing.T) {
	file := parse(t, `
projects: [{uid: app:1}]
receivers: [{name: ops, terminal: {}}]
rules:
  - &budget
    name: small
    limit: &mb10 mb(10)
    when: {warning: &over bytes.used > limit}
  - <<: *budget
    name: large
    limit: mb(100)
  - <<: [{severity: critical}, *budget]
    name: other
    when: *over
    limit: *mb10
`)
	require.Equal(t, "mb(100)", file.Rules[1].Spec.Limit)
	require.Equal(t, file.Rules[0].Spec.When, file.Rules[1].Spec.When)
	require.Equal(t, "mb(10)", file.Rules[2].Spec.Limit)
	require.Equal(t, []rules.Condition{{Level: rules.Critical, Expr: "bytes.used > limit"}}, file.Rules[2].Spec.When)
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
		"plain":          {"s3cret", "s3cret", ""},
		"newline at end": {"s3cret\n", "s3cret", ""},
		"windows":        {"s3cret\r\n", "s3cret", ""},
		"two lines":      {"s3cret\nmore\n", "", "holds white space"},
		"two newlines":   {"s3cret\n\n", "", "holds white space"},
		"empty":          {"\n", "", "the file is empty"},
		"large":          {strings.Repeat("s3cret", 20_000), "", "larger than 65536 bytes"},
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
		})
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	_, err := config.Load(path, environment)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.EqualError(t, err, fmt.Sprintf("reading rules file %q: no such file or directory", path))

	require.NoError(t, os.WriteFile(path, []byte(minimal), 0o600))
	file, err := config.Load(path, environment)
	require.NoError(t, err)
	require.Equal(t, path, file.Path)

	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("# x\n", 1<<18)+minimal), 0o600))
	_, err = config.Load(path, environment)
	problems, ok := errors.AsType[config.Errors](err)
	require.True(t, ok)
	require.Equal(t, config.Errors{{File: path, Line: 1, Column: 1, Message: "the file is larger than 1 MiB"}}, problems)

	_, err = config.Load(t.TempDir(), environment)
	require.ErrorContains(t, err, "is a directory")
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
  - {name: d, from: "SECRET", webhook: {url: "https://x/SECRET", secret: "SECRET", allow_private: "SECRET"}}
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

// Whatever the file, reading it ends, and either there is a file that makes sense or every problem has a position.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	require.NoError(f, err)
	for _, path := range append(files, "../../rules.example.yaml") {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("${file:")) {
			t.Skip("reads files of this machine")
		}
		file, err := config.Parse("rules.yaml", data, environment)
		if err == nil {
			require.NotEmpty(t, file.Accounts)
			require.NotEmpty(t, file.Projects)
			for _, rule := range file.Rules {
				require.NotNil(t, rule.Rule)
				require.NotEmpty(t, rule.Notify)
			}
			return
		}
		require.Nil(t, file)
		problems, ok := errors.AsType[config.Errors](err)
		require.True(t, ok, "%T", err)
		require.NotEmpty(t, problems)
		lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + 2 +
			bytes.Count(data, []byte("\u0085")) + bytes.Count(data, []byte("\u2028")) + bytes.Count(data, []byte("\u2029"))
		for _, p := range problems {
			require.Equal(t, "rules.yaml", p.File)
			require.Positive(t, p.Line)
			require.Positive(t, p.Column)
			require.LessOrEqual(t, p.Line, lines)
			require.NotEmpty(t, p.Message)
			require.NotContains(t, p.String(), "\n")
		}
	})
}

func TestTheExample(t *testing.T) {
	file, err := config.Load("../../rules.example.yaml", func(name string) (string, bool) {
		value, ok := map[string]string{"ON_CALL_URL": "https://example.com/hook", "ON_CALL_SECRET": "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0"}[name]
		return value, ok
	})
	require.NoError(t, err)
	kinds := map[string]rules.Kind{}
	for _, rule := range file.Rules {
		kinds[rule.Spec.Name] = rule.Kind
		require.NotEmpty(t, rule.Spec.Summary, rule.Spec.Name)
		require.NotEmpty(t, rule.Spec.Advice, rule.Spec.Name)
		require.Equal(t, []string{"team", "on-call", "log"}, rule.Notify)
	}
	require.Equal(t, map[string]rules.Kind{
		"data-budget":        rules.PeriodRule,
		"event-budget":       rules.PeriodRule,
		"event-spike-day":    rules.DayRule,
		"chatty-sessions":    rules.DayRule,
		"sessions-no-events": rules.Live,
		"silent-device":      rules.Live,
		"fleet-silent":       rules.Live,
		"watcher-blind":      rules.Live,
	}, kinds)
}
