package delivery_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/rules"
)

// One delivery is checked in all interleavings: two senders take their steps in every order while the alert changes, its route turns, a copy
// is asked for, the receiver goes and comes back, leases run out and the process is killed. In every state that this leads to the promises
// below are checked.

// A place is how far a sender has come.
type place int8

const (
	idle   place = iota
	read         // it has claimed the receiver and read the delivery
	begun        // its attempt is recorded
	posted       // the receiver has taken the post
)

// A sender serves the receiver.
type sender struct {
	place place
	read  delivery.Delivery
	facts delivery.Facts // as they were read
	sent  delivery.Sent
}

// A world is a state of everything. It is comparable: each is looked at once.
type world struct {
	d        delivery.Delivery
	facts    delivery.Facts
	senders  [2]sender
	holder   int8          // of the lease; -1 is nobody
	expired  bool          // the lease
	displays delivery.Sent // what the receiver really displays
	notified rules.Level   // what people were really notified of last
	trouble  bool          // something happened that may make a post repeat
	lost     bool          // a good post was not recorded
	copies   bool          // a copy was asked for, and no attempt has begun since
	left     accidents
}

// accidents bound what may happen.
type accidents struct{ changes, turns, copies, absences, expiries, kills int8 }

// faults leave something out, to see that the check would notice.
type faults struct {
	newestLevel   bool // a post counts as one of the alert as it is now
	keepsReroute  bool // a reroute keeps the epoch
	keepsCopy     bool // a copy keeps the epoch
	versionsOnly  bool // a late post is compared by version alone
	noRepair      bool // a late post is not recorded
	blindHold     bool // what was decided counts for whatever is newest
	writesRead    bool // what was read is written back
	noCutOff      bool // a start does not look at attempts that were cut off
	changeIsEpoch bool // each new version begins an epoch
}

// A checker walks through all worlds.
type checker struct {
	faults faults
	done   map[world]bool
	path   []string
	rests  int
}

// A way leads from a world to the next.
type way struct {
	name string
	to   world
}

// next applies an event to the delivery of a world.
func (c *checker) next(w world, e delivery.Event) world {
	before := w.d
	late := e.Kind == delivery.Overtaken
	switch {
	case late && c.faults.noRepair, late && c.faults.versionsOnly && e.Version >= w.d.Have:
		return w
	case e.Kind == delivery.Posted && c.faults.newestLevel:
		e.Version, e.Level = w.facts.Version, w.d.Sent(w.facts, warning).Level
	}
	w.d = w.d.Next(e, w.facts, warning, noon)
	turned := e.Kind == delivery.TurnedAway || e.Kind == delivery.TurnedBack
	if turned && c.faults.keepsReroute || e.Kind == delivery.Redeliver && c.faults.keepsCopy {
		w.d.Epoch = before.Epoch
	}
	if e.Kind == delivery.Changed && c.faults.changeIsEpoch {
		w.d.Epoch++
	}
	return w
}

// walk checks the world and all that it leads to. It returns what is wrong, with the steps that lead there.
func (c *checker) walk(w world) error {
	if c.done[w] {
		return nil
	}
	c.done[w] = true
	own := c.steps(w)
	problem := w.wrong()
	if len(own) == 0 {
		c.rests++
		problem = w.wrongAtRest() + problem
	}
	if problem != "" {
		return fmt.Errorf("%s\n%+v after:\n\t%s", problem, w, strings.Join(c.path, "\n\t"))
	}
	for _, s := range append(own, c.accidents(w)...) {
		c.path = append(c.path, s.name)
		if err := c.walk(s.to); err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
	}
	return nil
}

// steps are those that senders take by themselves.
func (c *checker) steps(w world) (all []way) {
	for i := range w.senders {
		if name, to := c.send(w, int8(i)); name != "" {
			all = append(all, way{fmt.Sprintf("sender %d %s", i, name), to})
		}
	}
	return all
}

