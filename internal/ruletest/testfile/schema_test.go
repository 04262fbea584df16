package testfile_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"notewatch/internal/ruletest/testfile"
)

// The schema in docs is that of the types, and the files of tests in this repository fit it.
func TestSchema(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	kept, err := os.ReadFile(filepath.Join(root, "docs", "tests.schema.json"))
	require.NoError(t, err)
	require.Equal(t, string(testfile.Schema()), string(kept), "go run ./cmd/notewatch schema tests > docs/tests.schema.json")
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(kept))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("tests.json", text))
	compiled, err := c.Compile("tests.json")
	require.NoError(t, err)
	validate := func(text []byte) error {
		var document any
		require.NoError(t, yaml.Unmarshal(text, &document))
		asJSON, err := json.Marshal(document)
		require.NoError(t, err)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		require.NoError(t, err)
		return compiled.Validate(value)
	}
	files, err := testfile.Find(root)
	require.NoError(t, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, validate(text), path)
	}
	require.Error(t, validate([]byte("rules: rules.yaml\ntests: [{name: a, expect: {alert: []}}]")))
	require.Error(t, validate([]byte("rules: rules.yaml\ntests: [{name: a, expect: {results: [{at: 1d, rule: a, is: perhaps}]}}]")))
}
