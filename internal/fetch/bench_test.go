package fetch_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/usage"
	"notewatch/internal/store/work"
	"notewatch/notehub"
	"notewatch/rules"
)

// BenchmarkRead reads yesterday and today of events for 100,000 devices of which every one has changed, beside decoding the same
// answer alone.
func BenchmarkRead(b *testing.B) {
	const devices = 100_000
	var answers [2]bytes.Buffer
	for turn := range answers {
		answers[turn].WriteString(`{"data":[`)
		for i := range 2 * devices {
			if i > 0 {
				answers[turn].WriteByte(',')
			}
			_, _ = fmt.Fprintf(&answers[turn], `{"period":"%sT00:00:00Z","device":"dev:%015d","total_events":%d,"billable_events":%d,"platform_events":%d,`+
				`"watchdog_events":0,"total_devices":1,"total_days_in_period":1,"total_reboots":0,"total_fw_updates":null}`,
				today+rules.Day(i%2-1), i/2, 40+i%7+turn, 20+i%7, 20+turn)
		}
		answers[turn].WriteString(`]}`)
	}
	turn := 0
	r := newRig(b, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, "/events") {
			_, _ = w.Write(answers[turn%2].Bytes())
		}
	}), rules.Events)
	lease, _, err := r.db.Work.Claim(b.Context(), work.Poll, project, r.now, r.now)
	require.NoError(b, err)
	for i := range devices {
		r.list.Add(usage.Device{UID: fmt.Sprintf("dev:%015d", i), Provisioned: longAgo})
	}
	require.NoError(b, r.db.Usage.SaveDevices(b.Context(), lease, r.list, r.now, nil))
	require.NoError(b, r.db.Work.Complete(b.Context(), lease, r.now, longAgo, 0))
	r.first = today - 1
	r.poll()

	var reading, decoding time.Duration
	for b.Loop() {
		turn++
		start := time.Now()
		r.poll()
		reading += time.Since(start)
		start = time.Now()
		_, err := r.client.EventsUsage(b.Context(), project, notehub.EventsQuery{UsageQuery: notehub.UsageQuery{Start: monday, Limit: notehub.MaxLimit}},
			func(notehub.EventsRow) error { return nil })
		require.NoError(b, err)
		decoding += time.Since(start)
	}
	b.ReportMetric(reading.Seconds()/float64(turn), "s/read")
	b.ReportMetric(decoding.Seconds()/float64(turn), "s/decode")
	b.ReportMetric(reading.Seconds()/decoding.Seconds(), "read/decode")
	b.ReportMetric(0, "ns/op")
}
