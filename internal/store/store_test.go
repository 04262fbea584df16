package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/storetest"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// An opening opens the database of one test, each time anew, and closes it at the end of the test.
type opening func() *store.Store

// testStore checks what every kind of database has to do. create makes an empty database.
func testStore(t *testing.T, create func(*testing.T) opening) {
	for name, test := range map[string]func(*testing.T, opening){
		"Work":         testWork,
		"Leases":       testLeases,
		"Race":         testRace,
		"Rivals":       testRivals,
		"Raise":        testRaise,
		"ReleaseAll":   testReleaseAll,
		"Processes":    testProcesses,
		"Time":         testTime,
		"Usable":       testUsable,
		"Asked":        testAsked,
		"Lanes":        testLanes,
		"AddSilences":  testAddSilences,
		"ClaimFor":     testClaimFor,
		"Activate":     testActivateRules,
		"MendCutOff":   testMendCutOff,
		"Budget":       testBudget,
		"BudgetSize":   testBudgetSize,
		"Requests":     testRequests,
		"SetBack":      testSetBack,
		"SetBackOf":    testSetBackLeases,
		"Devices":      testDevices,
		"Fleets":       testFleets,
		"Organization": testOrganization,
		"Ordinals":     testOrdinals,
		"OddDevices":   testOddDevices,
		"OddTexts":     testOddTexts,
		"ListLease":    testDeviceListNeedsALease,
		"StoredList":   testStoredDeviceList,
		"ListWrites":   testDeviceListWritesLittle,
		"Places":       testPlaces,
		"BlocksOfMany": testBlocksOfMany,
		"Find":         testFind,
		"Gone":         testGoneDevices,
		"AlertsOf":     testAlertsOf,
		"Hushed":       testHushed,
		"Prune":        testPrune,
		"PruneHistory": testPruneHistory,
		"Project":      testProject,
		"Alerts":       testAlerts,
		"CountAlerts":  testCountAlerts,
		"Happenings":   testHappenings,
		"Told":         testDeliveriesTo,
		"Names":        testNames,
		"Announced":    testAnnounced,
		"Filter":       testFilter,
		"Fired":        testFired,
		"Standing":     testStanding,
		"News":         testNews,
		"HeldBack":     testHeldBack,
		"Skipped":      testSkipped,
		"Reconsider":   testReconsider,
		"Batches":      testBatches,
		"Attempts":     testAttempts,
		"Stale":        testStale,
		"Begun":        testBegun,
		"FallBack":     testFallBack,
		"StandIns":     testStandIns,
		"Retry":        testRetry,
		"Waiting":      testWaiting,
		"GiveUpAll":    testGiveUpAll,
		"Keep":         testKeepReceivers,
		"Route":        testRoute,
		"RouteBusy":    testRouteWhileSending,
		"RouteMuted":   testRouteMuted,
		"RouteLate": testRouteOvertaken(func(ctx context.Context, s *store.Store, slow work.Lease, late outbox.Outcome) error {
			return s.Outbox.Repair(ctx, slow, late)
		}),
		"RouteCut": testRouteOvertaken(func(ctx context.Context, s *store.Store, _ work.Lease, _ outbox.Outcome) error {
			return s.ReleaseAll(ctx)
		}),
		"RouteBeside":   testRouteBesideOthers,
		"ManyRoutes":    testManyRoutes,
		"Redeliver":     testRedeliver,
		"Figure":        testFigure,
		"Decide":        testDecide,
		"Moved":         testMoved,
		"Transitions":   testTransitions,
		"Readings":      testReadings,
		"Blocks":        testBlocks,
		"Changed":       testChanged,
		"ChangedSince":  testChangedSince,
		"SharedChanges": testSharedChanges,
		"Coverage":      testCoverage,
		"ReadFenced":    testSaveReadingFenced,
		"Damaged":       testDamaged,
		"Counted":       testCountDevices,
		"Plans":         testPlans,
		"ListDoubt":     testListDoubt,
		"Unread":        testUnread,
		"PollRules":     testPollRules,
		"Twin":          testTwin,
		"Versions":      testVersions,
		"WorkState":     testWorkState,
		"OpenAlert":     testOpenAlert,
		"OpenStates":    testOpenStates,
		"Silences":      testSilences,
		"Endless":       testEndlessSilences,
		"ToNothing":     testSilencesOfWhatCameToNothing,
		"Forgotten":     testForgottenSilences,
		"Show":          testShow,
		"Atomic":        testAtomic,
		"Cancelled":     testCancelled,
		"Delivery":      testDelivery,
		"GivingUp":      testGivingUp,
		"Repair":        testRepair,
		"RepairFirst":   testRepairFirst,
		"Fences":        testFences,
		"Restart":       testRestart,
		"Interrupted":   testInterrupted,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, create(t))
		})
	}
}

