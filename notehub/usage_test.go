package notehub_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
)

func known(n int64) notehub.Count { return notehub.Count{N: n, Known: true} }

func eventsOf(t testing.TB, body string) (rows []notehub.EventsRow, truncated bool, err error) {
	t.Helper()
	truncated, err = answering(t, body).EventsUsage(t.Context(), project, notehub.EventsQuery{UsageQuery: daily()}, keep(&rows))
	return rows, truncated, err
}

func dataOf(t testing.TB, body string) (rows []notehub.DataRow, truncated bool, err error) {
	t.Helper()
	truncated, err = answering(t, body).DataUsage(t.Context(), project, daily(), keep(&rows))
	return rows, truncated, err
}

func TestEventsUsage(t *testing.T) {
	rows, truncated, err := eventsOf(t, `{"truncated": true, "data": [
		{"period":"2026-03-01T00:00:00Z","device":"dev:1","total_events":42,"billable_events":27,"platform_events":15,
		 "watchdog_events":0,"total_devices":1,"total_days_in_period":31,"total_reboots":2,"total_fw_updates":null,
		 "notefiles":{"_log.qo":20,"zähler \"a\".qo":7,"unknown.qo":null,"none.qo":0}},
		{"total_events":-1,"fleet":"fleet:1","period":"2026-03-02T01:00:00+01:00"}]}`)
	require.NoError(t, err)
	require.True(t, truncated)
	require.Equal(t, []notehub.EventsRow{{
		Device: "dev:1", Period: start,
		Total: known(42), Billable: known(27), Platform: known(15), Watchdog: known(0), Devices: known(1), Days: known(31),
		Reboots:   known(2),
		Notefiles: map[string]notehub.Count{"_log.qo": known(20), `zähler "a".qo`: known(7), "none.qo": known(0), "unknown.qo": {}},
	}, {
		Fleet: "fleet:1", Period: start.AddDate(0, 0, 1), Total: known(-1),
	}}, rows)
}

func TestSessionsUsage(t *testing.T) {
	client := answering(t, `{"sessions":[{"period":"2026-03-01T00:00:00Z","device":"dev:1","sessions":12,
		"first_sync_sessions":0,"total_bytes":1048576,"total_devices":1,"tls_sessions":3,
		"sessions_by_transport":{"cell":8,"wifi":3,"ntn":1}},
		{"period":"2026-03-01T00:00:00Z","fleet":"fleet:1","tls_sessions":null,"sessions_by_transport":null}],"truncated":false}`)
	var rows []notehub.SessionsRow
	truncated, err := client.SessionsUsage(t.Context(), project, notehub.SessionsQuery{UsageQuery: daily()}, keep(&rows))
	require.NoError(t, err)
	require.False(t, truncated)
	require.Equal(t, []notehub.SessionsRow{{
		Device: "dev:1", Period: start, Sessions: known(12), FirstSyncs: known(0), Bytes: known(1048576), TLS: known(3),
		Devices: known(1), Transports: map[string]notehub.Count{"cell": known(8), "wifi": known(3), "ntn": known(1)},
	}, {Fleet: "fleet:1", Period: start}}, rows)
}

func TestRouteLogsUsage(t *testing.T) {
	client := answering(t, `{"route_logs":[
		{"period":"2026-03-01T00:00:00Z","route":"route:1","total_routes":42,"successful_routes":38,"failed_routes":4,"avg_latency_ms":342.5},
		{"period":"2026-03-01T00:00:00Z","route":"route:2","avg_latency_ms":null},
		{"period":"2026-03-01T00:00:00Z","route":"route:3"}]}`)
	var rows []notehub.RouteLogsRow
	truncated, err := client.RouteLogsUsage(t.Context(), project, notehub.RouteLogsQuery{UsageQuery: daily()}, keep(&rows))
	require.NoError(t, err)
	require.False(t, truncated)
	require.Equal(t, notehub.RouteLogsRow{
		Route: "route:1", Period: start, Total: known(42), Successful: known(38), Failed: known(4), LatencyMS: 342.5,
	}, rows[0])
	require.True(t, math.IsNaN(rows[1].LatencyMS), "null")
	require.True(t, math.IsNaN(rows[2].LatencyMS), "absent")
}

