package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

var benchDeliveries = flag.Int("deliveries", 20_000, "how many deliveries BenchmarkDelivery changes at once; of old ones it stores ten times as many")

const (
	benchMembers = 10_000 // of a message, at most

	// Plain statements that parts are compared with. Each writes as many rows of the table of deliveries.
	plainInsert = `INSERT INTO delivery (alert, receiver, state, waiting_since) SELECT alert, receiver || '-plain', state, 1 FROM delivery`
	plainUpdate = `UPDATE delivery SET error = 'status 500'`
)

// BenchmarkDelivery stores what happens to many deliveries at once, each part after the one before. Its parts:
//
//	new, changed, ended      alerts, with ten deliveries each, are committed
//	alone                    as many alerts as deliveries are committed
//	give-up, retry, back     their receiver fails for good, is tried again, may be back
//	revised                  the alerts have a new version after they were given up
//	gone, return             the receiver is not in the rules file, is there again
//	reroute                  the alerts go to another receiver
//	fallback, idle           a fallback takes over what is missing there, then finds nothing to take over
//	begin, end, refresh      a message is begun, was posted, was posted with other values: of 10,000 members at most
//	status                   what waits is counted, beside ten times as many deliveries that are old
//
// It reports seconds, seconds of processor time, these as a multiple of those of one plain statement that writes as many rows of the same
// table in the same run, and the most memory that the process had resident. It needs Linux.
func BenchmarkDelivery(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // as `notewatch run` does
	d := newDeliveryBench(b)
	d.decide("new", plainInsert, d.fired(*benchDeliveries/10), "ops-0", "ops-1", "ops-2", "ops-3", "ops-4", "ops-5", "ops-6", "ops-7", "ops-8", "ops-9")
	d.decide("changed", plainUpdate, d.escalated())
	d.decide("ended", plainUpdate, d.over())

	d = newDeliveryBench(b)
	d.decide("alone", plainInsert, d.fired(*benchDeliveries), "ops")
	lease := d.claim("ops")
	giveUp := func() error { return d.s.Outbox.GiveUp(b.Context(), lease, "channel_not_found") }
	back := func() error { return d.s.Outbox.Revive(b.Context(), "ops", noon) }
	d.measure("give-up", plainUpdate, giveUp)
	d.require("ops", delivery.GivenUp)
	d.measure("retry", plainUpdate, func() error { return d.s.Outbox.Retry(b.Context(), lease) })
	require.NoError(b, giveUp())
	d.measure("back", plainUpdate, back)
	d.require("ops", delivery.Waiting)
	require.NoError(b, giveUp())
	d.decide("revised", plainUpdate, d.escalated())
	d.require("ops", delivery.Waiting)
	d.measure("gone", plainUpdate, func() error { return second(d.s.Outbox.KeepReceivers(b.Context(), []string{"team"}, noon)) })
	d.require("ops", delivery.Removed)
	d.measure("return", plainUpdate, func() error { return second(d.s.Outbox.KeepReceivers(b.Context(), []string{"ops"}, noon)) })
	d.measure("reroute", plainUpdate, func() error { return second(d.s.Outbox.Route(b.Context(), d.key, []string{"team"}, noon)) })
	d.require("team", delivery.Waiting)

	lease = d.claim("on-call")
	fallBack := func() error {
		return second(d.s.Outbox.FallBack(b.Context(), lease, outbox.Unreachable{For: "team", Before: noon, Now: noon}))
	}
	d.measure("fallback", `INSERT INTO delivery (alert, receiver, state, waiting_since) SELECT alert, 'plain', state, 1 FROM delivery WHERE receiver = 'ops'`, fallBack)
	d.require("on-call", delivery.Waiting)
	d.measure("idle", `SELECT count(error) FROM delivery WHERE receiver = 'team'`, fallBack)
	d.send(lease)
	d.age()
	d.measure("status", `SELECT count(error) FROM delivery`, func() error { return second(d.s.Standing(b.Context(), noon)) })
}

// A deliveryBench is a database with alerts of one rule.
type deliveryBench struct {
	b   *testing.B
	s   *store.Store
	key rules.Key
	all []rules.Alert
}

func newDeliveryBench(b *testing.B) *deliveryBench {
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "notewatch.db"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	return &deliveryBench{b: b, s: s, key: rules.Key{Rule: "data-budget", Project: project}}
}

// fired returns n alerts that begin to fire.
func (d *deliveryBench) fired(n int) []rules.Alert {
	for i := range n {
		key := d.key
		key.Subject = fmt.Sprintf("dev:%015d", i)
		told := rules.Texts{Subject: fmt.Sprintf("pump-%d", i), Project: "cold-chain", Figure: "bytes.used", Unit: "B", Summary: fmt.Sprintf("pump-%d has used 41 MB of 40 MB this month", i)}
		a, _ := key.Inactive().Raise(rules.Warning, told, noon)
		d.all = append(d.all, a)
	}
	return d.all
}

// escalated returns the alerts in a version that is worse.
func (d *deliveryBench) escalated() []rules.Alert {
	for i := range d.all {
		d.all[i], _ = d.all[i].Raise(rules.Critical, d.all[i].Texts, noon.Add(time.Hour))
	}
	return d.all
}

