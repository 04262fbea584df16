package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
)

// An interrupt that comes while run is starting ends it as any other does.
func TestRunIsStoppedWhileItStarts(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(rules, []byte(reloadRules), 0o600))
	t.Setenv("NOTEWATCH_RULES", rules)
	t.Setenv("NOTEWATCH_DATABASE", storetest.Database(t))
	t.Setenv("NOTEWATCH_NOTEHUB_TOKEN", "a-token")
	t.Setenv("HOOK", "http://127.0.0.1:1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	require.Zero(t, run(ctx, []string{"run"}, &bytes.Buffer{}, &stderr), &stderr)
	require.NotContains(t, stderr.String(), "canceled")
}
