package delivery_test

import (
	"slices"

	"notewatch/internal/delivery"
	"notewatch/rules"
)

// An accident is a kind of outcome that may happen or not. Values are added up to sets.
type accident uint16

const (
	changes  accident = 1 << iota // the alert has a new version
	expiries                      // a sender freezes for so long that its lease runs out
	answers                       // an attempt ends otherwise than with a post
	deaths                        // a sender dies while another lives on
	restarts                      // the program is killed and started again
	turns                         // the route changes
	absences                      // the receiver leaves the rules file, and comes back
	copies                        // a person asks for a copy
	others                        // another alert of the same message is owed
	hours                         // the hours of the receiver begin or end
	delays                        // half an hour passes, so the fallback is notified
	anything accident = 1<<iota - 1
)

// accidents are what may happen at a receiver now.
func (w world) accidents(k int8) (all []outcome) {
	if w.left == 0 {
		return nil
	}
	w.left--
	r := &w.receivers[k]
	for _, a := range []struct {
		kind     accident
		possible bool
		outcomes func(world, int8) []outcome
	}{
		{changes, k == 0 && w.alert.State == rules.Firing, world.changes},
		{restarts, k == 0, world.restarts},
		{hours, true, world.hours},
		{delays, k == 0 && w.size > 1 && !w.late, world.delays},
		{expiries, r.work.holder >= 0 && !r.work.expired, world.expiries},
		{answers, true, world.answers},
		{deaths, true, world.deaths},
		{turns, r.listed && w.alert.State == rules.Firing, world.turns},
		{absences, true, world.absences},
		{copies, r.listed && r.row.State != "" && !r.row.Rerouted, world.copies},
		{others, r.listed && r.row.Message != "" && !r.other, world.others},
	} {
		if w.may&a.kind != 0 && a.possible {
			all = append(all, a.outcomes(w, k)...)
		}
	}
	return all
}

// versions are the changes that make a new version of an alert.
var versions = []struct {
	what   string
	reason rules.Event
	change func(*delivery.Facts)
}{
	{"escalates", rules.Escalated, func(f *delivery.Facts) { f.Level, f.Acknowledged = min(f.Level+1, rules.Critical), false }},
	{"de-escalates", rules.Deescalated, func(f *delivery.Facts) { f.Level = max(f.Level-1, rules.Info) }},
	{"is resolved", rules.EventResolved, func(f *delivery.Facts) { f.State = rules.Resolved }},
	{"is withdrawn", rules.EventWithdrawn, func(f *delivery.Facts) { f.State = rules.Withdrawn }},
	{"is muted", rules.Muted, func(f *delivery.Facts) { f.Muted = true }},
	{"is unmuted", rules.Unmuted, func(f *delivery.Facts) { f.Muted = false }},
	{"is acknowledged", rules.Acknowledged, func(f *delivery.Facts) { f.Acknowledged = true }},
	{"is unacknowledged", rules.Unacknowledged, func(f *delivery.Facts) { f.Acknowledged = false }},
}

func (w world) changes(k int8) (all []outcome) {
	for _, v := range versions {
		changed := w.alert
		if v.change(&changed); changed == w.alert {
			continue
		}
		changed.Version, changed.Reason = w.alert.Version+1, v.reason
		all = append(all, w.then(k, "the alert "+v.what, func(w *world, _ int8) {
			w.alert = changed
			for k := range w.size {
				w.happens(k, of(delivery.Changed))
				w.raise(k)
			}
		}))
	}
	return all
}

// restarts end all senders. The start looks at attempts without a result, and makes all receivers due.
func (w world) restarts(k int8) []outcome {
	return []outcome{w.then(k, "the program is killed and started again", func(w *world, _ int8) {
		for k := range w.size {
			r := &w.receivers[k]
			for _, sent := range w.cutOff(k) {
				if !w.faults.noMend {
					w.happens(k, delivery.Event{Kind: delivery.CutOff, Sent: sent})
				}
			}
			r.senders, r.cut, r.work = [2]sender{}, delivery.Sent{}, work{holder: nobody}
			w.happens(k, of(delivery.Revived))
			w.happens(k, of(delivery.RulesChanged))
			w.raise(k)
		}
	})}
}

// cutOff is what attempts without a result were to display, the newest version first.
func (w *world) cutOff(k int8) (all []delivery.Sent) {
	r := &w.receivers[k]
	if r.cut.Version > 0 {
		all = append(all, r.cut)
	}
	for i := range r.senders {
		if s := &r.senders[i]; s.running() {
			w.troubles++
			r.loseResult(s)
			all = append(all, s.sight.sent())
		}
	}
	slices.SortStableFunc(all, func(a, b delivery.Sent) int { return int(b.Version - a.Version) })
	return all
}

