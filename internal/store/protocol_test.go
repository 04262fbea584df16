package store

import (
	"cmp"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
)

// The lease protocol is checked in all interleavings: processes that send and processes that poll take their steps in
// every order, leases run out and processes die at every point, and in every state that this leads to the promises of
// the protocol are checked. What a step does is asked of the real store.

// A place is how far a process has come.
type place int8

const (
	idle place = iota
	claimed
	read
	begun
	posted     // the receiver has taken the post
	unanswered // the receiver has taken the post, but its answer was lost
	refused    // the receiver will never take the post
	unmade     // the turn has no time left for the post
	overtook   // the lease turned out to be lost after the post
	doubts     // the lease turned out to be lost after an attempt that failed
	left       // the lease turned out to be lost after no attempt was made
	ended
	more // the turn is over before all was sent
)

// A process serves the receiver, or polls the project.
type process struct {
	place place
	lease int8 // version at the claim
	read  sight
	slot  int8 // of the attempt
}

// A world is a state of everything. It is comparable: each is looked at once.
type world struct {
	db      shared
	senders [2]process
	pollers [2]process

	commits   int8 // that were made
	last      int8 // version that the receiver was posted last
	seen      uint8
	repeats   int8 // posts of a version that was posted before
	troubles  int8 // attempts that a crash or another claim fell into
	gaveUp    int8 // version that the receiver refused
	hushed    int8 // version that was held back last
	remaining limits
}

// limits bound what a run may contain.
type limits struct {
	senders, pollers                    int8
	commits, expiries, deaths, refusals int8
	holds, delays, losses               int8
}

// A step leads from a world to the next.
type step struct {
	name string
	to   world
}

// A checker walks through all worlds.
type checker struct {
	oracle *oracle
	words  string         // of what it looks for
	done   map[world]bool // by the world in order; false while its own steps are looked at
	path   []string
	rests  int
}

// walk checks the world and all that it leads to. It returns what is wrong, with the steps that lead there.
func (c *checker) walk(w world) error {
	key := w.inOrder()
	if done, known := c.done[key]; known {
		if !done {
			return c.report("the steps go round in a circle")
		}
		return nil
	}
	c.done[key] = false
	own, accidents := c.steps(w), c.accidents(w)
	if err := c.report(w.wrong()); err != nil {
		return err
	}
	if len(own) == 0 {
		c.rests++
		if err := c.report(w.wrongAtRest()); err != nil {
			return err
		}
	}
	for _, s := range append(own, accidents...) {
		c.path = append(c.path, s.name)
		if err := c.walk(s.to); err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
	}
	c.done[key] = true
	return nil
}

// inOrder returns the world with its senders in a fixed order: which of them is which makes no difference.
func (w world) inOrder() world {
	a, b := w.senders[0], w.senders[1]
	if w.remaining.senders < 2 || !b.before(a) {
		return w
	}
	w.senders[0], w.senders[1] = b, a
	if w.db.work.holder >= 0 {
		w.db.work.holder = 1 - w.db.work.holder
	}
	return w
}

// before orders processes in some way.
func (p process) before(o process) bool {
	return cmp.Or(cmp.Compare(p.place, o.place), cmp.Compare(p.lease, o.lease), cmp.Compare(p.slot, o.slot), cmp.Compare(p.read.version, o.read.version),
		cmp.Compare(p.read.have, o.read.have), cmp.Compare(p.read.epoch, o.read.epoch), cmp.Compare(p.read.display, o.read.display)) < 0
}

// report returns an error if there is a problem and it is one that is looked for.
func (c *checker) report(problem string) error {
	if problem == "" || !strings.Contains(problem, c.words) {
		return nil
	}
	return fmt.Errorf("%s after:\n\t%s", problem, strings.Join(c.path, "\n\t"))
}

// wrong says what must never be.
func (w world) wrong() string {
	switch {
	case w.db.owed.newest != 1+w.commits:
		return fmt.Sprintf("%d commits made version %d of 1", w.commits, w.db.owed.newest)
	case w.repeats > 0 && w.troubles == 0:
		return "a version was posted twice without any trouble"
	case w.repeats > 2*w.troubles:
		return fmt.Sprintf("%d troubles led to %d repeats", w.troubles, w.repeats)
	}
	return ""
}

