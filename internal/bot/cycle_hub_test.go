package bot_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A cycleHub is a Notehub of fleets so large that the simulated one would take most of the time of a benchmark. It writes
// rows straight into the answer, out of little more than the number of a device and of a day, and keeps no rows. It also is
// the receiver of webhooks. It runs in a process of its own, so that the memory of the benchmark is that of the bot alone.
type cycleHub struct {
	Devices  int // of each project
	Projects int

	order atomic.Pointer[cycleOrder]

	mu    sync.Mutex
	tally cycleTally
}

// A cycleOrder says what the hub answers.
type cycleOrder struct {
	Now    int64 // Unix seconds
	Step   int64 // each step raises what every device has used today, so that every row of today changes
	Firing int   // devices of each project that have used far too much today
	Late   int64 // each one raises yesterday's bytes of every device, as carriers report late
}

// A cycleTally counts what the hub has answered and received.
type cycleTally struct {
	Requests  int
	Bytes     int64     // of all answers
	Posts     int       // to the webhook
	PostBytes int64     // of their bodies
	LastPost  time.Time // when the last of them had arrived
}

const (
	cycleToken  = "a-token"
	cycleFleets = 20 // of each project
)

// cycleProject returns the UID of a project.
func cycleProject(i int) string { return fmt.Sprintf("app:2606f411-dea6-44a0-9743-1130f57d%04d", i) }

// serveCycleHub answers as a Notehub of the given size until its input ends. It prints its address.
func serveCycleHub(size string) error {
	h := &cycleHub{}
	if _, err := fmt.Sscanf(size, "%dx%d", &h.Projects, &h.Devices); err != nil {
		return err
	}
	h.order.Store(&cycleOrder{})
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (h *cycleHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/order":
		var order cycleOrder
		_ = json.NewDecoder(r.Body).Decode(&order)
		h.order.Store(&order)
	case r.URL.Path == "/tally":
		h.mu.Lock()
		defer h.mu.Unlock()
		_ = json.NewEncoder(w).Encode(h.tally)
	case r.Method == http.MethodPost:
		n, _ := io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
		h.count(cycleTally{Posts: 1, PostBytes: n, LastPost: time.Now()})
	default:
		counted := &countingWriter{w: w}
		h.answer(counted, r)
		h.count(cycleTally{Requests: 1, Bytes: counted.n})
	}
}

func (h *cycleHub) count(more cycleTally) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tally.Requests += more.Requests
	h.tally.Bytes += more.Bytes
	h.tally.Posts += more.Posts
	h.tally.PostBytes += more.PostBytes
	if more.LastPost.After(h.tally.LastPost) {
		h.tally.LastPost = more.LastPost
	}
}

type countingWriter struct {
	w io.Writer
	n int64
}

// Write implements io.Writer.
func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// answer answers a request of /v1/projects/{project}/{endpoint}. It checks nothing: the simulated Notehub does.
func (h *cycleHub) answer(w io.Writer, r *http.Request) {
	a := &cycleAnswer{Writer: bufio.NewWriterSize(w, 64<<10), hub: h, cycleOrder: *h.order.Load(), query: r.URL.Query()}
	defer func() { _ = a.Flush() }()
	a.today = a.Now / daySeconds
	_, endpoint, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/projects/"), "/")
	switch endpoint {
	case "devices":
		a.list()
	case "fleets":
		a.fleets()
	case "usage/events":
		a.flat("data", a.eventsRow)
	case "usage/sessions":
		a.flat("sessions", a.sessionsRow)
	case "usage/data":
		a.series()
	}
}

const daySeconds = 24 * 60 * 60

// A cycleAnswer writes one answer.
type cycleAnswer struct {
	*bufio.Writer
	cycleOrder
	hub   *cycleHub
	query url.Values
	today int64 // days since 1970
	row   []byte
}

