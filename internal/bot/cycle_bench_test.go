package bot_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/secret"
	"notewatch/internal/store"
	"notewatch/internal/watch"
	"notewatch/notehub"
	"notewatch/notify/webhook"
	"notewatch/rules"
)

var cycleSizes = flag.String("devices", "1000,10000", "how many devices BenchmarkCycle polls; more than 100,000 are projects of 100,000")

// cycleHubSize is the variable that makes the test binary a cycleHub.
const cycleHubSize = "CYCLE_HUB_SIZE"

// BenchmarkCycle takes the whole line over loopback HTTP: answers of Notehub are fetched, merged with 35 days of history
// in a SQLite file and evaluated by ten rules for each device, and what changes is committed and sent to a webhook. What
// every device has used today changes between two cycles. Its parts:
//
//	first    the first start: the device list and 35 days are read
//	steady   a cycle that fires nothing
//	late     a cycle in which yesterday's bytes change too, as carriers report late
//	list     a cycle that reads the device list too
//	storm    all ten rules begin to fire for up to 10,000 devices of each project, and every alert is sent
//	open     a cycle while these alerts are open
//
// It reports medians over the cycles, in units that docs/performance.md explains.
func BenchmarkCycle(b *testing.B) {
	for size := range strings.SplitSeq(*cycleSizes, ",") {
		devices, err := strconv.Atoi(size)
		require.NoError(b, err)
		b.Run(size, func(b *testing.B) {
			c := newCycle(b, devices)
			for _, part := range cycleParts {
				b.Run(part.name, func(b *testing.B) { c.bench(b, part.prepare) })
			}
		})
	}
}

// cycleParts are the parts of BenchmarkCycle, with what comes before each of their cycles.
var cycleParts = []struct {
	name    string
	prepare func(c *cycle, b *testing.B)
}{
	{"first", (*cycle).open},
	{"steady", func(c *cycle, b *testing.B) { c.ready(b, 0) }},
	{"late", func(c *cycle, b *testing.B) {
		c.ready(b, 0)
		c.order.Late++
	}},
	{"list", func(c *cycle, b *testing.B) {
		c.ready(b, 0)
		c.pass(time.Hour)
	}},
	{"storm", func(c *cycle, b *testing.B) {
		c.ready(b, 0)
		c.order.Firing = cycleStorm
	}},
	{"open", func(c *cycle, b *testing.B) { c.ready(b, cycleStorm) }},
}

const (
	cycleProjectSize = 100_000 // devices, at most
	cycleStorm       = 10_000  // devices of a project that begin to fire
)

// cycleConditions are the conditions of ten rules for each device, by name. They read bytes, events and sessions in a calendar month.
var cycleConditions = map[string]string{
	"data-budget":     "bytes.used > mb(50)",
	"event-budget":    "events.used > 5000",
	"session-budget":  "sessions.used > 3000",
	"data-spike":      "bytes.today > mb(2) && bytes.today > 4 * (bytes.median ?? 0)",
	"event-spike":     "events.today > 500 && events.today > 5 * events.median",
	"chatty-sessions": "sessions.today > 100 && sessions.today > 2 * (sessions.median ?? 0)",
	"data-week":       "bytes.d7 + bytes.today > mb(20)",
	"event-pace":      "events.today > 10 * max(events.d30 / 30, 10)",
	"data-growth":     "bytes.today > mb(1) && bytes.today > 8 * bytes.yesterday",
	"heavy-sessions":  "sessions.today > 100 && bytes.today / sessions.today > kb(15)",
}

// A cycle is a bot of many devices, its Notehub and its receiver.
type cycle struct {
	hub      string // address
	asking   *http.Client
	order    cycleOrder
	projects int
	devices  int // of each project
	client   *notehub.Client
	fetched  *fetchLog
	polls    *pollLog
	empty    func() string // returns the place of an empty database
	database string        // place of the one in use
	config   watch.Config
	watch    *watch.Watch
	bot      *bot.Bot
	close    func()
	mu       sync.Mutex
	now      time.Time // domain
}

// newCycle starts a Notehub of n devices.
func newCycle(b *testing.B, n int) *cycle {
	projects := max(1, n/cycleProjectSize)
	return newCycleOf(b, projects, n/projects)
}

