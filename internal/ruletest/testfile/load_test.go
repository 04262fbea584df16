package testfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config/problem"
	"notewatch/internal/ruletest/testfile"
)

// write writes files into a directory and returns it.
func write(t *testing.T, files map[string]string) (directory string) {
	t.Helper()
	directory = t.TempDir()
	for name, text := range files {
		path := filepath.Join(directory, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return directory
}

const head = `rules:
  receivers: [{name: team, terminal: {}}]
  rules:
    - {name: spike, each: device, when: events.today > 100}
    - {name: pool, each: project, when: bytes.used > mb(1)}
tests:
`

// Everything that is wrong is said at once, each with its place and how to fix it.
func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"empty":           {"", []string{"1:1: the file is empty"}},
		"no YAML":         {"rules: [", []string{"2:1: did not find expected node content while parsing a flow node; hint: put a comma between elements, close what opens on line 2, and put text that holds one of , [ ] { } in single quotes"}},
		"no mapping":      {"- 1", []string{"1:1: want a mapping, not a list"}},
		"no keys":         {"{}", []string{"1:1: rules: missing", "1:1: tests: missing"}},
		"no tests":        {head + "  []\n", []string{"1:1: tests: the file has no tests"}},
		"no rules file":   {"rules: none.yaml\ntests: []\n", []string{`1:8: rules: reading rules file "DIR/none.yaml": no such file or directory`}},
		"absolute":        {"rules: /etc/passwd\ntests: []\n", []string{"1:8: rules: want the path of a rules file from this file, or a rules file"}},
		"list of rules":   {"rules: [a]\ntests: []\n", []string{"1:8: rules: want the path of a rules file from this file, or a rules file"}},
		"mistake in rule": {"rules: {rules: [{name: a, when: events.today >}]}\ntests: []\n", []string{`1:47: rule "a": when: ends too early; hint: an operand or a closing bracket is missing`}},
		"unknown keys": {head + `
  - {name: a, polls: 15m, expect: {alert: [], alerts: []}}`, []string{
			`8:15: test "a": polls: unknown key; hint: did you mean "poll"?`,
			`8:36: test "a": expect.alert: unknown key; hint: did you mean "alerts"?`,
		}},
		"missing":  {head + "  - {}", []string{"7:5: test on line 7: expect: missing", "7:5: test on line 7: name: missing"}},
		"no value": {head + "  - {name: a, days:, expect: {alerts: []}}", []string{`7:20: test "a": days: no value`}},
		"wrong types": {head + "  - {name: [a], days: two, devices: [], steps: {}, expect: {alerts: []}}", []string{
			`7:12: test on line 7: name: want text, not a list`, `7:23: test on line 7: days: want a whole number from 0 to 1000000000`,
			`7:37: test on line 7: devices: want a mapping, not a list`, `7:48: test on line 7: steps: want a list, not a mapping`,
		}},
		"same name": {head + "  - {name: a, expect: {alerts: []}}\n  - {name: a, expect: {alerts: []}}", []string{`8:5: test "a": name: another test has this name, on line 7`}},
		"twice":     {head + "  - {name: a, name: b, expect: {alerts: []}}", []string{`7:15: test "a": name: given twice, first on line 7`}},
		"polls":     {head + "  - {name: a, poll: 7m, expect: {alerts: []}}", []string{`7:5: test "a": poll: want a part of a day, such as 5m, 15m or 1h`}},
		"too long":  {head + "  - {name: a, days: 401, poll: 1h, expect: {alerts: []}}", []string{`7:5: test "a": days: a test lasts 400 days at most`}},
		"too often": {head + "  - {name: a, days: 300, poll: 5m, expect: {alerts: []}}", []string{`7:5: test "a": the test has 86400 polls, 50000 at most; hint: poll less often, or give it fewer days`}},
		"too early": {head + "  - {name: a, start: 1999-12-31, expect: {alerts: []}}", []string{`7:22: test "a": start: cannot read the day "1999-12-31"; hint: write it as 2026-06-17, from the year 2000 to 2200`}},
		"names": {head + `
  - name: a
    project: tost
    only: [spyke]
    devices: {pump: {late: {byte: 1h}}}
    steps:
      - {at: 1h, device: pomp, silent: true}
      - {at: 1h, receiver: taem}
      - {at: 1h, ack: {rule: pol, subject: pumps}}
    expect:
      alerts: [{rule: spik, subject: pum}]
      messages: {tema: [{reason: fird}]}
      results: [{at: 1h, rule: spike, subject: pump, is: critica}]`, []string{
			`8:5: test "a": only: unknown rule "spyke"; hint: did you mean "spike"?`,
			`8:5: test "a": project: unknown project "tost"; hint: did you mean "test"?`,
			`11:29: test "a": devices.pump.late.byte: unknown metric "byte"; hint: did you mean "bytes"?`,
			`13:9: test "a": steps[1].device: unknown device "pomp"; hint: did you mean "pump"?`,
			`14:9: test "a": steps[2].receiver: unknown receiver "taem"; hint: did you mean "team"?`,
			`15:23: test "a": steps[3].ack.rule: unknown rule "pol"; hint: did you mean "pool"?`,
			`15:23: test "a": steps[3].ack.subject: unknown subject "pumps"; hint: did you mean "pump"?`,
			`17:16: test "a": expect.alerts[1].rule: unknown rule "spik"; hint: did you mean "spike"?`,
			`17:16: test "a": expect.alerts[1].subject: unknown subject "pum"; hint: did you mean "pump"?`,
			`18:18: test "a": expect.messages.tema: unknown receiver "tema"; hint: did you mean "team"?`,
			`18:34: test "a": expect.messages.tema[1].reason: unknown word "fird"; hint: did you mean "fired"?`,
			`19:58: test "a": expect.results[1].is: unknown word "critica"; hint: did you mean "critical"?`,
		}},
		"steps": {head + `
  - name: a
    devices: {pump: {}}
    steps:
      - {at: 1h}
      - {at: 1h, silent: true}
      - {at: 1h, device: pump, silent: true, receiver: team}
      - {at: 1h, device: pump, receiver: team}
      - {at: 1h, receiver: team, endpoint: data}
      - {at: 1h, notehub: cut, answers: refused}
      - {at: 1h, silence: {rule: spike}}
      - {at: 1h, ack: {}}
    expect: {alerts: []}`, []string{
			`11:9: test "a": steps[1]: want exactly one of silent, is, correct, suspended, notehub, receiver, ack, unack or silence`,
			`12:9: test "a": steps[2].device: missing`,
			`13:9: test "a": steps[3]: want exactly one of silent, is, correct, suspended, notehub, receiver, ack, unack or silence`,
			`14:9: test "a": steps[4].device: belongs to silent, is and correct`,
			`15:9: test "a": steps[5].endpoint: belongs to notehub`,
			`16:9: test "a": steps[6].answers: belongs to receiver`,
			`17:9: test "a": steps[7].for: missing; hint: say how long the silence lasts`,
			`18:23: test "a": steps[8].ack.rule: missing`,
		}},
		"expectations": {head + `
  - {name: a, expect: {}}
  - name: b
    days: 1
    devices: {pump: {}}
    steps: [{at: 25h, device: pump, silent: true}]
    expect:
      alerts: [{rule: spike}, {rule: pool}, {rule: spike, subject: pump, fired: 1d}]`, []string{
			`8:23: test "a": expect: nothing is expected; hint: expect alerts, messages or results; alerts: [] is that there are none`,
			`12:13: test "b": steps[1].at: 2026-06-18 01:00 is not within the test, which lasts from 2026-06-17 to the end of 2026-06-17; hint: give the test more days`,
			`14:16: test "b": expect.alerts[1].subject: missing; hint: the rule is for each device: name one`,
			`14:45: test "b": expect.alerts[3].fired: 2026-06-18 00:00 is not within the test, which lasts from 2026-06-17 to the end of 2026-06-17; hint: give the test more days`,
		}},
		"devices": {head + `
  - name: a
    poll: 6h
    days: 1
    devices: {a: {uid: 'dev:1', events: 1 2}, b: {uid: 'dev:1', events: '[1x5]'}, c: {uid: x}}
    routes: {r: {uid: dev:2}}
    expect: {alerts: []}`, []string{
			`11:18: test "a": devices.a.events: 2 days, but the test has 1`,
			`11:47: test "a": devices.b.uid: the device "a" has the same`,
			`11:50: test "a": devices.b.events: 5 polls of a day, which has 4`,
			`11:83: test "a": devices.c.uid: "x" is no device UID; hint: it begins with dev:`,
			`12:14: test "a": routes.r.uid: "dev:2" is no route UID; hint: it begins with route:`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			directory := write(t, map[string]string{"a_test.yaml": c.text})
			path := filepath.Join(directory, "a_test.yaml")
			_, err := testfile.Load(path)
			problems, ok := errors.AsType[problem.Errors](err)
			require.True(t, ok, "%v", err)
			var got []string
			for _, p := range problems {
				text := strings.TrimPrefix(p.String(), path+":")
				got = append(got, strings.ReplaceAll(text, directory, "DIR"))
			}
			require.Equal(t, c.want, got)
		})
	}
}

