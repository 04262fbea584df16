package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/rules"
	"notewatch/rules/catalogue"
)

// including returns a rules file of some rules that includes something.
func including(include, ownRules string) string {
	return "projects: [{uid: app:1}]\nreceivers: [{name: ops, terminal: {}}]\ninclude: " + include + "\n" + ownRules
}

// written writes files into a new folder and returns the path of rules.yaml in it.
func written(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return filepath.Join(folder, "rules.yaml")
}

func ruleNames(file *config.File) (names []string) {
	for _, r := range file.Rules {
		names = append(names, r.Spec.Name)
	}
	return names
}

// Rules of the catalogue either work, without a warning, or say why not.
func TestTheWholeCatalogue(t *testing.T) {
	file := parse(t, including("catalogue/*", ""))
	require.Empty(t, file.Warnings)
	names := ruleNames(file)
	for _, left := range file.LeftOut {
		require.NotEmpty(t, left.Why)
		names = append(names, left.Name)
	}
	require.ElementsMatch(t, catalogue.Names(), names)
	require.Len(t, names, 30)
	for _, r := range file.Rules {
		require.NotEmpty(t, r.Spec.Summary, r.Spec.Name)
		require.NotEmpty(t, r.Spec.Advice, r.Spec.Name)
	}
}

func TestInclude(t *testing.T) {
	team := "rules:\n  - {name: spike, when: events.today > 500}\n  - {name: budget, when: bytes.used > mb(5)}\n"
	path := written(t, map[string]string{
		"rules.yaml":  including("[team/*.yaml, catalogue/reboot-*]", "rules: [{name: spike, when: events.today > 900}]"),
		"team/b.yaml": "\ufeff" + strings.ReplaceAll(team, "\n", "\r\n"),
		"team/a.yaml": "rules: [{like: catalogue/chatty-sessions, name: chatty}]",
	})
	file, err := config.Load(path, environment)
	require.NoError(t, err)
	require.Equal(t, []string{"spike", "chatty", "budget", "reboot-loop", "watcher-blind"}, ruleNames(file))
	require.Equal(t, "events.today > 900", file.Rules[0].Spec.When[0].Expr, "a rule of the file takes the place of an included one")
	folder := filepath.Dir(path)
	require.Equal(t, []string{path, filepath.Join(folder, "team/a.yaml"), filepath.Join(folder, "team/b.yaml")}, file.Files)
}

// What an include can do wrong, and where that is said.
func TestMistakesOfIncludes(t *testing.T) {
	const rule = "rules: [{name: spike, when: events.today > 500}]"
	for name, test := range map[string]struct {
		include string
		files   map[string]string
		want    []string
	}{
		"nothing matches": {"team/*.yaml", nil, []string{
			"rules.yaml:3:10: include: no file matches; hint: paths are counted from the folder of the rules file; rules of the catalogue are catalogue/*"}},
		"no pattern": {"'team/[.yaml'", nil, []string{
			`rules.yaml:3:10: include: not a pattern of paths; hint: * stands for any part of a name; write \* for a star`}},
		"the file itself": {"'*.yaml'", nil, []string{
			"rules.yaml:3:10: include: matches the rules file itself; hint: put the files to be included into a folder of their own"}},
		"another one within": {"a.yaml", map[string]string{"a.yaml": "include: rules.yaml\n" + rule}, []string{
			"a.yaml:1:1: include: does not belong here; hint: a file that is included includes no others"}},
		"other keys": {"a.yaml", map[string]string{"a.yaml": "receivers: []\n" + rule}, []string{"a.yaml:1:1: receivers: unknown key; hint: want rules"}},
		"a folder":   {"team", map[string]string{"team/a.yaml": rule}, []string{`rules.yaml:3:10: include: reading "team": is a directory, not a regular file`}},
		"nonsense":   {"a.yaml", map[string]string{"a.yaml": "\x00\xff"}, []string{"a.yaml:1:1: not plain text in UTF-8"}},
		"nothing":    {"a.yaml", map[string]string{"a.yaml": ""}, []string{"a.yaml:1:1: the file is empty"}},
		"one name in two files": {"'[ab].yaml'", map[string]string{"a.yaml": rule, "b.yaml": rule}, []string{
			`b.yaml:1:9: rules: rule "spike" stands in a.yaml too; hint: give one of them another name, or write one in the rules file`}},
		"one name in a file and the catalogue": {"[a.yaml, catalogue/reboot-loop]",
			map[string]string{"a.yaml": "rules: [{name: reboot-loop, when: events.today > 500}]"}, []string{
				`rules.yaml:3:19: include: rule "reboot-loop" stands in a.yaml too; hint: include one of them, or write a rule of that name`}},
		"unknown rule of the catalogue": {"catalogue/event-flod", nil, []string{
			`rules.yaml:3:10: include: the catalogue has no rule "event-flod"; hint: did you mean "event-flood"?`}},
		"a mistake in an expression": {"a.yaml", map[string]string{"a.yaml": "rules:\n  - name: spike\n    when: event.today > 500"}, []string{
			`a.yaml:3:11: rule "spike": when: unknown name "event"`}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"rules.yaml": including(test.include, "rules: [{name: own, when: events.today > 500}]")}
			maps.Copy(files, test.files)
			path := written(t, files)
			_, err := config.Load(path, environment)
			require.Error(t, err)
			got := strings.Split(strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", ""), "\n")
			require.Len(t, got, len(test.want), "%v", got)
			for i, want := range test.want {
				require.Contains(t, got[i], want)
			}
		})
	}
}

