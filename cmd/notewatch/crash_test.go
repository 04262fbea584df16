package main

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/notehub/notehubtest"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
	"notewatch/rules"
	"notewatch/rules/muting"
)

var long = flag.Bool("long", false, "kill notewatch more often")

var crashSeed = flag.Uint64("seed", 0, "when TestCrash kills notewatch, to be repeated as nearly as the machine allows; 0 is another each time")

// crashed returns how often TestCrash kills notewatch: often enough for a life of each kind, and more in the long form.
func crashed() int {
	if *long {
		return 20
	}
	return 8
}

// TestCrash builds notewatch, runs it in real time and kills it again and again in its first seconds, by SIGKILL. Each life
// has news to tell: the limit of a rule is another, a rule is new, somebody has silenced all or ended that. The last life
// is left alone until nothing waits. Then Slack and a webhook show what the database says.
func TestCrash(t *testing.T) {
	t.Parallel()
	crashes := crashed()
	seed := cmp.Or(*crashSeed, uint64(time.Now().UnixNano()%1e9))
	t.Logf("repeat with -seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	c := newCrash(t)
	for life := range crashes {
		c.change(life)
		c.start()
		c.await(life, 50*time.Millisecond+time.Duration(random.Int64N(int64(1500*time.Millisecond))))
		require.NoError(t, c.process.Process.Kill())
		err := c.process.Wait()
		exit, ok := errors.AsType[*exec.ExitError](err)
		require.True(t, ok && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL, "%v: %s", err, &c.log)
		c.expire()
	}
	c.change(crashes)
	c.start()
	require.Eventually(t, c.settled, time.Minute, 50*time.Millisecond, "something still waits: %s", &c.log)
	require.NoError(t, c.process.Process.Signal(syscall.SIGTERM))
	require.NoError(t, c.process.Wait(), c.log.String())
	c.requireTruth()
}

// expire has the leases of a process that died run out at once where the next process would wait for that, up to a minute.
func (c *crash) expire() {
	c.t.Helper()
	if !storetest.OnPostgres() {
		return
	}
	db, err := sql.Open("pgx", c.database)
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, db.Close()) }()
	var begun bool
	require.NoError(c.t, db.QueryRowContext(c.t.Context(), "SELECT to_regclass('work') IS NOT NULL").Scan(&begun))
	if begun {
		_, err = db.ExecContext(c.t.Context(), "UPDATE work SET leased_until = leased_until - $1", work.LeaseTime.Milliseconds())
		require.NoError(c.t, err)
	}
}

// A crash is a notewatch that is killed, and the world around it.
type crash struct {
	t        *testing.T
	folder   string
	binary   string
	database string // place
	hub      string
	slack    *notifytest.Slack
	hook     *notifytest.Webhook
	process  *exec.Cmd
	log      bytes.Buffer // of all lives
}