// send is the next step of a sender.
func (c *checker) send(w world, i int8) (string, world) {
	s := &w.senders[i]
	held := w.holder == i
	switch s.place {
	case idle:
		if w.d.State != delivery.Waiting || w.holder >= 0 && !w.expired {
			return "", w
		}
		w.holder, w.expired = i, false
		*s = sender{place: read, read: w.d, facts: w.facts}
		return "reads", w
	case read:
		if !held {
			*s = sender{}
			return "finds its lease lost", w
		}
		return c.decide(w, i)
	case begun:
		w.displays, w.notified = s.sent, s.sent.Level
		s.place = posted
		return "posts", w
	}
	sent := s.sent
	*s = sender{}
	if !held {
		return "repairs", c.next(w, delivery.Event{Kind: delivery.Overtaken, Sent: sent})
	}
	w.holder = -1
	w = c.next(w, delivery.Event{Kind: delivery.Posted, Sent: sent})
	w.lost = !w.trouble && w.d.Have != sent.Version
	return "records", w
}

// decide settles what a sender has read, or begins to send it.
func (c *checker) decide(w world, i int8) (string, world) {
	s := w.senders[i]
	considered := delivery.Event{Kind: delivery.Considered, Sent: delivery.Sent{Version: s.facts.Version, Epoch: s.read.Epoch}}
	if s.read.Next(considered, s.facts, warning, noon).State == delivery.Waiting {
		sent := s.read.Sent(s.facts, warning)
		w = c.next(w, delivery.Event{Kind: delivery.Begun, Message: "m", Sent: sent})
		w.senders[i], w.copies = sender{place: begun, sent: sent}, false
		return "begins", w
	}
	w.senders[i], w.holder = sender{}, -1
	switch {
	case c.faults.blindHold:
		considered.Version, considered.Epoch = w.facts.Version, w.d.Epoch
		w.d = s.read.Next(delivery.Event{Kind: delivery.Considered, Sent: delivery.Sent{Version: s.facts.Version, Epoch: s.read.Epoch}}, s.facts, warning, noon)
		return "settles blindly", w
	case c.faults.writesRead:
		w.d = s.read.Next(considered, s.facts, warning, noon)
		return "writes what it read", w
	}
	return "settles", c.next(w, considered)
}

// accidents are steps that may happen or not.
func (c *checker) accidents(w world) (all []way) {
	add := func(name string, budget func(*accidents) *int8, happen func(world) world) {
		next := w
		if left := budget(&next.left); *left > 0 {
			*left--
			if next = happen(next); next != w {
				all = append(all, way{name, next})
			}
		}
	}
	if w.facts.State == rules.Firing {
		for _, f := range []delivery.Facts{fires(at(rules.Critical)), fires(at(rules.Info)), fires(muted), fires(), fires(resolved)} {
			add("the alert changes", func(a *accidents) *int8 { return &a.changes }, func(w world) world {
				f.Version = w.facts.Version + 1
				w.facts = f
				return c.next(w, delivery.Event{Kind: delivery.Changed})
			})
		}
	}
	for _, e := range []delivery.Kind{delivery.TurnedAway, delivery.TurnedBack} {
		add("the receiver is "+string(e), func(a *accidents) *int8 { return &a.turns }, func(w world) world {
			w.trouble = true
			return c.next(w, delivery.Event{Kind: e})
		})
	}
	add("a copy is asked for", func(a *accidents) *int8 { return &a.copies }, func(w world) world {
		w.trouble, w.copies = true, true
		return c.next(w, delivery.Event{Kind: delivery.Redeliver})
	})
	for _, e := range []delivery.Kind{delivery.ReceiverGone, delivery.ReceiverBack} {
		add(string(e), func(a *accidents) *int8 { return &a.absences }, func(w world) world { return c.next(w, delivery.Event{Kind: e}) })
	}
	add("the lease runs out", func(a *accidents) *int8 { return &a.expiries }, func(w world) world {
		w.expired, w.trouble = w.holder >= 0, true
		return w
	})
	add("the process is killed and started again", func(a *accidents) *int8 { return &a.kills }, c.restart)
	return all
}

// restart loses what the senders know. Attempts that were begun are known as cut off.
func (c *checker) restart(w world) world {
	for i, s := range w.senders {
		if s.place >= begun && !c.faults.noCutOff {
			w = c.next(w, delivery.Event{Kind: delivery.CutOff, Sent: s.sent})
		}
		w.senders[i] = sender{}
	}
	w.holder, w.expired, w.trouble = -1, false, true
	return c.next(w, delivery.Event{Kind: delivery.RulesChanged})
}

