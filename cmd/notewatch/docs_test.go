package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// A manual is a page of the documentation whose fenced blocks are run in their order, in a directory of their own.
type manual struct {
	t         *testing.T
	page      string
	directory string
	rules     string // of the newest block that has nothing else
}

// The fenced blocks of the manual work: notewatch check accepts rules files, notewatch test passes rule tests, and commands print what is shown.
// A block shows what matters; what else a whole file needs is added to it.
func TestBlocksOfTheManual(t *testing.T) {
	t.Parallel()
	fence := regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")
	for _, page := range []string{"rules.md", "testing.md", "catalogue.md"} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
			require.NoError(t, err)
			m := &manual{t: t, page: page, directory: t.TempDir(), rules: "rules: [{name: some, when: events.today > 1000}]\n"}
			m.write("rules.yaml", "projects: [{uid: 'app:1', name: cold-chain}]\nreceivers: [{name: team, terminal: {}}]\ninclude: [catalogue/event-flood]\n")
			m.write("team/pumps.yaml", "rules: [{name: pumps, when: events.today > 1000}]\n")
			m.write("limits.csv", "rule,subject,limit\ndata-budget,dev:864475044204366,60000000\n")
			blocks := fence.FindAllSubmatchIndex(text, -1)
			require.Len(t, blocks, strings.Count(string(text), "```")/2, "every block is found")
			for _, found := range blocks {
				line := 1 + strings.Count(string(text[:found[0]]), "\n")
				m.block(line, string(text[found[2]:found[3]]), string(text[found[4]:found[5]]))
			}
		})
	}
}

func (m *manual) write(name, text string) {
	path := filepath.Join(m.directory, name)
	require.NoError(m.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(m.t, os.WriteFile(path, []byte(text), 0o600))
}

// run runs a command of notewatch and returns what it prints.
func (m *manual) run(where string, arguments ...string) string {
	c := exec.CommandContext(m.t.Context(), "notewatch", arguments...)
	c.Dir = m.directory
	c.Env = append(os.Environ(), "NOTEWATCH_RULES=block.yaml", "NOTEWATCH_DATABASE=none.db", "TOKEN=a-token", "ACME_NOTEHUB_TOKEN=a-token")
	out, err := c.CombinedOutput()
	require.NoError(m.t, err, "%s: notewatch %s\n%s", where, strings.Join(arguments, " "), out)
	return string(out)
}

// block runs one block.
func (m *manual) block(line int, language, text string) {
	where := fmt.Sprintf("docs/%s:%d", m.page, line)
	if language != "yaml" {
		m.commands(where, text)
		return
	}
	var parts map[string]yaml.Node
	require.NoError(m.t, yaml.Unmarshal([]byte(text), &parts), where)
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { _, ok := parts[key]; return ok })
	}
	rules := parts["rules"]
	switch {
	case has("tests"):
		m.write("rules_test.yaml", text)
		m.run(where, "test", "rules_test.yaml")
	case has("devices", "routes", "steps"):
		m.write("part.yaml", "rules: rules.yaml\ntests:\n  - name: part\n    days: 3\n    expect: {messages: {}}\n"+indented(text))
		m.run(where, "test", "part.yaml")
	case rules.Kind == yaml.MappingNode:
		m.write("part.yaml", text+"tests: [{name: part, devices: {pump: {events: 24}}, expect: {alerts: []}}]\n")
		m.run(where, "test", "part.yaml")
	case has("when", "each"): // a rule of the catalogue, in place of the one with its name
		m.check(where, "include: [catalogue/*]\nrules:\n  -\n"+indented(text), map[string]yaml.Node{"rules": {}})
	default:
		m.check(where, text, parts)
	}
}

// indented returns text as a part of an entry of a list.
func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
}

// check checks a rules file, with the sections that it leaves out.
func (m *manual) check(where, text string, parts map[string]yaml.Node) {
	if _, given := parts["rules"]; given && len(parts) == 1 {
		m.rules = text
	}
	for key, section := range map[string]string{
		"accounts":  "accounts: [{name: acme, token: '${TOKEN}'}]\n",
		"projects":  "projects: [{uid: 'app:1', name: cold-chain}]\n",
		"receivers": "receivers: [{name: team, terminal: {}}, {name: on-call, terminal: {}}]\n",
		"prices":    "prices: {currency: USD, event: 0.00075, free_events: 5000}\n",
		"satellite": "satellite: {allowance: kb(10), every: once}\n",
		"rules":     m.rules,
	} {
		if _, given := parts[key]; !given {
			text += section
		}
	}
	m.write("block.yaml", text)
	require.NotContains(m.t, m.run(where, "check"), "warning:", "%s\n%s", where, text)
}

// took is how long something took, which differs.
var took = regexp.MustCompile(`\d+(\.\d+)? m?s\b`)

// printed is how a message begins that the terminal prints.
var printed = regexp.MustCompile(`^[ \d]\d [A-Z][a-z]{2} \d\d:\d\d UTC  [A-Z]{2}`)

// commands runs the lines of a block that begin with $, and compares what they print with the lines that follow. A block without such lines is
// a message, which the test of package cataloguepage compares with what is sent.
func (m *manual) commands(where, text string) {
	if printed.MatchString(text) {
		return
	}
	require.Contains(m.t, "\n"+text, "\n$ notewatch ", "%s: neither YAML, nor a command, nor a message", where)
	for part := range strings.SplitSeq("\n"+text, "\n$ ") {
		command, shown, _ := strings.Cut(part, "\n")
		name, arguments, _ := strings.Cut(command, " ")
		if name != "notewatch" {
			continue
		}
		out := m.run(where, strings.Fields(arguments)...)
		if shown = strings.TrimSpace(shown); shown != "" {
			require.Equal(m.t, took.ReplaceAllString(shown, "N ms"), took.ReplaceAllString(strings.TrimSpace(out), "N ms"), where)
		}
	}
}
