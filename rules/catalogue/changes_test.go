package catalogue_test

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"notewatch/internal/config"
	"notewatch/internal/ruletest"
	"notewatch/internal/ruletest/testfile"
	"notewatch/rules/catalogue"
)

var long = flag.Bool("long", false, "change each condition of each rule, which a test of the rule must notice")

// A change of a rule is noticed by its test: without where, for, keep or resolve_when; with half of its limit or of its for; without one of the
// parts of a condition that are joined by && or ||, one of the arguments of max, or one of two branches; and with a comparison that lets twice as
// much through.
func TestChangesOfRulesAreNoticed(t *testing.T) {
	if !*long {
		t.Skip("without -long; TestChanges shows which there are")
	}
	changed := 0
	for _, name := range usable(t) {
		t.Run(name, func(t *testing.T) {
			file, err := testfile.Load(name + testfile.Suffix)
			require.NoError(t, err)
			for what, rule := range changesOf(t, name) {
				text, err := yaml.Marshal(map[string]any{"rules": []any{rule}})
				require.NoError(t, err)
				file.Rules, err = parse(string(text))
				require.NoError(t, err, what)
				noticed := false
				require.NoError(t, ruletest.RunAll(t.Context(), []*testfile.File{file}, nil, func(r ruletest.Result) error {
					noticed = noticed || !r.Passed
					return nil
				}))
				_, accepted := unnoticed[name+": "+what]
				assert.Equal(t, !accepted, noticed, what)
				delete(unnoticed, name+": "+what)
				changed++
			}
		})
	}
	if !t.Failed() {
		t.Logf("%d changes of conditions", changed)
	}
}

// unnoticed are the changes that no rule test can notice, each with the reason.
var unnoticed = map[string]string{
	"event-flood: let.usual_hour max(events.median ?? 0, 24) → max(events.median ?? 0)":                                                          "only a limit below 10 makes it differ",
	"watcher-blind: when.critical poll.age_minutes > max(90, 3 * poll.every_minutes) || poll.failures >= 3 → poll.failures >= 3":                 hung,
	"watcher-blind: when.critical poll.age_minutes > max(90, 3 * poll.every_minutes) → poll.age_minutes > 0.5 * max(90, 3 * poll.every_minutes)": hung,
	"watcher-blind: when.critical max(90, 3 * poll.every_minutes) → max(3 * poll.every_minutes)":                                                 hung,
}

const hung = "polls are this old only while one hangs, for which there are tests in package bot"

// changesOf returns a rule of the catalogue with one thing changed in each.
func changesOf(t *testing.T, name string) map[string]map[string]any {
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
		all["half of limit"] = rule
	}
	if rule := read(); rule["for"] != nil {
		held, err := time.ParseDuration(rule["for"].(string))
		require.NoError(t, err)
		rule["for"] = (held / 2).String()
		all["half of for"] = rule
	}
	file, err := parse("include: [catalogue/" + name + "]\n")
	require.NoError(t, err)
	show := file.Rules[slices.IndexFunc(file.Rules, func(r config.Rule) bool { return r.Spec.Name == name })].Rule.Show
	paths := [][]string{{"when"}, {"when", "info"}, {"when", "warning"}, {"when", "critical"}, {"resolve_when"}}
	lets, _ := read()["let"].(map[string]any)
	for part := range lets {
		paths = append(paths, []string{"let", part})
	}
	for _, path := range paths {
		section, last := func(rule map[string]any) map[string]any {
			for _, key := range path[:len(path)-1] {
				rule, _ = rule[key].(map[string]any)
			}
			return rule
		}, path[len(path)-1]
		expression, _ := section(read())[last].(string)
		for what, text := range changes(t, expression) {
			rule := read()
			section(rule)[last] = text
			tidy(rule, show)
			all[strings.Join(path, ".")+" "+what] = rule
		}
	}
	return all
}

// tidy removes what the changed conditions of a rule no longer read, and names the figure that it showed before.
func tidy(rule map[string]any, show string) {
	rule["show"] = show
	lets, _ := rule["let"].(map[string]any)
	read := func(name string) bool {
		text := fmt.Sprintln(rule["when"], rule["resolve_when"], show)
		for part, expression := range lets {
			if part != name {
				text += fmt.Sprintln(expression)
			}
		}
		return regexp.MustCompile(`\b` + name + `\b`).MatchString(text)
	}
	for part := range lets {
		if !read(part) {
			delete(lets, part)
		}
	}
	if len(lets) == 0 {
		delete(rule, "let")
	}
	if !read("limit") {
		delete(rule, "limit")
	}
}