// over returns the alerts at their ends.
func (d *deliveryBench) over() []rules.Alert {
	for i := range d.all {
		d.all[i] = resolved(d.all[i], noon.Add(2*time.Hour))
	}
	return d.all
}

// decide measures the commit of alerts that receivers are to show.
func (d *deliveryBench) decide(part, plain string, all []rules.Alert, receivers ...string) {
	decision := store.Decision{Show: map[string][]string{}, Now: noon}
	for i := range all {
		decision.Alerts = append(decision.Alerts, &all[i])
		if len(receivers) > 0 {
			decision.Show[all[i].ID] = receivers
		}
	}
	d.measure(part, plain, func() error { return d.s.Decide(d.b.Context(), decision) })
}

func (d *deliveryBench) claim(receiver string) work.Lease {
	require.NoError(d.b, d.s.Work.MakeDue(d.b.Context(), work.Receiver, receiver, noon))
	lease, ok, err := d.s.Work.Claim(d.b.Context(), work.Receiver, receiver, noon, noon)
	require.NoError(d.b, err)
	require.True(d.b, ok)
	return lease
}

// require checks that the deliveries of all alerts to a receiver are in a state.
func (d *deliveryBench) require(receiver string, state delivery.State) {
	standing, err := d.s.Standing(d.b.Context(), noon)
	require.NoError(d.b, err)
	require.Equal(d.b, map[delivery.State]int{state: len(d.all)}, standing.Queues[receiver].Count)
}

// send measures the steps of a message with all that waits for the holder of a lease.
func (d *deliveryBench) send(lease work.Lease) {
	waiting, err := d.s.Outbox.Undelivered(d.b.Context(), lease.Key)
	require.NoError(d.b, err)
	members := waiting[:min(len(waiting), benchMembers)]
	plain := fmt.Sprintf(plainUpdate+" WHERE alert IN (SELECT alert FROM delivery WHERE receiver = '%s' LIMIT %d) AND receiver = '%[1]s'", lease.Key, len(members))
	outcome := posted(outbox.Message{ID: "m", Receiver: lease.Key}, members...)
	begin := func() error {
		attempts, err := d.s.Outbox.Begin(d.b.Context(), lease, []outbox.Sending{outcome.Sending}, noon, noon)
		if err == nil {
			outcome.Attempt = attempts[0]
		}
		return err
	}
	end := func() error { return d.s.Outbox.End(d.b.Context(), lease, outcome) }
	outcome.ShowsValue = outcome.ShowsValue[:5]
	d.measure("begin", plain, begin)
	d.measure("end", plain, end)
	outcome.Message, outcome.Members, err = d.s.Outbox.Members(d.b.Context(), "m")
	require.NoError(d.b, err)
	require.NoError(d.b, begin())
	outcome.Refresh = true
	outcome.Members[0].Alert.Value++
	d.measure("refresh", plain, end)
}

// age adds deliveries of long ago.
func (d *deliveryBench) age() {
	for i := range 10 {
		_, err := d.s.DB().ExecContext(d.b.Context(), `
			INSERT INTO delivery (alert, receiver, state, have, display) SELECT id, $1, 'delivered', 1, 'ended' FROM alert`, fmt.Sprint("old-", i))
		require.NoError(d.b, err)
	}
}

// measure reports what a part costs, beside a plain statement.
func (d *deliveryBench) measure(part, plain string, do func() error) {
	b := d.b
	debug.FreeOSMemory()
	require.NoError(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)) // forgets how much memory was resident
	took, worked := timed(b, do)
	peak := residentPeak(b)
	_, bare := timed(b, func() error { return d.plain(plain) })
	b.Run(part, func(b *testing.B) {
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(worked.Seconds(), "cpu-s")
		b.ReportMetric(worked.Seconds()/bare.Seconds(), "x-plain")
		b.ReportMetric(peak/1e6, "peak-MB")
		b.ReportMetric(0, "ns/op")
	})
}

// plain runs a statement to its end, and takes it back.
func (d *deliveryBench) plain(statement string) error {
	tx, err := d.s.DB().BeginTx(d.b.Context(), nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var none sql.NullInt64
	err = tx.QueryRowContext(d.b.Context(), statement).Scan(&none)
	if errors.Is(err, sql.ErrNoRows) { // it writes
		err = nil
	}
	return err
}

// timed returns how long something takes, and the time of all processors that the process has used meanwhile.
func timed(b *testing.B, do func() error) (took, worked time.Duration) {
	worked, began := processorTime(b), time.Now()
	require.NoError(b, do())
	return time.Since(began), processorTime(b) - worked
}

func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// residentPeak returns the most bytes that the process had resident since that was forgotten.
func residentPeak(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	require.NoError(b, err)
	_, rest, _ := bytes.Cut(text, []byte("VmHWM:"))
	kilobytes, err := strconv.ParseFloat(string(bytes.Fields(rest)[0]), 64)
	require.NoError(b, err)
	return kilobytes * 1024
}
