package bot_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/status"
	"notewatch/internal/store"
)

var (
	siblingsSeed = flag.Uint64("siblings-seed", 0, "what TestWeekOfThree does at random, to be repeated as nearly as the machine allows; 0 is another each time")
	siblingsDays = flag.Int("siblings-days", 0, "how many days of its week TestWeekOfThree takes; 0 is some hours, or all with -long")
)

// TestWeekOfThree lets three processes share the work of TestWeek on one PostgreSQL. In every hour of the week one of them is killed, frozen
// for longer than its leases hold, or cut off from the database: at any point, or just after something was posted and not yet recorded. At
// the end every receiver shows what the database says, the database has the alerts that it would have of one process to which nothing happened, and in no
// 60 seconds Notehub was sent more requests than it may be. The short form is five hours of the first day.
func TestWeekOfThree(t *testing.T) {
	t.Parallel()
	seed, begin, end := siblingsForm()
	t.Logf("repeat with -siblings-seed %d", seed)
	quiet := newCompany(t, seed, "a")
	quiet.live(begin, end, noAccidents, func(int) {})
	calm := quiet.requireTruth()
	quiet.requireBudget()
	c := newCompany(t, seed, "a", "b", "c")
	c.live(begin, end, 0, func(int) {})
	record := c.requireTruth()
	c.requireBudget()
	requireSameAlerts(t, end, calm, record)
	t.Logf("accidents: %v; %d attempts were cut off, which left %d messages behind in channels (%d without); %s",
		c.counts, record.cutOff(""), c.orphans, quiet.orphans, c.struck())
}

// siblingsForm returns the seed and the steps that the flags ask for.
func siblingsForm() (seed uint64, begin, end int) {
	seed = cmp.Or(*siblingsSeed, uint64(time.Now().UnixNano()%1e9))
	switch {
	case shortSiblings():
		return seed, stepOf(at(0, 4)), stepOf(at(0, 9)) // from shortly before a flood
	case *siblingsDays > 0:
		return seed, 0, min(weekSteps, stepOf(at(*siblingsDays, 0)))
	}
	return seed, 0, weekSteps
}

// shortSiblings reports whether the flags ask for the short form.
func shortSiblings() bool { return *siblingsDays == 0 && !*long }

// TestRulesFilesOfTwo lets two processes with different rules files share the work of TestWeek: one works, the other stands by. In every hour
// one of them is killed, frozen or cut off from the database, while the other one is well. Whichever it is, the one that works by the active
// rules goes on with them, so that the database has the alerts that it would have of this one alone.
func TestRulesFilesOfTwo(t *testing.T) {
	if shortSiblings() {
		t.Skip("TestWeekOfThree and TestRulesFileOfThree are its short forms: use -siblings-days or -long")
	}
	t.Parallel()
	seed, begin, end := siblingsForm()
	changed := begin + 4
	t.Logf("repeat with -siblings-seed %d", seed)
	quiet := newCompany(t, seed, "b")
	quiet.live(begin, end, noAccidents, func(step int) {
		if step == changed {
			quiet.change(quiet.members[0])
		}
	})
	calm := quiet.requireTruth()
	c := newCompany(t, seed, "a", "b")
	c.inTurn = true
	c.live(begin, end, changed+2, func(step int) {
		switch step {
		case changed:
			c.change(c.members[1])
		case changed + 1:
			c.requireStandingBy("a")
		}
	})
	record := c.requireTruth()
	c.requireBudget()
	requireSameAlerts(t, end, calm, record)
	t.Logf("accidents: %v", c.counts)
}

// TestRulesFileOfThree changes the rules file of three processes one after the other. The others stand by, and say so, until theirs is
// changed; meanwhile the one that works dies and is started again. Nothing is lost or repeated: all goes as with one process whose file was
// changed when the first one was. The short form leaves out the comparison with that process.
func TestRulesFileOfThree(t *testing.T) {
	t.Parallel()
	const begin, first, dies, second, third, end = 17, 22, 25, 29, 33, 38 // from 4:00 on, shortly before a flood
	seed, _, _ := siblingsForm()
	t.Logf("repeat with -siblings-seed %d", seed)
	c := newCompany(t, seed, "a", "b", "c")
	a, b := c.members[0], c.members[1]
	c.live(begin, end, noAccidents, func(step int) {
		switch step {
		case first:
			c.change(b)
		case first + 1:
			c.requireStandingBy("a", "c")
		case dies:
			require.NoError(t, b.command.Process.Signal(syscall.SIGKILL))
			for range b.lines { // until it has died
			}
			b.requireKilled(t)
			c.launch(b)
		case second:
			c.change(a)
		case second + 1:
			c.requireStandingBy("c")
		case third:
			c.change(c.members[2])
		case third + 1:
			c.requireStandingBy()
		}
	})
	record := c.requireTruth()
	c.requireBudget()
	if shortSiblings() {
		return
	}
	quiet := newCompany(t, seed, "a")
	quiet.live(begin, end, noAccidents, func(step int) {
		if step == first {
			quiet.change(quiet.members[0])
		}
	})
	requireSameAlerts(t, end, quiet.requireTruth(), record)
}

