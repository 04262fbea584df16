package delivery_test

import (
	"flag"
	"fmt"
	"hash/maphash"
	"testing"

	"github.com/stretchr/testify/require"
)

// The protocol of deliveries is checked in all interleavings, in memory: senders take their steps in every order while accidents happen at
// every point, and in every world that this leads to the promises are checked. What is in a world says world_test.go; sender_test.go has the
// steps, accident_test.go the accidents, promise_test.go the promises, and fault_test.go what goes wrong without a part of the protocol.

// A checker visits worlds, those that fewer outcomes lead to first. So it finds a shortest way to what is wrong.
type checker struct {
	seed  maphash.Seed
	known map[uint64]bool // hashes of worlds
	links []link          // how each world was reached; the first one is where it begins
	rests int
}

type link struct {
	from             int // link
	what             string
	receiver, sender int8
}

// A visit is a world to look at.
type visit struct {
	world world
	link  int
}

// check visits all that a world leads to, and stops at the first one with something wrong in it.
func check(from world) (*checker, error) {
	c := &checker{seed: maphash.MakeSeed(), known: map[uint64]bool{}, links: make([]link, 1)}
	var next []visit
	for now := []visit{{world: from}}; len(now) > 0; now, next = next, now[:0] {
		for _, v := range now {
			outcomes, problem := c.look(&v.world)
			if problem != "" {
				return c, fmt.Errorf("%s after:%s", problem, c.story(v.link))
			}
			for _, o := range outcomes {
				next = c.reach(next, v.link, o)
			}
		}
	}
	return c, nil
}

// look returns what may happen next in a world, or what is wrong with it.
func (c *checker) look(w *world) (outcomes []outcome, problem string) {
	if problem = w.wrong(); problem != "" {
		return nil, problem
	}
	for k := range w.size {
		outcomes = append(outcomes, w.steps(k)...)
	}
	if len(outcomes) == 0 {
		c.rests++
		problem = w.wrongAtRest()
	}
	for k := range w.size {
		outcomes = append(outcomes, w.accidents(k)...)
	}
	return outcomes, problem
}

// reach appends the world after an outcome to those to visit, unless it was reached before.
func (c *checker) reach(visits []visit, from int, o outcome) []visit {
	hash := maphash.Comparable(c.seed, o.to)
	if c.known[hash] {
		return visits
	}
	c.known[hash] = true
	c.links = append(c.links, link{from, o.what, o.receiver, o.sender})
	return append(visits, visit{o.to, len(c.links) - 1})
}

// story is what happened, a line each.
func (c *checker) story(at int) string {
	l := c.links[at]
	switch {
	case at == 0:
		return ""
	case l.sender == nobody:
		return fmt.Sprintf("%s\n\treceiver %d: %s", c.story(l.from), l.receiver, l.what)
	}
	return fmt.Sprintf("%s\n\treceiver %d: sender %d %s", c.story(l.from), l.receiver, l.sender, l.what)
}

// bounds limit what a run may contain.
type bounds struct {
	receivers, accidents int8
	of                   accident
}

var long = flag.Bool("long", false, "check the protocol with more accidents at once")

func TestProtocol(t *testing.T) {
	all := []bounds{
		{1, 2, anything},
		{1, 3, changes | turns | expiries},
		{1, 3, changes | expiries | answers},
		{1, 4, turns | answers | others},
		{1, 3, changes | hours | expiries},
		{1, 4, hours | turns},
		{2, 1, anything},
		{2, 2, changes | turns | answers | delays},
	}
	if *long {
		all = []bounds{{1, 3, anything}, {2, 2, anything}}
	}
	for _, b := range all {
		c, err := check(newWorld(&faults{}, b))
		require.NoError(t, err)
		t.Logf("%+v: %d states, %d of them at rest", b, len(c.known), c.rests)
	}
}
