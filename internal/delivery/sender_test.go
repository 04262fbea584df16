package delivery_test

import "notewatch/internal/delivery"

// An outcome is something that may happen next, and the world after it.
type outcome struct {
	what     string
	receiver int8
	sender   int8 // or nobody
	to       world
}

// then is an outcome at a receiver.
func (w world) then(k int8, what string, happen func(w *world, k int8)) outcome {
	happen(&w, k)
	return outcome{what, k, nobody, w}
}

// does is an outcome of a sender.
func (w world) does(k, i int8, what string, act func(w *world, k, i int8, s *sender)) outcome {
	act(&w, k, i, &w.receivers[k].senders[i])
	return outcome{what, k, i, w}
}

// steps are what happens at a receiver by itself, sooner or later.
func (w world) steps(k int8) (all []outcome) {
	r := &w.receivers[k]
	for i := range int8(len(r.senders)) {
		if r.senders[i].place != idle {
			all = append(all, w.step(k, i))
		}
	}
	if i := r.free(); i != nobody {
		all = append(all, w.does(k, i, "claims the receiver", (*world).claim))
	}
	if r.work.holder == gone && !r.work.expired {
		all = append(all, w.then(k, "the lease of the dead sender runs out", func(w *world, k int8) { w.receivers[k].work.expired = true }))
	}
	return all
}

// free is the sender that may claim the receiver now, or nobody. Senders are alike, so it is the first that is idle.
func (r *receiver) free() int8 {
	if !r.listed || !r.work.due || r.work.holder != nobody && !r.work.expired {
		return nobody
	}
	for i := range int8(len(r.senders)) {
		if r.senders[i].place == idle {
			return i
		}
	}
	return nobody
}

// step is the next one of a sender that serves the receiver.
func (w world) step(k, i int8) outcome {
	switch s := &w.receivers[k].senders[i]; s.place {
	case claimed:
		return w.does(k, i, "reads what is owed", (*world).read)
	case read:
		if s.sight.settled().State != delivery.Waiting && !s.other {
			return w.does(k, i, "holds or skips it", (*world).settle)
		}
		return w.does(k, i, "begins an attempt", (*world).begin)
	case begun:
		return w.does(k, i, "posts", (*world).deliver)
	case answered:
		return w.does(k, i, "records the result", (*world).record)
	case overrun:
		return w.does(k, i, "repairs what it displays", (*world).repair)
	case rejected:
		return w.does(k, i, "reports that the receiver is unreachable", (*world).report)
	case reported:
		return w.does(k, i, "gives up all that waits", (*world).giveUp)
	}
	return w.does(k, i, "completes the round", (*world).complete)
}

// holds reports whether a sender still has the lease, on which its transactions depend.
func (w *world) holds(k, i int8) bool { return w.receivers[k].work.holder == i || w.faults.noToken }

// running reports whether the sender has an attempt whose result is not recorded.
func (s *sender) running() bool { return s.place >= begun && s.place <= overrun }

// claim begins a round. A fallback takes over what the first receiver is missing, and what an unreachable receiver gave up is tried again.
func (w *world) claim(k, i int8, s *sender) {
	r := &w.receivers[k]
	if h := r.work.holder; h >= 0 && r.senders[h].running() {
		w.troubles++
	}
	r.work.holder, r.work.expired = i, false
	*s = sender{place: claimed}
	before := early
	if w.late {
		before = noon
	}
	if k == 1 && w.receivers[0].row.Missing(w.alert, warning, before) {
		w.happens(k, delivery.Event{Kind: delivery.FallenBack, For: "first"})
	}
	if s.late = r.outside; !s.late {
		w.happens(k, of(delivery.HoursBegan))
	}
	if r.unreachable {
		w.happens(k, of(delivery.Retried))
	}
}

func (w *world) read(k, _ int8, s *sender) {
	r := &w.receivers[k]
	s.other, r.other = r.other && r.row.Message != "", false
	if s.place = done; s.other || r.row.State == delivery.Waiting {
		alert := w.alert
		alert.Outside = s.late && r.row.For == ""
		s.place, s.sight = read, w.sights.of(sight{r.row, alert, r.asked})
	}
}

func (w *world) settle(k, i int8, s *sender) {
	if !w.holds(k, i) {
		*s = sender{}
		return
	}
	s.place = done
	if w.faults.blindHold {
		w.write(k, s.sight.settled())
	} else {
		w.happens(k, s.sight.considered())
	}
}

func (w *world) begin(k, i int8, s *sender) {
	if !w.holds(k, i) {
		*s = sender{}
		return
	}
	w.receivers[k].work.expired = false
	w.happens(k, delivery.Event{Kind: delivery.Begun, Message: "m", Sent: s.sight.sent()})
	s.place = begun
}

func (w *world) deliver(k, _ int8, s *sender) {
	w.post(k, s)
	s.answer(delivery.Posted)
}

func (s *sender) answer(result delivery.Kind) { s.place, s.result = answered, result }

// record stores the result of an attempt.
func (w *world) record(k, i int8, s *sender) {
	r, e := &w.receivers[k], s.sight.result(s.result)
	if !w.holds(k, i) {
		s.place = overrun
		return
	}
	s.place = done
	switch s.result {
	case "":
		s.back = !w.faults.noWayBack
		return
	case delivery.Posted:
		r.unreachable = false
	case delivery.Failed:
		s.back = true
	case delivery.GaveUp:
		r.gaveUp = e.Version
	case delivery.ReceiverFailed:
		if s.place, e.Kind = rejected, delivery.Failed; w.faults.gaveUpFirst {
			e.Kind = delivery.GaveUp
		}
	}
	if w.faults.writesBack {
		w.write(k, s.sight.row.Next(e, s.sight.alert, warning, noon))
	} else {
		w.happens(k, e)
	}
}

// repairs are the events about attempts whose lease is lost, by their results. One that posted nothing for certain is only closed.
var repairs = map[delivery.Kind]delivery.Kind{
	delivery.Posted: delivery.Overtaken,
	delivery.Failed: delivery.CutOff, delivery.GaveUp: delivery.CutOff, delivery.ReceiverFailed: delivery.CutOff,
}

// repair stores that a message was posted without the lease, or may have been.
func (w *world) repair(k, _ int8, s *sender) {
	kind := repairs[s.result]
	if kind != "" && !w.faults.noRepair && !(kind == delivery.CutOff && w.faults.onlyClose) {
		if !w.faults.onlyRaise {
			w.happens(k, s.sight.result(kind))
		}
		w.raise(k)
	}
	*s = sender{}
}

func (w *world) report(k, _ int8, s *sender) {
	w.receivers[k].unreachable = true
	s.place = reported
}

func (w *world) giveUp(k, i int8, s *sender) {
	if s.place = done; w.holds(k, i) {
		w.happens(k, delivery.Event{Kind: delivery.ReceiverFailed, Error: "status 410"})
	}
}

// complete gives the lease back. The receiver is due again if it was made due since the claim, and for its next retry.
func (w *world) complete(k, i int8, s *sender) {
	if r := &w.receivers[k]; w.holds(k, i) {
		retries := r.unreachable && r.row.State == delivery.GivenUp
		r.work = work{holder: nobody, due: s.back || retries || s.moved && !w.faults.noVersion}
	}
	*s = sender{}
}