func newCrash(t *testing.T) *crash {
	t.Helper()
	c := &crash{t: t, folder: t.TempDir(), slack: notifytest.NewSlack(), hook: notifytest.NewWebhook()}
	t.Cleanup(c.slack.Close)
	t.Cleanup(c.hook.Close)
	c.binary, c.database = c.path("notewatch"), c.path("notewatch.db")
	if storetest.OnPostgres() {
		c.database = postgrestest.New(t)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", c.binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))

	now := time.Now()
	devices := notehubtest.Fleet(1, 20, now.AddDate(-1, 0, 0), []notehubtest.Share{{Archetype: notehubtest.HourlySensor, Weight: 1}})
	outage := notehubtest.Incident{Kind: notehubtest.Silence, Start: now.AddDate(0, 0, -3)}
	for _, d := range devices[:12] {
		outage.Devices = append(outage.Devices, d.UID)
	}
	hub := notehubtest.New(notehubtest.Config{
		Now: time.Now, Token: "a-token", Seed: 1,
		Projects: []notehubtest.Project{{UID: "app:1", Name: "one", Devices: devices, Incidents: []notehubtest.Incident{outage}}},
	})
	var stop func()
	c.hub, stop, err = hub.Start()
	require.NoError(t, err)
	t.Cleanup(stop)
	return c
}

func (c *crash) path(name string) string { return filepath.Join(c.folder, name) }

// change makes news for a life: the rules file, and what somebody does with the database meanwhile.
func (c *crash) change(life int) {
	c.t.Helper()
	rules := fmt.Sprintf(`
projects: [{uid: 'app:1', name: one}]
receivers:
  - {name: team, slack: {channel: C1}}
  - {name: hook, webhook: {url: %q, secret: 0123456789abcdef0123456789abcdef, allow_private: true}}
rules:
  - {name: silent, limit: %d, when: device.silent_hours > limit, show: device.silent_hours}
  - {name: fleet, each: project, limit: %d, when: project.silent > limit / 10, show: project.silent}
`, c.hook.URL, 10+life, 10+life)
	if part := life / 5; part > 0 {
		rules += fmt.Sprintf("  - {name: part-%d, each: project, limit: %d, when: project.silent > limit / 10, show: project.silent}\n", part, 10+life)
	}
	require.NoError(c.t, os.WriteFile(c.path("rules.yaml"), []byte(rules), 0o600))
	if life%3 == 0 {
		return
	}
	db, err := store.OpenToMigrate(c.t.Context(), c.database) // a life may have ended before it had made the tables
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, db.Close()) }()
	if life%3 == 1 {
		require.NoError(c.t, db.AddSilence(c.t.Context(), silenceOf(life), time.Now()))
		return
	}
	_, err = db.EndSilence(c.t.Context(), silenceOf(life-1).ID, "ops", time.Now())
	require.NoError(c.t, err)
}

func silenceOf(life int) muting.Silence {
	now := time.Now()
	return muting.Silence{ID: fmt.Sprintf("s%d", life), Start: now, End: now.Add(time.Hour), By: "ops", Because: "maintenance"}
}

func (c *crash) start() {
	c.t.Helper()
	c.process = exec.CommandContext(c.t.Context(), c.binary, "run")
	c.process.Dir, c.process.Stderr = c.folder, &c.log
	c.process.Env = append(os.Environ(), "NOTEWATCH_DATABASE="+c.database, "NOTEWATCH_NOTEHUB_URL="+c.hub, "NOTEWATCH_NOTEHUB_TOKEN=a-token",
		"NOTEWATCH_LISTEN=127.0.0.1:0", "NOTEWATCH_SLACK_BOT_TOKEN=xoxb-token", "NOTEWATCH_SLACK_API_URL="+c.slack.URL)
	require.NoError(c.t, c.process.Start())
}

// await returns after a while. Every other life it returns before, as soon as the webhook or Slack is told anything.
func (c *crash) await(life int, while time.Duration) {
	calls := func() int { return -1 }
	switch life % 4 {
	case 1:
		calls = func() int { return len(c.hook.Requests()) }
	case 3:
		calls = func() int { return len(c.slack.Calls()) }
	}
	before, over := calls(), time.NewTimer(while)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for calls() == before {
		select {
		case <-over.C:
			return
		case <-tick.C:
		}
	}
}

// settled reports whether the last rules are judged and nothing waits to be told.
func (c *crash) settled() bool {
	db, err := store.OpenReadOnly(context.Background(), c.database)
	if err != nil {
		return false
	}
	defer func() { _ = db.Close() }()
	alerts, err := db.Alerts(context.Background(), store.AlertFilter{Match: muting.Match{Rule: "silent"}, Open: true})
	if err != nil || len(alerts) == 0 || alerts[0].Limit != float64(10+crashed()) {
		return false
	}
	standing, err := db.Standing(context.Background(), time.Now())
	waiting := func(name string) bool {
		count := standing.Queues[name].Count
		return count[delivery.Waiting]+count[delivery.GivenUp] > 0
	}
	return err == nil && !waiting("team") && !waiting("hook")
}

