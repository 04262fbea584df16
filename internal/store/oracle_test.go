package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/internal/store/database"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/postgrestest"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// Who holds a lease: a process, or one of these.
const (
	nobody int8 = -1
	gone   int8 = -2 // a process that has died
)

// shared is all that the protocol depends on in the database: one receiver, one project and one alert, which the
// receiver is to show.
type shared struct {
	work    workItem
	owed    owed
	running [4]post // what attempts without end display if they are taken; the zero post is no attempt
	poll    poll
}

// A post is what an attempt displays.
type post struct{ version, epoch int8 }

// work is the row of the receiver.
type workItem struct {
	due     bool
	version int8
	holder  int8 // of the lease
	expired bool // the lease
}

// owed is what the receiver owes for the alert.
type owed struct {
	newest  int8 // version of the alert
	have    int8
	epoch   int8
	state   delivery.State
	display delivery.Display
}

// shown is the level that people were last notified of.
func (o owed) shown() rules.Level {
	if o.display == delivery.DisplayFiring {
		return rules.Warning
	}
	return rules.Inactive
}

// rests reports whether nothing is sent for now.
func (o owed) rests() bool { return o.state == delivery.Held || o.state == delivery.GivenUp }

// poll is the row of the project, which is always due.
type poll struct {
	holder  int8
	expired bool
}

// faults leave something out of the protocol, to see that the check would notice.
type faults struct {
	noVersion bool // work is completed whatever its version
	noToken   bool // nobody is stopped because his lease was lost
	noRepair  bool // who posted and finds his lease lost leaves it at that
	onlyRaise bool // who posted and finds his lease lost makes the receiver due, and nothing more
	onlyClose bool // who finds his lease lost after an attempt that failed takes it for one that was not posted
	noGuard   bool // what was posted is recorded even if a repair came in between
	noMend    bool // a start does not look at attempts that were cut off
	noRelease bool // what is held back stays so, whatever is newer
	blindHold bool // what is held back is whatever is newest, not what was read
	noMore    bool // who had no time left does not come back
}

// A question is a step of the protocol in a state of the database.
type question struct {
	before shared
	step   string
	by     int8 // process
	lease  int8 // version that by knows from its claim
	read   sight
	slot   int8 // of the attempt of by
}

// A sight is what a sender has read of the delivery.
type sight struct {
	version, have, epoch int8
	display              delivery.Display
}

// unseen reports whether no message is known to have reached the receiver.
func (s sight) unseen() bool {
	return s.display == delivery.DisplayNone || s.display == delivery.DisplayMaybe
}

// An answer is what a step did. ok is that there was something to claim or to read, or that the lease was held.
type answer struct {
	after shared
	ok    bool
	lease int8
	read  sight
	slot  int8
}

// An oracle knows what steps do, from having done each once on a real database.
type oracle struct {
	t      *testing.T
	s      *Store
	all    []*Store // of the processes, one after the other; s is the first
	faults faults
	start  shared
	known  map[question]answer // to the essence of questions
	asked  int
	tried  int
	stmts  map[string]*sql.Stmt
}

// tokens are those of the processes; the last one is that of a process that has died.
var tokens = []string{"first", "second", "gone"}

var (
	present = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) // on both clocks, always
	future  = present.Add(work.LeaseTime)
)

func newOracle(t *testing.T, faults faults) *oracle {
	db, err := sql.Open("sqlite", "file:protocol?mode=memory&_txlock=immediate&_pragma=foreign_keys(1)")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	over, err := database.Over(t.Context(), db, t.TempDir()) // a database in memory has no file
	require.NoError(t, err)
	return newOracleOf(t, faults, newStore(over))
}

// newServerOracle returns an oracle of PostgreSQL that each process asks over connections of its own.
func newServerOracle(t *testing.T) *oracle {
	place := postgrestest.New(t)
	var all []*Store
	for range 2 {
		s, err := Open(t.Context(), place)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		all = append(all, s)
	}
	return newOracleOf(t, faults{}, all...)
}

