package ruletest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/ruletest"
	"notewatch/internal/ruletest/testfile"
)

// The files of tests in testdata show each part of the notation, and pass.
func TestNotation(t *testing.T) {
	t.Parallel()
	files, err := testfile.LoadAll("testdata")
	require.NoError(t, err)
	run(t, files, nil)
}

// run runs tests of rules as tests of Go.
func run(t *testing.T, files []*testfile.File, names *regexp.Regexp) {
	t.Helper()
	require.NoError(t, ruletest.RunAll(t.Context(), files, names, func(r ruletest.Result) error {
		if !r.Passed {
			t.Errorf("%s:%d: %s\n%s", r.File, r.Line, r.Test, strings.Join(texts(r), "\n"))
		}
		return nil
	}))
}

// texts returns the first lines of the differences of a result, with their signs.
func texts(r ruletest.Result) (all []string) {
	for _, d := range r.Differences {
		all = append(all, d.Of)
		for _, line := range d.Lines {
			head, _, _ := strings.Cut(line.Text, "\n")
			all = append(all, strings.TrimSpace(line.Sign+" "+head))
		}
	}
	return all
}

// parse returns a file of tests of one rule: more than 100 events on a day.
func parse(t *testing.T, tests string) []*testfile.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spike_test.yaml")
	text := "rules:\n  rules: [{name: spike, each: device, when: events.today > 100}]\ntests:\n" + tests
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	file, err := testfile.Load(path)
	require.NoError(t, err)
	return []*testfile.File{file}
}

const pump = `
- name: NAME
  days: 1
  poll: 1h
  devices: {pump: {events: '24 | [0x4 200 0]'}, tank: {events: 1}}
  expect:
`

// What differs is said as what was expected and what followed, side by side.
func TestDifferences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expect string
		want   []string // none: the test passes
	}{
		"as expected":  {"alerts: [{rule: spike, subject: pump, level: warning, fired: '05:00'}]", nil},
		"in a range":   {"alerts: [{rule: spike, subject: pump, fired: '04:30 .. 06:00'}]", nil},
		"at any time":  {"alerts: [{rule: spike, subject: pump}]", nil},
		"none":         {"alerts: []", []string{"alerts", "+ spike  pump  warning  fired 0d 05:00  firing"}},
		"another time": {"alerts: [{rule: spike, subject: pump, fired: '06:00'}]", []string{"alerts", "- spike  pump  fired 0d 06:00  firing", "+ spike  pump  warning  fired 0d 05:00  firing"}},
		"another level": {
			"alerts: [{rule: spike, subject: pump, level: critical}]",
			[]string{"alerts", "- spike  pump  critical  firing", "+ spike  pump  warning  fired 0d 05:00  firing"},
		},
		"it has not ended": {
			"alerts: [{rule: spike, subject: pump, ended: '07:00 .. 08:00', as: resolved}]",
			[]string{"alerts", "- spike  pump  ended 0d 07:00 .. 0d 08:00 as resolved", "+ spike  pump  warning  fired 0d 05:00  firing"},
		},
		"one too few": {
			"alerts: [{rule: spike, subject: pump}, {rule: spike, subject: tank}]",
			[]string{"alerts", "spike  pump  warning  fired 0d 05:00  firing", "- spike  tank  firing"},
		},
		"message":         {"messages: {team: [{at: '05:00', rule: spike, subject: pump, reason: fired, level: warning, count: 1, text: pump}]}", nil},
		"no message":      {"messages: {team: []}", []string{"messages to team", "+ 0d 05:00  spike  pump  warning  fired"}},
		"another text":    {"messages: {team: [{reason: fired, text: tank}]}", []string{"messages to team", "- fired", "+ 0d 05:00  spike  pump  warning  fired"}},
		"a message more":  {"messages: {team: [{reason: fired}, {at: '06:00', reason: resolved}]}", []string{"messages to team", "0d 05:00  spike  pump  warning  fired", "- 0d 06:00  resolved"}},
		"results":         {"results: [{at: '04:00', rule: spike, subject: pump, is: false}, {at: '05:00', rule: spike, subject: pump, is: warning}]", nil},
		"another result":  {"results: [{at: '04:00', rule: spike, subject: pump, is: no data}]", []string{"results", "- 0d 04:00  spike  pump  no data", "+ 0d 04:00  spike  pump  false"}},
		"nothing is less": {"{alerts: [{rule: spike, subject: pump}], messages: {}}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := parse(t, strings.Replace(pump, "NAME", name, 1)+"    "+c.expect+"\n")
			require.NoError(t, ruletest.RunAll(t.Context(), files, nil, func(r ruletest.Result) error {
				require.Equal(t, c.want, texts(r))
				require.Equal(t, c.want == nil, r.Passed)
				return nil
			}))
		})
	}
}

// A test whose step cannot be done ends the run with the line of the step.
func TestImpossibleStep(t *testing.T) {
	t.Parallel()
	files := parse(t, strings.Replace(pump, "  expect:", "  steps: [{at: '03:00', ack: {rule: spike, subject: pump}}]\n  expect:", 1)+"    alerts: []\n")
	err := ruletest.RunAll(t.Context(), files, nil, func(ruletest.Result) error { return nil })
	require.ErrorContains(t, err, "line 9: the alert of spike about \"pump\" is not firing at 0d 03:00")
}

// Results come in the order of the files, and only of the tests that are wanted; an interrupted run ends at once.
func TestRunAll(t *testing.T) {
	t.Parallel()
	var tests string
	for _, name := range []string{"one", "two", "three"} {
		tests += strings.Replace(pump, "NAME", name, 1) + "    alerts: []\n"
	}
	files := parse(t, tests)
	var names []string
	note := func(r ruletest.Result) error {
		names = append(names, r.Test)
		return nil
	}
	require.NoError(t, ruletest.RunAll(t.Context(), files, nil, note))
	require.Equal(t, []string{"one", "two", "three"}, names)
	names = nil
	pattern := regexp.MustCompile("^t")
	require.Equal(t, 2, ruletest.Count(files, pattern))
	require.NoError(t, ruletest.RunAll(t.Context(), files, pattern, note))
	require.Equal(t, []string{"two", "three"}, names)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, ruletest.RunAll(ctx, files, nil, note), context.Canceled)
	full := errors.New("disk full")
	require.ErrorIs(t, ruletest.RunAll(t.Context(), files, nil, func(ruletest.Result) error { return full }), full)
}

// The example beside the example rules passes, and so do those of the documentation.
func TestExamples(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	files, err := testfile.LoadAll(filepath.Join(root, "rules.example_test.yaml"))
	require.NoError(t, err)
	directory := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(directory, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	const account = "projects: [{uid: app:1}]\nreceivers: [{name: team, terminal: {}}]\n"
	write("rules.yaml", account+"include: [catalogue/event-flood]\n")
	block := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	for page, want := range map[string]int{"README.md": 2, filepath.Join("docs", "testing.md"): 1} {
		text, err := os.ReadFile(filepath.Join(root, page))
		require.NoError(t, err)
		shown := 0
		for _, found := range block.FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(found[1], "\ntests:") {
				write("demo-account.yaml", account+found[1]) // the rules before a test are those that it is about
				continue
			}
			shown++
			file, err := testfile.Load(write(fmt.Sprint(filepath.Base(page), shown, testfile.Suffix), found[1]))
			require.NoError(t, err)
			files = append(files, file)
		}
		require.Equal(t, want, shown, page)
	}
	run(t, files, nil)
}
