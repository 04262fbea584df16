package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"notewatch/cmd/notewatch/help"
)

// Help fits a terminal of the usual width.
func TestHelpFits(t *testing.T) {
	var all func(c *cobra.Command, path []string)
	all = func(c *cobra.Command, path []string) {
		var stdout, stderr bytes.Buffer
		require.Zero(t, run(t.Context(), append(path, "--help"), &stdout, &stderr), stderr.String())
		require.NotEmpty(t, stdout.String())
		for line := range strings.Lines(stdout.String()) {
			require.LessOrEqual(t, displaywidth.String(strings.TrimSuffix(line, "\n")), help.Width, "%v: %s", path, line)
		}
		for _, below := range c.Commands() {
			all(below, append(path, below.Name()))
		}
	}
	all(newRoot(), nil)
}

// Each text of help is that of a command, and each command has one.
func TestEveryCommandHasItsText(t *testing.T) {
	texts := map[string]bool{}
	for _, name := range help.Commands() {
		texts[name] = true
	}
	root := newRoot()
	for _, c := range append(root.Commands(), root) {
		if c.Name() != "completion" && c.Name() != "help" && c.Name() != "version" {
			require.True(t, texts[c.Name()], c.Name())
			delete(texts, c.Name())
		}
	}
	require.Empty(t, texts)
}