// wrongAtRest says what must not be when nobody has anything to do.
func (w world) wrongAtRest() string {
	d := w.db.owed
	switch {
	case d.state == delivery.GivenUp && w.gaveUp != d.newest:
		return fmt.Sprintf("at rest version %d was given up, but %d is the newest", w.gaveUp, d.newest)
	case d.state == delivery.Held && w.hushed != d.newest:
		return fmt.Sprintf("at rest version %d was held back, but %d is the newest", w.hushed, d.newest)
	case d.rests():
		return ""
	case w.last != d.newest:
		return fmt.Sprintf("at rest version %d was posted last, but %d is the newest", w.last, d.newest)
	case d.have != d.newest || d.state != delivery.Delivered:
		return fmt.Sprintf("at rest version %d is recorded as shown and %s, but %d is the newest", d.have, d.state, d.newest)
	}
	return ""
}

// steps are those that happen by themselves sooner or later.
func (c *checker) steps(w world) (all []step) {
	for i := range w.remaining.senders {
		all = append(all, c.send(w, i)...)
	}
	for i := range w.remaining.pollers {
		all = append(all, c.poll(w, i)...)
	}
	if w.db.work.holder == gone && !w.db.work.expired {
		w.db.work.expired = true
		all = append(all, step{"the lease of the dead runs out", w})
	}
	return all
}

// send is the next step of a sender.
func (c *checker) send(w world, i int8) []step {
	p := w.senders[i]
	ask := func(what string) (answer, step) {
		a := c.oracle.ask(question{before: w.db, step: what, by: i, lease: p.lease, read: p.read, slot: p.slot})
		next := w
		next.db = a.after
		return a, step{fmt.Sprintf("sender %d %s", i, what), next}
	}
	move := func(s step, p process) []step {
		s.to.senders[i] = p
		return []step{s}
	}
	switch p.place {
	case idle:
		a, s := ask("claims")
		if !a.ok {
			return nil
		}
		s.to.troubles += w.overtaken()
		return move(s, process{place: claimed, lease: a.lease})
	case claimed:
		a, s := ask("reads")
		if !a.ok {
			return move(s, process{place: ended, lease: p.lease})
		}
		return move(s, process{place: read, lease: p.lease, read: a.read})
	case read:
		a, s := ask("begins")
		next := process{}
		if a.ok {
			next = process{place: begun, lease: p.lease, read: p.read, slot: a.slot}
		}
		all := move(s, next)
		if w.remaining.holds > 0 && p.read.unseen() {
			a, s = ask("holds back")
			next = process{}
			if a.ok {
				next, s.to.hushed = process{place: ended, lease: p.lease}, p.read.version
			}
			s.to.remaining.holds--
			all = append(all, move(s, next)...)
		}
		return all
	case begun:
		s := step{fmt.Sprintf("sender %d posts version %d", i, p.read.version), w.post(p.read.version)}
		p.place = posted
		all := move(s, p)
		if w.remaining.refusals > 0 {
			next := w
			next.remaining.refusals--
			next.gaveUp = p.read.version
			p.place = refused
			all = append(all, move(step{fmt.Sprintf("sender %d is refused", i), next}, p)...)
		}
		if w.remaining.losses > 0 {
			next := w.post(p.read.version)
			next.remaining.losses--
			next.troubles++
			p.place = unanswered
			all = append(all, move(step{fmt.Sprintf("sender %d posts version %d, and the answer is lost", i, p.read.version), next}, p)...)
		}
		if w.remaining.delays > 0 {
			w.remaining.delays--
			p.place = unmade
			all = append(all, move(step{fmt.Sprintf("sender %d has no time left", i), w}, p)...)
		}
		return all
	case posted, unanswered, refused, unmade:
		end := ends[p.place]
		a, s := ask(end.step)
		if !a.ok {
			return move(s, process{place: end.lost, read: p.read, slot: p.slot})
		}
		return move(s, process{place: end.held, lease: p.lease})
	case overtook:
		_, s := ask("repairs")
		return move(s, process{})
	case doubts:
		_, s := ask("doubts")
		return move(s, process{})
	case left:
		_, s := ask("closes the attempt")
		return move(s, process{})
	}
	what := "completes"
	if p.place == more {
		what = "goes on"
	}
	_, s := ask(what)
	return move(s, process{})
}

