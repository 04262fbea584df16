package delivery_test

import (
	"notewatch/internal/delivery"
	"notewatch/rules"
)

// A world is a state of everything that the deliveries of one alert depend on. It is comparable.
type world struct {
	alert     delivery.Facts
	receivers [2]receiver // the second is the fallback of the first
	size      int8        // how many receivers there are
	late      bool        // what waits has waited for so long that the fallback is notified
	left      int8        // accidents that may still happen
	may       accident    // kinds of them
	troubles  int8        // accidents after which a post may repeat
	problem   string      // that an event or a post led to
	faults    *faults
	sights    *sights
}

// A receiver is its row in the table of deliveries, its row in the table of work, and what people see.
type receiver struct {
	row     delivery.Delivery
	work    work
	senders [2]sender
	cut     delivery.Sent // attempt of a sender that died; the next start finds it without a result

	listed      bool // the rules file has the receiver
	routed      bool // the rules file sends it the alert
	unreachable bool // this is known
	other       bool // another alert of the same message is owed
	outside     bool // it is outside its hours

	displays delivery.Sent // what was posted last
	turns    int64         // of the route, when it was posted
	empty    int64         // newest version of which the receiver had nothing to show
	woken    rules.Level   // level that people were disturbed for; a lower one that was posted since counts if that was recorded
	repeats  int8          // posts of what was posted before
	gaveUp   int64         // version that an attempt gave up last
	asked    int8          // copies that people asked for
	copied   int8          // how many of them were sent
}

// work is what the table of due work holds.
type work struct {
	due     bool
	holder  int8 // of the lease: a sender, or one of those below
	expired bool // the lease
}

const (
	nobody int8 = -1
	gone   int8 = -2 // a sender that died
)

// A sender serves a receiver.
type sender struct {
	place  place
	moved  bool          // the receiver was made due since the claim
	other  bool          // it sends the message for another alert
	late   bool          // the receiver was outside its hours when the round began
	back   bool          // the receiver is due again after this round
	sight  *sight        // what it has read
	result delivery.Kind // of the attempt; "" is that it was not made
	woken  rules.Level   // level that people had been disturbed for before it was posted
}

// A place is how far a sender has come.
type place int8

const (
	idle place = iota
	claimed
	read     // what is owed
	begun    // the attempt is recorded
	answered // the attempt has a result
	overrun  // the lease turned out to be lost when the result was to be recorded
	rejected // the receiver takes nothing
	reported // this is known, so all that waits is to be given up
	done
)

// A sight is what a sender has read.
type sight struct {
	row   delivery.Delivery
	alert delivery.Facts
	asked int8 // copies
}

// sights has each sight once, so that worlds are small, and equal if what was read is.
type sights map[sight]*sight

func (all sights) of(s sight) *sight {
	if all[s] == nil {
		all[s] = &s
	}
	return all[s]
}

// sent is what a message displays that is made of what was read.
func (s *sight) sent() delivery.Sent { return s.row.Sent(s.alert, warning) }

func (s *sight) view() delivery.View { return s.row.View(s.alert, warning) }

// considered is what is decided about what was read.
func (s *sight) considered() delivery.Event {
	return delivery.Event{Kind: delivery.Considered, Sent: delivery.Sent{Version: s.alert.Version, Epoch: s.row.Epoch}, Detail: "because", Hours: s.hours()}
}

// hours is the text of the hours that the receiver is outside of.
func (s *sight) hours() string {
	if s.alert.Outside {
		return "outside its hours"
	}
	return ""
}

func (s *sight) settled() delivery.Delivery {
	return s.row.Next(s.considered(), s.alert, warning, noon)
}

// result is an event about the attempt to send what was read.
func (s *sight) result(kind delivery.Kind) delivery.Event {
	return delivery.Event{Kind: kind, Sent: s.sent(), Again: s.row.Message != "", Error: "status 500", Detail: "because", Hours: s.hours()}
}

// newWorld is one in which an alert has just fired, and the first receiver owes it.
func newWorld(faults *faults, b bounds) world {
	w := world{
		alert: delivery.Facts{State: rules.Firing, Level: rules.Warning, Version: 1, Reason: rules.Fired},
		size:  b.receivers, left: b.accidents, may: b.of, faults: faults, sights: &sights{},
	}
	for k := range w.size {
		w.receivers[k] = receiver{listed: true, work: work{holder: nobody}}
	}
	w.receivers[0].routed = true
	w.happens(0, of(delivery.Added))
	w.raise(0)
	return w
}

