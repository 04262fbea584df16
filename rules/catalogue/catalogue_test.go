package catalogue_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"notewatch/internal/config"
	"notewatch/internal/ruletest"
	"notewatch/internal/ruletest/testfile"
	"notewatch/rules/catalogue"
)

var long = flag.Bool("long", false, "change each condition of each rule, which a test of the rule must notice")

// usable returns the names of the rules that work with the settings of parse.
func usable(t *testing.T) (names []string) {
	t.Helper()
	for _, name := range catalogue.Names() {
		if _, err := parse("include: [catalogue/" + name + "]\n"); err == nil {
			names = append(names, name)
		}
	}
	require.Len(t, names, len(catalogue.Names()))
	return names
}

func parse(rules string) (*config.File, error) {
	text := "projects: [{uid: 'app:test', name: test}]\nreceivers: [{name: team, terminal: {}}]\n" +
		"prices: {currency: USD, event: 0.01, free_events: 5000}\n" + rules
	return config.Parse("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
}

// Each rule fires in its test, is false for something that is healthy, and no data for what is not known.
func TestRulesAreTested(t *testing.T) {
	t.Parallel()
	var files []*testfile.File
	for _, name := range usable(t) {
		file, err := testfile.Load(name + testfile.Suffix)
		require.NoError(t, err)
		files = append(files, file)
		account := slices.Contains(ofAccounts, name) && name != "sat-70"                     // whose results cannot be expected, only its alerts
		fires, healthy, unknown := false, account, account || name == catalogue.WatcherBlind // whose failures are always known
		for _, test := range file.Tests {
			fires = fires || slices.ContainsFunc(test.Expect.Alerts, func(a testfile.Alert) bool { return a.Rule == name })
			for _, r := range test.Expect.Results {
				healthy = healthy || r.Rule == name && r.Is == testfile.False
				unknown = unknown || r.Rule == name && r.Is == testfile.NoData
			}
		}
		require.True(t, fires && healthy && unknown, "%s: fires %t, is false %t, is no data %t", name, fires, healthy, unknown)
	}
	require.NoError(t, ruletest.RunAll(t.Context(), files, nil, func(r ruletest.Result) error {
		require.True(t, r.Passed, "%s:%d: %s: notewatch test rules/catalogue", r.File, r.Line, r.Test)
		return nil
	}))
}

// A change of a rule is noticed by its test: without one of the conditions that are joined by &&, where, for, keep or resolve_when, or with half of
// its limit.
func TestChangesOfRulesAreNoticed(t *testing.T) {
	if !*long {
		t.Skip("without -long")
	}
	changed, missed := 0, []string{}
	for _, name := range usable(t) {
		file, err := testfile.Load(name + testfile.Suffix)
		require.NoError(t, err)
		for what, rule := range changes(t, name) {
			text, err := yaml.Marshal(map[string]any{"rules": []any{rule}})
			require.NoError(t, err)
			if file.Rules, err = parse(string(text)); err != nil {
				continue // config notices it
			}
			changed++
			passed := true
			require.NoError(t, ruletest.RunAll(t.Context(), []*testfile.File{file}, nil, func(r ruletest.Result) error {
				passed = passed && r.Passed
				return nil
			}))
			if passed {
				missed = append(missed, name+": "+what)
			}
		}
	}
	slices.Sort(missed)
	t.Logf("%d changes, of which %d are missed", changed, len(missed))
	require.Empty(t, missed, strings.Join(missed, "\n"))
}

// changes returns a rule with one thing changed in each.
func changes(t *testing.T, name string) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	read := func() (rule map[string]any) {
		require.NoError(t, yaml.Unmarshal(catalogue.Text(name), &rule))
		delete(rule, "unless") // the rule is alone in its file
		return rule
	}
	for _, key := range []string{"where", "for", "keep", "resolve_when"} {
		if rule := read(); rule[key] != nil {
			delete(rule, key)
			all["without "+key] = rule
		}
	}
	if rule := read(); rule["limit"] != nil {
		rule["limit"] = fmt.Sprintf("0.5 * (%v)", rule["limit"])
		all["half of the limit"] = rule
	}
	levels, ok := read()["when"].(map[string]any)
	if !ok {
		levels = map[string]any{"": read()["when"]}
	}
	for level, when := range levels {
		parts := conjuncts(when.(string))
		for i, part := range parts {
			if len(parts) == 1 {
				continue
			}
			rest := strings.Join(slices.Delete(slices.Clone(parts), i, i+1), " && ")
			rule := read()
			if level == "" {
				rule["when"] = rest
			} else {
				rule["when"].(map[string]any)[level] = rest
			}
			all["without "+part] = rule
		}
	}
	return all
}

// conjuncts returns the parts of an expression that are joined by && outside of brackets.
func conjuncts(expression string) (parts []string) {
	depth, begin := 0, 0
	for i, r := range expression {
		switch {
		case strings.ContainsRune("([", r):
			depth++
		case strings.ContainsRune(")]", r):
			depth--
		case depth == 0 && strings.HasPrefix(expression[i:], "&&"):
			parts = append(parts, strings.TrimSpace(expression[begin:i]))
			begin = i + len("&&")
		}
	}
	return append(parts, strings.TrimSpace(expression[begin:]))
}
