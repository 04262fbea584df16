package delivery_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
)

// faults leave something out, to see that the check notices.
type faults struct {
	rule rule // nil is none

	noToken     bool // nobody is stopped because the lease was lost
	noVersion   bool // a round is completed whatever was made due since the claim
	noRepair    bool // a post without the lease is not stored
	onlyRaise   bool // a post without the lease makes the receiver due, and nothing more
	onlyClose   bool // an attempt without the lease whose answer was lost is taken for one that was not posted
	noMend      bool // a start does not look at attempts without a result
	gaveUpFirst bool // what a receiver that takes nothing was sent is given up before that is known
	noWayBack   bool // nobody comes back for a post for which there was no time
	blindHold   bool // a delivery is held or skipped as it was read
	writesBack  bool // the result of an attempt changes the delivery as it was read
}

// A rule is a wrong one in place of Next.
type rule func(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery

func right(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery {
	return d.Next(e, f, warning, noon)
}

// next is the delivery after an event.
func (f *faults) next(d delivery.Delivery, e delivery.Event, alert delivery.Facts) delivery.Delivery {
	if f.rule != nil {
		return f.rule(d, e, alert)
	}
	return right(d, e, alert)
}

// ignores is the rule that an event changes nothing, if it is one of some.
func ignores(some func(d delivery.Delivery, e delivery.Event) bool) rule {
	return func(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery {
		if some(d, e) {
			return d
		}
		return right(d, e, f)
	}
}

// keepsEpoch is the rule that some kinds of events leave the epoch as it is.
func keepsEpoch(kinds ...delivery.Kind) rule {
	return func(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery {
		next := right(d, e, f)
		for _, kind := range kinds {
			if e.Kind == kind {
				next.Epoch = d.Epoch
			}
		}
		return next
	}
}

// seenForSure takes what may have come before an end for what people saw last.
func seenForSure(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery {
	next := right(d, e, f)
	if e.Kind == delivery.Overtaken && d.Display == delivery.DisplayEnded {
		next.Shown = e.Level
	}
	return next
}

// newestLevel takes what was posted for the newest level.
func newestLevel(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery {
	if e.Kind == delivery.Posted {
		e.Level = d.Sent(f, warning).Level
	}
	return right(d, e, f)
}

// changeIsEpoch begins an epoch with each version, so that the result of what is being sent is lost.
func changeIsEpoch(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery {
	next := right(d, e, f)
	if e.Kind == delivery.Changed {
		next.Epoch++
	}
	return next
}

// anyEpoch takes the result of an attempt of an older epoch for one of this.
func anyEpoch(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery {
	if e.Kind == delivery.Posted {
		e.Epoch = d.Epoch
	}
	return right(d, e, f)
}

// endsForGood takes what displays an end for ended while it is about to be shown as firing.
func endsForGood(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery {
	next := right(d, e, f)
	if e.Kind == delivery.Begun && d.Display == delivery.DisplayEnded {
		next.Display = delivery.DisplayEnded
	}
	return next
}

var planted = []struct {
	name   string
	faults faults
	bounds bounds
	wrong  string
}{
	{"no token of senders", faults{noToken: true}, bounds{1, 2, changes | expiries}, "posted twice"},
	{"no version of work", faults{noVersion: true}, bounds{1, 1, changes}, "waits"},
	{"no repair", faults{noRepair: true}, bounds{1, 2, changes | expiries}, "is displayed, but"},
	{"a repair that corrects nothing", faults{onlyRaise: true}, bounds{1, 2, changes | expiries}, "is displayed, but"},
	{"a repair that only closes an attempt whose answer was lost", faults{onlyClose: true}, bounds{1, 3, changes | expiries | answers}, "is displayed, but"},
	{"a cut-off that keeps the epoch", faults{rule: keepsEpoch(delivery.CutOff)}, bounds{1, 3, changes | expiries | answers}, "is displayed, but"},
	{"a repair that compares versions only", faults{rule: ignores(func(d delivery.Delivery, e delivery.Event) bool {
		return e.Kind == delivery.Overtaken && e.Version >= d.Have
	})}, bounds{1, 2, turns | expiries}, "displayed as firing"},
	{"a repair that takes for seen what may have come first", faults{rule: seenForSure}, bounds{1, 3, changes | expiries}, "people were disturbed for"},
	{"no guard against a repair in between", faults{rule: anyEpoch}, bounds{1, 2, changes | expiries}, "is displayed, but"},
	{"no mend of attempts that were cut off", faults{noMend: true}, bounds{1, 3, changes | expiries | restarts}, "is displayed, but"},
	{"a message given up before its receiver is known to be unreachable", faults{gaveUpFirst: true}, bounds{1, 2, answers | expiries}, "was given up, but"},
	{"no way back", faults{noWayBack: true}, bounds{1, 1, answers}, "waits"},
	{"a blind hold", faults{blindHold: true}, bounds{1, 2, changes}, "held for no reason"},
	{"no release of what is held", faults{rule: ignores(func(d delivery.Delivery, e delivery.Event) bool {
		return e.Kind == delivery.Changed && d.State == delivery.Held
	})}, bounds{1, 2, changes}, "held for no reason"},
	{"no release when the hours begin", faults{rule: ignores(func(_ delivery.Delivery, e delivery.Event) bool {
		return e.Kind == delivery.HoursBegan
	})}, bounds{1, 2, hours}, "held for no reason"},
	{"an escalation outside the hours that counts as shown", faults{rule: func(d delivery.Delivery, e delivery.Event, f delivery.Facts) delivery.Delivery {
		if e.Kind == delivery.Posted {
			e.Hours = ""
		}
		return right(d, e, f)
	}}, bounds{1, 2, changes | hours}, "people were disturbed for"},
	{"a row that is written as it was read", faults{writesBack: true}, bounds{1, 1, changes}, "what is delivered is displayed"},
	{"a post that records the newest level", faults{rule: newestLevel}, bounds{1, 1, changes}, "people were disturbed for"},
	{"a post that is forgotten, for it is of an older epoch", faults{rule: ignores(func(d delivery.Delivery, e delivery.Event) bool {
		return e.Kind == delivery.Posted && e.Epoch != d.Epoch
	})}, bounds{1, 2, changes | copies}, "held, but displayed"},
	{"a version that begins an epoch", faults{rule: changeIsEpoch}, bounds{1, 3, changes | answers}, "people are disturbed by an end that is displayed already"},
	{"a reroute that keeps the epoch", faults{rule: keepsEpoch(delivery.TurnedAway, delivery.TurnedBack)}, bounds{1, 1, turns}, "displayed as firing"},
	{"a copy that keeps the epoch", faults{rule: keepsEpoch(delivery.Redeliver)}, bounds{1, 1, copies}, "copy was not sent"},
	{"an end that stays one while firing is posted", faults{rule: endsForGood}, bounds{1, 4, turns | answers}, "displayed as firing"},
	{"a fallback that leaves what was turned away", faults{rule: ignores(func(d delivery.Delivery, e delivery.Event) bool {
		return e.Kind == delivery.FallenBack && d.Rerouted
	})}, bounds{2, 3, turns | answers}, "fallback is not notified"},
}

// Every part of the protocol is needed: the check finds what goes wrong without it.
func TestProtocolNeeds(t *testing.T) {
	for _, p := range planted {
		t.Run(p.name, func(t *testing.T) {
			c, err := check(newWorld(&p.faults, p.bounds))
			require.ErrorContains(t, err, p.wrong)
			t.Logf("after %d states: %v", len(c.known), err)
		})
	}
}
