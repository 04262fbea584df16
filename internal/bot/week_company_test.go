package bot_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/storetest"
	"notewatch/notehub/notehubtest"
)

// requestsPerMinute are those of the account of a company.
const requestsPerMinute = 12

// A company is a world in which several siblings work on one PostgreSQL, and their accidents.
type company struct {
	*week
	folder   string
	db       *sql.DB // beside the siblings
	members  []*member
	chance   *rand.Rand
	kinds    []string       // of the next accidents
	inTurn   bool           // no accident comes while somebody suffers from another one
	accident *accident      // that is to come, within the hour; nil: none is
	counts   map[string]int // of accidents that came, by kind and place
	busy     int64          // points that a member passes in an hour
	step     int            // that it is
}

// An accident is one that is to come.
type accident struct {
	kind, place string
	member      *member
}

// A member is a sibling as seen from outside.
type member struct {
	*process
	name     string
	rules    string // path
	wire     *wire
	lines    chan string // that it says; closed when it has died
	idle     bool        // its clock is stopped
	fetch    time.Time   // until which a poll waits; zero: none does
	wake     time.Time   // until which anything else waits
	passed   int64       // points
	here     bool        // it has come to where it is to be frozen or cut off, and waits
	frozenAt time.Time   // zero: it is not
	backAt   int         // step in which it is thawed or has its database again
}

func newCompany(t *testing.T, seed uint64, names ...string) *company {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "clock")
	require.NoError(t, os.WriteFile(path, make([]byte, 8), 0o600))
	clock, err := openClock(path)
	require.NoError(t, err)
	place := storetest.Postgres(t)
	c := &company{
		week: newWeek(t, seed, place, clock, requestsPerMinute), folder: folder, db: rawDatabase(t, place), chance: rand.New(rand.NewPCG(seed, 4)),
		counts: map[string]int{}, busy: 500,
	}
	for i := range c.clouds {
		if c.clouds[i].fault.Kind == notehubtest.RateLimited {
			c.clouds[i].fault.Times = 1 // at a quarter of the rate a poll would not end within its step
		}
	}
	for _, name := range names {
		m := &member{name: name, wire: newWire(t, place, name), rules: filepath.Join(folder, name+".rules")}
		c.members = append(c.members, m)
		c.write(m, beforeChange)
	}
	t.Cleanup(func() {
		for _, m := range c.members {
			if m.process != nil { // the test failed
				_ = m.command.Process.Kill()
			}
			if log, _ := os.ReadFile(c.logOf(m)); t.Failed() {
				t.Logf("%s: %s", m.name, log[max(0, len(log)-10_000):])
			}
		}
	})
	return c
}

// write changes the rules file of a member.
func (c *company) write(m *member, rules string) {
	require.NoError(c.t, os.WriteFile(m.rules, []byte(rules), 0o600))
}

func (c *company) logOf(m *member) string { return filepath.Join(c.folder, m.name+".log") }

func (c *company) now() time.Time { return time.UnixMilli(c.clock.Load()).UTC() }

// launch starts a member. The others have been seen just now: they say so every 15 seconds of the machine, in which hours of the week pass.
func (c *company) launch(m *member) {
	for _, other := range c.members {
		if other != m && other.process != nil && other.frozenAt.IsZero() && !other.wire.broken() {
			_, err := c.db.ExecContext(c.t.Context(), `UPDATE process SET seen_at = $1 WHERE host = $2 AND pid = $3`, c.now().UnixMilli(), other.name, other.command.Process.Pid)
			require.NoError(c.t, err)
		}
	}
	given := c.settings
	given.Database, given.Name, given.Rules, given.PerMinute = m.wire.url, m.name, m.rules, requestsPerMinute
	given.Clock, given.Log = filepath.Join(c.folder, "clock"), c.logOf(m)
	m.process = c.exec(siblingSettings, given)
	lines := make(chan string, 16)
	m.lines, m.idle, m.passed, m.here = lines, false, 0, false
	go func(says *bufio.Scanner) {
		defer close(lines)
		for says.Scan() {
			lines <- says.Text()
		}
	}(m.says)
}

// stopAll ends the members as an operator does.
func (c *company) stopAll() {
	c.t.Helper()
	for _, m := range c.members {
		c.restore(m)
		c.quit(m)
	}
}

func (c *company) quit(m *member) {
	c.t.Helper()
	m.tell("go")
	require.NoError(c.t, m.orders.Close())
	for range m.lines { // until it has ended
	}
	require.NoError(c.t, m.command.Wait(), m.trouble.String())
	m.process = nil
}