func (w world) delays(k int8) []outcome {
	return []outcome{w.then(k, "half an hour passes", func(w *world, _ int8) {
		w.late = true
		w.raise(1)
	})}
}

// hours begin or end. When they begin, the receiver is due.
func (w world) hours(k int8) []outcome {
	return []outcome{w.then(k, "its hours begin or end", func(w *world, k int8) {
		r := &w.receivers[k]
		if r.outside = !r.outside; !r.outside {
			w.raise(k)
		}
	})}
}

func (w world) expiries(k int8) []outcome {
	freeze := func(w *world, k, _ int8, _ *sender) { w.receivers[k].work.expired = true }
	return []outcome{w.does(k, w.receivers[k].work.holder, "freezes, and its lease runs out", freeze)}
}

// answers are the ends of an attempt other than a post whose answer arrives.
func (w world) answers(k int8) (all []outcome) {
	for i := range int8(len(w.receivers[k].senders)) {
		if w.receivers[k].senders[i].place != begun {
			continue
		}
		for _, a := range []struct {
			what   string
			result delivery.Kind
		}{
			{"posts in vain", delivery.Failed},
			{"is refused", delivery.GaveUp},
			{"finds the receiver unreachable", delivery.ReceiverFailed},
			{"has no time left for the post", ""},
		} {
			all = append(all, w.does(k, i, a.what, func(_ *world, _, _ int8, s *sender) { s.answer(a.result) }))
		}
		all = append(all, w.does(k, i, "has nothing to show", (*world).showNothing))
		all = append(all, w.does(k, i, "posts, and the answer is lost", func(w *world, k, _ int8, s *sender) {
			w.post(k, s)
			w.receivers[k].loseResult(s)
			w.troubles++
			s.answer(delivery.Failed)
		}))
	}
	return all
}

// showNothing is an attempt at content of which the receiver shows nothing. What it displays counts as brought up to date.
func (w *world) showNothing(k, _ int8, s *sender) {
	r, seen := &w.receivers[k], s.sight
	r.empty, r.woken = seen.alert.Version, max(r.woken, seen.view().Level)
	s.answer(delivery.NothingToShow)
}

// deaths are those after which the protocol holds at once. Of a sender that has posted without the lease, nobody learns what it displays
// before the next start.
func (w world) deaths(k int8) (all []outcome) {
	r := &w.receivers[k]
	for i := range int8(len(r.senders)) {
		s := &r.senders[i]
		unknown := s.running() && s.place > begun && r.work.holder != i
		if s.place != idle && !unknown && !(s.running() && r.cut.Version > 0) {
			all = append(all, w.does(k, i, "dies", (*world).die))
		}
	}
	return all
}

func (w *world) die(k, i int8, s *sender) {
	r := &w.receivers[k]
	if s.running() {
		w.troubles++
		r.loseResult(s)
		r.cut = s.sight.sent()
	}
	if r.work.holder == i {
		r.work.holder = gone
	}
	*s = sender{}
}

// turns lead the route away from a receiver, or to it. What is being sent meanwhile may be sent again.
func (w world) turns(k int8) []outcome {
	r := &w.receivers[k]
	kind := delivery.TurnedAway
	switch {
	case r.row.State == "":
		kind = delivery.Added
	case !r.routed:
		kind = delivery.TurnedBack
	}
	return []outcome{w.then(k, "the delivery is "+string(kind), func(w *world, k int8) {
		r := &w.receivers[k]
		r.routed = !r.routed
		for i := range r.senders {
			if s := &r.senders[i]; s.place == read || s.running() {
				w.troubles++
			}
		}
		w.happens(k, of(kind))
		w.raise(k)
	})}
}

func (w world) absences(k int8) []outcome {
	kind := delivery.ReceiverGone
	if !w.receivers[k].listed {
		kind = delivery.ReceiverBack
	}
	return []outcome{w.then(k, string(kind), func(w *world, k int8) {
		w.receivers[k].listed = kind == delivery.ReceiverBack
		w.happens(k, of(kind))
		w.raise(k)
	})}
}

func (w world) copies(k int8) []outcome {
	return []outcome{w.then(k, "a person asks for a copy", func(w *world, k int8) {
		w.receivers[k].asked++
		w.happens(k, of(delivery.Redeliver))
		w.raise(k)
	})}
}

func (w world) others(k int8) []outcome {
	return []outcome{w.then(k, "another alert of the message is owed", func(w *world, k int8) {
		w.receivers[k].other = true
		w.raise(k)
	})}
}