// newOracleOf returns an oracle of processes that have one database open.
func newOracleOf(t *testing.T, faults faults, all ...*Store) *oracle {
	s := all[0]
	o := &oracle{t: t, s: s, all: all, faults: faults, known: map[question]answer{}, stmts: map[string]*sql.Stmt{}}
	require.NoError(t, s.Work.AddWork(t.Context(), work.Poll, []string{"project"}, present))
	lease, ok, err := s.Work.Claim(t.Context(), work.Poll, "project", present, present)
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, s.Commit(t.Context(), lease, decision(1)))
	o.exec(`INSERT INTO message (id, receiver, ref) VALUES ('message', 'receiver', '')`)
	// Attempts that are begun get numbers beyond those of the slots.
	for range len(shared{}.running) {
		o.exec(`INSERT INTO attempt (message, receiver, started, status, error) VALUES ('message', 'receiver', 0, '', '')`)
	}
	o.exec(`DELETE FROM attempt`)
	o.start = o.save(nobody, nil)
	return o
}

// ask returns what a step does. Questions that should have the same answer are asked once; a sample of them is asked as
// it is, to see that they have.
func (o *oracle) ask(q question) answer {
	essence := q.essence(o.start)
	a, ok := o.known[essence]
	if !ok {
		a = o.try(essence)
		o.known[essence] = a
	}
	a = q.applied(a)
	if o.asked++; o.asked%sample == 0 {
		require.Equal(o.t, o.try(q), a, "%+v", q)
	}
	return a
}

// sample is how many questions there are to one that is asked as it is.
const sample = 1009

// touches says which parts of the database a step reads or writes.
var touches = map[string]struct{ work, owed, running, poll bool }{
	"claims":             {work: true},
	"reads":              {owed: true},
	"begins":             {work: true, owed: true, running: true},
	"ends":               {work: true, owed: true, running: true},
	"gives up":           {work: true, owed: true, running: true},
	"fails":              {work: true, owed: true, running: true},
	"leaves it":          {work: true, owed: true, running: true},
	"holds back":         {work: true, owed: true},
	"repairs":            {work: true, owed: true, running: true},
	"doubts":             {work: true, owed: true, running: true},
	"closes the attempt": {running: true},
	"completes":          {work: true},
	"goes on":            {work: true},
	"claims the poll":    {poll: true},
	"commits":            {work: true, owed: true, poll: true},
	"restart":            {work: true, owed: true, running: true, poll: true},
}

// leased are the steps that depend on whether the work was raised since the claim.
var leased = []string{"completes", "ends", "gives up", "fails"}

// essence is the question without what the answer does not depend on: parts that the step does not touch, and how often
// the work was raised and the delivery repaired before.
func (q question) essence(untouched shared) question {
	q.lease -= q.before.work.version
	q.before.work.version = 0
	q.read.epoch -= q.before.owed.epoch
	q.before = q.before.inEpoch(0)
	if q.lease = max(q.lease, -1); !slices.Contains(leased, q.step) {
		q.lease = 0
	}
	return question{q.overlaid(q.before, untouched), q.step, q.by, q.lease, q.read, q.slot}
}

// applied is the answer to the essence of the question turned into that to the question.
func (q question) applied(a answer) answer {
	a.after.work.version += q.before.work.version
	a.after = a.after.inEpoch(a.after.owed.epoch + q.before.owed.epoch)
	if a.ok && q.step == "claims" {
		a.lease += q.before.work.version
	}
	if a.ok && q.step == "reads" {
		a.read.epoch += q.before.owed.epoch
	}
	a.after = q.overlaid(a.after, q.before)
	return a
}

// inEpoch is the state with the delivery in an epoch, and the attempts as far from it as they were.
func (s shared) inEpoch(epoch int8) shared {
	for i := range s.running {
		if s.running[i].version > 0 {
			s.running[i].epoch += epoch - s.owed.epoch
		}
	}
	s.owed.epoch = epoch
	return s
}

// overlaid takes the parts that the step touches from one state and the rest from the other.
func (q question) overlaid(touched, rest shared) shared {
	t := touches[q.step]
	if t.work {
		rest.work = touched.work
	}
	if t.owed {
		rest.owed = touched.owed
	}
	if t.running {
		rest.running = touched.running
	}
	if t.poll {
		rest.poll = touched.poll
	}
	return rest
}

// try takes a step.
func (o *oracle) try(q question) answer {
	o.tried++
	o.load(q.before)
	a := o.do(q)
	a.after = o.save(q.by, &a.slot)
	return a
}