func (a *cycleAnswer) number(name string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(a.query.Get(name), 10, 64); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// window returns the first and last day that are asked for, and how many rows there may be.
func (a *cycleAnswer) window() (first, last, limit int64) {
	return a.number("startDate", a.Now) / daySeconds, a.number("endDate", a.Now) / daySeconds, a.number("limit", 200_000)
}

// selected returns the numbers of the devices that are asked for.
func (a *cycleAnswer) selected() []int {
	uids := a.query["deviceUID"]
	fleets := map[int]bool{}
	for _, uid := range a.query["fleetUID"] {
		fleets[cycleNumber(uid)] = true
	}
	var devices []int
	for _, uid := range uids {
		devices = append(devices, cycleNumber(uid))
	}
	for i := range a.hub.Devices {
		if len(uids) == 0 && (len(fleets) == 0 || fleets[i%cycleFleets]) {
			devices = append(devices, i)
		}
	}
	return devices
}

// cycleNumber returns the number at the end of a UID.
func cycleNumber(uid string) int {
	n, err := strconv.Atoi(uid[max(0, len(uid)-9):])
	if err != nil {
		return -1
	}
	return n
}

// flat writes an answer of usage whose rows stand in one list, day by day.
func (a *cycleAnswer) flat(list string, write func(u cycleUsage, devices int)) {
	first, last, limit := a.window()
	devices, rows := a.selected(), int64(0)
	_, _ = a.WriteString(`{"` + list + `":[`)
	for day := first; day <= last && rows < limit; day++ {
		var sum cycleUsage
		for _, i := range devices {
			u := a.usage(i, day)
			if a.query.Get("aggregate") == "project" {
				sum.add(u)
				continue
			}
			if rows++; rows > limit {
				break
			}
			a.begin(rows, day)
			a.text(`,"device":"dev:864475`).padded(i).text(`"`)
			write(u, 1)
		}
		if a.query.Get("aggregate") == "project" {
			rows++
			a.begin(rows, day)
			write(sum, len(devices))
		}
	}
	a.end(rows > limit || rows == limit && a.query.Get("aggregate") != "project" && rows < int64(len(devices))*(last-first+1))
}

func (a *cycleAnswer) begin(rows, day int64) {
	a.row = a.row[:0]
	if rows > 1 {
		a.text(",")
	}
	a.text(`{"period":"`).date(day).text(`T00:00:00Z"`)
}

func (a *cycleAnswer) end(truncated bool) {
	_, _ = fmt.Fprintf(a, `],"truncated":%t}`, truncated)
}

func (a *cycleAnswer) eventsRow(u cycleUsage, devices int) {
	a.text(`,"total_events":`).number64(u.events + u.platform).text(`,"billable_events":`).number64(u.events)
	a.text(`,"platform_events":`).number64(u.platform).text(`,"watchdog_events":0,"total_devices":`).number64(int64(devices))
	a.text(`,"total_days_in_period":1,"total_reboots":`).number64(u.reboots).text(`,"total_fw_updates":0}`)
	_, _ = a.Write(a.row)
}

func (a *cycleAnswer) sessionsRow(u cycleUsage, devices int) {
	a.text(`,"sessions":`).number64(u.sessions).text(`,"first_sync_sessions":0,"tls_sessions":`).number64(u.sessions / 6)
	a.text(`,"total_bytes":`).number64(u.sessionBytes).text(`,"total_devices":`).number64(int64(devices))
	a.text(`,"sessions_by_transport":{"cell":`).number64(u.sessions).text(`}}`)
	_, _ = a.Write(a.row)
}

// series writes an answer of data usage: a series of days for each SIM, or one for the project.
func (a *cycleAnswer) series() {
	first, last, limit := a.window()
	devices, rows, project := a.selected(), int64(0), a.query.Get("aggregate") == "project"
	if project {
		devices = devices[:min(1, len(devices))]
	}
	_, _ = a.WriteString(`{"data":[`)
	for n, i := range devices {
		a.row = a.row[:0]
		if n > 0 {
			a.text(",")
		}
		a.text(`{"type":"cellular",`)
		if !project {
			a.text(`"device":"dev:864475`).padded(i).text(`","iccid":"89103000000`).padded(i).text(`",`)
		}
		a.text(`"device_count":1,"data":[`)
		for day := first; day <= last && rows < limit; day++ {
			if day > first {
				a.text(",")
			}
			rows++
			u := a.usage(i, day)
			if project {
				u.bytes = a.total(day).bytes
			}
			down := u.bytes / 4 * 3
			a.text(`{"period":"`).date(day).text(`T00:00:00Z","total_bytes":`).number64(u.bytes)
			a.text(`,"uplink_bytes":`).number64(u.bytes - down).text(`,"downlink_bytes":`).number64(down).text(`}`)
		}
		a.text(`]}`)
		if _, _ = a.Write(a.row); rows == limit {
			break
		}
	}
	a.end(!project && rows == limit && rows < int64(len(devices))*(last-first+1))
}

// total returns what all selected devices have used on a day.
func (a *cycleAnswer) total(day int64) (sum cycleUsage) {
	for _, i := range a.selected() {
		sum.add(a.usage(i, day))
	}
	return sum
}

// list writes one page of the device list.
func (a *cycleAnswer) list() {
	size := int(a.number("pageSize", 50))
	first := (int(a.number("pageNum", 1)) - 1) * size
	last := min(first+size, a.hub.Devices)
	seen := time.Unix(a.Now-60, 0).UTC().Format(time.RFC3339)
	_, _ = a.WriteString(`{"devices":[`)
	for i := first; i < last; i++ {
		a.row = a.row[:0]
		if i > first {
			a.text(",")
		}
		a.text(`{"uid":"dev:864475`).padded(i).text(`","serial_number":"sensor-`).number64(int64(i))
		a.text(`","sku":"NOTE-WBEXW","product_uid":"product:com.example.fleet","fleet_uids":["fleet:0000000000000000000000000`).padded(i % cycleFleets)
		a.text(`"],"firmware_notecard":"{\"org\":\"Blues Wireless\",\"product\":\"Notecard\",\"version\":\"notecard-8.1.3.17074\"}"`)
		a.text(`,"firmware_host":"{\"org\":\"Acme\",\"product\":\"sensor\",\"version\":\"1.4.2\"}"`)
		a.text(`,"provisioned":"2024-01-01T00:00:00Z","last_activity":"`).text(seen).text(`","voltage":3.`).number64(10 + (a.Step+int64(i))%80)
		a.text(`,"temperature":21.5,"cellular_usage":[{"iccid":"89103000000`).padded(i).text(`","used":`).number64(20_000_000 + a.Step*97)
		a.text(`,"limit":500000000,"lifetime_used":`).number64(20_000_000 + a.Step*97).text(`,"last_updated":`).number64(a.Now - 60).text(`}]}`)
		_, _ = a.Write(a.row)
	}
	_, _ = fmt.Fprintf(a, `],"has_more":%t}`, last < a.hub.Devices)
}

func (a *cycleAnswer) fleets() {
	_, _ = a.WriteString(`{"fleets":[`)
	for i := range cycleFleets {
		if i > 0 {
			_, _ = a.WriteString(",")
		}
		_, _ = fmt.Fprintf(a, `{"uid":"fleet:0000000000000000000000000%09d","label":"region-%d","created":"2024-01-01T00:00:00Z","watchdog_mins":0}`, i, i)
	}
	_, _ = a.WriteString(`]}`)
}

func (a *cycleAnswer) text(s string) *cycleAnswer {
	a.row = append(a.row, s...)
	return a
}

func (a *cycleAnswer) number64(n int64) *cycleAnswer {
	a.row = strconv.AppendInt(a.row, n, 10)
	return a
}

// padded writes nine digits.
func (a *cycleAnswer) padded(n int) *cycleAnswer {
	var digits [9]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
	a.row = append(a.row, digits[:]...)
	return a
}

func (a *cycleAnswer) date(day int64) *cycleAnswer {
	a.row = time.Unix(day*daySeconds, 0).UTC().AppendFormat(a.row, time.DateOnly)
	return a
}

// A cycleUsage is what a device, or all of them, have used on a day.
type cycleUsage struct{ events, platform, sessions, bytes, sessionBytes, reboots int64 }

func (u *cycleUsage) add(other cycleUsage) {
	u.events += other.events
	u.platform += other.platform
	u.sessions += other.sessions
	u.bytes += other.bytes
	u.sessionBytes += other.sessionBytes
	u.reboots += other.reboots
}

// usage returns what a device has used on a day: about 24 events and sessions and 48 kB, other ones on each day.
func (a *cycleAnswer) usage(device int, day int64) cycleUsage {
	h := uint64(device)*0x9e3779b97f4a7c15 ^ uint64(day)*0xbf58476d1ce4e5b9
	h = (h ^ h>>29) * 0x94d049bb133111eb
	h ^= h >> 32
	u := cycleUsage{events: 20 + int64(h%8), sessions: 22 + int64(h>>8%4), bytes: 40_000 + int64(h>>16%16384)}
	u.platform = u.sessions + int64(h>>32%3)
	if h>>40%100 == 0 {
		u.reboots = 1
	}
	switch day {
	case a.today:
		u.events, u.sessions, u.bytes = u.events/2+a.Step, u.sessions/2+a.Step, u.bytes/2+97*a.Step
		if device < a.Firing {
			u.events, u.sessions, u.bytes = u.events+6_000, u.sessions+4_000, u.bytes+100_000_000
		}
	case a.today - 1:
		u.bytes += 97 * a.Late
	}
	u.sessionBytes = u.bytes * 94 / 100
	return u
}
