package config_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/config/problem"
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

// All projects of an account may be watched; single ones beside them keep their own settings. Then silences may name any project.
func TestAllProjects(t *testing.T) {
	const accounts = "accounts: [{name: acme, token: '${SET}'}, {name: other, token: '${SET}'}]\n"
	const rest = "receivers: [{name: ops, terminal: {}}, {name: team, terminal: {}}]\ndefaults: {notify: [ops]}\nrules: [{name: budget, when: bytes.used > 5e6}]\n"
	all := func(account string, notify ...string) config.Project {
		return config.Project{Account: account, Notify: notify}
	}
	for name, c := range map[string]struct {
		text     string
		all      []config.Project
		projects []string
	}{
		"of the account of the environment": {"projects: all\n", []config.Project{all("default", "ops")}, nil},
		"of each account":                   {accounts + "projects: all\n", []config.Project{all("acme", "ops"), all("other", "ops")}, nil},
		"of one account": {accounts + "projects: [{uid: 'app:1', account: other}, {uid: all, account: acme, notify: [team]}]\n",
			[]config.Project{all("acme", "team")}, []string{"app:1"}},
		"a silence for a project to come": {"projects: all\nsilences: [{match: {project: new}, days: sun, because: closed}]\n",
			[]config.Project{all("default", "ops")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			file := parse(t, c.text+rest)
			require.Equal(t, c.all, file.All)
			var projects []string
			for _, p := range file.Projects {
				projects = append(projects, p.UID)
			}
			require.Equal(t, c.projects, projects)
		})
	}
}

