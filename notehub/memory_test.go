package notehub_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
)

const manyRows = 200_000

// manyEvents is an answer of manyRows rows: twenty days of 10,000 devices, day by day, written compactly.
func manyEvents() []byte {
	body := []byte(`{"data":[`)
	for i := range manyRows {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"period":"2026-03-%02dT00:00:00Z","device":"dev:864475%09d","total_events":%d,`+
			`"billable_events":%d,"platform_events":%d,"watchdog_events":0,"total_devices":1,"total_days_in_period":1,`+
			`"total_reboots":null,"total_fw_updates":%d}`, 1+i/10_000, i%10_000, 40+i%30, 20+i%17, 20+i%13, i%3)
	}
	return append(body, `],"truncated":false}`...)
}

func serveMany(tb testing.TB) (client *notehub.Client, address string, size int64) {
	body := manyEvents()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
	tb.Cleanup(server.Close)
	return newClient(tb, notehub.Config{BaseURL: server.URL, Token: secret.New(token)}), server.URL, int64(len(body))
}

// inUse returns the bytes of live heap, without what only waits to be collected.
func inUse() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// The collector runs only where the heap is looked at, so that every run sees the same.
func TestDecodingHoldsAnAnswerOfAnyLengthInBoundedMemory(t *testing.T) {
	client, _, size := serveMany(t)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	before := inUse()
	rows, peak := 0, int64(0)
	truncated, err := client.EventsUsage(t.Context(), project, notehub.EventsQuery{UsageQuery: daily()}, func(notehub.EventsRow) error {
		if rows++; rows%(manyRows/10) == 0 {
			peak = max(peak, inUse()-before)
		}
		return nil
	})
	require.NoError(t, err)
	require.False(t, truncated)
	require.Equal(t, manyRows, rows)
	require.Less(t, peak, int64(16<<20), "an answer of %d bytes", size)
	t.Logf("an answer of %.1f MB was decoded with at most %.1f MB of heap", float64(size)/1e6, float64(peak)/1e6)
}
