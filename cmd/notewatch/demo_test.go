package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/demo"
	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/notify/notifytest"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

// demoFolder holds the database of the demo that tests share.
var demoFolder string

// A playedDemo is a demo that has ended.
type playedDemo struct {
	database       string // file; tests only read it
	stdout, stderr string
	bodies         []webhook.Body // that it posted to a webhook, in order
}

// playDemo returns the demo, which is played once for all tests.
func playDemo(t *testing.T) playedDemo {
	t.Helper()
	played, err := demoOnce()
	require.NoError(t, err)
	return played
}

var demoOnce = sync.OnceValues(func() (playedDemo, error) {
	hook := notifytest.NewWebhook()
	defer hook.Close()
	folder, err := os.MkdirTemp("", "demo")
	if err != nil {
		return playedDemo{}, err
	}
	demoFolder = folder
	d := playedDemo{database: filepath.Join(folder, "demo.db")}
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"demo", "--for", "1s", "--webhook", hook.URL, "--database", d.database}, &stdout, &stderr); code != 0 {
		return playedDemo{}, fmt.Errorf("exit code %d: %s", code, &stderr)
	}
	d.stdout, d.stderr = stdout.String(), stderr.String()
	for _, request := range hook.Requests() {
		var body webhook.Body
		if err := json.Unmarshal(request.Body, &body); err != nil {
			return playedDemo{}, err
		}
		d.bodies = append(d.bodies, body)
	}
	return d, nil
})

// useCopy makes a copy of the database and its rules file those of the settings, and returns the path of the copy.
func (d playedDemo) useCopy(t *testing.T) (database string) {
	t.Helper()
	database = filepath.Join(t.TempDir(), "demo.db")
	for _, suffix := range []string{"", ".rules.yaml"} {
		content, err := os.ReadFile(d.database + suffix)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(database+suffix, content, 0o600))
	}
	t.Setenv("NOTEWATCH_DATABASE", database)
	t.Setenv("NOTEWATCH_RULES", database+".rules.yaml")
	return database
}

// At the end of the demo the webhook's last word on every alert is what the database says, no version of an alert was sent
// twice, and nothing was sent that the database never said.
func TestDemoTellsTheTruth(t *testing.T) {
	played := playDemo(t)
	require.Empty(t, played.stderr)
	for _, word := range []string{"FIRING warning", "FIRING critical", "ESCALATED critical", "REMINDER", "RESOLVED", "PERIOD ENDED", "End of the demo"} {
		require.Contains(t, played.stdout, word)
	}
	usually := func(pattern string) string {
		found := regexp.MustCompile(pattern + `; usually (\S+)`).FindStringSubmatch(played.stdout)
		require.NotNil(t, found, pattern)
		return found[1]
	}
	require.Equal(t, usually("FIRING warning +asset-tracker-1 opened .* sessions today"), usually("QUIET warning +asset-tracker-1 opened .* on Sun 21 Jun"),
		"what is usual is of the day of the value")

	db, err := store.OpenReadOnly(t.Context(), played.database)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	last := map[string]webhook.Alert{}
	for _, body := range played.bodies {
		for _, a := range body.Data.Alerts {
			require.Equal(t, last[a.ID].Version+1, a.Version, "each version of %s comes once, in order", a.ID)
			last[a.ID] = a
		}
	}
	alerts, err := db.Alerts(t.Context(), store.AlertFilter{Limit: 1000})
	require.NoError(t, err)
	told := 0
	for _, a := range alerts {
		if a.Version == 0 {
			continue
		}
		told++
		require.Equal(t, a.Version, last[a.ID].Version)
		require.Equal(t, string(a.State), last[a.ID].State)
		require.Equal(t, a.Level.String(), last[a.ID].Level)
		require.Equal(t, string(a.Reason), last[a.ID].Reason)
		switch peak := last[a.ID].Peak; {
		case peak == nil:
			require.True(t, math.IsNaN(a.Peak))
		case a.State == rules.Firing:
			require.GreaterOrEqual(t, a.Peak, *peak, "it may have risen since")
		default:
			require.InDelta(t, a.Peak, *peak, 0)
		}
	}
	require.Len(t, last, told, "an alert was told that is not in the database")
}

// The demo leaves alone what is there: a database that somebody needs is not mixed with what never was.
func TestDemoLeavesDatabasesAlone(t *testing.T) {
	needed := filepath.Join(t.TempDir(), "notewatch.db")
	db, err := store.Open(t.Context(), needed)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	before, err := os.ReadFile(needed)
	require.NoError(t, err)

	var stdout, stderr bytes.Buffer
	require.Equal(t, exitFailure, run(t.Context(), []string{"demo", "--for", "1s", "--database", needed}, &stdout, &stderr))
	require.Empty(t, stdout.String())
	require.Contains(t, stderr.String(), "already exists and the demo needs a new file: choose another path, or delete it")
	after, err := os.ReadFile(needed)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// Nothing that is real goes on the database of a demo, where it is another time.
func TestDemoDatabaseIsNotWatchedOn(t *testing.T) {
	database, file := filepath.Join(t.TempDir(), "demo.db"), filepath.Join(t.TempDir(), "rules.yaml")
	db, err := store.Open(t.Context(), database)
	require.NoError(t, err)
	require.NoError(t, errors.Join(db.MarkDemo(t.Context(), demo.TwoWeeks().Start), db.Close()))
	require.NoError(t, os.WriteFile(file, []byte(alone), 0o600))
	t.Setenv("NOTEWATCH_NOTEHUB_TOKEN", "a-token")
	t.Setenv("NOTEWATCH_RULES", file)
	t.Setenv("NOTEWATCH_DATABASE", database)
	for _, line := range []string{"run", "once", "drill r", "redeliver a"} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitFailure, run(t.Context(), strings.Fields(line), &stdout, &stderr), line)
		require.Regexp(t, `the database ".*" was created by notewatch demo: set NOTEWATCH_DATABASE to another one\n`, stderr.String(), line)
		require.Empty(t, stdout.String())
	}
}

// Slack takes a message a second at most, and the simulated time does not wait for it: what is over before it can be shown is
// left out, and in the end the channel shows how things are.
func TestDemoOutrunsSlack(t *testing.T) {
	t.Parallel()
	slack := notifytest.NewSlack()
	t.Cleanup(slack.Close)
	slack.Fail(notifytest.RateLimited(""), notifytest.Status(503, ""), notifytest.Status(503, ""))
	database := filepath.Join(t.TempDir(), "demo.db")
	var stdout, stderr bytes.Buffer
	played := exec.CommandContext(t.Context(), "notewatch", "demo", "--for", "1s", "--slack", "C0123456789", "--database", database)
	played.Env = append(os.Environ(), "NOTEWATCH_SLACK_BOT_TOKEN=xoxb-test", "NOTEWATCH_SLACK_API_URL="+slack.URL)
	played.Stdout, played.Stderr = &stdout, &stderr
	require.NoError(t, played.Run(), &stderr)
	require.Regexp(t, `(?m)^slack( +\d+){8} +0$`, stdout.String(), "nothing waits to be shown")

	db, err := store.OpenReadOnly(t.Context(), database)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	stale, err := db.Outbox.Stale(t.Context(), "slack", 1)
	require.NoError(t, err)
	require.Empty(t, stale, "a figure is not the newest")
	deliveries := storetest.Deliveries(t, db, "slack")
	require.NotEmpty(t, deliveries)
	for _, d := range deliveries {
		require.Equal(t, d.Alert.Version, d.Have, d.Error)
	}
	require.Less(t, len(slack.Calls()), 14*24, "it is not told of every poll")
}