// changes returns an expression with one change in each.
func changes(t *testing.T, expression string) map[string]string {
	t.Helper()
	all := map[string]string{}
	if expression == "" {
		return all
	}
	for place := 0; ; place++ {
		variants := 0
		for variant := 0; variant == 0 || variant < variants; variant++ {
			tree, err := parser.Parse(expression)
			require.NoError(t, err)
			at := &placed{place: place}
			ast.Walk(&tree.Node, at)
			if at.node == nil {
				return all
			}
			others := variantsOf(*at.node)
			if variants = len(others); variants == 0 {
				break
			}
			what := fmt.Sprintf("%s → %s", *at.node, others[variant])
			*at.node = others[variant]
			all[what] = tree.Node.String()
		}
	}
}

// placed finds the node at a place in the order of a walk.
type placed struct {
	place, seen int
	node        *ast.Node
}

func (p *placed) Visit(node *ast.Node) {
	if p.seen == p.place {
		p.node = node
	}
	p.seen++
}

// variantsOf returns what a node is replaced by, one after the other.
func variantsOf(node ast.Node) []ast.Node {
	switch n := node.(type) {
	case *ast.BinaryNode:
		scaled := func(operator string, factor float64) []ast.Node {
			return []ast.Node{&ast.BinaryNode{
				Operator: operator, Left: n.Left,
				Right: &ast.BinaryNode{Operator: "*", Left: &ast.FloatNode{Value: factor}, Right: n.Right},
			}}
		}
		_, text := n.Right.(*ast.StringNode)
		switch n.Operator {
		case "&&", "||":
			if left, ok := n.Left.(*ast.BinaryNode); ok && left.Operator == n.Operator { // which is changed at its own place
				return []ast.Node{n.Left}
			}
			return []ast.Node{n.Left, n.Right}
		case ">", ">=":
			if n.Right.String() == "0" {
				return []ast.Node{&ast.BinaryNode{Operator: ">=", Left: n.Left, Right: n.Right}}
			}
			return scaled(n.Operator, 0.5)
		case "<", "<=":
			return scaled(n.Operator, 2)
		case "==":
			if !text {
				return []ast.Node{&ast.BinaryNode{Operator: "<=", Left: n.Left, Right: &ast.IntegerNode{Value: 3}}}
			}
		}
	case *ast.ConditionalNode:
		return []ast.Node{n.Exp1, n.Exp2}
	case *ast.BuiltinNode:
		if n.Name == "max" && len(n.Arguments) > 1 {
			return without(n)
		}
	}
	return nil
}

// without returns calls of max with one argument less.
func without(n *ast.BuiltinNode) (all []ast.Node) {
	for i := range n.Arguments {
		all = append(all, &ast.BuiltinNode{Name: n.Name, Arguments: slices.Delete(slices.Clone(n.Arguments), i, i+1)})
	}
	return all
}

// Each condition is dropped once, and loosened once.
func TestChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expression string
		want       []string
	}{
		{expression: "a.b", want: nil},
		{expression: "a > 2", want: []string{"a > 0.5 * 2"}},
		{expression: "a > 0", want: []string{"a >= 0"}},
		{expression: "a == 0", want: []string{"a <= 3"}},
		{expression: `a == "x"`, want: nil},
		{
			expression: "a > 2 && (b < 3 || c >= limit)",
			want: []string{
				"a > 2", "(b < 3 || c >= limit)", "a > 0.5 * 2 && (b < 3 || c >= limit)", "a > 2 && b < 3", "a > 2 && c >= limit",
				"a > 2 && (b < 2 * 3 || c >= limit)", "a > 2 && (b < 3 || c >= 0.5 * limit)",
			},
		},
		{expression: "max(a ?? 0, 24) / 24", want: []string{"max(24) / 24", "max(a ?? 0) / 24"}},
		{expression: "c ? a : b", want: []string{"a", "b"}},
	} {
		var got []string
		for _, text := range changes(t, c.expression) {
			got = append(got, text)
		}
		for i, text := range c.want {
			tree, err := parser.Parse(text)
			require.NoError(t, err)
			c.want[i] = tree.Node.String()
		}
		require.ElementsMatch(t, c.want, got, c.expression)
	}
}