func (m *member) tell(order string) {
	_, _ = fmt.Fprintln(m.orders, order) // who is dead is found out by what it does not say
}

// noAccidents is the step from which on there are accidents if there are to be none.
const noAccidents = weekSteps

// live lets the steps of the week from begin to before end pass, with an accident in each hour from a step on, and then some hours in which
// all is well again.
func (c *company) live(begin, end, from int, each func(step int)) {
	c.t.Helper()
	c.clock.Store(instantOf(begin).UnixMilli())
	for _, m := range c.members {
		c.launch(m)
	}
	hour := -1
	for c.step = begin; c.step < end; c.step++ {
		c.pass(func() {
			c.weather(c.step)
			c.people(c.step)
			if now := int(instantOf(c.step).Sub(weekStart) / time.Hour); c.step >= from && now > hour {
				c.force()
				if c.plan() {
					hour = now
				}
			}
			each(c.step)
		})
	}
	c.force()
	c.settle(instantOf(end)) // those that were started just now have begun
	c.hub.ClearFaults()
	for _, d := range c.doors {
		d.suffer(nil)
	}
	for _, m := range c.members {
		c.restore(m)
	}
	for _, m := range c.members { // as an operator does who has mended the settings: one after the other, so that the active rules stay active
		c.quit(m)
		c.launch(m)
		c.settle(instantOf(end))
	}
	for c.step = end; c.step < end+healSteps; c.step++ {
		c.pass(func() {})
	}
	c.stopAll()
}

// pass lets a step pass, after what happens at its begin.
func (c *company) pass(begin func()) {
	c.t.Helper()
	c.clock.Store(max(c.clock.Load(), instantOf(c.step).UnixMilli()))
	begin()
	for _, m := range c.members {
		if m.backAt <= c.step {
			c.restore(m)
		}
	}
	c.settle(instantOf(c.step + 1))
	for _, m := range c.members {
		if (!m.frozenAt.IsZero() || m.wire.broken()) && m.backAt == c.step { // after the others have taken over what it held
			c.restore(m)
			c.settle(instantOf(c.step + 1))
		}
	}
}

// release lets the clocks of all members go on.
func (c *company) release() {
	for _, m := range c.members {
		if m.idle {
			m.tell("go")
			m.idle = false
		}
	}
}

// settle lets the members do what is due, and moves the clock while all of them wait for it, until nothing is due or the time is over. Their
// clocks are stopped then.
func (c *company) settle(end time.Time) {
	c.t.Helper()
	c.release()
	ask := time.NewTicker(5 * time.Millisecond)
	defer ask.Stop()
	for began := time.Now(); ; {
		require.Less(c.t, time.Since(began), time.Minute, "something is still under way at %s", c.now())
		if !c.ask() {
			c.release()
			<-ask.C // so as not to keep them from working by asking
			continue
		}
		next, due := c.next()
		if !due || !next.IsZero() && !next.Before(end) {
			return
		}
		if !next.IsZero() { // else somebody's wait is over, and he is about to go on
			c.clock.Store(next.UnixMilli())
		}
		c.release()
	}
}

