package backtest_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/backtest"
	"notewatch/internal/config"
	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/rules"
	"notewatch/rules/catalogue"
)

var (
	benchDays    = flag.Int("days", 60, "days of BenchmarkBacktest; 30 days too, to compare the memory")
	benchDevices = flag.Int("devices", 200, "devices of BenchmarkBacktest")
)

// BenchmarkBacktest tests the rules of the catalogue on days of a fleet, and on 30 of them. It reports the peak memory of the process, and
// how the time compares with that of the evaluations alone: each rule that is shown, for each device, as often as the backtest evaluates it.
func BenchmarkBacktest(b *testing.B) {
	end := start.AddDate(0, 0, 1)
	var names strings.Builder
	for _, name := range catalogue.Names() {
		fmt.Fprintf(&names, "  - catalogue/%s\n", name)
	}
	text := "projects: [{uid: 'app:1', name: cold-chain}]\nreceivers: [{name: team, terminal: {}}]\nprices: {currency: USD, event: 0.00075, free_events: 5000}\ninclude:\n" + names.String()
	file, err := config.Parse("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
	require.NoError(b, err)
	db := pastOf(b, file, rules.DayOf(end), *benchDays+70, *benchDevices)
	for _, days := range []int{min(30, *benchDays), *benchDays} {
		b.Run(fmt.Sprintf("%d-days", days), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				debug.FreeOSMemory()
				require.NoError(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)) // forgets the peak
				b.StartTimer()
				began := time.Now()
				r, err := backtest.Run(b.Context(), db, file, backtest.Query{Days: days, Now: end})
				require.NoError(b, err)
				took := time.Since(began)
				alone := evaluateAlone(file, r, days, *benchDevices)
				b.ReportMetric(float64(peakMemory(b))/1e6, "peak-MB")
				b.ReportMetric(float64(took.Microseconds())/1000/float64(days), "ms/day")
				b.ReportMetric(alone.Seconds(), "evaluations-s")
				b.ReportMetric(took.Seconds()/alone.Seconds(), "x-evaluations")
				b.ReportMetric(float64(len(file.Rules)-len(r.LeftOut)), "rules")
				b.ReportMetric(float64(len(r.Alerts)), "alerts")
			}
		})
	}
}

// pastOf returns a database with the figures that rules read of devices, up to yesterday.
func pastOf(b *testing.B, file *config.File, today rules.Day, days, devices int) *store.Store {
	b.Helper()
	db, err := store.OpenToMigrate(b.Context(), filepath.Join(b.TempDir(), "notewatch.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	now := today.Start()
	require.NoError(b, db.Work.AddWork(b.Context(), work.Poll, []string{"app:1"}, now))
	lease, _, err := db.Work.Claim(b.Context(), work.Poll, "app:1", now, now)
	require.NoError(b, err)
	listed := make([]usage.Device, devices)
	for i := range listed {
		listed[i] = usage.Device{UID: fmt.Sprintf("dev:%015d", i), Name: fmt.Sprintf("sensor-%d", i), Provisioned: now.AddDate(-3, 0, 0)}
	}
	require.NoError(b, db.Usage.SaveDevices(b.Context(), lease, usage.NewDeviceList(listed...), now, nil))
	var figures []rules.Figure
	for _, r := range file.Rules {
		figures = append(figures, r.Reads.Figures...)
	}
	slices.SortFunc(figures, rules.Figure.Compare)
	figures = slices.DeleteFunc(slices.Compact(figures), rules.Figure.OfRoutes)
	random := rand.New(rand.NewPCG(1, 2))
	for day := today - rules.Day(days); day < today; day++ {
		reading := usage.Reading{Figures: figures, First: day, Last: day, Today: today}
		for _, figure := range figures {
			cells := make([]history.Cell, devices+1)
			for i := range cells {
				amount := random.Int64N(40) + 4
				if random.IntN(1_000_000) == 0 {
					amount *= 100 // an incident
				}
				cells[i], _ = history.Value(amount)
			}
			reading.Columns = append(reading.Columns, usage.Column{Figure: figure, Day: day, Cells: cells})
		}
		require.NoError(b, db.Usage.SaveReading(b.Context(), lease, reading))
	}
	return db
}

// evaluateAlone evaluates the rules that a report shows for each device at each instant of a backtest, and returns how long that takes.
func evaluateAlone(file *config.File, r backtest.Report, days, devices int) time.Duration {
	env := rules.UnknownEnv()
	for _, figure := range []rules.Figure{rules.Bytes, rules.Events, rules.Sessions} {
		*env.Metric(figure) = rules.Metric{Today: 24, Yesterday: 24, Used: 300, Prev: 700, Forecast: 720, D7: 168, D30: 720, Median: 24, Usual: 24}
	}
	view := rules.NewView(&env)
	began := time.Now()
	for _, rule := range file.Rules {
		if slices.ContainsFunc(r.LeftOut, func(l backtest.LeftOut) bool { return l.Rule == rule.Spec.Name }) {
			continue
		}
		for range days * 4 * devices {
			rule.Eval(view)
		}
	}
	return time.Since(began)
}

// peakMemory returns the peak resident memory of this process in bytes.
func peakMemory(b *testing.B) int64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	require.NoError(b, err)
	for line := range strings.Lines(string(text)) {
		var kilobytes int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
			return 1024 * kilobytes
		}
	}
	b.Fatal("no VmHWM in /proc/self/status")
	return 0
}