// ends are how attempts are recorded, and where that leads if the lease is held and if it is lost.
var ends = map[place]struct {
	step       string
	held, lost place
}{
	posted:     {"ends", ended, overtook},
	unanswered: {"fails", more, doubts},
	refused:    {"gives up", ended, doubts},
	unmade:     {"leaves it", more, left},
}

// overtaken is 1 if a claim now takes the lease from a sender that has begun an attempt.
func (w world) overtaken() int8 {
	if w.db.work.holder >= 0 && w.senders[w.db.work.holder].place >= begun && w.senders[w.db.work.holder].place <= unmade {
		return 1
	}
	return 0
}

func (w world) post(version int8) world {
	if w.seen&(1<<version) != 0 {
		w.repeats++
	}
	w.seen |= 1 << version
	w.last = version
	return w
}

// poll is the next step of a poller.
func (c *checker) poll(w world, i int8) []step {
	p := w.pollers[i]
	what := map[place]string{idle: "claims the poll", read: "commits"}[p.place]
	a := c.oracle.ask(question{before: w.db, step: what, by: i, read: p.read})
	switch {
	case p.place == idle && (w.remaining.commits == 0 || !a.ok):
		return nil
	case p.place == idle:
		w.remaining.commits--
		p = process{place: read, read: sight{version: w.db.owed.newest}}
	default:
		p = process{}
		if a.ok {
			w.commits++
		}
	}
	w.db = a.after
	w.pollers[i] = p
	return []step{{fmt.Sprintf("poller %d %s", i, what), w}}
}

// accidents are steps that may happen or not.
func (c *checker) accidents(w world) (all []step) {
	if w.remaining.expiries > 0 {
		late := w
		late.remaining.expiries--
		if w.db.work.holder >= 0 && !w.db.work.expired {
			late.db.work.expired = true
			all = append(all, step{"the lease of the sender runs out", late})
		}
		late.db.work.expired = w.db.work.expired
		if w.db.poll.holder >= 0 && !w.db.poll.expired {
			late.db.poll.expired = true
			all = append(all, step{"the lease of the poller runs out", late})
		}
	}
	if w.remaining.deaths > 0 {
		w.remaining.deaths--
		for i := range w.remaining.senders {
			if w.mayDie(i) {
				all = append(all, step{fmt.Sprintf("sender %d dies", i), w.die(i)})
			}
		}
		all = append(all, step{"the program is killed and started again", c.restart(w)})
	}
	return all
}

// mayDie reports whether the protocol holds when this sender dies while others live on. It cannot when somebody posts
// without a lease and dies before he can say so: not before the next start.
func (w world) mayDie(i int8) bool {
	switch w.senders[i].place {
	case idle, overtook, doubts, left:
		return false
	case posted, unanswered:
		return w.db.work.holder == i
	}
	return true
}

func (w world) die(i int8) world {
	if p := w.senders[i].place; p >= begun && p <= refused && w.db.work.holder == i {
		w.troubles++
	}
	if w.db.work.holder == i {
		w.db.work.holder = gone
	}
	w.senders[i] = process{}
	return w
}

func (c *checker) restart(w world) world {
	for i, p := range w.senders {
		if p.place >= begun && p.place <= unmade && w.db.work.holder == int8(i) {
			w.troubles++
		}
	}
	w.senders, w.pollers = [2]process{}, [2]process{}
	w.db = c.oracle.ask(question{before: w.db, step: "restart", by: nobody}).after
	return w
}

// check walks through all worlds that begin with version 1 to be shown, and stops at the first thing wrong that has the
// words in it.
func check(o *oracle, limits limits, words string) (*checker, error) {
	c := &checker{oracle: o, words: words, done: map[world]bool{}}
	return c, c.walk(world{db: o.start, remaining: limits})
}

var long = flag.Bool("long", false, "check the protocol with more accidents at once")

