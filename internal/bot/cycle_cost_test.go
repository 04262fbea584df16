package bot_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/metrics"
	"notewatch/internal/store/database"
	"notewatch/notehub"
)

// bench measures cycles, each after some preparation, and reports the medians.
func (c *cycle) bench(b *testing.B, prepare func(*cycle, *testing.B)) {
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // as `notewatch run` does
	reportMedians(b, func() map[string]float64 { return c.taken(b, prepare) })
}

// taken takes a cycle after some preparation, and returns what it costs, by unit.
func (c *cycle) taken(b *testing.B, prepare func(*cycle, *testing.B)) map[string]float64 {
	prepare(c, b)
	c.next(b)
	return c.measure(b)
}

// reportMedians measures again and again, and reports the medians, by unit.
func reportMedians(b *testing.B, measure func() map[string]float64) {
	costs := map[string][]float64{}
	for b.Loop() {
		for unit, cost := range measure() {
			costs[unit] = append(costs[unit], cost)
		}
	}
	for unit, all := range costs {
		b.ReportMetric(median(all), unit)
	}
	b.ReportMetric(0, "ns/op") // it would count the preparation
}

// measure returns what a turn costs, by unit.
func (c *cycle) measure(b *testing.B) map[string]float64 {
	debug.FreeOSMemory()
	resetPeak(b)
	before, wrote, worked := c.tally(b), written(b), cpu(b)
	c.fetched.begin()
	c.polls.begin()
	began := time.Now()
	c.turn(b)
	ended := time.Now()
	addresses := c.fetched.end()
	peak, wrote, worked := peak(b), written(b)-wrote, cpu(b)-worked
	c.check(b)
	after := c.tally(b)
	decode := c.decode(b, addresses)
	took := ended.Sub(began)
	costs := map[string]float64{
		"cycle-s":    took.Seconds(),
		"cpu-s":      worked.Seconds(),
		"decode-s":   decode.Seconds(),
		"x-decode":   float64(took) / float64(decode),
		"requests":   float64(after.Requests - before.Requests),
		"read-MB":    float64(after.Bytes-before.Bytes) / 1e6,
		"written-MB": float64(wrote-(after.PostBytes-before.PostBytes)) / 1e6,
		"db-MB":      float64(c.size(b)) / 1e6,
		"peak-MB":    float64(peak) / 1e6,
	}
	steps := maps.Clone(c.polls.steps)
	steps["send"] = ended.Sub(c.polls.last)
	rest := took
	for _, step := range steps {
		rest -= step
	}
	steps["rest"] = rest
	for name, step := range steps {
		costs[name+"-s"], costs[name+"-%"] = step.Seconds(), 100*step.Seconds()/took.Seconds()
	}
	return costs
}

// size returns the bytes of the database.
func (c *cycle) size(b *testing.B) (size int64) {
	if database.IsURL(c.database) {
		query := "SELECT pg_database_size(current_database())"
		require.NoError(b, rawDatabase(b, c.database).QueryRowContext(b.Context(), query).Scan(&size))
		return size
	}
	for _, suffix := range databaseFiles {
		info, err := os.Stat(c.database + suffix)
		require.NoError(b, err)
		size += info.Size()
	}
	return size
}

// decode returns how long it takes to decode the answers to the same requests again.
func (c *cycle) decode(b *testing.B, addresses []*url.URL) time.Duration {
	began := time.Now()
	for _, u := range addresses {
		path := strings.SplitN(u.Path, "/", 5) // "", v1, projects, UID, endpoint
		require.NoError(b, decodeAlone(b.Context(), c.client, path[3], path[4], u.Query()))
	}
	return time.Since(began)
}

// decodeAlone makes a request and throws away the rows of its answer.
func decodeAlone(ctx context.Context, client *notehub.Client, project, endpoint string, query url.Values) (err error) {
	number := func(name string) int {
		n, _ := strconv.Atoi(query.Get(name)) // 0 if it is not there
		return n
	}
	q := notehub.UsageQuery{
		Start: time.Unix(int64(number("startDate")), 0), Limit: number("limit"), Aggregate: notehub.Aggregate(query.Get("aggregate")),
		Devices: query["deviceUID"], Fleets: query["fleetUID"],
	}
	if query.Has("endDate") {
		q.End = time.Unix(int64(number("endDate")), 0)
	}
	switch endpoint {
	case "usage/events":
		events := notehub.EventsQuery{UsageQuery: q, IncludeNotefiles: query.Has("includeNotefiles")}
		_, err = client.EventsUsage(ctx, project, events, func(notehub.EventsRow) error { return nil })
	case "usage/sessions":
		_, err = client.SessionsUsage(ctx, project, notehub.SessionsQuery{UsageQuery: q}, func(notehub.SessionsRow) error { return nil })
	case "usage/data":
		_, err = client.DataUsage(ctx, project, q, func(notehub.DataRow) error { return nil })
	case "devices":
		_, err = client.Devices(ctx, project, number("pageNum"), number("pageSize"), func(notehub.Device) error { return nil })
	case "fleets":
		err = client.Fleets(ctx, project, func(notehub.Fleet) error { return nil })
	default:
		err = fmt.Errorf("unknown endpoint %q", endpoint)
	}
	return err
}

// A fetchLog is a transport that notes requests.
type fetchLog struct {
	mu        sync.Mutex
	addresses []*url.URL
}

func (f *fetchLog) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.addresses = nil
}

func (f *fetchLog) end() (addresses []*url.URL) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.addresses
}

// RoundTrip implements http.RoundTripper.
func (f *fetchLog) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.addresses = append(f.addresses, r.URL)
	f.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

// A pollLog is a log that notes how long the steps of polls took, and when the last poll ended.
type pollLog struct {
	slog.Handler
	steps map[string]time.Duration // of all polls together
	last  time.Time
}

func newPollLog() *pollLog {
	return &pollLog{slog.DiscardHandler, map[string]time.Duration{}, time.Time{}}
}

func (p *pollLog) begin() { clear(p.steps) }

// Enabled implements slog.Handler.
func (*pollLog) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (p *pollLog) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "polled" {
		return nil
	}
	p.last = time.Now()
	r.Attrs(func(a slog.Attr) bool {
		if slices.Contains(metrics.Steps(), metrics.Step(a.Key)) {
			p.steps[a.Key] += a.Value.Duration()
		}
		return true
	})
	return nil
}

// resetPeak makes the kernel forget how much memory the process had resident.
func resetPeak(b *testing.B) {
	require.NoError(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0))
}

// peak returns the most bytes that the process had resident since resetPeak.
func peak(b *testing.B) int64 { return 1024 * processFigure(b, "/proc/self/status", "VmHWM:") }

// cpu returns the processor time that the process has used.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// written returns the bytes that the process has written, to files and connections.
func written(b *testing.B) int64 { return processFigure(b, "/proc/self/io", "wchar:") }

func processFigure(b *testing.B, path, name string) int64 {
	text, err := os.ReadFile(path)
	require.NoError(b, err)
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) > 1 && string(fields[0]) == name {
			n, err := strconv.ParseInt(string(fields[1]), 10, 64)
			require.NoError(b, err)
			return n
		}
	}
	b.Fatalf("%s has no %s", path, name)
	return 0
}