// ask stops the clocks of all members that are not frozen. It reports whether all have nothing to do but wait.
func (c *company) ask() bool {
	for _, m := range c.members {
		if m.frozenAt.IsZero() {
			m.tell("pause")
		}
	}
	all := true
	for _, m := range c.members {
		if m.frozenAt.IsZero() {
			all = c.hear(m) && all
			continue
		}
		// As the server does by itself when somebody has left it in the middle of a transaction for half a minute.
		_, err := c.db.ExecContext(c.t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND state LIKE 'idle in transaction%'`, m.name)
		require.NoError(c.t, err)
	}
	return all
}

// hear takes the answer of a member, and has it suffer its accident if that has come. It reports whether the member is idle.
func (c *company) hear(m *member) bool {
	c.t.Helper()
	for line := range m.lines {
		var fetch, wake int64
		switch word, rest, _ := strings.Cut(line, " "); word {
		case "here":
			m.here = true
		case "busy":
			m.idle = false
			if m.here {
				c.suffer(m)
			}
			return false
		case "idle":
			_, err := fmt.Sscan(rest, &fetch, &wake, &m.passed)
			require.NoError(c.t, err)
			m.idle, m.fetch, m.wake = true, fromMilliseconds(fetch), fromMilliseconds(wake)
			c.noteCut(m)
			return true
		}
	}
	require.NotNil(c.t, c.accident, m.trouble.String())
	require.Equal(c.t, m, c.accident.member, m.trouble.String())
	m.requireKilled(c.t)
	c.came()
	c.launch(m)
	return false
}

func fromMilliseconds(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMilli(at).UTC()
}

// next reports whether something is due, and returns when that goes on: when a poll may send its next request, a lease runs out, or somebody
// looks again. Zero is at once.
func (c *company) next() (next time.Time, due bool) {
	c.t.Helper()
	now := c.now()
	sooner := func(at time.Time) {
		if at.After(now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	var count int
	var lease int64 // the first that runs out
	require.NoError(c.t, c.db.QueryRowContext(c.t.Context(),
		`SELECT count(*), COALESCE(min(leased_until) FILTER (WHERE leased_until > $1), 0) FROM work WHERE due_at <= $1`, now.UnixMilli()).Scan(&count, &lease))
	if count == 0 {
		return time.Time{}, false
	}
	sooner(fromMilliseconds(lease))
	for _, m := range c.members {
		if m.idle {
			sooner(m.fetch)
		}
	}
	if !next.IsZero() {
		return next, true
	}
	for _, m := range c.members {
		if m.idle {
			sooner(m.wake)
		}
	}
	return next, true
}

// plan chooses the next accident: whose, and at which of the points or posts that follow. It returns false if nobody works.
func (c *company) plan() bool {
	if len(c.kinds) == 0 {
		for _, i := range c.chance.Perm(3) {
			c.kinds = append(c.kinds, []string{killed, frozen, cutOff}[i])
		}
	}
	well := slices.DeleteFunc(slices.Clone(c.members), func(m *member) bool { return !m.idle || !m.frozenAt.IsZero() || m.wire.broken() })
	if len(well) == 0 || c.inTurn && len(well) < len(c.members) {
		return false
	}
	c.accident = &accident{kind: c.kinds[0], member: well[c.chance.IntN(len(well))]}
	c.kinds = c.kinds[1:]
	m, kind := c.accident.member, c.accident.kind
	c.busy = max(c.busy, m.passed/int64(c.step+1)*4)
	switch chance := c.chance.IntN(4); {
	case chance < 2:
		c.accident.place = "after a post"
		m.tell(fmt.Sprintf("doom %s 0 %d", kind, 1+chance))
	case chance == 2 && kind == cutOff:
		c.accident.place = "in a statement"
		m.wire.doom(1 + c.chance.IntN(500))
	default:
		c.accident.place = "anywhere"
		m.tell(fmt.Sprintf("doom %s %d 0", kind, 1+c.chance.Int64N(c.busy)))
	}
	return true
}

// force has an accident come that was planned and has not come within its hour.
func (c *company) force() {
	if c.accident == nil {
		return
	}
	m := c.accident.member
	m.wire.doom(0)
	m.tell("doom none 0 0")
	c.accident.place = "while idle"
	if c.accident.kind != killed {
		c.suffer(m)
		return
	}
	require.NoError(c.t, m.command.Process.Signal(syscall.SIGKILL))
	for range m.lines { // until it has died
	}
	m.requireKilled(c.t)
	c.came()
	c.launch(m)
}

// came notes that the accident has come.
func (c *company) came() {
	c.counts[c.accident.kind+" "+c.accident.place]++
	c.accident = nil
}

// suffer freezes a member or cuts it off, until a later step or until the others have taken over.
func (c *company) suffer(m *member) {
	c.t.Helper()
	m.backAt = c.step + c.chance.IntN(4)
	if !m.here {
		m.backAt++ // nobody has anything to take over
	}
	switch c.accident.kind {
	case frozen:
		pid := m.command.Process.Pid
		require.NoError(c.t, m.command.Process.Signal(syscall.SIGSTOP))
		var status syscall.WaitStatus
		_, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil)
		require.NoError(c.t, err)
		require.True(c.t, status.Stopped())
		m.frozenAt = c.now()
	default:
		m.wire.cut()
		if m.here {
			m.tell("on")
			m.here = false
		}
	}
	c.came()
}

// noteCut notes that the wire of a member was cut in the middle of a statement.
func (c *company) noteCut(m *member) {
	if c.accident != nil && c.accident.member == m && m.wire.broken() {
		m.backAt = c.step + c.chance.IntN(4)
		c.came()
	}
}

// restore ends what keeps a member from working.
func (c *company) restore(m *member) {
	c.t.Helper()
	m.wire.mend()
	if m.frozenAt.IsZero() {
		return
	}
	c.freezes = append(c.freezes, span{m.frozenAt, c.now()})
	m.frozenAt = time.Time{}
	require.NoError(c.t, m.command.Process.Signal(syscall.SIGCONT))
	if m.here {
		m.tell("on")
		m.here = false
	}
}
