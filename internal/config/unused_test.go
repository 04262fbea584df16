package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
)

// Each file of testdata/warnings is valid, with settings that have no effect; what is said of them stands beside it.
func TestWarnings(t *testing.T) {
	files, err := filepath.Glob("testdata/warnings/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			file, err := config.Parse("rules.yaml", data, environment)
			require.NoError(t, err)
			wantPath := strings.TrimSuffix(path, ".yaml") + ".want"
			if *update {
				require.NoError(t, os.WriteFile(wantPath, []byte(file.Warnings.Error()+"\n"), 0o600))
			}
			want, err := os.ReadFile(wantPath)
			require.NoError(t, err)
			require.Equal(t, string(want), file.Warnings.Error()+"\n")
		})
	}
}

// The example, and a file without anything special, give no warning.
func TestNoWarnings(t *testing.T) {
	require.Empty(t, parse(t, minimal).Warnings)
	example, err := os.ReadFile("../../rules.example.yaml")
	require.NoError(t, err)
	file, err := config.Parse("rules.example.yaml", example, func(string) (string, bool) { return "https://example.com/x", true })
	require.NoError(t, err)
	require.Empty(t, file.Warnings)
}
