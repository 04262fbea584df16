package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"notewatch/internal/command"
	"notewatch/internal/dispatch"
	"notewatch/internal/store"
	"notewatch/notify/notifytest"
)

// Whoever interrupts a drill does not leave it standing.
func TestDrillInterrupted(t *testing.T) {
	hook := notifytest.NewWebhook()
	defer hook.Close()
	hook.Fail(notifytest.Hang())
	folder := t.TempDir()
	file, database := filepath.Join(folder, "rules.yaml"), filepath.Join(folder, "notewatch.db")
	require.NoError(t, os.WriteFile(file, []byte(`
projects: [{uid: 'app:1', name: one}]
receivers: [{name: team, webhook: {url: '`+hook.URL+`', allow_private: true}}]
rules: [{name: spike, when: events.today > 500}]
`), 0o600))
	t.Setenv("NOTEWATCH_RULES", file)
	t.Setenv("NOTEWATCH_DATABASE", database)

	ctx, interrupt := context.WithCancel(t.Context())
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"drill", "spike"}, new(bytes.Buffer), &stderr) }()
	require.Eventually(t, func() bool { return len(hook.Requests()) == 1 }, time.Minute, time.Millisecond)
	interrupt()
	require.Equal(t, exitFailure, <-ended)
	require.Contains(t, stderr.String(), "notewatch: interrupted")

	db, err := store.OpenReadOnly(t.Context(), database)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	open, err := db.Alerts(t.Context(), store.AlertFilter{Open: true})
	require.NoError(t, err)
	require.Empty(t, open)
}

// Receivers that do not answer do not keep a drill longer than it says, however many they are.
func TestDrillWaitsAsLongAsItSays(t *testing.T) {
	hook := notifytest.NewWebhook()
	defer hook.Close()
	hook.Fail(notifytest.Hang())
	hook.Fail(notifytest.Hang())
	folder := t.TempDir()
	t.Setenv("NOTEWATCH_RULES", filepath.Join(folder, "rules.yaml"))
	t.Setenv("NOTEWATCH_DATABASE", filepath.Join(folder, "notewatch.db"))
	require.NoError(t, os.WriteFile(os.Getenv("NOTEWATCH_RULES"), []byte(`
projects: [{uid: 'app:1', name: one}]
receivers:
  - {name: team, webhook: {url: '`+hook.URL+`', allow_private: true}}
  - {name: boss, webhook: {url: '`+hook.URL+`', allow_private: true}}
rules: [{name: spike, when: events.today > 500}]
`), 0o600))
	c := &cobra.Command{}
	c.SetContext(t.Context())
	c.SetErr(new(bytes.Buffer))
	w, closeDB, err := command.Attach(c)
	require.NoError(t, err)
	defer closeDB()
	began := time.Now()
	alert, receivers, err := w.Bot.Drill(t.Context(), "spike", w.Config.Bot.Projects[0])
	require.NoError(t, err)
	require.Len(t, receivers, 2)

	results, err := dispatch.Dispatch{Watch: w, Alert: alert.ID, Receivers: receivers, Began: began}.Deliver(t.Context(), time.Second, dispatch.Waits)
	require.NoError(t, err)
	require.Less(t, time.Since(began), 10*time.Second)
	require.Len(t, results, 2)
	for _, r := range results {
		require.True(t, dispatch.Waits(r.Showing))
	}
	require.Len(t, hook.Requests(), 2)
}
