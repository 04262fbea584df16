package store_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// oldDatabase makes a database of rows: of two projects, each with devices that are listed and one that is not, of many days.
func oldDatabase(t testing.TB, path string, devices, days int) {
	t.Helper()
	db := storetest.OldDatabase(t, path, storetest.RowSchema)
	defer func() { require.NoError(t, db.Close()) }()
	exec := func(statement string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), statement, args...)
		require.NoError(t, err)
	}
	first := today - rules.Day(days) + 1
	for _, uid := range []string{project, "app:other"} {
		exec(`INSERT INTO project (uid, polled_at, failures, failure, truncated, read_days, reread_on) VALUES ($1, $2, 0, '', FALSE, $3, $4)`,
			uid, noon.UnixMilli(), fmt.Sprintf(`{"data":{"first":%d,"last":%d},"events":{"first":%d,"last":%d}}`, first, today, today-2, today), today)
		exec(`INSERT INTO device_list (project, read_at) VALUES ($1, $2)`, uid, noon.UnixMilli())
		exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
			INSERT INTO device (project, uid, name, sku, product, firmware, fleets, voltage, disabled, provisioned, last_activity)
			SELECT $1, format('dev:%06d', i), format('sensor %d', i), 'NOTE', 'product', '1.2.' || (i % 3), '["fleet:all"]', 3.5, i % 7 = 0, 1, $3 - i FROM n`,
			uid, devices, noon.UnixMilli())
		exec(`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $2),
				d (day) AS (SELECT $3 UNION ALL SELECT day + 1 FROM d WHERE day < $4)
			INSERT INTO usage (day, project, device, bytes, sat, events, events_total, reboots)
			SELECT day, $1, CASE WHEN i = 0 THEN '' ELSE format('dev:%06d', i) END, 1000 * i + day % 10, 0,
				CASE WHEN day > $4 - 3 THEN i END, CASE WHEN day > $4 - 3 THEN 2 * i END, CASE WHEN day > $4 - 3 AND i % 2 = 1 THEN 1 END
			FROM d CROSS JOIN n`, uid, devices, first, today)
		exec(`INSERT INTO usage (day, project, device, bytes) SELECT day, project, 'dev:gone', 5 FROM usage WHERE project = $1 AND device = '' AND day < $2`,
			uid, today-1)
	}
	exec(`UPDATE usage SET bytes = -5 WHERE project = $1 AND day = $2 AND device = 'dev:000001'`, project, today-1)
	exec(`UPDATE usage SET bytes = 1 << 62 WHERE project = $1 AND day = $2 AND device = 'dev:000002'`, project, today-1)
	exec(`INSERT INTO change (project, device, day) VALUES ($1, 'dev:000003', $2), ($1, '', $2), ($1, 'dev:gone', $3), ($1, 'dev:never', $2)`,
		project, today-1, today-2)
	exec(`INSERT INTO closed (project, parity, device, figure, as_of, period_start) VALUES ($1, 0, 'dev:000001', 0, $2, $2)`, project, today)
}

// oldUsage is what oldDatabase keeps of a device of the first project, as far as that is known.
func oldUsage(device, days int) (all []storetest.Usage) {
	uid := fmt.Sprintf("dev:%06d", device)
	if device == 0 {
		uid = ""
	}
	for day := today - rules.Day(days) + 1; day <= today; day++ {
		f := figures(map[rules.Figure]float64{rules.Bytes: float64(1000*device + int(day)%10), rules.Sat: 0})
		if day > today-3 {
			f[rules.Events], f[rules.EventsTotal] = float64(device), float64(2*device)
			if device%2 == 1 {
				f[rules.Reboots] = 1
			}
		}
		if day == today-1 && (device == 1 || device == 2) {
			f[rules.Bytes] = math.NaN()
		}
		all = append(all, storetest.Usage{Device: uid, Day: day, Figures: f})
	}
	return all
}

// figures are known as given, and not otherwise.
func figures(known map[rules.Figure]float64) storetest.Figures {
	all := storetest.Unknown()
	maps.Copy(all, known)
	return all
}

// requireConverted checks that a database has all that oldDatabase had.
func requireConverted(t *testing.T, s *store.Store, devices, days int) {
	t.Helper()
	ctx := t.Context()
	first := today - rules.Day(days) + 1
	for _, device := range []int{0, 1, 2, 3, devices} {
		want := oldUsage(device, days)
		same(t, want, storetest.ReadUsage(t, s, project, []string{want[0].Device}, 0, today+100))
	}
	gone := storetest.ReadUsage(t, s, "app:other", []string{"dev:gone"}, 0, today)
	require.Len(t, gone, days-2)
	_, ok, err := s.Usage.Device(ctx, project, "dev:gone")
	require.NoError(t, err)
	require.False(t, ok)

	stored := listed(t, s, project)
	require.Equal(t, devices, stored.Len())
	require.Equal(t, noon, stored.Read)
	require.Equal(t, usage.Device{
		Ordinal: 7, UID: "dev:000007", Name: "sensor 7", SKU: "NOTE", Product: "product", Firmware: "1.2.1", Fleets: []string{"fleet:all"},
		Voltage: 3.5, Disabled: true, Provisioned: time.UnixMilli(1).UTC(), LastActivity: noon.Add(-7 * time.Millisecond),
	}, stored.At(6))

	spans, err := s.Usage.Coverage(ctx, project)
	require.NoError(t, err)
	events := usage.Span{First: today - 2, Last: today}
	require.Equal(t, map[rules.Figure]usage.Span{
		rules.Bytes: {First: first, Last: today}, rules.Sat: {First: first, Last: today}, rules.Events: events, rules.EventsTotal: events,
		rules.Platform: events, rules.Watchdog: events, rules.Reboots: events, rules.FwUpdates: events,
	}, spans)

	left, _, err := s.Usage.Ordinal(ctx, project, "dev:gone")
	require.NoError(t, err)
	changed := map[rules.Day][]int{}
	changes, err := s.Usage.Changed(ctx, project)
	require.NoError(t, err)
	require.Len(t, changes, 8+8, "of each figure that was read")
	for _, c := range changes {
		changed[c.Day] = slices.Collect(c.Bits.All())
	}
	require.Equal(t, map[rules.Day][]int{today - 1: {0, 3}, today - 2: {left}}, changed)
	for _, table := range []string{"usage", "usage_change", "device_row"} {
		require.Empty(t, dumpTable(t, s, table))
	}
}

// Whenever a step of a conversion is the last of a process, the next goes on from there, and nothing is lost.
func TestConversion(t *testing.T) {
	const devices, days = 30, 9
	path := filepath.Join(t.TempDir(), "notewatch.db")
	oldDatabase(t, path, devices, days)
	s := migrate(t, path)
	require.NoError(t, s.Usage.ConvertLists(t.Context()))
	conversion := func() string {
		t.Helper()
		c, err := s.Usage.Conversion(t.Context())
		require.NoError(t, err)
		return fmt.Sprint(c, " ", c.Ended())
	}
	require.Equal(t, "day 1 of 9 false", conversion())
	steps := 0
	for more := true; more; steps++ {
		require.NoError(t, s.Close())
		s = open(t, path)
		var err error
		more, err = s.Usage.ConvertNext(t.Context())
		require.NoError(t, err)
		if steps == 2*4-1 {
			require.Equal(t, "day 5 of 9 false", conversion())
			require.Len(t, storetest.ReadUsage(t, s, project, []string{"dev:000003"}, 0, today), 4, "what is there can be read")
		}
	}
	require.Equal(t, 2*days+1, steps)
	require.Equal(t, "day 1 of 0 true", conversion())
	requireConverted(t, s, devices, days)
	more, err := s.Usage.ConvertProject(t.Context(), project, 0)
	require.NoError(t, err)
	require.False(t, more)
}

// The days that rules look back on come first. Those that are read meanwhile are newer than what was stored.
func TestConversionBesidePolls(t *testing.T) {
	const devices, days = 12, 9
	path := filepath.Join(t.TempDir(), "notewatch.db")
	oldDatabase(t, path, devices, days)
	s := migrate(t, path)
	for more := true; more; {
		var err error
		more, err = s.Usage.ConvertProject(t.Context(), project, today-3)
		require.NoError(t, err)
	}
	require.Len(t, storetest.ReadUsage(t, s, project, []string{""}, 0, today), 4)
	require.Empty(t, storetest.ReadUsage(t, s, "app:other", []string{""}, 0, today), "the other project is as it was")
	read := oldUsage(4, days)
	read[2].Figures[rules.Bytes] = 77
	read = []storetest.Usage{read[2], read[days-1]}
	storetest.SaveUsage(t, s, project, read, rules.Bytes)
	storetest.SaveDevices(t, s, "app:other", []usage.Device{{UID: "dev:000002"}, {UID: "dev:new"}}, noon.Add(time.Hour))
	for more := true; more; {
		var err error
		more, err = s.Usage.ConvertNext(t.Context())
		require.NoError(t, err)
	}
	want := oldUsage(4, days)
	want[2].Figures[rules.Bytes] = 77
	same(t, want, storetest.ReadUsage(t, s, project, []string{"dev:000004"}, 0, today))
	requireConverted(t, s, devices, days)
	require.Equal(t, 2, listed(t, s, "app:other").Len(), "the newest list counts")
}

// converterEnv names the database that this test binary converts when it is started as a process to be killed.
const converterEnv = "NOTEWATCH_TEST_CONVERTER"

// Processes that convert are killed one after the other, each in the middle of a step.
func TestConversionKilled(t *testing.T) {
	if path := os.Getenv(converterEnv); path != "" {
		convertAloud(t, path)
		return
	}
	const devices, days = 300, 9
	path := filepath.Join(t.TempDir(), "notewatch.db")
	oldDatabase(t, path, devices, days)
	require.NoError(t, migrate(t, path).Close())
	for kills := 0; ; kills++ {
		if convertUntilKilled(t, path, 1+kills%3) {
			require.Greater(t, kills, 3)
			break
		}
	}
	s := open(t, path)
	require.Equal(t, []string{"pragma_integrity_check[ok]"}, dumpRows(t, s.DB(), "pragma_integrity_check", "*"))
	requireConverted(t, s, devices, days)
}

// convertUntilKilled kills a process that converts when it may begin the last of so many steps. It reports whether the process was done
// before that.
func convertUntilKilled(t *testing.T, path string, steps int) (done bool) {
	t.Helper()
	process := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestConversionKilled$")
	process.Env = append(os.Environ(), converterEnv+"="+path)
	out, err := process.StdoutPipe()
	require.NoError(t, err)
	orders, err := process.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	lines := bufio.NewScanner(out)
	for range steps {
		if lines.Scan() && lines.Text() == "done" {
			require.NoError(t, process.Wait())
			return true
		}
		_, err := fmt.Fprintln(orders, "go on") // or it would get far before a test that has to wait for the processor kills it
		require.NoError(t, err)
	}
	require.NoError(t, process.Process.Kill())
	_ = process.Wait() // which was killed
	return false
}

// convertAloud converts a database. Before each step it prints a line and waits for one.
func convertAloud(t *testing.T, path string) {
	s := open(t, path)
	orders := bufio.NewScanner(os.Stdin)
	for more := true; more; {
		fmt.Println("step")
		require.True(t, orders.Scan())
		var err error
		if more, err = s.Usage.ConvertNext(context.Background()); err != nil {
			panic(err)
		}
	}
	fmt.Println("done")
}

// A conversion needs little more disk than the rows did.
func TestConversionNeedsLittleDisk(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "notewatch.db")
	oldDatabase(t, path, 2000, 30)
	size := func() (all int64) {
		for _, name := range list(t, folder) {
			info, err := os.Stat(name)
			require.NoError(t, err)
			all += info.Size()
		}
		return all
	}
	before := size()
	s := migrate(t, path)
	most := size()
	for more := true; more; most = max(most, size()) {
		var err error
		more, err = s.Usage.ConvertNext(t.Context())
		require.NoError(t, err)
	}
	require.Less(t, float64(most), 1.3*float64(before)+4e6, "with the log")
	free, total, err := s.FreeSpace(t.Context())
	require.NoError(t, err)
	require.Greater(t, free, total/2)
	_, err = s.DB().ExecContext(t.Context(), "VACUUM")
	require.NoError(t, err)
	free, total, err = s.FreeSpace(t.Context())
	require.NoError(t, err)
	require.Zero(t, free)
	require.Less(t, total, before/4)
}

// migrate opens a database of an older schema as its only user.
func migrate(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.OpenToMigrate(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}
