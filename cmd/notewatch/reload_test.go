package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
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

// A reloading is a program that runs while its rules file changes.
type reloading struct {
	t           *testing.T
	program     string // "" is this notewatch
	environment []string
	file        string // of rules
	hook        *notifytest.Webhook
	stderr      journal
	process     *os.Process // of the last start
}

// newReloading sets up a simulated Notehub, a receiver and a valid rules file.
func newReloading(t *testing.T) *reloading {
	t.Parallel() // the program takes a while to look at the file
	hub := notehubtest.New(notehubtest.Config{Now: time.Now, Token: "a-token", Seed: 1, Projects: []notehubtest.Project{
		{UID: "app:1", Name: "one", Devices: notehubtest.Fleet(1, 3, time.Now().AddDate(-1, 0, 0), notehubtest.Typical())},
	}})
	address, stop, err := hub.Start()
	require.NoError(t, err)
	t.Cleanup(stop)
	hook := notifytest.NewWebhook()
	t.Cleanup(hook.Close)
	folder := t.TempDir()
	r := &reloading{t: t, hook: hook, environment: append(os.Environ(),
		"NOTEWATCH_DATABASE="+storetest.Database(t), "NOTEWATCH_LISTEN=127.0.0.1:0",
		"NOTEWATCH_NOTEHUB_URL="+address, "NOTEWATCH_NOTEHUB_TOKEN=a-token", "HOOK="+hook.URL,
	)}
	r.move(filepath.Join(folder, "rules.yaml"))
	return r
}

// move puts valid rules into another file, which the next start reads.
func (r *reloading) move(file string) {
	r.environment = append(r.environment, "NOTEWATCH_RULES="+file)
	r.file = file
	r.write(reloadRules)
}

func (r *reloading) write(text string) {
	require.NoError(r.t, os.WriteFile(r.file, []byte(text), 0o600))
}

// spoil makes the rules file invalid and has it read again.
func (r *reloading) spoil() {
	r.write(reloadRules + "surprise: true\n")
	require.NoError(r.t, r.process.Signal(syscall.SIGHUP))
}

// command prepares a command of the program.
func (r *reloading) command(args ...string) *exec.Cmd {
	c := exec.CommandContext(r.t.Context(), cmp.Or(r.program, "notewatch"), args...)
	c.Env = r.environment
	return c
}

// start runs the program until what it returns is called.
func (r *reloading) start() (stop func()) {
	r.t.Helper()
	c := r.command("run")
	c.Stderr = &r.stderr
	require.NoError(r.t, c.Start())
	r.process = c.Process
	return func() {
		require.NoError(r.t, r.process.Signal(syscall.SIGTERM))
		require.NoError(r.t, c.Wait(), &r.stderr)
	}
}

// told reports whether the receiver was told something of a rule.
func (r *reloading) told(reason, rule string) bool {
	for _, request := range r.hook.Requests() {
		var body webhook.Body
		if json.Unmarshal(request.Body, &body) == nil && request.Taken && body.Data.Rule == rule && body.Data.Alerts[0].Reason == reason {
			return true
		}
	}
	return false
}

// soon waits until it was. On a busy machine a request may count twice against the budget, and the next poll then waits for a minute.
func (r *reloading) soon(reason, rule, what string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.told(reason, rule) }, 100*time.Second, 20*time.Millisecond, "%s\n%s", what, &r.stderr)
}

// TestReload changes the rules file under a program that runs: what is valid takes effect, what is not leaves everything as
// it is, and receivers are told.
func TestReload(t *testing.T) {
	r := newReloading(t)
	stop := r.start()
	r.soon("reported", "watching", "it runs")
	r.spoil()
	r.soon("fired", "rules-file", "operators are told that the file is not valid")
	require.Eventually(t, func() bool { return strings.Contains(r.stderr.String(), "surprise") }, time.Minute, 20*time.Millisecond, "and it is logged why")

	r.write(reloadRules + "  - {name: calm, when: events.today >= 0}\n")
	r.soon("resolved", "rules-file", "without a signal too, that it is valid again")
	r.soon("fired", "calm", "and the new rule is judged")
	stop()
}

// A program that was stopped while its rules file was not valid may be started with another one.
func TestTheComplaintAboutAnotherRulesFileEnds(t *testing.T) {
	r := newReloading(t)
	stop := r.start()
	r.soon("reported", "watching", "it runs")
	r.spoil()
	r.soon("fired", "rules-file", "operators are told that the file is not valid")
	stop()

	r.move(filepath.Join(t.TempDir(), "other.yaml"))
	stop = r.start()
	r.soon("resolved", "rules-file", "the file that is read now is valid")
	stop()
}