func TestSQLite(t *testing.T) {
	testStore(t, func(t *testing.T) opening {
		path := storetest.SQLite(t)
		return func() *store.Store { return open(t, path) }
	})
}

func TestPostgres(t *testing.T) {
	testStore(t, func(t *testing.T) opening {
		url := storetest.Postgres(t)
		return func() *store.Store { return open(t, url) }
	})
}

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

const (
	project = "app:2606f411-dea6-44a0-9743-1130f57d77d8"
	team    = "cold-chain-team"
	minute  = time.Minute
)

var (
	noon    = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) // on the domain clock
	machine = time.Date(2031, 7, 1, 8, 30, 0, 0, time.UTC)  // on the machine clock at the same time
	today   = rules.DayOf(noon)
	never   time.Time
)

// claim claims work that can be claimed.
func claim(t *testing.T, s *store.Store, kind work.Kind, key string) work.Lease {
	t.Helper()
	lease, ok, err := s.Work.Claim(t.Context(), kind, key, noon, machine)
	require.NoError(t, err)
	require.True(t, ok)
	return lease
}

// steal claims work whose lease has run out.
func steal(t *testing.T, s *store.Store, lease work.Lease) work.Lease {
	t.Helper()
	mine, ok, err := s.Work.Claim(t.Context(), lease.Kind, lease.Key, noon, machine.Add(work.LeaseTime))
	require.NoError(t, err)
	require.True(t, ok)
	return mine
}

// decide is a poll that decides something. The project is due again at once.
func decide(t *testing.T, s *store.Store, c store.Commit) {
	t.Helper()
	require.NoError(t, s.Work.AddWork(t.Context(), work.Poll, []string{project}, noon))
	lease := claim(t, s, work.Poll, project)
	c.Project.UID, c.Now, c.Due = project, noon, noon
	require.NoError(t, s.Commit(t.Context(), lease, c))
}

// firing is an alert in its first version.
func firing(id, subject string) rules.Alert {
	return rules.Alert{
		ID: id, Rule: "data-budget", Project: project, Subject: subject,
		State: rules.Firing, Level: rules.Warning, Worst: rules.Warning, Version: 1, Reason: rules.Fired,
		Since: noon.Add(-minute), FiredAt: noon, Value: 41, Peak: 41, Limit: 40, AsOf: noon,
	}
}

// resolved is the alert at its end.
func resolved(a rules.Alert, at time.Time) rules.Alert {
	a.State, a.Reason, a.EndedAt = rules.Resolved, rules.EventResolved, at
	a.Version++
	return a
}

// judged says what rules meant: name, hash, name, hash …
func judged(pairs ...string) map[string]store.RuleMeaning {
	all := map[string]store.RuleMeaning{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = store.RuleMeaning{Hash: pairs[i+1], Since: noon}
	}
	return all
}

// shown says which receivers show an alert.
func shown(alert string, receivers ...string) map[string][]string {
	return map[string][]string{alert: receivers}
}

// due returns when work is due, the zero time for never.
func due(t *testing.T, s *store.Store, kind work.Kind, key string) time.Time {
	t.Helper()
	at, ok, err := s.Work.NextDue(t.Context(), kind, key)
	require.NoError(t, err)
	require.Equal(t, ok, !at.IsZero())
	return at
}

// waits is a delivery of an alert that waits since noon, with changes.
func waits(a rules.Alert, changes ...func(*delivery.Delivery)) outbox.Delivery {
	d := outbox.Delivery{Alert: a, Delivery: delivery.Delivery{State: delivery.Waiting, Since: noon, Display: delivery.DisplayNone}}
	for _, change := range changes {
		change(&d.Delivery)
	}
	return d
}

// begun has a delivery belong to a message that was begun.
func begun(message string) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) { d.Message, d.Display = message, delivery.DisplayMaybe }
}

// shows has a delivery show a version as warning.
func shows(message string, version int64) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) {
		d.Message, d.Have, d.Shown, d.Display = message, version, rules.Warning, delivery.DisplayFiring
	}
}

// delivered has a delivery show the newest version, which is the first.
func delivered(message string) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) {
		shows(message, 1)(d)
		d.State, d.Since = delivery.Delivered, never
	}
}

// held has a delivery held because its alert is silenced.
func held(d *delivery.Delivery) {
	d.State, d.Reason, d.Detail, d.Since = delivery.Held, delivery.ReasonMuted, "silenced", never
}

func failed(d *delivery.Delivery)  { d.Error = "status 500" }
func givenUp(d *delivery.Delivery) { d.State = delivery.GivenUp }

// silenced is an alert that is muted.
func silenced(a rules.Alert) rules.Alert {
	a.Mute = rules.Mute{Kind: rules.BySilence, By: "amy"}
	return a
}