// A link within the folder is followed, as mounted settings are made of them; one that leads out of it is not.
func TestIncludedLinks(t *testing.T) {
	const rule = "rules: [{name: spike, when: events.today > 500}]"
	path := written(t, map[string]string{
		"rules.yaml": including("team/*.yaml", ""), "team/data/a": rule, "outside.yaml": rule,
	})
	folder := filepath.Dir(path)
	require.NoError(t, os.Symlink("data/a", filepath.Join(folder, "team/a.yaml")))
	file, err := config.Load(path, environment)
	require.NoError(t, err)
	require.Equal(t, []string{"spike", "watcher-blind"}, ruleNames(file))
	require.NoError(t, os.Symlink("../outside.yaml", filepath.Join(folder, "team/b.yaml")))
	_, err = config.Load(path, environment)
	require.ErrorContains(t, err, "is a symbolic link that leads out of its folder; hint: include the file that it leads to")
}

func TestThereAreNotTooManyIncludes(t *testing.T) {
	many := "[" + strings.Repeat("catalogue/*, ", 200) + "catalogue/*]"
	_, err := config.Parse("rules.yaml", []byte(including(many, "")), environment)
	require.EqualError(t, err, "rules.yaml:3:2611: include: more than 200 things are included")
}

func TestLike(t *testing.T) {
	for name, test := range map[string]struct {
		rule string
		want func(*rules.Spec) // from the rule of the catalogue
	}{
		"as it is":     {"{like: catalogue/event-flood}", func(*rules.Spec) {}},
		"another name": {"{like: catalogue/event-flood, name: flood}", func(s *rules.Spec) { s.Name = "flood" }},
		"fields": {"{like: catalogue/event-flood, limit: 500, for: 1h, severity: warning}", func(s *rules.Spec) {
			s.Limit, s.For, s.When[0].Level = "500", 3600e9, rules.Warning
		}},
		"taken away": {"{like: catalogue/event-flood, resolve_when: null}", func(s *rules.Spec) { s.ResolveWhen = "" }},
		"a condition of its own": {"{like: catalogue/event-flood, when: events.h1 > limit, summary: x}", func(s *rules.Spec) {
			s.Let, s.ResolveWhen, s.Resolved, s.Summary = nil, "", "", "x"
			s.When = []rules.Condition{{Level: rules.Critical, Expr: "events.h1 > limit"}}
		}},
		"levels of its own": {"{like: catalogue/event-flood, when: {info: events.h1 > limit}}", func(s *rules.Spec) {
			s.Let, s.ResolveWhen, s.Resolved, s.Summary = nil, "", "", ""
			s.When = []rules.Condition{{Level: rules.Info, Expr: "events.h1 > limit"}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			want := parse(t, including("catalogue/event-flood", "")).Rules[0].Spec
			test.want(&want)
			require.Equal(t, want, parse(t, strings.Replace(including("", "rules: ["+test.rule+"]"), "include: \n", "", 1)).Rules[0].Spec)
		})
	}
}

func TestMistakesOfLike(t *testing.T) {
	for rule, want := range map[string]string{
		"{like: event-flood}":                                          `rules.yaml:3:16: rule "event-flood": like: unknown rule of the catalogue; hint: did you mean "catalogue/event-flood"?`,
		"{like: catalogue/event-flood, when: event.h1 > 5}":            `rules.yaml:3:45: rule "catalogue/event-flood": when: unknown name "event"`,
		"{like: catalogue/event-flood}, {like: catalogue/event-flood}": `rules.yaml:3:47: rule "catalogue/event-flood": like: rule "event-flood" stands on line 3 already`,
		"{like: catalogue/event-flood, name: null}":                    `rule "null": name: missing`,
	} {
		_, err := config.Parse("rules.yaml", []byte("projects: [{uid: app:1}]\nreceivers: [{name: ops, terminal: {}}]\nrules: ["+rule+"]"), environment)
		require.ErrorContains(t, err, want)
	}
}

// A rule of the catalogue that names another one goes without it where the file does not have that.
func TestUnlessOfTheCatalogue(t *testing.T) {
	const silent = "rules:\n  - {like: catalogue/silent-device, when: device.silent_hours > limit}\n"
	header := strings.Replace(including("", ""), "include: \n", "", 1)
	alone := parse(t, header+silent)
	require.Equal(t, []string{"silent-device", "watcher-blind"}, ruleNames(alone))
	require.Empty(t, alone.Rules[0].Spec.Unless)
	both := parse(t, header+silent+"  - {name: fleet-silent, each: project, when: project.silent_pct > 20}\n")
	require.Equal(t, "fleet-silent", both.Rules[0].Spec.Unless)
	_, err := config.Parse("rules.yaml", []byte(header+strings.Replace(silent, "limit}", "limit, unless: none}", 1)), environment)
	require.ErrorContains(t, err, `rule "catalogue/silent-device": unless: unknown rule "none"`)
}