func TestAccountsHaveATokenOrAnOAuthClient(t *testing.T) {
	file, err := config.Parse("rules.yaml", []byte(`accounts:
  - {name: acme, token: '${SET}', token_expires: 2027-01-14}
  - {name: other, client_id: d37ae69a, client_secret: '${SET}'}
projects: [{uid: 'app:1', account: acme}, {uid: 'app:2', account: other}]
receivers: [{name: log, terminal: {}}]
rules: [{name: budget, when: bytes.used > 5e6}]
`), environment)
	require.NoError(t, err)
	require.Equal(t, []config.Account{
		{Name: "acme", Token: secret.New("s3cret"), TokenExpires: time.Date(2027, 1, 14, 0, 0, 0, 0, time.UTC), RequestsPerMinute: 4},
		{Name: "other", ClientID: "d37ae69a", ClientSecret: secret.New("s3cret"), RequestsPerMinute: 4},
	}, file.Accounts)
	require.False(t, file.Accounts[0].OfEnvironment() || file.Accounts[1].OfEnvironment())
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
rules: [{name: budget, when: bytes.used > 5e6}]
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
  - {uid: app:1, name: cold-chain, account: acme, notify: [hook, ops]}
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
    for: 1h
    unless: data-budget
    shadow: true
`)
	require.Equal(t, "rules.yaml", file.Path)
	require.Equal(t, []config.Account{
		{Name: "acme", Token: secret.New("s3cret"), RequestsPerMinute: 2.5},
		{Name: "other", Token: secret.New("literal"), RequestsPerMinute: 4},
	}, file.Accounts)
	require.Equal(t, []config.Project{
		{UID: "app:1", Name: "cold-chain", Account: "acme", Notify: []string{"hook", "ops"}},
		{UID: "com.acme.fleet:trackers", Name: "com.acme.fleet:trackers", Account: "other", Notify: []string{"team"}},
	}, file.Projects)
	require.Equal(t, rules.PeriodSpec{Every: "week"}, file.Period)
	require.Equal(t, []config.Receiver{
		{Name: "ops", From: rules.Info, Terminal: true},
		{Name: "team", From: rules.Warning, Slack: &config.Slack{Channel: "C0123"}},
		{Name: "hook", From: rules.Info, Slack: &config.Slack{URL: secret.New("https://hooks.example.com/s3cret")}},
		{Name: "billing", From: rules.Critical, Webhook: &config.Webhook{
			URL: secret.New("https://example.com/x"), Secrets: []secret.Text{secret.New("a${b}c")}, AllowPrivate: true}},
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
		For:    time.Hour,
		Unless: "data-budget",
		Shadow: true,
		Remind: []time.Duration{24 * time.Hour, 7 * 24 * time.Hour},
	}, file.Rules[1].Spec)
	require.Nil(t, file.Rules[1].Notify)
	require.Equal(t, []string{"team"}, file.DefaultReceivers)
}

func TestSummary(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "defaults: {remind: []}": false, "defaults: {summary: none}": false, "defaults: {summary: weekly}": true,
	} {
		require.Equal(t, want, parse(t, minimal+text).Summary, text)
	}
}

func TestKeep(t *testing.T) {
	file := parse(t, strings.Replace(minimal, "[{name: budget, when: bytes.used > 5e6}]", `
  - {name: long, when: events.d7 > 5, keep: 12h}
  - {name: none, when: events.d7 > 5, keep: 0}
  - {name: default, when: events.d7 > 5}`, 1))
	kept := map[string]time.Duration{}
	for _, r := range file.Rules {
		kept[r.Spec.Name] = r.Keep
	}
	require.Subset(t, kept, map[string]time.Duration{"long": 12 * time.Hour, "none": 0, "default": 6 * time.Hour})
}

// A rule may be muted by one of the same scope or of the project around it, built in or not, wherever that stands.
func TestUnless(t *testing.T) {
	file := parse(t, strings.Replace(minimal, "[{name: budget, when: bytes.used > 5e6}]", `
  - {name: a, for: 30m, when: bytes.used > 5, unless: d}
  - {name: b, for: 30m, when: bytes.used > 5, unless: watcher-blind}
  - {name: c, for: 30m, when: bytes.used > 5, unless: a}
  - {name: d, for: 30m, when: bytes.used > 5, each: project, unless: e}
  - {name: e, when: bytes.used > 5, each: project}
`, 1))
	var unless []string
	for _, r := range file.Rules {
		unless = append(unless, r.Spec.Unless)
	}
	require.Equal(t, []string{"d", "watcher-blind", "a", "e", "", ""}, unless)
}

func TestWithoutAccountsThereIsOneForTheEnvironment(t *testing.T) {
	file := parse(t, minimal)
	require.Equal(t, []config.Account{{Name: "default", RequestsPerMinute: 4}}, file.Accounts)
	require.Equal(t, []config.Project{{UID: "app:1", Name: "app:1", Account: "default", Notify: []string{"ops"}}}, file.Projects)
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

// Who is told: those of the rule, else those of the project, else those of the defaults, else all.
func TestRouting(t *testing.T) {
	two := strings.Replace(minimal, "{name: ops, terminal: {}}", "{name: z, terminal: }, {name: a, terminal: {}}", 1)
	own := strings.Replace(two, "uid: app:1", "uid: app:1, notify: [z]", 1)
	defaults := "defaults: {notify: [a]}\n"
	for text, want := range map[string]struct{ project, operators []string }{
		two:            {[]string{"z", "a"}, []string{"z", "a"}},
		own:            {[]string{"z"}, []string{"z", "a"}},
		two + defaults: {[]string{"a"}, []string{"a"}},
		own + defaults: {[]string{"z"}, []string{"a"}},
	} {
		file := parse(t, text)
		require.Equal(t, want.project, file.Projects[0].Notify, text)
		require.Equal(t, want.operators, file.DefaultReceivers, text)
		require.Nil(t, file.Rules[0].Notify)
		require.Nil(t, file.Rules[1].Notify)
	}
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
	require.Nil(t, watcher.Notify)
	require.Contains(t, watcher.Spec.Advice, "notewatch status", "the cause and the next step come before that")
}

// A project that is polled less often than every 90 minutes is not blind between two polls.
func TestTheBuiltInRuleFires(t *testing.T) {
	watcher := parse(t, minimal).Rules[1]
	for _, c := range []struct {
		age, every, failures float64
		want                 rules.Level
	}{
		{age: 90, every: 15, want: rules.Inactive},
		{age: 91, every: 15, want: rules.Critical},
		{age: 90, every: 30, want: rules.Inactive},
		{age: 91, every: 31, want: rules.Inactive},
		{age: 94, every: 31, want: rules.Critical},
		{age: 240, every: 120, want: rules.Inactive},
		{age: 361, every: 120, want: rules.Critical},
		{age: 5, every: 120, failures: 2, want: rules.Inactive},
		{age: 5, every: 120, failures: 3, want: rules.Critical},
		{age: math.NaN(), every: 15, failures: 3, want: rules.Critical},
	} {
		env := rules.Env{Poll: rules.Poll{AgeMinutes: c.age, EveryMinutes: c.every, Failures: c.failures}}
		require.Equal(t, c.want, watcher.Eval(rules.NewView(&env)).Result.Least, "%+v", c)
	}
}

func TestTheBuiltInRuleCanBeReplaced(t *testing.T) {
	file := parse(t, strings.Replace(minimal, "name: budget", "name: watcher-blind", 1))
	require.Len(t, file.Rules, 1)
	require.Equal(t, "bytes.used > 5e6", file.Rules[0].Spec.When[0].Expr)
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
	problems, ok := errors.AsType[problem.Errors](err)
	require.True(t, ok)
	require.Equal(t, problem.Errors{{File: path, Line: 1, Column: 1, Message: "the file is larger than 1 MiB"}}, problems)

	_, err = config.Load(t.TempDir(), environment)
	require.ErrorContains(t, err, "is a directory")
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
	f.Add([]byte(minimal + "slack: {command: /x, allow: {look: [U012], change: S012}}\nprices: {currency: USD, event: 1e-3, as_of: 2026-06}\n"))
	f.Add([]byte(including("[catalogue/*, catalogue/event-flood]", "rules: [{like: catalogue/silent-device, when: events.today < 5, unless: null}]")))
	f.Add([]byte(including("catalogue/reboot-*", "rules:\n- {like: catalogue/event-flood, limit: '1'}\n- {like: catalogue/plan-80, name: x, accept: [floor]}")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("${file:")) || bytes.Contains(data, []byte("template")) ||
			bytes.Contains(data, []byte("include")) && !bytes.Contains(data, []byte("catalogue/")) {
			t.Skip("reads files of this machine")
		}
		file, err := config.Parse("rules.yaml", data, environment)
		if err == nil {
			require.NotEmpty(t, file.Accounts)
			require.NotEmpty(t, file.Projects)
			for _, project := range file.Projects {
				require.NotEmpty(t, project.Notify)
			}
			require.NotEmpty(t, file.DefaultReceivers)
			for _, window := range file.Silences {
				require.NotZero(t, window.Match)
				require.NotEmpty(t, window.Because)
			}
			for _, rule := range file.Rules {
				require.NotNil(t, rule.Rule)
			}
			require.Regexp(t, `^/[a-z0-9_-]{1,31}$`, file.Slack.Command)
			for _, id := range slices.Concat(file.Slack.Allow.Look, file.Slack.Allow.Change) {
				require.Regexp(t, `^[UWSCG][A-Z0-9]+$`, id)
			}
			require.Equal(t, file.Prices == config.Prices{}, file.Prices.Currency == "")
			require.GreaterOrEqual(t, min(file.Prices.Event, file.Prices.FreeEvents, file.Prices.DataBlock), 0.0)
			return
		}
		require.Nil(t, file)
		problems, ok := errors.AsType[problem.Errors](err)
		require.True(t, ok, "%T", err)
		require.NotEmpty(t, problems)
		lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + 2 +
			bytes.Count(data, []byte("\u0085")) + bytes.Count(data, []byte("\u2028")) + bytes.Count(data, []byte("\u2029"))
		for _, p := range problems {
			if strings.HasPrefix(p.File, "catalogue/") || strings.HasSuffix(p.File, ".csv") {
				continue // what a rule changes there may not fit the rest
			}
			require.Equal(t, "rules.yaml", p.File)
			require.Positive(t, p.Line)
			require.Positive(t, p.Column)
			require.LessOrEqual(t, p.Line, lines)
			require.NotEmpty(t, p.Message)
			require.NotContains(t, p.String(), "\n")
		}
	})
}

// exampleEnvironment gives the variables that the example refers to.
func exampleEnvironment(name string) (string, bool) {
	value, ok := map[string]string{
		"ON_CALL_URL":        "https://example.com/hook",
		"ON_CALL_SECRET":     "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0",
		"ACME_NOTEHUB_TOKEN": "nh_token",
	}[name]
	return value, ok
}

// Sections that stand in comments work once somebody takes the # away.
func TestTheExampleUncommented(t *testing.T) {
	text, err := os.ReadFile("../../rules.example.yaml")
	require.NoError(t, err)
	commented := regexp.MustCompile(`(?m)^# [a-z]+:.*\n(?:#   .*\n)*`)
	count := 0
	text = commented.ReplaceAllFunc(text, func(section []byte) []byte {
		count++
		return regexp.MustCompile(`(?m)^# `).ReplaceAll(section, nil)
	})
	require.Equal(t, 7, count, "accounts, satellite, silences, prices, slack, limits and include")
	file, err := config.Parse("rules.example.yaml", text, exampleEnvironment)
	require.NoError(t, err)
	require.Equal(t, "acme", file.Accounts[0].Name)
	require.Len(t, file.Silences, 2)
	require.Contains(t, ruleNames(file), "event-flood")
	require.Equal(t, config.Prices{Currency: "USD", Event: 0.00075, FreeEvents: 5000, DataBlock: 10, AsOf: "2026-06"}, file.Prices)
	require.Equal(t, config.SlackApp{Command: "/notewatch", Allow: config.Allow{
		Look: []string{"C0123456789"}, Change: []string{"S0123456789", "U0123456789"},
	}}, file.Slack)
}