// settle has deliveries considered for a receiver that takes alerts of all levels.
func settle(t *testing.T, s *store.Store, lease work.Lease, deliveries ...outbox.Delivery) {
	t.Helper()
	for i := range deliveries {
		deliveries[i].Detail = "silenced"
	}
	require.NoError(t, s.Outbox.Settle(t.Context(), lease, delivery.Policy{}, deliveries))
}

// undelivered returns the only delivery that waits.
func undelivered(t *testing.T, s *store.Store, receiver string) outbox.Delivery {
	t.Helper()
	all, err := s.Outbox.Undelivered(t.Context(), receiver)
	require.NoError(t, err)
	require.Len(t, all, 1)
	return all[0]
}

func ids(all []rules.Alert) (ids []string) {
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	return ids
}

// alerts are alerts of a decision.
func alerts(all ...rules.Alert) (decided []*rules.Alert) {
	for i := range all {
		decided = append(decided, &all[i])
	}
	return decided
}

// writes returns how many rows were ever written over the connection that writes.
func writes(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	query := "SELECT total_changes()"
	if s.Shared() {
		countWrites(t, s.DB())
		query = "SELECT last_value - 1 FROM writes"
	}
	require.NoError(t, s.DB().QueryRowContext(t.Context(), query).Scan(&n))
	return n
}

// countWrites has PostgreSQL count the rows that are written from the first call on. It numbers them from 2 on.
func countWrites(t *testing.T, db *sql.DB) {
	t.Helper()
	var counted bool
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT to_regclass('writes') IS NOT NULL").Scan(&counted))
	if counted {
		return
	}
	statements := []string{
		"CREATE SEQUENCE writes", "SELECT nextval('writes')",
		"CREATE FUNCTION count_write() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM nextval(''writes''); RETURN NULL; END'",
	}
	for _, table := range tables {
		statements = append(statements, "CREATE TRIGGER writes AFTER INSERT OR UPDATE OR DELETE ON "+table+" FOR EACH ROW EXECUTE FUNCTION count_write()")
	}
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

var (
	tables = []string{
		"account", "alert", "attempt", "attempt_alert", "change", "delivery", "device", "device_list", "figure", "fleet",
		"history", "intraday", "judged", "listing", "message", "project", "silence", "sim", "transition", "work",
	}
	oldTables = []string{"device_row", "usage", "usage_change"} // of an older version, which PostgreSQL never had
)

// dump returns all that the database holds.
func dump(t *testing.T, s *store.Store) (all []string) {
	t.Helper()
	dumped := tables
	if !s.Shared() {
		dumped = slices.Concat(tables, oldTables)
	}
	for _, table := range dumped {
		all = append(all, dumpTable(t, s, table)...)
	}
	slices.Sort(all)
	return all
}

func dumpTable(t *testing.T, s *store.Store, table string) []string {
	t.Helper()
	return dumpRows(t, s.DB(), table, "*")
}

// dumpRows returns what a table holds in some columns.
func dumpRows(t *testing.T, db *sql.DB, table, names string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT "+names+" FROM "+table)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	values, pointers := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	for rows.Next() {
		require.NoError(t, rows.Scan(pointers...))
		for i, value := range values {
			if b, ok := value.([]byte); ok && len(b) > 100 {
				values[i] = fmt.Sprintf("%d bytes with the hash %x", len(b), sha256.Sum256(b))
			}
		}
		all = append(all, fmt.Sprint(table, values))
	}
	require.NoError(t, rows.Err())
	slices.Sort(all)
	return all
}

// same compares what holds NaN, but for what it points to.
func same(t *testing.T, want, got any) {
	t.Helper()
	text := func(of any) string { return pointers.ReplaceAllString(fmt.Sprintf("%+v", of), "a pointer") }
	require.Equal(t, text(want), text(got))
}

var pointers = regexp.MustCompile(`\b0x[0-9a-f]+`)

// fill sets all fields of a value to something that differs from field to field.
func fill(v reflect.Value, n *int) {
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(noon.Add(time.Duration(*n) * 1001 * time.Millisecond)))
		return
	}
	switch v.Kind() {
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Int8:
		v.SetInt(int64(rules.True))
	case reflect.Uint8:
		v.SetUint(uint64(*n % 4))
	case reflect.Float64:
		v.SetFloat(float64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, n)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	default:
		panic("cannot fill " + v.Type().String())
	}
}

// filled returns a value of which no field is zero: one that is not stored shows.
func filled[T any]() (value T) {
	n := 0
	fill(reflect.ValueOf(&value).Elem(), &n)
	return value
}

// blank replaces the numbers of a struct by NaN.
func blank(v reflect.Value) {
	for _, f := range v.Fields() {
		switch f.Kind() {
		case reflect.Float64:
			f.SetFloat(math.NaN())
		case reflect.Struct:
			if f.Type() != reflect.TypeFor[time.Time]() {
				blank(f)
			}
		}
	}
}
