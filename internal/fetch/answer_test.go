package fetch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/history"
	"notewatch/rules"
)

// A script is a Notehub that answers what a test says: each entry is the body of an answer to a path's last part.
type script struct {
	answers map[string]string
	status  map[string]int // instead of 200
	queries []string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	s.queries = append(s.queries, kind+"?"+r.URL.RawQuery)
	if status := s.status[kind+"?"+r.URL.Query().Get("skipRecentData")]; status != 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"err":"the query took too long to complete","code":%d,"status":"Took too long"}`, status)
		return
	}
	_, _ = w.Write([]byte(s.answers[kind]))
}

// kinds are the kinds of answers that were asked for.
func (s *script) kinds() (kinds []string) {
	for _, query := range s.queries {
		kind, _, _ := strings.Cut(query, "?")
		kinds = append(kinds, kind)
	}
	return kinds
}

// listing is a device list of devices that were provisioned a year ago, but for those whose name begins with new: these were on
// Monday.
func listing(names ...string) string {
	var lines []string
	for _, name := range names {
		provisioned := "2025-06-15T00:00:00Z"
		if strings.HasPrefix(name, "new") {
			provisioned = "2026-06-15T01:00:00Z"
		}
		lines = append(lines, fmt.Sprintf(`{"uid":"dev:%s","serial_number":%q,"provisioned":%q,"fleet_uids":["fleet:1"]}`, name, name, provisioned))
	}
	return `{"devices":[` + strings.Join(lines, ",") + `],"has_more":false}`
}

func newScript(names ...string) *script {
	return &script{status: map[string]int{}, answers: map[string]string{
		"devices": listing(names...), "fleets": `{"fleets":[]}`,
		"events": `{"data":[]}`, "sessions": `{"sessions":[]}`, "data": `{"data":[]}`,
	}}
}

// eventsRow is a row about a device and day, 0 being Monday, with fields after "period".
func eventsRow(name string, offset int, fields string) string {
	return fmt.Sprintf(`{"device":"dev:%s","period":"%sT00:00:00Z",%s}`, name, today+rules.Day(offset), fields)
}

func total(n int) string { return fmt.Sprintf(`"total_events":%d,"platform_events":0`, n) }

// What an answer says of each device and day is a figure, null, not known or nothing. Only nothing keeps what is stored.
func TestWhatAnAnswerSays(t *testing.T) {
	const keeps = history.Nothing // what the poll before has stored stays
	before := map[string]history.Cell{"a": value(10), "b": value(20), "": value(30)}
	for _, c := range []struct {
		name      string
		rows      []string
		truncated bool
		at        int // hour of Monday; 0 is the first poll of the day, before which yesterday was not over
		figure    rules.Figure
		yesterday map[string]history.Cell
		today     map[string]history.Cell
	}{
		{
			name: "a figure", at: 14, rows: []string{eventsRow("a", -1, total(11)), eventsRow("b", 0, total(2))},
			yesterday: map[string]history.Cell{"a": value(11), "b": value(0), "": value(11)},
			today:     map[string]history.Cell{"a": value(0), "b": value(2), "": value(2), "new": value(0)},
		},
		{
			name: "a device that is listed and absent used nothing since it exists", at: 14,
			yesterday: map[string]history.Cell{"a": value(0), "new": history.NotKnown, "": value(0)},
			today:     map[string]history.Cell{"a": value(0), "new": value(0), "": value(0)},
		},
		{
			name: "a device that is unknown counts for the project", at: 14, rows: []string{eventsRow("stranger", 0, total(7)), eventsRow("a", 0, total(1))},
			today: map[string]history.Cell{"a": value(1), "b": value(0), "": value(8)},
		},
		{
			name: "a row without a device counts for the project", at: 14,
			rows:  []string{eventsRow("a", 0, total(1)), strings.Replace(eventsRow("a", 0, total(7)), `"device":"dev:a",`, "", 1)},
			today: map[string]history.Cell{"a": value(1), "b": value(0), "": value(8)},
		},
		{
			name: "a truncated answer counts where it has rows", at: 14, truncated: true,
			rows:      []string{eventsRow("a", -1, total(11)), eventsRow("a", 0, total(4))},
			yesterday: map[string]history.Cell{"a": value(11), "b": keeps, "": keeps},
			today:     map[string]history.Cell{"a": value(4), "b": history.NotKnown, "": history.NotKnown},
		},
		{
			name: "a truncated answer leaves a day open that was not over when it was last read", truncated: true,
			rows:      []string{eventsRow("a", -1, total(11))},
			yesterday: map[string]history.Cell{"a": value(11), "b": history.NotKnown, "": history.NotKnown},
		},
		{
			name: "a negative count is not known", at: 14, rows: []string{eventsRow("a", 0, total(-3)), eventsRow("b", 0, total(5))},
			today: map[string]history.Cell{"a": history.NotKnown, "b": value(5), "": history.NotKnown},
		},
		{
			name: "so is a fraction", at: 14, rows: []string{eventsRow("a", 0, `"total_events":1.5,"platform_events":0`)},
			today: map[string]history.Cell{"a": history.NotKnown, "b": value(0), "": history.NotKnown},
		},
		{
			name: "and a number above 2^53", at: 14, figure: rules.EventsTotal,
			rows:  []string{eventsRow("a", 0, `"total_events":9007199254740993,"platform_events":0`)},
			today: map[string]history.Cell{"a": history.NotKnown, "": history.NotKnown},
		},
		{
			name: "a sum above 2^53 is not known", at: 14, figure: rules.EventsTotal,
			rows: []string{
				eventsRow("a", 0, `"total_events":9007199254740992,"platform_events":0`), eventsRow("b", 0, `"total_events":1,"platform_events":0`),
			},
			today: map[string]history.Cell{"a": value(1 << 53), "b": value(1), "": history.NotKnown},
		},
		{
			name: "null is left out of the sum", at: 14, figure: rules.Reboots,
			rows:  []string{eventsRow("a", 0, total(1)+`,"total_reboots":null`), eventsRow("b", 0, total(1)+`,"total_reboots":2`)},
			today: map[string]history.Cell{"a": history.Null, "b": value(2), "": value(2)},
		},
		{
			name: "a sum of nothing but null is null", at: 14, figure: rules.Reboots,
			rows:  []string{eventsRow("a", 0, total(1)), eventsRow("b", 0, total(1))},
			today: map[string]history.Cell{"a": history.Null, "": history.Null},
		},
		{
			name: "a figure that every row has is not known without it", at: 14, figure: rules.Watchdog,
			rows:  []string{eventsRow("a", 0, total(1)), eventsRow("b", 0, total(1)+`,"watchdog_events":1`)},
			today: map[string]history.Cell{"a": history.NotKnown, "b": value(1), "": history.NotKnown},
		},
		{
			name: "rows of other days are left out", at: 14, rows: []string{eventsRow("a", -2, total(9)), eventsRow("a", 1, total(9))},
			today: map[string]history.Cell{"a": value(0), "": value(0)},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.figure == "" {
				c.figure = rules.Events
			}
			hub := newScript("a", "b", "new", "new-2")
			hub.answers["events"] = `{"data":[` + eventsRow("a", -1, total(10)) + "," + eventsRow("b", -1, total(20)) + `]}`
			r := newRig(t, hub, rules.Events)
			r.now = monday.Add(-hour) // yesterday is not over
			r.poll()
			if c.at > 0 {
				r.now = monday.Add(hour)
				r.poll()
			}
			r.now = monday.Add(hour * 2)
			if c.at > 0 {
				r.now = monday.Add(hour * 14)
			}
			hub.answers["events"] = fmt.Sprintf(`{"data":[%s],"truncated":%t}`, strings.Join(c.rows, ","), c.truncated)
			r.poll()
			check := func(on rules.Day, want map[string]history.Cell) {
				for name, cell := range want {
					device := ""
					if name != "" {
						device = "dev:" + name
					}
					if cell == keeps {
						cell = before[name]
					}
					require.Equal(t, cell, r.cell(c.figure, on, device), "%q on %s", name, on)
				}
			}
			check(today-1, c.yesterday)
			check(today, c.today)
		})
	}
}

// A device that is not listed any more keeps its place: rows of it count there and for the project, and without a row what is stored
// stays.
func TestADeviceThatIsNoLongerListed(t *testing.T) {
	hub := newScript("a", "b", "c")
	hub.answers["events"] = `{"data":[` + eventsRow("b", 0, total(5)) + `]}`
	r := newRig(t, hub, rules.Events)
	r.poll()
	require.Equal(t, value(5), r.cell(rules.Events, today, "dev:b"))

	hub.answers["devices"], hub.answers["events"] = listing("a", "c"), `{"data":[]}`
	r.now = r.now.Add(hour)
	r.poll()
	require.Equal(t, value(5), r.cell(rules.Events, today, "dev:b"))
	require.Equal(t, value(0), r.cell(rules.Events, today, ""))

	hub.answers["devices"] = listing("a")
	hub.answers["events"] = `{"data":[` + eventsRow("c", 0, total(7)) + "," + eventsRow("a", 0, total(1)) + `]}`
	r.now = r.now.Add(hour)
	r.poll()
	require.Equal(t, value(7), r.cell(rules.Events, today, "dev:c"), "its place is beyond those of the list")
	require.Equal(t, value(8), r.cell(rules.Events, today, ""))
}

// Summary tables lack the newest of today. What they say of other days counts.
func TestSummariesSayNothingOfToday(t *testing.T) {
	hub := newScript("a")
	hub.answers["events"] = `{"data":[` + eventsRow("a", -1, total(10)) + "," + eventsRow("a", 0, total(2)) + `]}`
	hub.status["events?"] = http.StatusGatewayTimeout
	r := newRig(t, hub, rules.Events)
	r.poll()
	require.Equal(t, value(10), r.cell(rules.Events, today-1, "dev:a"))
	for _, device := range []string{"dev:a", ""} {
		require.Equal(t, history.NotKnown, r.cell(rules.Events, today, device))
	}
}

// Rows of several SIMs and satellite identities of a device add up.
func TestRowsOfADeviceAddUp(t *testing.T) {
	hub := newScript("a", "b")
	series := func(kind, device, rest string) string {
		return fmt.Sprintf(`{"type":%q,"device":"dev:%s","data":[{"period":"%sT00:00:00Z",%s}]}`, kind, device, today, rest)
	}
	hub.answers["data"] = `{"data":[` + strings.Join([]string{
		series("cellular", "a", `"total_bytes":100`), series("cellular", "a", `"total_bytes":11`),
		series("satellite", "a", `"total_bytes":40,"billable_bytes_total":50`), series("satellite", "b", `"total_bytes":40`),
	}, ",") + `]}`
	r := newRig(t, hub, rules.Bytes)
	r.poll()
	require.Equal(t, value(111), r.cell(rules.Bytes, today, "dev:a"))
	require.Equal(t, value(50), r.cell(rules.Sat, today, "dev:a"))
	require.Equal(t, value(0), r.cell(rules.Bytes, today, "dev:b"))
	require.Equal(t, value(40), r.cell(rules.Sat, today, "dev:b"))
	require.Equal(t, value(111), r.cell(rules.Bytes, today, ""))
	require.Equal(t, value(90), r.cell(rules.Sat, today, ""))

	t.Run("so a truncated answer does not count", func(t *testing.T) {
		hub.answers["data"] = `{"data":[` + series("cellular", "a", `"total_bytes":120`) + `],"truncated":true}`
		require.True(t, r.poll().Truncated)
		require.Equal(t, history.NotKnown, r.cell(rules.Bytes, today, "dev:a"))
	})
}

func TestInvalidNumbersAreLoggedOnceForEachFigure(t *testing.T) {
	hub := newScript("a", "b")
	hub.answers["events"] = `{"data":[` + eventsRow("a", 0, `"total_events":-1,"platform_events":0,"watchdog_events":0.5`) + `]}`
	r := newRig(t, hub, rules.Events)
	require.Equal(t, 3, r.poll().Invalid)
	r.poll()
	for _, figure := range []rules.Figure{rules.Events, rules.EventsTotal, rules.Watchdog} {
		require.Equal(t, 1, strings.Count(r.log.String(), "figure="+string(figure)+" "), r.log.String())
	}
	require.Equal(t, 3, strings.Count(r.log.String(), "level=WARN"), r.log.String())
}

// Names are foreign text.
func TestHostileNamesFailNoPoll(t *testing.T) {
	hub := newScript()
	hub.answers["devices"] = `{"devices":[{"uid":"dev:\u0000","serial_number":"=cmd\u0000|\ud800","sku":"\u001b[2J","fleet_uids":["fleet:\u0000"],` +
		`"provisioned":"2025-06-15T00:00:00Z"},{"uid":"dev:a","serial_number":"` + "\xff\xfe" + `","provisioned":"2025-06-15T00:00:00Z"}],"has_more":false}`
	hub.answers["fleets"] = `{"fleets":[{"uid":"fleet:\u0000","label":"\u0000` + "\xff" + `"}]}`
	hub.answers["events"] = `{"data":[` + eventsRow("a", 0, total(1)+`,"notefiles":{"a\u0000":1,"`+"\xff"+`":2,"":3}`) + "," + eventsRow(`\u0000`, 0, total(2)) + `]}`
	r := newRig(t, hub, rules.Events)
	r.poll()
	require.Equal(t, value(1), r.cell(rules.Events, today, "dev:a"))
	require.Equal(t, value(3), r.cell(rules.Events, today, ""))
	require.Equal(t, 2, r.list.Len())
}

// Packets are of satellite rows alone: a device without one sent none, and one whose rows leave them out is null.
func TestSatellitePackets(t *testing.T) {
	hub := newScript("a", "b", "c", "d")
	series := func(kind, name, fields string) string {
		return fmt.Sprintf(`{"type":%q,"device":"dev:%s","data":[{"period":"%sT00:00:00Z",%s}]}`, kind, name, today, fields)
	}
	hub.answers["data"] = `{"data":[` + strings.Join([]string{
		series("cellular", "a", `"total_bytes":500`),
		series("satellite", "a", `"total_bytes":90,"billable_bytes_total":100,"uplink_packets":3,"downlink_packets":2`),
		series("satellite", "a", `"total_bytes":40,"uplink_packets":1`),
		series("cellular", "b", `"total_bytes":500`),
		series("cellular", "c", `"total_bytes":500`),
		series("satellite", "c", `"total_bytes":40`),
	}, ",") + `]}`
	r := newRig(t, hub, rules.SatPackets)
	r.poll()
	for device, want := range map[string]history.Cell{
		"dev:a": value(6), "dev:b": value(0), "dev:c": history.Null, "dev:d": value(0), "": value(6),
	} {
		require.Equal(t, want, r.cell(rules.SatPackets, today, device), "of %q", device)
	}
	require.Equal(t, value(140), r.cell(rules.Sat, today, "dev:a"))
	require.Equal(t, value(500), r.cell(rules.Bytes, today, "dev:c"))
}

// What an older version has not stored is only read back if a rule reads it.
func TestOptionalFigures(t *testing.T) {
	r := newRig(t, newScript("a"), rules.Bytes)
	r.poll()
	require.Zero(t, r.coverage(rules.SatPackets))
	require.Equal(t, r.first, r.coverage(rules.Sat).First)
	r.config.Wants = wanted(rules.Bytes, rules.SatPackets)
	r.restart()
	r.now = r.now.Add(hour / 4)
	r.poll()
	require.Equal(t, r.coverage(rules.Sat), r.coverage(rules.SatPackets))
	require.Empty(t, r.news())
}

// Notefiles and transports are columns if a rule names them, and asked for only then.
func TestKeys(t *testing.T) {
	hostile := "a\"]\x00.qo"
	hub := newScript("a", "b", "c", "d")
	hub.answers["events"] = `{"data":[` + strings.Join([]string{
		eventsRow("a", 0, total(9)+`,"notefiles":{"data.qo":6,"a\"]\u0000.qo":3}`),
		eventsRow("b", 0, total(4)+`,"notefiles":{"other.qo":4}`),
		eventsRow("c", 0, total(4)+`,"notefiles":{"data.qo":-4}`),
	}, ",") + `]}`
	hub.answers["sessions"] = `{"sessions":[` + strings.Join([]string{
		eventsRow("a", 0, `"sessions":9,"sessions_by_transport":{"cell":6,"wifi":3}`), eventsRow("b", 0, `"sessions":2`),
	}, ",") + `]}`
	dataNotes, odd, wifi := rules.Notefile("data.qo"), rules.Notefile(hostile), rules.Transport("wifi")
	r := newRig(t, hub, rules.Events, rules.Sessions)
	r.poll()
	require.NotContains(t, strings.Join(hub.queries, " "), "includeNotefiles")
	require.Zero(t, r.coverage(dataNotes))

	r.config.Wants = wanted(dataNotes, odd, wifi)
	r.restart()
	r.now = r.now.Add(hour / 4)
	hub.queries = nil
	require.Equal(t, 1, r.poll().Invalid)
	for _, query := range hub.queries {
		require.Equal(t, strings.HasPrefix(query, "events?"), strings.Contains(query, "includeNotefiles=true"), query)
	}
	for figure, want := range map[rules.Figure]map[string]history.Cell{
		dataNotes: {"dev:a": value(6), "dev:b": value(0), "dev:c": history.NotKnown, "dev:d": value(0), "": history.NotKnown},
		odd:       {"dev:a": value(3), "dev:b": value(0), "dev:c": value(0), "dev:d": value(0), "": value(3)},
		wifi:      {"dev:a": value(3), "dev:b": history.NotKnown, "dev:c": value(0), "": history.NotKnown},
	} {
		for device, cell := range want {
			require.Equal(t, cell, r.cell(figure, today, device), "%s of %q", figure, device)
		}
		require.Equal(t, r.coverage(rules.Events), r.coverage(figure), "filled back")
	}
	require.Empty(t, r.news())
	spans, err := r.db.Usage.Coverage(t.Context(), project)
	require.NoError(t, err)
	require.NotContains(t, spans, rules.Notefile("other.qo"), "no rule names it")
}