// do takes a step on the database.
func (o *oracle) do(q question) (a answer) {
	ctx, s := o.t.Context(), o.s
	if q.by > 0 {
		s = o.all[int(q.by)%len(o.all)]
	}
	lease := work.Lease{Kind: work.Receiver, Key: "receiver", Version: int64(q.lease)}
	if q.by >= 0 {
		lease.Token = tokens[q.by]
	}
	if o.faults.noToken {
		defer o.pretend(q)()
	}
	var err error
	switch q.step {
	case "claims":
		lease, a.ok, err = s.Work.Claim(ctx, work.Receiver, "receiver", present, present)
		a.lease = int8(lease.Version)
	case "claims the poll":
		_, a.ok, err = s.Work.Claim(ctx, work.Poll, "project", present, present)
	case "reads":
		var found []outbox.Delivery
		found, err = o.undelivered()
		for _, d := range found {
			a.ok, a.read = true, sight{int8(d.Alert.Version), int8(d.Have), int8(d.Epoch), d.Display}
		}
	case "begins":
		_, err = beginOne(ctx, s, lease, outbox.Message{ID: "message", Receiver: "receiver"}, outcome(q.read, "").Members, present)
		a.ok = kept(&err)
	case "ends":
		if o.faults.noGuard {
			q.read.epoch = q.before.owed.epoch
		}
		err = s.Outbox.End(ctx, lease, of(int64(q.slot)+1, outcome(q.read, outbox.Posted)))
		a.ok = kept(&err)
	case "gives up":
		err = s.Outbox.End(ctx, lease, of(int64(q.slot)+1, outcome(q.read, outbox.GivenUp)))
		a.ok = kept(&err)
	case "fails":
		err = s.Outbox.End(ctx, lease, of(int64(q.slot)+1, outcome(q.read, outbox.Retrying)))
		a.ok = kept(&err)
	case "leaves it":
		err = s.Outbox.End(ctx, lease, of(int64(q.slot)+1, outcome(q.read, outbox.NotMade)))
		a.ok = kept(&err)
	case "holds back":
		d := outcome(q.read, "").Members[0]
		d.Detail = "silenced"
		if o.faults.blindHold {
			d.Alert.Version = int64(q.before.owed.newest)
		}
		o.exec(`UPDATE alert SET mute = $1`, database.Document(&rules.Mute{Kind: rules.BySilence}))
		err = s.Outbox.Settle(ctx, lease, delivery.Policy{}, []outbox.Delivery{d})
		a.ok = kept(&err)
		o.exec(`UPDATE alert SET mute = '{}'`)
	case "repairs":
		err = o.repair(q, lease)
	case "doubts":
		status := outbox.Retrying
		if o.faults.onlyClose {
			status = outbox.NotMade
		}
		err = s.Outbox.Repair(ctx, lease, of(int64(q.slot)+1, outcome(q.read, status)))
	case "closes the attempt":
		err = s.Outbox.Repair(ctx, lease, of(int64(q.slot)+1, outcome(q.read, outbox.NotMade)))
	case "completes":
		if o.faults.noVersion {
			lease.Version = int64(q.before.work.version)
		}
		err = s.Work.Complete(ctx, lease, present, time.Time{}, 0)
		a.ok = kept(&err)
	case "goes on":
		due := present
		if o.faults.noMore {
			due = time.Time{}
		}
		err = s.Work.Complete(ctx, lease, present, due, 0)
		a.ok = kept(&err)
	case "commits":
		lease.Kind, lease.Key = work.Poll, "project"
		err = s.Commit(ctx, lease, decision(q.read.version+1))
		a.ok = kept(&err)
		if o.faults.noRelease && q.before.owed.state == delivery.Held {
			o.exec(`UPDATE delivery SET state = $1, reason = $2, waiting_since = NULL`, delivery.Held, delivery.ReasonMuted)
		}
	case "restart":
		if o.faults.noMend {
			o.exec(`UPDATE attempt SET status = 'cut off' WHERE status = ''`)
		}
		err = s.ReleaseAll(ctx)
	default:
		o.t.Fatalf("step %q", q.step)
	}
	require.NoError(o.t, err, q.step)
	return a
}

