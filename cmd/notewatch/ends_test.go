package main

import (
	"bytes"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/rules"
)

// Every command says of a corrected or withdrawn alert that it is that, and why; none calls it resolved.
func TestLookupsSayWhyAnAlertEnded(t *testing.T) {
	noon := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "notewatch.db")
	db, err := store.Open(t.Context(), path)
	require.NoError(t, err)
	ended := func(id, subject string, state rules.State, reason rules.Event, why string) *rules.Alert {
		return &rules.Alert{
			ID: id, Rule: "budget", Project: "app:1", Subject: subject, State: state, Reason: reason, Why: why, Version: 2,
			Level: rules.Critical, Worst: rules.Critical, Since: noon, FiredAt: noon, ChangedAt: noon, EndedAt: noon,
			Value: 3e6, Peak: 3e6, Limit: 6e6, Usual: math.NaN(),
			Texts: rules.Texts{Subject: subject, Project: "plant", Figure: "bytes.used", Unit: "B"},
		}
	}
	require.NoError(t, db.Decide(t.Context(), store.Decision{Now: noon, Alerts: []*rules.Alert{
		ended("aaaaaaaaaa", "dev:1", rules.Resolved, rules.Corrected, "corrected: bytes.used 7 MB is 3 MB"),
		ended("bbbbbbbbbb", "dev:2", rules.Withdrawn, rules.EventWithdrawn, "limit is 200 MB now"),
	}}))
	require.NoError(t, db.Close())
	t.Setenv("NOTEWATCH_RULES", "../../rules.example.yaml")
	t.Setenv("NOTEWATCH_DATABASE", path)
	for _, c := range []struct {
		line string
		want []string
	}{
		{"alerts --all", []string{"corrected  ", "withdrawn  ", "3 MB of 6 MB", "corrected: bytes.used 7 MB is 3 MB", "limit is 200 MB now"}},
		{"alerts --all --json", []string{`"reason": "corrected"`, `"why": "limit is 200 MB now"`}},
		{"history --since 9000d", []string{"corrected  ", "3 MB · corrected: bytes.used 7 MB is 3 MB", "3 MB · limit is 200 MB now"}},
		{"history --since 9000d --json", []string{`"why": "limit is 200 MB now"`}},
		{"history aaaaaaaaaa", []string{"aaaaaaaaaa  critical  corrected", "corrected: bytes.used 7 MB is 3 MB"}},
		{"history bbbbbbbbbb --json", []string{`"why": "limit is 200 MB now"`}},
	} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 0, run(t.Context(), strings.Fields(c.line), &stdout, &stderr), "%s: %s", c.line, stderr.String())
		for _, want := range c.want {
			require.Contains(t, stdout.String(), want, c.line)
		}
		require.NotContains(t, strings.ReplaceAll(stdout.String(), `"state": "resolved"`, ""), "resolved", c.line)
	}
}
