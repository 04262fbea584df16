package bot_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
)

// BenchmarkRun measures notewatch run from outside: the program is built, and runs as a process of its own against the Notehub and the
// webhook of BenchmarkCycle. Its clock is that of the machine. Each part is done once, in this order:
//
//	first  from the start of the process until the first poll is done, which reads the device list and 35 days
//	cycle  a poll that fires nothing, the slowest of three
//	some   all ten rules begin to fire for 1 % of the devices: from the begin of the poll until the last message has arrived
//	storm  they begin to fire for 10,000 more devices
//	open   a poll while these alerts are open, the slowest of three
//
// It reports of each part the seconds, the seconds of processor time that the process used, of all cores, and the most memory that it had
// resident. Processor time includes what follows a poll, such as messages, and for three polls it is that of all.
func BenchmarkRun(b *testing.B) {
	for size := range strings.SplitSeq(*cycleSizes, ",") {
		devices, err := strconv.Atoi(size)
		require.NoError(b, err)
		b.Run(size, func(b *testing.B) {
			for b.Loop() {
				r := startRun(b, devices)
				r.report(b, "first", r.poll(b, r.began))
				r.slowest(b, "cycle")
				r.c.order.Firing = devices / 100
				r.report(b, "some", r.fire(b))
				r.c.order.Firing = min(devices, r.c.order.Firing+cycleStorm)
				r.report(b, "storm", r.fire(b))
				r.slowest(b, "open")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// A running is a process of notewatch run, its Notehub and its receiver.
type running struct {
	c     *cycle
	db    *store.Store // the database, beside the process
	pid   int
	lines *bufio.Scanner // of its log
	began time.Time
	cpu   time.Duration // that the process had used when the part began
}

// startRun builds notewatch and starts it on an empty database.
func startRun(b *testing.B, devices int) *running {
	r := &running{c: newCycle(b, devices)}
	folder := b.TempDir()
	program := filepath.Join(folder, "notewatch")
	require.NoError(b, exec.CommandContext(b.Context(), "go", "build", "-o", program, "notewatch/cmd/notewatch").Run())
	file := filepath.Join(folder, "rules.yaml")
	require.NoError(b, os.WriteFile(file, []byte(r.c.rulesFile()), 0o600))
	r.order(b)
	command := exec.CommandContext(context.WithoutCancel(b.Context()), program, "run") // which is stopped below
	command.Env = append(os.Environ(), "NOTEWATCH_RULES="+file, "NOTEWATCH_DATABASE="+r.c.database, "NOTEWATCH_LISTEN=127.0.0.1:0",
		"NOTEWATCH_NOTEHUB_URL="+r.c.hub, "NOTEWATCH_NOTEHUB_TOKEN="+cycleToken, "NOTEWATCH_LOG_FORMAT=json")
	log, err := command.StderrPipe()
	require.NoError(b, err)
	r.lines, r.began = bufio.NewScanner(log), time.Now()
	require.NoError(b, command.Start())
	r.pid = command.Process.Pid
	b.Cleanup(func() {
		require.NoError(b, command.Process.Signal(os.Interrupt))
		_, _ = io.Copy(io.Discard, log)
		require.NoError(b, command.Wait())
	})
	return r
}

// rulesFile returns the text of a rules file with what the cycle watches.
func (c *cycle) rulesFile() string {
	var text strings.Builder
	fmt.Fprintf(&text, "accounts: [{name: acme, token: '${NOTEWATCH_NOTEHUB_TOKEN}', requests_per_minute: 600}]\nprojects:\n")
	for _, p := range c.config.Bot.Projects {
		fmt.Fprintf(&text, "  - {uid: '%s', name: %s, account: acme}\n", p.UID, p.Name)
	}
	fmt.Fprintf(&text, "receivers: [{name: ops, webhook: {url: '%s/hook', allow_private: true}}]\nrules:\n", c.hub)
	for _, name := range slices.Sorted(maps.Keys(cycleConditions)) {
		fmt.Fprintf(&text, "  - {name: %s, each: device, when: '%s'}\n", name, cycleConditions[name])
	}
	return text.String()
}

// order has every device use more.
func (r *running) order(b *testing.B) {
	r.c.order.Step++
	r.c.order.Now = time.Now().Unix()
	body, err := json.Marshal(r.c.order)
	require.NoError(b, err)
	r.c.ask(b, "/order", body)
}

// poll waits until every project has been polled, and returns how long that took from an instant; from the begin of the first poll if it is
// zero.
func (r *running) poll(b *testing.B, from time.Time) time.Duration {
	var line struct {
		Time    time.Time     `json:"time"`
		Message string        `json:"msg"`
		Took    time.Duration `json:"took"`
	}
	for polled := 0; polled < r.c.projects; {
		require.True(b, r.lines.Scan(), "the process has ended")
		require.NoError(b, json.Unmarshal(r.lines.Bytes(), &line), r.lines.Text())
		if line.Message != "polled" {
			continue
		}
		if polled++; from.IsZero() {
			from = line.Time.Add(-line.Took)
		}
	}
	return line.Time.Sub(from)
}

// again makes every device use more and every project due.
func (r *running) again(b *testing.B) {
	if r.db == nil {
		var err error
		r.db, err = store.Open(b.Context(), r.c.database)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, r.db.Close()) })
	}
	r.order(b)
	for _, p := range r.c.config.Bot.Projects {
		require.NoError(b, r.db.Work.MakeDue(b.Context(), work.Poll, p.UID, time.Now()))
	}
}

// slowest reports the slowest of three polls.
func (r *running) slowest(b *testing.B, part string) {
	var most time.Duration
	for range 3 {
		r.again(b)
		most = max(most, r.poll(b, time.Time{}))
	}
	r.report(b, part, most)
}

// fire polls and returns the time until the last message has arrived.
func (r *running) fire(b *testing.B) time.Duration {
	r.again(b)
	before := r.c.tally(b)
	took := r.poll(b, time.Time{})
	began := time.Now().Add(-took)
	require.Eventually(b, func() bool {
		waiting, _, err := r.db.Outbox.Unshown(b.Context(), "ops")
		return err == nil && waiting == 0
	}, time.Minute, 50*time.Millisecond)
	after := r.c.tally(b)
	require.Greater(b, after.Posts, before.Posts)
	return after.LastPost.Sub(began)
}

// report reports what a part took.
func (r *running) report(b *testing.B, part string, took time.Duration) {
	b.ReportMetric(took.Seconds(), part+"-s")
	peak := 1024 * processFigure(b, fmt.Sprintf("/proc/%d/status", r.pid), "VmHWM:")
	b.ReportMetric(float64(peak)/1e6, part+"-MB")
	require.NoError(b, os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", r.pid), []byte("5"), 0))
	used := r.used(b)
	b.ReportMetric((used - r.cpu).Seconds(), part+"-cpu-s")
	r.cpu = used
}

// used returns the processor time that the process has used.
func (r *running) used(b *testing.B) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.pid))
	require.NoError(b, err)
	_, rest, _ := strings.Cut(string(text), ") ")
	fields, ticks := strings.Fields(rest), 0
	for _, i := range []int{11, 12} { // utime and stime, counted from the state on
		n, err := strconv.Atoi(fields[i])
		require.NoError(b, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100
}