// wrong says what must never be.
func (w world) wrong() string {
	if w.lost {
		return "a good post was thrown away"
	}
	for _, s := range w.senders {
		if s.place == begun && !w.trouble && s.sent.Version == w.displays.Version && s.sent.Display == w.displays.Display {
			return "a version is posted twice without any trouble"
		}
	}
	return ""
}

// wrongAtRest says what must not be when no sender has anything to do.
func (w world) wrongAtRest() string {
	d, want := w.d, w.d.Sent(w.facts, warning)
	switch {
	case d.State == delivery.Removed || d.State == delivery.Held && w.facts.Muted:
		return ""
	case d.State == delivery.Held:
		return "it is held for nothing"
	case d.State == delivery.Delivered && w.copies && !w.d.Rerouted:
		return "no copy was sent"
	case want.Display == delivery.DisplayEnded && w.displays.Display == delivery.DisplayFiring:
		return "it is displayed as firing, and is over"
	case want.Display == delivery.DisplayFiring && (d.State != delivery.Delivered || w.displays.Version != want.Version || w.displays.Display != want.Display):
		return "it is not displayed as it is"
	case want.Display == delivery.DisplayFiring && !w.facts.Muted && w.notified != w.facts.Level:
		return "people were not notified of its level"
	}
	return ""
}

// check walks through all worlds that begin with an alert that is owed.
func check(f faults, left accidents) (*checker, error) {
	w := world{facts: fires(), holder: -1, left: left}
	w.facts.Version = 1
	c := &checker{faults: f, done: map[world]bool{}}
	return c, c.walk(c.next(w, delivery.Event{Kind: delivery.Added}))
}

var long = flag.Bool("long", false, "check deliveries with more accidents at once")

func TestEveryInterleaving(t *testing.T) {
	all := []accidents{
		{changes: 3},
		{changes: 1, expiries: 2},
		{changes: 1, turns: 2, kills: 1},
		{turns: 2, expiries: 2},
		{changes: 1, copies: 1, expiries: 1},
		{changes: 1, absences: 2, expiries: 1},
		{turns: 1, copies: 1, expiries: 1, kills: 1},
		{turns: 2, absences: 2, kills: 1},
	}
	if *long {
		all = []accidents{
			{changes: 2, expiries: 2},
			{changes: 2, turns: 2, kills: 1},
			{changes: 1, turns: 2, expiries: 2},
			{changes: 1, copies: 1, expiries: 2},
			{changes: 2, absences: 2, expiries: 1},
			{changes: 1, turns: 1, copies: 1, expiries: 1, kills: 1},
		}
	}
	for _, left := range all {
		c, err := check(faults{}, left)
		require.NoError(t, err)
		t.Logf("%+v: %d states, %d of them at rest", left, len(c.done), c.rests)
	}
}

// Every rule is needed: the check finds what goes wrong without it.
func TestEveryInterleavingNeeds(t *testing.T) {
	for rule, control := range map[string]struct {
		faults faults
		left   accidents
	}{
		"a post that counts as what it was":      {faults{newestLevel: true}, accidents{changes: 1}},
		"an epoch for each reroute":              {faults{keepsReroute: true}, accidents{turns: 1}},
		"an epoch for each copy":                 {faults{keepsCopy: true}, accidents{copies: 1}},
		"an epoch and a display in late posts":   {faults{versionsOnly: true}, accidents{turns: 1, expiries: 1}},
		"late posts that are recorded":           {faults{noRepair: true}, accidents{changes: 1, expiries: 1}},
		"a hold on what was read":                {faults{blindHold: true}, accidents{changes: 2}},
		"rows that are read again":               {faults{writesRead: true}, accidents{changes: 2}},
		"a start that looks at what was cut off": {faults{noCutOff: true}, accidents{changes: 1, expiries: 1, kills: 1}},
		"versions that are no trouble":           {faults{changeIsEpoch: true}, accidents{changes: 1}},
	} {
		t.Run(rule, func(t *testing.T) {
			_, err := check(control.faults, control.left)
			require.Error(t, err)
			t.Log(err)
		})
	}
}