// happens changes a delivery by an event, in a transaction of its own. Two events make a delivery where there is none.
func (w *world) happens(k int8, e delivery.Event) {
	d := w.receivers[k].row
	if d.State != "" || e.Kind == delivery.Added || e.Kind == delivery.FallenBack {
		w.write(k, w.faults.next(d, e, w.alert))
	}
}

// write replaces a delivery. The fallback becomes due when it is given up.
func (w *world) write(k int8, d delivery.Delivery) {
	r := &w.receivers[k]
	w.must(breach(r.row, d, w.alert))
	if k == 0 && w.size > 1 && d.State == delivery.GivenUp {
		w.raise(1)
	}
	r.row = d
}

// raise makes a receiver due, and due again if somebody is serving it.
func (w *world) raise(k int8) {
	r := &w.receivers[k]
	r.work.due = true
	for i := range r.senders {
		r.senders[i].moved = r.senders[i].place != idle
	}
}

// must notes a problem, unless there is one already.
func (w *world) must(problem string) {
	if w.problem == "" {
		w.problem = problem
	}
}

// post has the receiver display what a sender has read. People are disturbed if that is loud and worse than what they were notified of.
func (w *world) post(k int8, s *sender) {
	r, seen := &w.receivers[k], s.sight
	sent, view := seen.sent(), seen.view()
	if asked := s.other || seen.asked > r.copied; !asked {
		r.repeats += r.repeat(seen)
		if w.troubles == 0 && view.Loud && r.endsAgain(seen) {
			w.must("people are disturbed by an end that is displayed already")
		}
		if w.troubles == 0 && view.Loud && r.goesOnMuted(seen) {
			w.must("people are disturbed by what is muted")
		}
		if copied := w.troubles > 0 && seen.asked > 0; view.Loud && !copied && r.comesOutside(seen, s.other) { // a trouble may repeat a copy
			w.must("people are notified outside the hours of the receiver")
		}
	}
	s.woken = r.woken
	if r.woken = min(r.woken, view.Level); view.Loud && view.Level > seen.row.Shown {
		r.woken = view.Level
	}
	r.displays, r.turns, r.copied = sent, seen.row.Turns, max(r.copied, seen.asked)
}

// goesOnMuted reports whether the receiver displays an alert as firing that goes on and was muted before.
func (r *receiver) goesOnMuted(seen *sight) bool {
	muted := seen.alert.Muted && seen.alert.Reason != rules.Muted
	return muted && r.displays.Display == delivery.DisplayFiring && seen.sent().Display == delivery.DisplayFiring
}

// comesOutside reports whether the receiver is outside its hours and is sent an alert that it does not show, or an escalation of one that it
// shows. along is that the message is sent for another alert.
func (r *receiver) comesOutside(seen *sight, along bool) bool {
	if !seen.alert.Outside || along || seen.row.Rerouted {
		return false
	}
	return seen.row.Display == delivery.DisplayNone || seen.alert.State == rules.Firing && seen.view().Level > seen.row.Shown
}

// loseResult is that nobody learns what a sender has posted, so that people count as disturbed as before.
func (r *receiver) loseResult(s *sender) { r.woken = max(r.woken, s.woken) }

// repeat is 1 if a post of what was read shows nothing new, and people are disturbed for nothing new: what was displayed outside the hours of the
// receiver disturbs them when these begin.
func (r *receiver) repeat(seen *sight) int8 {
	sent, view := seen.sent(), seen.view()
	same := sent.Version == r.displays.Version && sent.Display == r.displays.Display && seen.row.Turns == r.turns
	if same && !(view.Loud && view.Level > r.woken) || sent.Version < r.displays.Version {
		return 1
	}
	return 0
}

// endsAgain reports whether the receiver displays an end, and an alert that does not concern it would end there once more.
func (r *receiver) endsAgain(seen *sight) bool {
	concerns := !seen.row.Rerouted && seen.alert.Level >= warning.From
	return !concerns && r.displays.Display == delivery.DisplayEnded &&
		seen.row.Display == delivery.DisplayEnded && seen.sent().Display == delivery.DisplayEnded
}