// undelivered is what a sender reads: what is new, and the messages that have to change.
func (o *oracle) undelivered() ([]outbox.Delivery, error) {
	ctx := o.t.Context()
	all, err := o.s.Outbox.Undelivered(ctx, "receiver")
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(d outbox.Delivery) bool { return d.Message != "" })
	changes, err := o.s.Outbox.Changes(ctx, "receiver")
	for _, m := range changes {
		all = append(all, m.Members...)
	}
	return all, err
}

func (o *oracle) repair(q question, lease work.Lease) error {
	switch {
	case o.faults.noRepair:
		return nil
	case o.faults.onlyRaise:
		return o.s.Work.MakeDue(o.t.Context(), work.Receiver, "receiver", present)
	}
	return o.s.Outbox.Repair(o.t.Context(), lease, of(int64(q.slot)+1, outcome(q.read, outbox.Posted)))
}

// pretend makes the leases look like those of by, who relies on one. The function that it returns gives them back to
// their holders, unless the step ended them.
func (o *oracle) pretend(q question) func() {
	if !slices.Contains([]string{"begins", "ends", "gives up", "fails", "leaves it", "holds back", "completes", "goes on", "commits"}, q.step) {
		return func() {}
	}
	o.exec(`UPDATE work SET lease_token = $1`, tokens[q.by])
	return func() {
		for kind, holder := range map[work.Kind]int8{work.Receiver: q.before.work.holder, work.Poll: q.before.poll.holder} {
			o.exec(`UPDATE work SET lease_token = $1 WHERE kind = $2 AND lease_token IS NOT NULL`, tokenOf(holder), kind)
		}
	}
}

// kept takes ErrLeaseLost out of err and reports whether it was not there.
func kept(err *error) bool {
	if errors.Is(*err, work.ErrLeaseLost) {
		*err = nil
		return false
	}
	return true
}

// decision is a poll that found the alert changed.
func decision(version int8) Commit {
	return Commit{
		Project:  Project{UID: "project"},
		Due:      present,
		Decision: Decision{Alerts: []*rules.Alert{new(alertAt(version))}, Show: map[string][]string{"alert": {"receiver"}}, Now: present},
	}
}

func alertAt(version int8) rules.Alert {
	return rules.Alert{
		ID: "alert", Rule: "rule", Project: "project", Subject: "device", State: rules.Firing, Level: rules.Warning,
		Version: int64(version),
	}
}

func outcome(r sight, status outbox.AttemptStatus) outbox.Outcome {
	d := outbox.Delivery{Alert: alertAt(r.version), Delivery: delivery.Delivery{
		State: delivery.Waiting, Have: int64(r.have), Display: r.display, Epoch: int64(r.epoch),
	}}
	return outbox.Outcome{
		Sending: outbox.Sending{Message: outbox.Message{ID: "message", Receiver: "receiver", BegunAt: present}, Members: []outbox.Delivery{d}},
		Status:  status, At: present,
	}
}

func (o *oracle) exec(query string, args ...any) {
	_, err := o.prepared(query).ExecContext(o.t.Context(), args...) //nolint:sqlclosecheck // prepared closes it at the end
	require.NoError(o.t, err)
}

func (o *oracle) prepared(query string) *sql.Stmt {
	if o.stmts[query] == nil {
		stmt, err := o.s.db.Connections().PrepareContext(o.t.Context(), query)
		require.NoError(o.t, err)
		o.t.Cleanup(func() { require.NoError(o.t, stmt.Close()) })
		o.stmts[query] = stmt
	}
	return o.stmts[query]
}

// load brings the database into a state.
func (o *oracle) load(s shared) {
	d := s.owed
	o.exec(`UPDATE work SET due_at = CASE WHEN $1 THEN CAST($2 AS BIGINT) END, version = $3, failures = 0, lease_token = $4, leased_until = $5
		WHERE kind = 'receiver'`, s.work.due, database.At(present), s.work.version, tokenOf(s.work.holder), endOf(s.work.holder, s.work.expired))
	o.exec(`UPDATE work SET due_at = $1, version = 0, failures = 0, lease_token = $2, leased_until = $3
		WHERE kind = 'poll'`, database.At(present), tokenOf(s.poll.holder), endOf(s.poll.holder, s.poll.expired))
	o.exec(`UPDATE alert SET version = $1`, d.newest)
	since, reason := time.Time{}, delivery.Reason("")
	switch d.state {
	case delivery.Waiting, delivery.GivenUp:
		since = present
	case delivery.Held:
		reason = delivery.ReasonMuted
	}
	o.exec(`UPDATE delivery SET state = $1, reason = $2, waiting_since = $3, have = $4, shown = $5, display = $6, repairs = $7`,
		d.state, reason, database.At(since), d.have, d.shown(), d.display, d.epoch)
	o.exec(`DELETE FROM attempt`)
	for i, p := range s.running {
		if p.version > 0 {
			o.exec(`INSERT INTO attempt (id, message, receiver, started, status, error) VALUES ($1, 'message', 'receiver', $2, '', '')`,
				i+1, database.At(present))
			o.exec(`INSERT INTO attempt_alert (attempt, alert, version, level, display, epoch) VALUES ($1, 'alert', $2, $3, $4, $5)`,
				i+1, p.version, rules.Warning, delivery.DisplayFiring, p.epoch)
		}
	}
}

