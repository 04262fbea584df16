package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
	"notewatch/notify"
	"notewatch/notify/notifytest"
)

// A journal is output that is written while it is read.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

const reloadRules = `
projects: [{uid: 'app:1', name: one}]
receivers: [{name: ops, webhook: {url: '${HOOK}', allow_private: true}}]
rules:
  - {name: spike, when: events.today > 500000}
`

// TestReload changes the rules file under a program that runs: what is valid takes effect, what is not leaves everything as
// it is, and receivers are told.
func TestReload(t *testing.T) {
	hub := notehubtest.New(notehubtest.Config{Now: time.Now, Token: "a-token", Seed: 1, Projects: []notehubtest.Project{
		{UID: "app:1", Name: "one", Devices: notehubtest.Fleet(1, 3, time.Now().AddDate(-1, 0, 0), notehubtest.Typical())},
	}})
	address, stop, err := hub.Start()
	require.NoError(t, err)
	t.Cleanup(stop)
	hook := notifytest.NewWebhook()
	t.Cleanup(hook.Close)
	folder := t.TempDir()
	file := filepath.Join(folder, "rules.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write(reloadRules)
	for name, value := range map[string]string{
		"NOTEWATCH_RULES": file, "NOTEWATCH_DATABASE": filepath.Join(folder, "notewatch.db"), "NOTEWATCH_LISTEN": "127.0.0.1:0",
		"NOTEWATCH_NOTEHUB_URL": address, "NOTEWATCH_NOTEHUB_TOKEN": "a-token", "HOOK": hook.URL,
	} {
		t.Setenv(name, value)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr journal
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"run"}, &stdout, &stderr) }()
	told := func(reason, rule string) func() bool {
		return func() bool {
			for _, request := range hook.Requests() {
				var body notify.WebhookBody
				if json.Unmarshal(request.Body, &body) == nil && request.Taken && body.Data.Rule == rule && body.Data.Alerts[0].Reason == reason {
					return true
				}
			}
			return false
		}
	}
	soon := func(condition func() bool, what string) {
		t.Helper()
		require.Eventually(t, condition, 50*time.Second, 20*time.Millisecond, "%s\n%s", what, &stderr)
	}

	soon(told("reported", "watching"), "it runs")
	write(reloadRules + "surprise: true\n")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	soon(told("fired", "rules-file"), "operators are told that the file is not valid")
	require.Contains(t, stderr.String(), "surprise")

	write(reloadRules + "  - {name: calm, when: events.today >= 0}\n")
	soon(told("resolved", "rules-file"), "without a signal too, that it is valid again")
	soon(told("fired", "calm"), "and the new rule is judged")
	cancel()
	require.Zero(t, <-done, &stderr)
}