func TestTheExample(t *testing.T) {
	file, err := config.Load("../../rules.example.yaml", exampleEnvironment)
	require.NoError(t, err)
	kinds := map[string]rules.Kind{}
	for _, rule := range file.Rules {
		kinds[rule.Spec.Name] = rule.Kind
		require.NotEmpty(t, rule.Spec.Summary, rule.Spec.Name)
		require.NotEmpty(t, rule.Spec.Advice, rule.Spec.Name)
		require.Nil(t, rule.Notify)
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

// An account takes from the file the prices that it has not, and projects the satellite allowance.
func TestPricesAndAllowances(t *testing.T) {
	file := parse(t, `
accounts:
  - {name: acme, token: x, organization: org:1, prices: {currency: EUR, event: 0.0003}}
  - {name: lab, token: x}
prices: {currency: USD, event: 0.00075, free_events: 5000, data_block: 10, block_size: mb(250)}
satellite: {allowance: kb(20), every: {every: month, from: 14}}
projects:
  - {uid: app:1, account: acme}
  - {uid: app:2, account: lab, satellite: {every: once, from: 2026-06-01}}
receivers: [{name: ops, terminal: {}}]
rules:
  - {name: budget, each: organization, when: cost.used > 5 && cost.free_used_pct > 80}
  - {name: sat, when: sat_plan.used_pct > 80}
`)
	require.Empty(t, file.Warnings)
	general := config.Prices{Currency: "USD", Event: 0.00075, FreeEvents: 5000, DataBlock: 10, BlockSize: 250e6}
	own := general
	own.Currency, own.Event = "EUR", 0.0003
	require.Equal(t, general, file.Prices)
	require.Equal(t, own, file.Accounts[0].Prices)
	require.Equal(t, "org:1", file.Accounts[0].Organization)
	require.Equal(t, general, file.Accounts[1].Prices)
	require.Equal(t, config.Satellite{Allowance: 20e3, Period: rules.PeriodSpec{Every: "month", MonthDay: 14}}, file.Satellite)
	require.Zero(t, file.Projects[0].Satellite)
	require.Equal(t, config.Satellite{Allowance: 20e3, Once: true, From: rules.DayOf(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))}, file.Projects[1].Satellite)

	file = parse(t, strings.Replace(minimal, "bytes.used > 5", "sat_plan.used_pct > 80", 1))
	require.Len(t, file.Warnings, 1)
	require.ErrorContains(t, file.Warnings, "sat_plan counts 10 kB once, because the file has no satellite")
}
