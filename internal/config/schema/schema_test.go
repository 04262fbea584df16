package schema_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"notewatch/internal/config"
	"notewatch/internal/config/schema"
)

var (
	root     = filepath.Join("..", "..", "..")
	everyKey = filepath.Join("testdata", "every-key.yaml")
)

// The schema in docs is that of the types.
func TestSchemaIsCurrent(t *testing.T) {
	kept, err := os.ReadFile(filepath.Join(root, "docs", "rules.schema.json"))
	require.NoError(t, err)
	require.Equal(t, string(schema.Rules()), string(kept), "go run ./cmd/notewatch schema > docs/rules.schema.json")
}

// compile returns the schema of the rules file, as the referee reads it.
func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema.Rules()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("rules.json", text))
	compiled, err := c.Compile("rules.json")
	require.NoError(t, err)
	return compiled
}

// validate returns what is wrong with a rules file by the schema.
func validate(t *testing.T, compiled *jsonschema.Schema, text []byte) error {
	t.Helper()
	var document any
	require.NoError(t, yaml.Unmarshal(text, &document))
	asJSON, err := json.Marshal(document)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	require.NoError(t, err)
	return compiled.Validate(value)
}

// What config accepts fits the schema.
func TestValidFilesFit(t *testing.T) {
	compiled := compile(t)
	for _, path := range []string{filepath.Join(root, "rules.example.yaml"), everyKey} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		_, err = config.LoadPartly(path, func(string) (string, bool) { return "", false })
		require.NoError(t, err, path)
		require.NoError(t, validate(t, compiled, text), path)
	}
}

// Keys that config does not know, and words that it does not, do not fit the schema either.
func TestUnknownKeysDoNotFit(t *testing.T) {
	compiled := compile(t)
	files, err := filepath.Glob(filepath.Join("..", "testdata", "invalid", "*.want"))
	require.NoError(t, err)
	checked := 0
	for _, file := range files {
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		if !strings.Contains(string(want), ": unknown key;") {
			continue
		}
		checked++
		text, err := os.ReadFile(strings.TrimSuffix(file, ".want") + ".yaml")
		require.NoError(t, err)
		require.Error(t, validate(t, compiled, text), file)
	}
	require.Positive(t, checked)
}

// Every key of the schema stands in a file that config accepts, in its place.
func TestKeysOfTheSchemaAreAccepted(t *testing.T) {
	var properties map[string]any
	require.NoError(t, json.Unmarshal(schema.Rules(), &properties))
	known := map[string]bool{}
	places(properties, "", known)
	text, err := os.ReadFile(everyKey)
	require.NoError(t, err)
	var document any
	require.NoError(t, yaml.Unmarshal(text, &document))
	used := map[string]bool{}
	keys(document, "", used)
	for place := range known {
		require.True(t, used[place], "%s stands nowhere in %s", place, everyKey)
	}
}

// places collects the keys of a schema, with those above them.
func places(s map[string]any, above string, all map[string]bool) {
	for name, below := range asMap(s["properties"]) {
		all[above+"."+name] = true
		places(asMap(below), above+"."+name, all)
	}
	parts := []any{s["items"]}
	if alternatives, ok := s["anyOf"].([]any); ok {
		parts = append(parts, alternatives...)
	}
	for _, part := range parts {
		if below := asMap(part); below != nil {
			places(below, above, all)
		}
	}
}

func asMap(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

// keys collects the keys of a document, with those above them.
func keys(value any, above string, all map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, below := range value {
			all[above+"."+name] = true
			keys(below, above+"."+name, all)
		}
	case []any:
		for _, element := range value {
			keys(element, above, all)
		}
	}
}

// Every key that config reads is in the schema.
func TestKeysOfConfigAreInTheSchema(t *testing.T) {
	var properties map[string]any
	require.NoError(t, json.Unmarshal(schema.Rules(), &properties))
	known := map[string]bool{}
	places(properties, "", known)
	names := map[string]bool{}
	for place := range known {
		names[place[strings.LastIndexByte(place, '.')+1:]] = true
	}
	read := keysOfConfig(t)
	require.Greater(t, len(read), 70)
	for _, name := range slices.Sorted(maps.Keys(read)) {
		require.True(t, names[name], "config reads the key %q, which the schema does not have", name)
	}
}

// keysOfConfig returns the names in composite literals of the type key in the source of package config, without those that belong elsewhere.
func keysOfConfig(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "*.go"))
	require.NoError(t, err)
	all := map[string]bool{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			fields := map[string]ast.Expr{}
			for _, element := range literal.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					if name, ok := pair.Key.(*ast.Ident); ok {
						fields[name.Name] = pair.Value
					}
				}
			}
			if name, ok := fields["name"].(*ast.BasicLit); ok && fields["read"] != nil {
				text, err := strconv.Unquote(name.Value)
				require.NoError(t, err)
				all[text] = true
			}
			return true
		})
	}
	return all
}

// The manual lists all keys of a rule and nothing else.
func TestManualListsAllKeysOfARule(t *testing.T) {
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(marked(t, "keys"), -1) {
		listed = append(listed, row[1])
	}
	var document struct {
		Properties struct {
			Rules struct {
				Items struct{ Properties map[string]any }
			}
		}
	}
	require.NoError(t, json.Unmarshal(schema.Rules(), &document))
	require.ElementsMatch(t, slices.Collect(maps.Keys(document.Properties.Rules.Items.Properties)), listed)
}

// The rules that the manual makes of sentences have no problems, and no warnings.
func TestRulesOfTheManualAreAccepted(t *testing.T) {
	_, block, found := strings.Cut(marked(t, "sentences"), "```yaml\n")
	require.True(t, found)
	block, _, _ = strings.Cut(block, "```")
	path := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`projects: [{uid: app:2606f411-dea6-44a0-9743-1130f57d77d8}]
receivers: [{name: team, terminal: {}}]
prices: {currency: USD, event: 0.00075, free_events: 5000}
satellite: {allowance: kb(10), every: once}
`+block), 0o600))
	file, err := config.LoadPartly(path, func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	require.Empty(t, file.Warnings)
	require.Greater(t, len(file.Rules), 12)
}

// marked returns the part of the manual between two marks.
func marked(t *testing.T, mark string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "rules.md"))
	require.NoError(t, err)
	_, part, found := strings.Cut(string(text), "<!-- "+mark+" -->\n")
	require.True(t, found, mark)
	part, _, found = strings.Cut(part, "<!-- /"+mark+" -->")
	require.True(t, found, mark)
	return part
}