// requireTruth checks what both receivers show.
func (c *crash) requireTruth() {
	c.t.Helper()
	db, err := store.OpenReadOnly(c.t.Context(), c.database)
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, db.Close()) }()
	attempts, err := db.Outbox.Attempts(c.t.Context(), "")
	require.NoError(c.t, err)
	cut := map[string]int{}
	for _, a := range attempts {
		if a.Status == outbox.CutOff {
			cut[a.Receiver]++
		}
	}
	c.requireTold(db, cut["hook"])
	orphans := c.requireShown(db, cut["team"])
	c.t.Logf("%d kills; %d attempts on Slack and %d on the webhook were cut off, which left %d messages behind", crashed(), cut["team"], cut["hook"], orphans)
}

// requireTold checks that the webhook was told what was so, newer after older, the newest at last, and nothing again but
// what was cut off.
func (c *crash) requireTold(db *store.Store, cut int) {
	t := c.t
	t.Helper()
	last, keys, repeats := map[string]webhook.Alert{}, map[string]int{}, 0
	for _, request := range c.hook.Requests() {
		var body webhook.Body
		require.NoError(t, json.Unmarshal(request.Body, &body))
		if keys[body.Data.Key]++; keys[body.Data.Key] > 1 {
			repeats++
		}
		for _, a := range body.Data.Alerts {
			require.GreaterOrEqual(t, a.Version, last[a.ID].Version)
			last[a.ID] = a
			history, err := db.Transitions(t.Context(), a.ID)
			require.NoError(t, err)
			so := func(b store.Transition) bool {
				return b.Version == a.Version && string(b.State) == a.State && string(b.Reason) == a.Reason
			}
			require.True(t, slices.ContainsFunc(history, so), "%+v was never so", a)
		}
	}
	require.LessOrEqual(t, repeats, cut, "told again, though it was recorded")
	alerts, err := db.Alerts(t.Context(), store.AlertFilter{})
	require.NoError(t, err)
	firing := 0
	for _, a := range alerts {
		require.Equal(t, a.Version, last[a.ID].Version, "alert %s of %s", a.ID, a.Rule)
		require.Equal(t, string(a.State), last[a.ID].State)
		if a.State == rules.Firing {
			firing++
			require.InDelta(t, a.Limit, *last[a.ID].Limit, 0)
		}
	}
	require.Equal(t, 14, firing, "12 devices, the fleet and the newest part of the rules")
	require.Len(t, last, len(alerts), "told, but not in the database")
}

// requireShown checks that the channel shows each message as the database has it. It returns how many stand there beside
// them, which are no more than attempts were cut off.
func (c *crash) requireShown(db *store.Store, cut int) (orphans int) {
	t := c.t
	t.Helper()
	there := map[string]string{}
	for _, m := range c.slack.Messages("C1") {
		there[m.TS] = m.Text
	}
	deliveries := storetest.Deliveries(t, db, "team")
	shown := map[string]bool{}
	for _, d := range deliveries {
		require.Equal(t, d.Alert.Version, d.Have, "alert %s of %s", d.Alert.ID, d.Alert.Rule)
		if d.Message == "" || shown[d.Message] {
			require.True(t, d.Message != "" || d.Detail != "", "alert %s of %s", d.Alert.ID, d.Alert.Rule)
			continue
		}
		shown[d.Message] = true
		message, _, err := db.Outbox.Members(t.Context(), d.Message)
		require.NoError(t, err)
		var at struct{ TS string }
		require.NoError(t, json.Unmarshal([]byte(message.Ref), &at))
		text, ok := there[at.TS]
		require.True(t, ok, "message %s is not there", d.Message)
		word, _, _ := strings.Cut(text, ":")
		over := strings.HasSuffix(word, "WITHDRAWN") || word == "REPORT"
		require.Equal(t, d.Alert.State != rules.Firing, over, text)
		if !over {
			require.Contains(t, text, fmt.Sprint(10+crashed()), "the newest limit")
			require.NotContains(t, text, "muted")
		}
		delete(there, at.TS)
	}
	require.LessOrEqual(t, len(there), cut)
	return len(there)
}
