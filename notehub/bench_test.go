package notehub_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"notewatch/notehub"
)

// BenchmarkDecodeEvents compares the client with encoding/json reading the same answer over the same loopback connection
// into rows that are kept. The target is four times the throughput of unmarshal, with under 16 MB of heap above the rows.
// The variant jsontext is why there is a scanner of our own: it misses that target.
func BenchmarkDecodeEvents(b *testing.B) {
	client, address, size := serveMany(b)
	b.Run("client", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			require.Equal(b, manyRows, readKept(b, client).rows())
		}
		b.StopTimer()
		b.ReportMetric(float64(peakAbove(b, client))/1e6, "peak-MB")
	})
	b.Run("jsontext", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			require.Equal(b, manyRows, readWithJSONText(b, address).rows())
		}
	})
	b.Run("unmarshal", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			require.Len(b, readUnmarshalled(b, address), manyRows)
		}
	})
	b.Run("unmarshal-pointers", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			var answer struct {
				Data []pointerRow `json:"data"`
			}
			unmarshalAll(b, address, &answer)
			require.Len(b, answer.Data, manyRows)
		}
	})
}

// BenchmarkDecodeEventsAgainstUnmarshal takes turns, so that a busy machine slows both, and compares the best of each. It
// reports how many times as fast the client is.
func BenchmarkDecodeEventsAgainstUnmarshal(b *testing.B) {
	client, address, _ := serveMany(b)
	ours, theirs := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		require.Equal(b, manyRows, readKept(b, client).rows())
		ours = min(ours, time.Since(start))
		start = time.Now()
		require.Len(b, readUnmarshalled(b, address), manyRows)
		theirs = min(theirs, time.Since(start))
	}
	b.ReportMetric(float64(theirs)/float64(ours), "times-as-fast")
}

// A pointerRow is what one would write without a type for figures that may be missing.
type pointerRow struct {
	Device    string           `json:"device"`
	Fleet     string           `json:"fleet"`
	Period    time.Time        `json:"period"`
	Total     *int64           `json:"total_events"`
	Billable  *int64           `json:"billable_events"`
	Platform  *int64           `json:"platform_events"`
	Watchdog  *int64           `json:"watchdog_events"`
	Devices   *int64           `json:"total_devices"`
	Days      *int64           `json:"total_days_in_period"`
	Reboots   *int64           `json:"total_reboots"`
	FwUpdates *int64           `json:"total_fw_updates"`
	Notefiles map[string]int64 `json:"notefiles"`
}

func fetch(b *testing.B, address string) io.ReadCloser {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	require.NoError(b, err)
	response, err := (&http.Client{Timeout: time.Minute}).Do(request)
	require.NoError(b, err)
	return response.Body
}

func readUnmarshalled(b *testing.B, address string) []notehub.EventsRow {
	b.Helper()
	var answer struct {
		Data []notehub.EventsRow `json:"data"`
	}
	unmarshalAll(b, address, &answer)
	return answer.Data
}

func unmarshalAll(b *testing.B, address string, answer any) {
	b.Helper()
	stream := fetch(b, address)
	body, err := io.ReadAll(stream)
	require.NoError(b, err)
	require.NoError(b, stream.Close())
	require.NoError(b, json.Unmarshal(body, answer))
}

// readWithJSONText does as the client does, but only for fields that the answer has, and without looking for errors.
func readWithJSONText(b *testing.B, address string) *kept {
	b.Helper()
	stream := fetch(b, address)
	decoder := jsontext.NewDecoder(stream, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for range 3 { // {, "data", [
		_, _ = decoder.ReadToken()
	}
	var k kept
	devices, periods := map[string]string{}, map[string]time.Time{}
	for decoder.PeekKind() == '{' {
		_ = k.add(readRow(decoder, devices, periods))
	}
	require.NoError(b, stream.Close())
	return &k
}

func readRow(decoder *jsontext.Decoder, devices map[string]string, periods map[string]time.Time) (row notehub.EventsRow) {
	_, _ = decoder.ReadToken()
	for decoder.PeekKind() == '"' {
		name, _ := decoder.ReadValue()
		var figure *notehub.Count
		isDevice := false
		switch string(name) {
		case `"device"`:
			isDevice = true
		case `"total_events"`:
			figure = &row.Total
		case `"billable_events"`:
			figure = &row.Billable
		case `"platform_events"`:
			figure = &row.Platform
		case `"watchdog_events"`:
			figure = &row.Watchdog
		case `"total_devices"`:
			figure = &row.Devices
		case `"total_days_in_period"`:
			figure = &row.Days
		case `"total_reboots"`:
			figure = &row.Reboots
		case `"total_fw_updates"`:
			figure = &row.FwUpdates
		}
		value, _ := decoder.ReadValue()
		switch {
		case isDevice:
			if _, ok := devices[string(value)]; !ok {
				devices[string(value)] = string(value[1 : len(value)-1])
			}
			row.Device = devices[string(value)]
		case figure == nil:
			if _, ok := periods[string(value)]; !ok {
				periods[string(value)], _ = time.Parse(`"`+time.RFC3339+`"`, string(value))
			}
			row.Period = periods[string(value)]
		case value.Kind() == '0':
			n, err := strconv.ParseInt(string(value), 10, 64)
			*figure = notehub.Count{N: n, Known: err == nil}
		}
	}
	_, _ = decoder.ReadToken()
	return row
}

// kept holds rows in blocks, so that keeping them does not copy them again and again.
type kept struct{ blocks [][]notehub.EventsRow }

func (k *kept) add(row notehub.EventsRow) error {
	last := len(k.blocks) - 1
	if last < 0 || len(k.blocks[last]) == cap(k.blocks[last]) {
		k.blocks = append(k.blocks, make([]notehub.EventsRow, 0, 1024))
		last++
	}
	k.blocks[last] = append(k.blocks[last], row)
	return nil
}

func (k *kept) rows() (n int) {
	for _, block := range k.blocks {
		n += len(block)
	}
	return n
}

func readKept(b *testing.B, client *notehub.Client) *kept {
	b.Helper()
	var k kept
	_, err := client.EventsUsage(b.Context(), project, notehub.EventsQuery{UsageQuery: daily()}, k.add)
	require.NoError(b, err)
	return &k
}

// peakAbove returns the most heap that decoding held above the rows it had handed on by then.
func peakAbove(b *testing.B, client *notehub.Client) (peak int64) {
	b.Helper()
	var k kept
	before := inUse()
	_, err := client.EventsUsage(b.Context(), project, notehub.EventsQuery{UsageQuery: daily()}, func(row notehub.EventsRow) error {
		if err := k.add(row); err != nil || k.rows()%(manyRows/10) != 0 {
			return err
		}
		rows := int64(len(k.blocks)) * 1024 * rowSize
		peak = max(peak, inUse()-before-rows)
		return nil
	})
	require.NoError(b, err)
	return peak
}

// rowSize is the bytes of a row without its device, which counts as decoding.
const rowSize = int64(unsafe.Sizeof(notehub.EventsRow{}))