// Files are found by their names, in directories and below them.
func TestFind(t *testing.T) {
	directory := write(t, map[string]string{
		"rules.yaml": "", "b_test.yaml": "", "team/a_test.yaml": "", "team/x.yaml": "", ".git/c_test.yaml": "", "other.yaml": "",
	})
	in := func(names ...string) (paths []string) {
		for _, name := range names {
			paths = append(paths, filepath.Join(directory, filepath.FromSlash(name)))
		}
		return paths
	}
	found, err := testfile.Find(directory)
	require.NoError(t, err)
	require.Equal(t, in("b_test.yaml", "team/a_test.yaml"), found)
	found, err = testfile.Find(in("other.yaml", "team", "team/a_test.yaml")...)
	require.NoError(t, err)
	require.Equal(t, in("other.yaml", "team/a_test.yaml"), found)
	_, err = testfile.Find(in("gone")...)
	require.ErrorContains(t, err, "looking for rule tests: ")
	_, err = testfile.LoadAll(filepath.Join(directory, ".git", ".."), filepath.Join(directory, "team", "x.yaml"))
	require.Error(t, err)
}

// A rules file for all projects of an account is tested on a project that is listed.
func TestAllProjects(t *testing.T) {
	directory := write(t, map[string]string{
		"rules.yaml":  "projects: all\nreceivers: [{name: team, terminal: {}}]\nrules: [{name: spike, when: events.today > 100}]\n",
		"a_test.yaml": "rules: rules.yaml\ntests: [{name: a, expect: {alerts: []}}]\n",
	})
	file, err := testfile.Load(filepath.Join(directory, "a_test.yaml"))
	require.NoError(t, err)
	require.Equal(t, "test", file.Tests[0].Project)
	require.Equal(t, []string{"team"}, file.Rules.Projects[0].Notify)
}

// A rules file with values that are not set can be tested, because tests reach nobody.
func TestSecretsAreNotNeeded(t *testing.T) {
	directory := write(t, map[string]string{
		"rules.yaml":  "accounts: [{name: acme, token: '${NONE}'}]\nprojects: [{uid: app:1, account: acme}]\nreceivers: [{name: hook, webhook: {url: '${NONE}'}}]\nrules: [{name: spike, when: events.today > 100}]\n",
		"a_test.yaml": "rules: rules.yaml\ntests: [{name: a, expect: {alerts: []}}]\n",
	})
	file, err := testfile.Load(filepath.Join(directory, "a_test.yaml"))
	require.NoError(t, err)
	require.Equal(t, "app:1", file.Tests[0].Project)
}