func TestProtocol(t *testing.T) {
	all := []limits{
		{senders: 2, pollers: 1, commits: 2, expiries: 2},
		{senders: 2, pollers: 1, commits: 1, expiries: 1, deaths: 1},
		{senders: 2, pollers: 1, commits: 1, expiries: 2, refusals: 1},
		{senders: 2, pollers: 1, commits: 1, expiries: 1, deaths: 1, refusals: 1},
		{senders: 1, pollers: 2, commits: 2, expiries: 2, deaths: 1},
		{senders: 2, pollers: 1, commits: 2, expiries: 1, holds: 2},
		{senders: 2, pollers: 1, commits: 1, expiries: 1, deaths: 1, holds: 1},
		{senders: 2, pollers: 1, commits: 1, expiries: 1, refusals: 1, holds: 1},
		{senders: 2, pollers: 1, commits: 1, expiries: 2, delays: 1},
		{senders: 2, pollers: 1, commits: 1, expiries: 1, deaths: 1, delays: 1},
		{senders: 2, pollers: 1, commits: 1, expiries: 1, losses: 1},
		{senders: 2, pollers: 1, commits: 1, expiries: 1, deaths: 1, losses: 1},
	}
	if *long {
		all = []limits{
			{senders: 2, pollers: 1, commits: 2, expiries: 2, deaths: 1, refusals: 1},
			{senders: 2, pollers: 1, commits: 2, expiries: 2, holds: 1, delays: 1},
			{senders: 2, pollers: 1, commits: 2, expiries: 2, deaths: 1, losses: 1},
			{senders: 2, pollers: 1, commits: 1, expiries: 2, deaths: 1, refusals: 1, losses: 1},
			{senders: 2, pollers: 1, commits: 1, expiries: 2, deaths: 1, refusals: 1, holds: 1, delays: 1},
			{senders: 2, pollers: 1, commits: 2, expiries: 1, deaths: 1, refusals: 1, holds: 1, delays: 1},
		}
	}
	o := newOracle(t, faults{})
	for _, limits := range all {
		c, err := check(o, limits, "")
		require.NoError(t, err)
		t.Logf("%+v: %d states, %d of them at rest", limits, len(c.done), c.rests)
	}
	t.Logf("%d steps tried on the store", o.tried)
}

// PostgreSQL gives the same answers to processes that have connections of their own. In the long form all of them are compared.
func TestProtocolOnServer(t *testing.T) {
	t.Parallel()
	o, server := newOracle(t, faults{}), newServerOracle(t)
	_, err := check(o, limits{senders: 2, pollers: 1, commits: 1, expiries: 1, deaths: 1, refusals: 1, holds: 1, delays: 1}, "")
	require.NoError(t, err)
	compared := 0
	for q, want := range o.known {
		if *long || compared < fewQuestions {
			require.Equal(t, want, server.try(q), "%+v", q)
			compared++
		}
	}
	t.Logf("%d of %d steps tried on the server", compared, len(o.known))
}

// fewQuestions is how many are asked of PostgreSQL in the short form.
const fewQuestions = 150

// Every part of the protocol is needed: the check finds what goes wrong without it.
func TestProtocolNeeds(t *testing.T) {
	senders := limits{senders: 2, pollers: 1, commits: 1, expiries: 2}
	pollers := limits{senders: 1, pollers: 2, commits: 2, expiries: 1}
	deaths := limits{senders: 2, pollers: 1, commits: 1, expiries: 1, deaths: 1}
	holds := limits{senders: 1, pollers: 1, commits: 1, holds: 1}
	delays := limits{senders: 1, delays: 1}
	losses := limits{senders: 2, pollers: 1, commits: 1, expiries: 1, losses: 1}
	for part, control := range map[string]struct {
		faults faults
		limits limits
		wrong  string
	}{
		"the version":                      {faults{noVersion: true}, senders, "posted last"},
		"the token of senders":             {faults{noToken: true}, senders, "posted last"},
		"the token of pollers":             {faults{noToken: true}, pollers, "commits made"},
		"the repair":                       {faults{noRepair: true}, senders, "posted last"},
		"the repair to correct":            {faults{onlyRaise: true}, senders, "posted last"},
		"the repair to be seen":            {faults{noGuard: true}, senders, "posted last"},
		"the repair of what may be posted": {faults{onlyClose: true}, losses, "posted last"},
		"the start to mend what it cut":    {faults{noMend: true}, deaths, "posted last"},
		"news to release what is held":     {faults{noRelease: true}, holds, "held back"},
		"a hold on what was read":          {faults{blindHold: true}, holds, "held back"},
		"a way back to what was left":      {faults{noMore: true}, delays, "posted last"},
	} {
		t.Run(part, func(t *testing.T) {
			_, err := check(newOracle(t, control.faults), control.limits, control.wrong)
			require.ErrorContains(t, err, control.wrong)
			t.Log(err)
		})
	}
}