// newCycleOf starts a Notehub of projects that have so many devices each. All are of one account.
func newCycleOf(b *testing.B, projects, devices int) *cycle {
	c := &cycle{
		projects: projects, devices: devices, fetched: &fetchLog{}, polls: newPollLog(), asking: &http.Client{Timeout: time.Minute},
		database: filepath.Join(b.TempDir(), "notewatch.db"), close: func() {},
	}
	c.empty = func() string {
		for _, suffix := range databaseFiles {
			_ = os.Remove(c.database + suffix)
		}
		return c.database
	}
	command := exec.CommandContext(b.Context(), os.Args[0])
	command.Env = append(os.Environ(), fmt.Sprintf("%s=%dx%d", cycleHubSize, c.projects, c.devices))
	command.Stderr = os.Stderr
	stop, err := command.StdinPipe()
	require.NoError(b, err)
	output, err := command.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, command.Start())
	b.Cleanup(func() {
		c.close()
		_ = stop.Close()
		_ = command.Wait()
	})
	address, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(b, err)
	c.hub = strings.TrimSpace(address)
	c.client, err = notehub.New(notehub.Config{BaseURL: c.hub, Token: secret.New(cycleToken), HTTP: &http.Client{Transport: c.fetched}})
	require.NoError(b, err)
	c.config.Receivers = []deliver.Receiver{c.receiver(b, "ops")}
	c.config.Bot = bot.Config{
		Accounts: []bot.Account{{Name: "acme", Client: c.client, PerMinute: 600}},
		Rules:    compiled(b, cycleConditions),
		Clock:    bot.Clock{Now: c.clock, Timer: c.timer},
		Machine:  time.Now,
		Log:      slog.New(c.polls),
	}
	for i := range c.projects {
		c.config.Bot.Projects = append(c.config.Bot.Projects, bot.Project{UID: cycleProject(i), Name: fmt.Sprintf("project-%d", i), Account: "acme"})
	}
	return c
}

// receiver returns a webhook that the hub answers.
func (c *cycle) receiver(b *testing.B, name string) deliver.Receiver {
	hook, err := webhook.New(webhook.Config{Name: name, URL: secret.New(c.hub + "/hook"), AllowPrivate: true})
	require.NoError(b, err)
	return deliver.Receiver{Name: name, Batch: deliver.MaxBatch, Receiver: hook}
}

func (c *cycle) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// timer lets time pass at once: waiting for the request budget is no part of what is measured.
func (c *cycle) timer(until time.Time) *time.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.now) {
		c.now = until
	}
	return time.NewTimer(0)
}

func (c *cycle) pass(d time.Duration) { c.timer(c.clock().Add(d)) }

// cycleStart is late in a month, so that rules look back on most of it, and early enough on a day for many cycles.
var cycleStart = time.Date(2026, 5, 28, 13, 0, 0, 0, time.UTC)

// databaseFiles are the ends of the names of the files of a database.
var databaseFiles = []string{"", "-wal", "-shm"}

// open begins with an empty database.
func (c *cycle) open(b *testing.B) {
	c.close()
	c.database = c.empty()
	db, err := store.Open(b.Context(), c.database)
	require.NoError(b, err)
	c.close = func() { require.NoError(b, db.Close()) }
	c.now, c.order, c.config.Bot.Store = cycleStart, cycleOrder{}, db
	c.watch, err = watch.New(b.Context(), c.config)
	require.NoError(b, err)
	c.bot = c.watch.Bot
}

// ready leaves a database in which all is read, and alerts of so many devices are open. Cycles of a day are enough.
func (c *cycle) ready(b *testing.B, firing int) {
	if c.config.Bot.Store != nil && c.order.Firing == firing && c.clock().Hour() < 20 {
		return
	}
	c.open(b)
	c.next(b)
	c.turn(b)
	if firing > 0 {
		c.order.Firing = firing
		c.next(b)
		c.turn(b)
	}
}

// next lets time pass in which every device uses more, and makes every project due. It is little time, for the device list is read
// every hour.
func (c *cycle) next(b *testing.B) {
	c.pass(time.Minute)
	c.order.Step++
	c.order.Now = c.clock().Unix()
	body, err := json.Marshal(c.order)
	require.NoError(b, err)
	c.ask(b, "/order", body)
	require.NoError(b, c.bot.Schedule().PollNow(b.Context()))
}

// ask returns what the hub answers to a question of the benchmark.
func (c *cycle) ask(b *testing.B, path string, body []byte) []byte {
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPut, c.hub+path, bytes.NewReader(body))
	require.NoError(b, err)
	response, err := c.asking.Do(request)
	require.NoError(b, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(b, err)
	require.NoError(b, response.Body.Close())
	return answer
}

func (c *cycle) tally(b *testing.B) (t cycleTally) {
	require.NoError(b, json.Unmarshal(c.ask(b, "/tally", nil), &t))
	return t
}

// turn polls every project and sends all that follows.
func (c *cycle) turn(b *testing.B) {
	for next := c.clock(); !next.IsZero() && !next.After(c.clock()); {
		var err error
		next, err = c.watch.Turn(b.Context())
		require.NoError(b, err)
	}
}

// check checks that a turn did all that there was to do.
func (c *cycle) check(b *testing.B) {
	for _, p := range c.config.Bot.Projects {
		state, err := c.config.Bot.Store.Project(b.Context(), p.UID)
		require.NoError(b, err)
		require.Empty(b, state.Failure)
		require.GreaterOrEqual(b, state.PolledAt.Unix(), c.order.Now)
	}
	for _, r := range c.config.Receivers {
		waiting, err := c.config.Bot.Store.Outbox.Undelivered(b.Context(), r.Name)
		require.NoError(b, err)
		require.Empty(b, waiting)
	}
	standing, err := c.config.Bot.Store.Standing(b.Context(), c.clock())
	require.NoError(b, err)
	require.Equal(b, len(c.config.Bot.Projects)*len(c.config.Bot.Rules)*min(c.order.Firing, c.devices), standing.Firing[rules.Warning])
}