func tokenOf(holder int8) any {
	switch holder {
	case nobody:
		return nil
	case gone:
		return tokens[len(tokens)-1]
	}
	return tokens[holder]
}

func endOf(holder int8, expired bool) any {
	switch {
	case holder == nobody:
		return nil
	case expired:
		return database.At(present)
	}
	return database.At(future)
}

// save reads the state of the database. A token that is not known is that of by, who has just claimed; an attempt that is
// not known is that of by, who has just begun, and gets a slot.
func (o *oracle) save(by int8, slot *int8) (s shared) {
	d, waits := &s.owed, false
	//nolint:sqlclosecheck // prepared closes it at the end
	row := o.prepared(`
		SELECT due_at IS NOT NULL, work.version, alert.version, have, repairs, delivery.state, display, waiting_since IS NOT NULL
		FROM work, delivery, alert WHERE kind = 'receiver'`).QueryRowContext(o.t.Context())
	require.NoError(o.t, row.Scan(&s.work.due, &s.work.version, &d.newest, &d.have, &d.epoch, &d.state, &d.display, &waits))
	require.Equal(o.t, d.state == delivery.Waiting || d.state == delivery.GivenUp, waits, "it is known since when something is owed")
	s.work.holder, s.work.expired = o.holder(work.Receiver, by)
	s.poll.holder, s.poll.expired = o.holder(work.Poll, by)

	//nolint:sqlclosecheck // prepared closes it at the end
	rows, err := o.prepared(`
		SELECT id, version, epoch FROM attempt JOIN attempt_alert ON attempt = id WHERE status = '' ORDER BY id`).QueryContext(o.t.Context())
	require.NoError(o.t, err)
	defer func() { require.NoError(o.t, rows.Close()) }()
	for rows.Next() {
		var id int
		var p post
		require.NoError(o.t, rows.Scan(&id, &p.version, &p.epoch))
		i := id - 1
		if i >= len(s.running) {
			i = slices.Index(s.running[:], post{})
			require.GreaterOrEqual(o.t, i, 0, "more attempts than slots")
			*slot = int8(i)
		}
		s.running[i] = p
	}
	require.NoError(o.t, rows.Err())
	return s
}

func (o *oracle) holder(kind work.Kind, by int8) (who int8, expired bool) {
	var token string
	var end time.Time
	row := o.prepared(`SELECT lease_token, leased_until FROM work WHERE kind = $1`).QueryRowContext(o.t.Context(), kind) //nolint:sqlclosecheck // prepared closes it at the end
	require.NoError(o.t, row.Scan(database.Optional(&token), database.Time(&end)))
	expired = !end.After(present)
	switch i := slices.Index(tokens, token); {
	case token == "":
		return nobody, false
	case i == len(tokens)-1:
		return gone, expired
	case i >= 0:
		return int8(i), expired
	}
	return by, expired
}

// beginOne begins to send one message.
func beginOne(ctx context.Context, s *Store, lease work.Lease, message outbox.Message, members []outbox.Delivery, started time.Time) (int64, error) {
	attempts, err := s.Outbox.Begin(ctx, lease, []outbox.Sending{{Message: message, Members: members}}, started, present)
	if err != nil {
		return 0, err
	}
	return attempts[0], nil
}

// of is the outcome of an attempt.
func of(attempt int64, o outbox.Outcome) outbox.Outcome {
	o.Attempt = attempt
	return o
}
