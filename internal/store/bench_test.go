package store_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
)

// A device list that is read every hour: every device was active meanwhile, and nothing else has changed.
func BenchmarkSaveDevices(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) { benchmarkSaveDevices(b, n) })
	}
}

func benchmarkSaveDevices(b *testing.B, n int) {
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "notewatch.db"))
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	require.NoError(b, s.Work.AddWork(b.Context(), work.Poll, []string{project}, noon))
	lease, _, err := s.Work.Claim(b.Context(), work.Poll, project, noon, noon)
	require.NoError(b, err)
	devices := make([]usage.Device, n)
	for i := range devices {
		devices[i] = usage.Device{
			UID: fmt.Sprintf("dev:%015d", i), Name: fmt.Sprintf("sensor %d", i), SKU: "NOTE-WBNA", Product: "com.example.cold-chain",
			Firmware: fmt.Sprintf("6.2.%d", i%5), Fleets: []string{"fleet:all", fmt.Sprintf("fleet:%d", i%9)}, Voltage: 3.7,
			Provisioned: noon.AddDate(-1, 0, 0),
		}
	}
	read := noon
	active := func() {
		read = read.Add(time.Hour)
		for i := range devices {
			devices[i].LastActivity = read.Add(-time.Duration(i%3600) * time.Second)
			devices[i].Voltage = 3.5 + float64((i*7919+read.Hour())%600)/1000
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, s.Usage.SaveDevices(b.Context(), lease, usage.NewDeviceList(devices...), read, nil))
			b.StopTimer()
			_, err = s.DB().ExecContext(b.Context(), "DELETE FROM device; DELETE FROM device_list; DELETE FROM listing")
			require.NoError(b, err)
			b.StartTimer()
		}
	})
	stored := usage.NewDeviceList(devices...)
	require.NoError(b, s.Usage.SaveDevices(b.Context(), lease, stored, read, nil))
	b.Run("hourly", func(b *testing.B) {
		for b.Loop() {
			active()
			listed := usage.NewDeviceList(devices...)
			require.NoError(b, s.Usage.SaveDevices(b.Context(), lease, listed, read, stored))
			stored = listed
		}
	})
	b.Run("hourly, nothing kept", func(b *testing.B) {
		for b.Loop() {
			active()
			require.NoError(b, s.Usage.SaveDevices(b.Context(), lease, usage.NewDeviceList(devices...), read, nil))
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			stored, err := s.Usage.DeviceList(b.Context(), project)
			require.NoError(b, err)
			require.Equal(b, n, stored.Len())
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	folder := b.TempDir()
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			s, err := store.Open(b.Context(), filepath.Join(folder, time.Now().Format(time.RFC3339Nano)))
			require.NoError(b, err)
			require.NoError(b, s.Close())
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			s, err := store.Open(b.Context(), filepath.Join(folder, "again"))
			require.NoError(b, err)
			require.NoError(b, s.Close())
		}
	})
}

// The rows of an older version: a day of all devices at a time.
func BenchmarkConvert(b *testing.B) {
	const days = 5
	path := filepath.Join(b.TempDir(), "notewatch.db")
	oldDatabase(b, path, 100_000, days)
	s := migrate(b, path)
	step := func() (more bool) {
		more, err := s.Usage.ConvertProject(b.Context(), project, 0)
		require.NoError(b, err)
		return more
	}
	step() // the list
	for b.Loop() {
		for step() {
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/days, "s/day")
}