// change starts a member again with the changed rules file.
func (c *company) change(m *member) {
	c.t.Helper()
	c.write(m, afterChange)
	c.quit(m)
	c.launch(m)
}

// requireStandingBy checks that status says of members, and of no others, that they stand by.
func (c *company) requireStandingBy(names ...string) {
	c.t.Helper()
	db, err := store.OpenReadOnly(c.t.Context(), c.settings.Database)
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, db.Close()) }()
	answer, err := status.Of(c.t.Context(), lookup.New(lookup.Config{Store: db, Now: c.now}))
	require.NoError(c.t, err)
	pids := map[int]string{}
	for _, m := range c.members {
		pids[m.command.Process.Pid] = m.name
	}
	var standing []string
	for _, p := range answer.Processes {
		if name := pids[p.PID]; name != "" && p.StandsBy {
			standing = append(standing, name)
		}
	}
	require.ElementsMatch(c.t, names, standing)
}

// apart is how many steps lie at most between the same alerts of two runs whose polls are shifted: as many as three polls, since a fault of
// Notehub takes up to two polls, and a shift decides which. The device list is read with every second poll, and a rule with For has to be true twice.
func apart(rule string) int {
	polls := map[string]int{"fleet-silent": 3 + 2, "silent": 3 + 2 + 1}
	return cmp.Or(polls[rule], 3) * pollSteps
}

// requireSameAlerts checks that the same devices and projects had the same alerts, as often and at about the same time: an accident moves
// the polls that follow it, those of the last steps beyond the end. Rules about polls themselves are left out.
func requireSameAlerts(t *testing.T, steps int, calm, cut record) {
	t.Helper()
	first, second := calm.begins(), cut.begins()
	topics := maps.Clone(first)
	maps.Copy(topics, second)
	for of := range topics {
		far := apart(of.rule)
		a, b := seenByBoth(first[of], second[of], steps+healSteps-far)
		require.Len(t, b, len(a), "%v\n%s\nwithout accidents:\n%s", of, cut.story(of), calm.story(of))
		for i := range a {
			require.InDelta(t, a[i], b[i], float64(far), of)
		}
	}
}

// seenByBoth returns the same steps, but leaves out the last of some steps if the others have one fewer and it lies behind late.
func seenByBoth(a, b []int, late int) ([]int, []int) {
	last := func(more, fewer []int) int {
		if n := len(more) - 1; n == len(fewer) && more[n] > late {
			return n
		}
		return len(more)
	}
	return a[:last(a, b)], b[:last(b, a)]
}

// A topic is what alerts are about.
type topic struct{ rule, project, subject string }

// story returns what happened to the alerts of a topic, a line for each version.
func (r record) story(of topic) string {
	var lines []string
	for id, a := range r.alerts {
		if of == (topic{a.Rule, a.Project, a.Subject}) {
			for version, t := range r.history[id] {
				lines = append(lines, fmt.Sprintf("%s %s.%d: %s, %s, %g %s", t.At.Format(time.RFC3339), id, version, t.State, t.Reason, t.Value, t.Why))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// begins are the steps in which the alerts of a rule about a device or project fired, in order.
func (r record) begins() map[topic][]int {
	all := map[topic][]int{}
	for _, a := range r.alerts {
		if a.Project != "" && a.Rule != "blind" && !a.FiredAt.IsZero() {
			of := topic{a.Rule, a.Project, a.Subject}
			all[of] = append(all[of], stepOf(a.FiredAt))
		}
	}
	for _, steps := range all {
		slices.Sort(steps)
	}
	return all
}

// requireBudget checks that no 60 seconds saw more requests than Notehub may be sent in a minute.
func (c *company) requireBudget() {
	c.t.Helper()
	all := c.hub.Requests()
	require.Less(c.t, len(all), 10_000, "the simulator remembers no more")
	require.Greater(c.t, len(all), requestsPerMinute)
	for i := requestsPerMinute; i < len(all); i++ {
		first, last := all[i-requestsPerMinute].At, all[i].At
		require.GreaterOrEqual(c.t, last.Sub(first), time.Minute, "%d requests from %s to %s: %+v", requestsPerMinute+1, first, last, all[i-requestsPerMinute:i+1])
	}
}
