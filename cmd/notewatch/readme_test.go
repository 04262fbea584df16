package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/config/environ"
)

// The rules that the README shows are rules, and the variables that it names are settings.
func TestReadmeTellsTheTruth(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(readme)
	require.NotNil(t, shown)
	file, err := config.Parse("README.md", append([]byte(`
projects: [{uid: 'app:1', name: one}]
receivers: [{name: team, terminal: {}}]
`), shown[1]...), os.LookupEnv)
	require.NoError(t, err)
	require.Equal(t, "data-budget", file.Rules[0].Spec.Name)

	for _, name := range regexp.MustCompile(`\bNOTEWATCH_[A-Z_]+\b`).FindAllString(string(readme), -1) {
		t.Setenv(name, "")
	}
	_, err = environ.Read()
	require.NoError(t, err, "the README names a variable that is no setting")
}