func TestDataUsage(t *testing.T) {
	rows, truncated, err := dataOf(t, `{"data":[
		{"type":"cellular","device":"dev:1","iccid":"8901","device_count":1,"data":[
			{"period":"2026-03-01T00:00:00Z","total_bytes":100,"uplink_bytes":30,"downlink_bytes":70},
			{"period":"2026-03-02T00:00:00Z","total_bytes":0}]},
		{"data":[{"period":"2026-03-01T00:00:00Z","total_bytes":80,"billable_bytes_total":100,"uplink_bytes_billable":50,
			"downlink_bytes_billable":50,"uplink_packets":1,"downlink_packets":2}],
		 "psid":"skylo:57","device":"dev:1","type":"satellite"},
		{"type":"cellular","fleet":"fleet:1","device_count":7,"data":null},
		{"type":"cellular","fleet":"fleet:1","data":[]}]}`)
	require.NoError(t, err)
	require.False(t, truncated)
	require.Equal(t, []notehub.DataRow{
		{Type: "cellular", Device: "dev:1", ICCID: "8901", Devices: known(1), Period: start,
			Total: known(100), Uplink: known(30), Downlink: known(70)},
		{Type: "cellular", Device: "dev:1", ICCID: "8901", Devices: known(1), Period: start.AddDate(0, 0, 1), Total: known(0)},
		{Type: "satellite", Device: "dev:1", PSID: "skylo:57", Period: start, Total: known(80), Billable: known(100),
			UplinkBillable: known(50), DownlinkBillable: known(50), UplinkPackets: known(1), DownlinkPackets: known(2)},
	}, rows)
}

func TestOlderFieldNamesAreUnderstood(t *testing.T) {
	older := `{"data":[{"type":"satellite","imsi":"90198","data":[{"period":"2026-01-10T00:00:00Z","total_bytes":3,` +
		`"bytes_received":1,"bytes_sent":2,"billable_bytes_received":50,"billable_bytes_sent":60}]}]}`
	rows, _, err := dataOf(t, older)
	require.NoError(t, err)
	require.Equal(t, []notehub.DataRow{{
		Type: "satellite", PSID: "90198", Period: time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC), Total: known(3),
		Downlink: known(1), Uplink: known(2), DownlinkBillable: known(50), UplinkBillable: known(60),
	}}, rows)

	t.Run("newer ones win, wherever they stand", func(t *testing.T) {
		for _, names := range []string{`"downlink_bytes":9,"bytes_received":1`, `"bytes_received":1,"downlink_bytes":9`} {
			rows, _, err := dataOf(t, `{"data":[{"type":"cellular","data":[{"period":"2026-01-10T00:00:00Z",`+names+`}]}]}`)
			require.NoError(t, err)
			require.Equal(t, known(9), rows[0].Downlink)
		}
	})
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	const unknown = `"new":{"a":[1,-2.5e+3,{"b":null,"c":[[],{}]},"\u00e9\"]}",true,false]}, "newer":` + `"x",`
	long := `"long":"` + strings.Repeat(`\"é]`, 100_000) + `",`
	rows, truncated, err := eventsOf(t, `{`+unknown+long+`"data":[{`+unknown+long+
		`"total_events":1,"period":"2026-03-01T00:00:00Z"}],"truncated":true}`)
	require.NoError(t, err)
	require.True(t, truncated)
	require.Equal(t, []notehub.EventsRow{{Period: start, Total: known(1)}}, rows)
}

func TestAnswersWithoutRows(t *testing.T) {
	for _, body := range []string{`{"data":[]}`, `{"data":null}`, " { \"truncated\" : null , \"data\" : [ ] }\r\n\t"} {
		rows, truncated, err := eventsOf(t, body)
		require.NoError(t, err, body)
		require.False(t, truncated, body)
		require.Empty(t, rows, body)
	}
	for _, body := range []string{`{}`, `{"truncated":false}`} {
		rows, _, err := dataOf(t, body)
		require.NoError(t, err, "the list of data usage is optional")
		require.Empty(t, rows)
	}
}

func TestEachMayEndTheReading(t *testing.T) {
	enough := errors.New("enough")
	client := answering(t, `{"data":[{"period":"2026-03-01T00:00:00Z"},{"period":"2026-03-02T00:00:00Z"}]}`)
	rows := 0
	_, err := client.EventsUsage(t.Context(), project, notehub.EventsQuery{UsageQuery: daily()}, func(notehub.EventsRow) error {
		rows++
		return enough
	})
	require.ErrorIs(t, err, enough)
	require.Equal(t, 1, rows)
}

func TestRowsShareTheirNames(t *testing.T) {
	row := `{"device":"dev:864475044204365","period":"2026-03-01T00:00:00Z"}`
	rows, _, err := eventsOf(t, `{"data":[`+row+`,{"device":"dev:1","period":"2026-03-01T00:00:00Z"},`+row+`]}`)
	require.NoError(t, err)
	require.Equal(t, rows[0].Device, rows[2].Device)
	require.Same(t, unsafe.StringData(rows[0].Device), unsafe.StringData(rows[2].Device))
}

func TestPackedAnswersAreUnpacked(t *testing.T) {
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("the answer could not be packed: %v", r.Header)
		}
		w.Header().Set("Content-Encoding", "gzip")
		packer := gzip.NewWriter(w)
		_, _ = packer.Write([]byte(`{"data":[{"period":"2026-03-01T00:00:00Z"}]}`))
		_ = packer.Close()
	})
	var rows []notehub.EventsRow
	_, err := client.EventsUsage(t.Context(), project, notehub.EventsQuery{UsageQuery: daily()}, keep(&rows))
	require.NoError(t, err)
	require.Len(t, rows, 1)
}

// Windows of the stream end anywhere, so every kind of value must survive being cut there.
func TestValuesMayCrossAnyBoundary(t *testing.T) {
	const row = `{ "device" : "dev:\u00e9é" , "period":"2026-03-01T00:00:00Z" , "total_events" : 12345678901234567 ,` +
		` "total_reboots" : null , "x" : [ true , false , -1.5e-7 , "a\\" , { } ] }`
	for padding := range len(row) {
		space := strings.Repeat(" ", 64<<10-padding)
		rows, _, err := eventsOf(t, `{"data":[`+space+row+`]}`)
		require.NoError(t, err, padding)
		require.Equal(t, []notehub.EventsRow{{Device: "dev:éé", Period: start, Total: known(12345678901234567)}}, rows, padding)
	}
}

func TestRowsAreReadAndWrittenByEncodingJSON(t *testing.T) {
	row := notehub.EventsRow{Device: "dev:1", Period: start, Total: known(0), Billable: known(math.MaxInt64), Platform: known(-3)}
	text, err := json.Marshal(row)
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"device":"dev:1","period":"2026-03-01T00:00:00Z","total_events":0,
		"billable_events":%d,"platform_events":-3}`, math.MaxInt64), string(text))
	var again notehub.EventsRow
	require.NoError(t, json.Unmarshal(text, &again))
	require.Equal(t, row, again)

	text, err = json.Marshal([]notehub.Count{known(7), {}})
	require.NoError(t, err)
	require.Equal(t, `[7,null]`, string(text))
	for _, text := range []string{`"7"`, `true`, `{}`} {
		require.Error(t, json.Unmarshal([]byte(text), new(notehub.Count)), text)
	}
}

// A number that cannot be a count is not known, and says so. The other figures of the answer are as good as ever.
func TestNumbersThatAreNoCounts(t *testing.T) {
	invalid := notehub.Count{Invalid: true}
	for number, want := range map[string]notehub.Count{
		"null":                 {},
		"7":                    known(7),
		"-7":                   known(-7),
		"7.0":                  known(7),
		"7e1":                  known(70),
		"9223372036854775807":  known(math.MaxInt64),
		"7.5":                  invalid,
		"7e-1":                 invalid,
		"9223372036854775808":  invalid,
		"-9223372036854775809": invalid,
		"1e300":                invalid,
		"1e999":                invalid,
	} {
		rows, _, err := eventsOf(t, `{"data":[{"period":"2026-03-01T00:00:00Z","total_events":`+number+`,"platform_events":3,"notefiles":{"a.qo":`+number+`}}]}`)
		require.NoError(t, err, number)
		require.Equal(t, want, rows[0].Total, number)
		require.Equal(t, known(3), rows[0].Platform, number)
		require.Equal(t, want, rows[0].Notefiles["a.qo"], number)

		var read notehub.Count
		require.NoError(t, json.Unmarshal([]byte(number), &read), number)
		require.Equal(t, want, read, number)
	}
}
