package delivery_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/delivery"
	"notewatch/rules"
)

var (
	early = noon.Add(-time.Hour)
	never time.Time
)

// shown is a delivery that shows version 2, with changes.
func shown(changes ...func(*delivery.Delivery)) delivery.Delivery {
	d := delivery.Delivery{State: delivery.Delivered, Have: 2, Shown: rules.Warning, Display: delivery.DisplayFiring, Message: "m", Epoch: 3}
	for _, change := range changes {
		change(&d)
	}
	return d
}

// owed is a delivery that shows version 1 and waits since early, with changes.
func owed(changes ...func(*delivery.Delivery)) delivery.Delivery {
	d := shown(func(d *delivery.Delivery) { d.State, d.Have, d.Since = delivery.Waiting, 1, early })
	for _, change := range changes {
		change(&d)
	}
	return d
}

func since(t time.Time) func(*delivery.Delivery) { return func(d *delivery.Delivery) { d.Since = t } }
func have(version int64) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) { d.Have = version }
}
func failing(text string) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) { d.Error = text }
}
func notified(level rules.Level) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) { d.Display, d.Shown = delivery.DisplayFiring, level }
}
func state(s delivery.State) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) { d.State = s }
}
func because(why delivery.Reason, detail string) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) { d.Reason, d.Detail = why, detail }
}
func uncertain(d *delivery.Delivery) { d.Epoch++ }
func turned(times int64) func(*delivery.Delivery) {
	return func(d *delivery.Delivery) { d.Turns, d.Rerouted = times, times%2 == 1 }
}
func nothing(d *delivery.Delivery) {
	d.Display, d.Shown, d.Have = delivery.DisplayNone, rules.Inactive, 0
}
func maybe(d *delivery.Delivery) {
	d.Display, d.Shown, d.Have = delivery.DisplayMaybe, rules.Inactive, 0
}
func ended(d *delivery.Delivery) { d.Display, d.Shown = delivery.DisplayEnded, rules.Inactive }

// sent is an event about a post of a version in epoch 3.
func sent(kind delivery.Kind, version int64, changes ...func(*delivery.Event)) delivery.Event {
	e := delivery.Event{Kind: kind, Sent: delivery.Sent{Version: version, Level: rules.Warning, Display: delivery.DisplayFiring, Epoch: 3}}
	for _, change := range changes {
		change(&e)
	}
	return e
}

func anEnd(e *delivery.Event)  { e.Level, e.Display = rules.Inactive, delivery.DisplayEnded }
func older(e *delivery.Event)  { e.Epoch = 2 }
func again(e *delivery.Event)  { e.Again = true }
func broken(e *delivery.Event) { e.Error = "status 500" }
func text(detail string) func(*delivery.Event) {
	return func(e *delivery.Event) { e.Detail = detail }
}

const untilMonday = "outside its hours until Mon 15 Jun 08:00 UTC"

// closed is an event of version 2 in a round outside the hours of the receiver. People remain notified of a warning.
func closed(kind delivery.Kind) delivery.Event {
	return sent(kind, 2, text("silenced by amy"), func(e *delivery.Event) { e.Hours = untilMonday })
}

func of(kind delivery.Kind) delivery.Event { return delivery.Event{Kind: kind} }

// The transition table. Alerts are in version 2; what happens, happens at noon.
func TestNext(t *testing.T) {
	considered := sent(delivery.Considered, 2, text("silenced by amy"))
	for _, c := range []struct {
		name  string
		from  delivery.Delivery
		event delivery.Event
		facts delivery.Facts
		to    delivery.Delivery
	}{
		{"a new delivery waits", delivery.Delivery{}, of(delivery.Added), fires(),
			delivery.Delivery{State: delivery.Waiting, Since: noon, Display: delivery.DisplayNone}},
		{"it is added once", shown(), of(delivery.Added), fires(), shown()},

		{"a change is owed from then on", shown(have(1)), of(delivery.Changed), fires(), owed(since(noon))},
		{"a change of what waits keeps since when", owed(failing("status 500")), of(delivery.Changed), fires(), owed()},
		{"a change of what was given up is tried", owed(state(delivery.GivenUp), failing("status 500")), of(delivery.Changed), fires(), owed(since(noon))},
		{"a change of what is held is considered", owed(nothing, state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never)),
			of(delivery.Changed), fires(), owed(nothing, since(noon))},
		{"a change is nothing to a receiver that is gone", owed(state(delivery.Removed)), of(delivery.Changed), fires(), owed(state(delivery.Removed))},

		{"muted before it is shown", owed(nothing), considered, fires(muted),
			owed(nothing, state(delivery.Held), because(delivery.ReasonMuted, "silenced by amy"), since(never))},
		{"muted after an attempt that failed", owed(maybe, failing("status 500")), considered, fires(muted),
			owed(maybe, state(delivery.Held), because(delivery.ReasonMuted, "silenced by amy"), since(never))},
		{"muted when it is shown", owed(), considered, fires(muted), owed()},
		{"acknowledged before it is shown", owed(nothing), considered, fires(acknowledged),
			owed(nothing, state(delivery.Held), because(delivery.ReasonAcknowledged, "silenced by amy"), since(never))},
		{"new outside the hours of the receiver", owed(nothing), closed(delivery.Considered), fires(),
			owed(nothing, state(delivery.Held), because(delivery.ReasonHours, untilMonday), since(never))},
		{"muted and outside the hours", owed(nothing), closed(delivery.Considered), fires(muted),
			owed(nothing, state(delivery.Held), because(delivery.ReasonMuted, "silenced by amy"), since(never))},
		{"over before the hours begin", owed(nothing), closed(delivery.Considered), fires(resolved),
			owed(nothing, state(delivery.Held), because(delivery.ReasonHours, untilMonday), since(never))},
		{"withdrawn before the hours begin", owed(nothing), closed(delivery.Considered), fires(withdrawn), owed(nothing, state(delivery.Skipped),
			have(2), since(never), because(delivery.ReasonWithdrawn, "withdrawn before it was sent"))},
		{"changed outside the hours when it is shown", owed(), closed(delivery.Considered), fires(at(rules.Critical)), owed()},
		{"over outside the hours when it is shown", owed(), closed(delivery.Considered), fires(resolved), owed()},
		{"escalated outside the hours: displayed, and people are notified later", owed(), closed(delivery.Posted),
			fires(at(rules.Critical), by(rules.Escalated)),
			owed(state(delivery.Held), have(2), because(delivery.ReasonHours, untilMonday), since(never))},
		{"reminded outside the hours", owed(), closed(delivery.Posted), fires(by(rules.Reminded)),
			owed(state(delivery.Held), have(2), because(delivery.ReasonHours, untilMonday), since(never))},
		{"reminded before the hours ended, and displayed with its group", shown(), closed(delivery.Posted), fires(by(rules.Reminded)), shown()},
		{"an update outside the hours", owed(), closed(delivery.Posted), fires(), shown()},
		{"an escalation that is muted outside the hours is owed when the mute ends", owed(), closed(delivery.Posted),
			fires(at(rules.Critical), muted), shown()},
		{"the hours begin", owed(state(delivery.Held), have(2), because(delivery.ReasonHours, untilMonday), since(never)), of(delivery.HoursBegan),
			fires(at(rules.Critical)), owed(have(2), since(noon))},
		{"turned back outside the hours: displayed, and people are notified later", owed(have(2), notified(rules.Inactive)), closed(delivery.Posted), fires(),
			shown(state(delivery.Held), because(delivery.ReasonHours, untilMonday))},
		{"the hours begin, but it is muted", owed(state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never)), of(delivery.HoursBegan),
			fires(muted), owed(state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never))},
		{"the rules changed what is held for the hours, which its receiver knows", owed(nothing, state(delivery.Held),
			because(delivery.ReasonHours, "x"), since(never)), of(delivery.RulesChanged), fires(),
			owed(nothing, state(delivery.Held), because(delivery.ReasonHours, "x"), since(never))},
		{"a fallback does not wait for its hours", owed(nothing, state(delivery.Held), because(delivery.ReasonHours, "x"), since(never)),
			delivery.Event{Kind: delivery.FallenBack, For: "ops"}, fires(), owed(nothing, since(noon), takeOverAlerts)},
		{"the receiver is back, and it was outside its hours", owed(nothing, state(delivery.Removed), because(delivery.ReasonHours, "x"), since(never)),
			of(delivery.ReceiverBack), fires(), owed(nothing, since(noon))},
		{"below before it is shown", owed(nothing), considered, fires(at(rules.Info)), owed(nothing, state(delivery.Skipped), since(never),
			because(delivery.ReasonBelow, "info is below warning, the lowest level of this receiver"))},
		{"below, muted, after an attempt that failed", owed(maybe), considered, fires(at(rules.Info), muted), owed(maybe, state(delivery.Skipped),
			since(never), because(delivery.ReasonBelow, "info is below warning, the lowest level of this receiver"))},
		{"below after an attempt that failed is sent as an end", owed(maybe), considered, fires(at(rules.Info)), owed(maybe)},
		{"over after an attempt that failed is sent", owed(maybe), considered, fires(resolved), owed(maybe)},
		{"rerouted before it is shown", owed(nothing, turned(1)), considered, fires(),
			owed(nothing, turned(1), state(delivery.Skipped), have(2), since(never), because(delivery.ReasonRerouted, delivery.ReroutedDetail))},
		{"rerouted after an attempt that failed is sent", owed(maybe, turned(1)), considered, fires(), owed(maybe, turned(1))},
		{"over and silenced", owed(nothing), considered, fires(resolved, muted), owed(nothing, state(delivery.Skipped), have(2), since(never),
			because(delivery.ReasonEndedMuted, "silenced by amy; ended meanwhile"))},
		{"below when an end is shown", owed(ended), considered, fires(at(rules.Info)), shown(ended)},
		{"rerouted when an end is shown", owed(ended, turned(1)), considered, fires(),
			shown(ended, turned(1), state(delivery.Skipped), because(delivery.ReasonRerouted, delivery.ReroutedDetail))},
		{"fires again when an end is shown", owed(ended), considered, fires(), owed(ended)},
		{"a copy of an end is sent", owed(ended, have(0)), considered, fires(at(rules.Info)), owed(ended, have(0))},
		{"a report is sent again", owed(ended), considered, fires(resolved, at(rules.Info), by(rules.Reported)), owed(ended)},
		{"what was decided about another version", owed(nothing), sent(delivery.Considered, 1), fires(muted), owed(nothing)},
		{"what was decided before a reroute", owed(nothing), sent(delivery.Considered, 2, older), fires(muted), owed(nothing)},

		{"an attempt begins", owed(nothing), delivery.Event{Kind: delivery.Begun, Message: "m"}, fires(), owed(maybe)},
		{"an attempt that shows it as firing again", owed(ended), delivery.Event{Kind: delivery.Begun, Message: "m", Sent: sent("", 2).Sent}, fires(),
			owed(notified(rules.Inactive))},
		{"an attempt to change a message", owed(), delivery.Event{Kind: delivery.Begun, Message: "m"}, fires(), owed()},

		{"posted", owed(maybe, failing("status 500")), sent(delivery.Posted, 2), fires(), shown()},
		{"posted as it was", owed(maybe), sent(delivery.Posted, 1), fires(at(rules.Critical)), owed(since(noon))},
		{"posted as an end", owed(), sent(delivery.Posted, 2, anEnd), fires(resolved), shown(ended)},
		{"posted as withdrawn", owed(turned(1)), sent(delivery.Posted, 2, anEnd), fires(),
			shown(ended, turned(1), state(delivery.Skipped), because(delivery.ReasonRerouted, delivery.ReroutedDetail))},
		{"a held member is posted with its group", owed(maybe, state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never)),
			sent(delivery.Posted, 2), fires(muted), shown()},
		{"first posted before it was rerouted", owed(maybe, turned(1)), sent(delivery.Posted, 2, older), fires(), owed(have(2), turned(1))},
		{"an end that is first posted in an older epoch", owed(maybe), sent(delivery.Posted, 2, older, anEnd), fires(resolved),
			owed(have(0), ended)},
		{"posted in an older epoch", owed(), sent(delivery.Posted, 2, older), fires(), owed()},
		{"posted as firing before it was rerouted", owed(ended, turned(1)), sent(delivery.Posted, 2, older), fires(),
			owed(turned(1), notified(rules.Inactive))},
		{"posted after the receiver was removed", owed(state(delivery.Removed)), sent(delivery.Posted, 2), fires(), shown(state(delivery.Removed))},

		{"nothing to show", owed(maybe), sent(delivery.NothingToShow, 2, text("no report")), fires(), owed(nothing, have(2), since(never),
			state(delivery.Skipped), because(delivery.ReasonContent, "no report"), func(d *delivery.Delivery) { d.Message = "" })},
		{"nothing to show of a message that may have been taken", owed(maybe), sent(delivery.NothingToShow, 2, again, text("no report")), fires(),
			owed(maybe, have(2), since(never), state(delivery.Skipped), because(delivery.ReasonContent, "no report"))},
		{"nothing to show of an older version", owed(maybe), sent(delivery.NothingToShow, 1, again), fires(), owed(maybe, have(1), since(noon))},
		{"a change of which nothing is to be shown", owed(), sent(delivery.NothingToShow, 2, again), fires(), shown()},

		{"a failure", owed(), sent(delivery.Failed, 2, broken), fires(), owed(failing("status 500"))},
		{"a failure of what was given up", owed(state(delivery.GivenUp)), sent(delivery.Failed, 2, broken), fires(), owed(failing("status 500"))},
		{"a failure of another member", shown(), sent(delivery.Failed, 2, broken), fires(), shown(failing("status 500"))},
		{"given up", owed(), sent(delivery.GaveUp, 2, broken), fires(), owed(state(delivery.GivenUp), failing("status 500"))},
		{"given up, but there is something newer", owed(), sent(delivery.GaveUp, 1, broken), fires(), owed(failing("status 500"))},
		{"a held member of a message that is refused stays held", owed(maybe, state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never)),
			sent(delivery.GaveUp, 2, broken), fires(muted),
			owed(maybe, state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never), failing("status 500"))},

		{"the rules changed what was held", owed(nothing, state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never)),
			of(delivery.RulesChanged), fires(), owed(nothing, since(noon))},
		{"the rules changed what was below", owed(nothing, state(delivery.Skipped), because(delivery.ReasonBelow, "x"), since(never)),
			of(delivery.RulesChanged), fires(), owed(nothing, since(noon))},
		{"the rules changed, but it is over", owed(nothing, state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never)),
			of(delivery.RulesChanged), fires(resolved), owed(nothing, state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never))},
		{"the rules changed what has nothing to show", owed(nothing, state(delivery.Skipped), because(delivery.ReasonContent, "x"), since(never)),
			of(delivery.RulesChanged), fires(), owed(nothing, state(delivery.Skipped), because(delivery.ReasonContent, "x"), since(never))},

		{"turned away", shown(), of(delivery.TurnedAway), fires(), shown(state(delivery.Waiting), since(noon), turned(1), uncertain)},
		{"turned back", shown(ended, turned(1), state(delivery.Skipped), because(delivery.ReasonRerouted, "x")), of(delivery.TurnedBack), fires(),
			shown(ended, turned(2), state(delivery.Waiting), since(noon), uncertain)},
		{"turned away before", shown(turned(1)), of(delivery.TurnedAway), fires(), shown(turned(1))},
		{"turned away when it is over", shown(), of(delivery.TurnedAway), fires(resolved), shown()},
		{"a fallback has no route", shown(takeOverAlerts), of(delivery.TurnedAway), fires(), shown(takeOverAlerts)},

		{"a fallback", delivery.Delivery{}, delivery.Event{Kind: delivery.FallenBack, For: "ops"}, fires(),
			delivery.Delivery{State: delivery.Waiting, Since: noon, Display: delivery.DisplayNone, For: "ops"}},
		{"a fallback that was turned away", shown(ended, turned(1)), delivery.Event{Kind: delivery.FallenBack, For: "ops"}, fires(),
			shown(ended, turned(2), state(delivery.Waiting), since(noon), uncertain, takeOverAlerts)},
		{"a fallback that is notified for itself", shown(), delivery.Event{Kind: delivery.FallenBack, For: "ops"}, fires(), shown()},

		{"the receiver is gone", owed(), of(delivery.ReceiverGone), fires(), owed(state(delivery.Removed))},
		{"the receiver is gone, and so is the alert", shown(), of(delivery.ReceiverGone), fires(resolved), shown()},
		{"the receiver is back", shown(state(delivery.Removed), failing("status 500")), of(delivery.ReceiverBack), fires(), shown()},
		{"the receiver is back after a change", shown(have(1), state(delivery.Removed)), of(delivery.ReceiverBack), fires(), owed(since(noon))},
		{"the receiver is back, and a withdrawal is owed", shown(turned(1), state(delivery.Removed), since(early)), of(delivery.ReceiverBack), fires(),
			shown(turned(1), state(delivery.Waiting), since(noon))},
		{"the receiver is back, and knows why it was skipped", shown(nothing, have(2), state(delivery.Removed), because(delivery.ReasonContent, "x")),
			of(delivery.ReceiverBack), fires(), shown(nothing, have(2), state(delivery.Skipped), because(delivery.ReasonContent, "x"))},

		{"a copy", shown(failing("x")), of(delivery.Redeliver), fires(), shown(state(delivery.Waiting), since(noon), have(0), uncertain,
			notified(rules.Inactive))},
		{"a copy of what was turned away", shown(turned(1)), of(delivery.Redeliver), fires(), shown(turned(1))},

		{"overtaken by the same", shown(), sent(delivery.Overtaken, 2), fires(), shown(uncertain)},
		{"overtaken by the same, which was taken for cut off before", shown(), sent(delivery.Overtaken, 2, older), fires(), shown(uncertain)},
		{"overtaken by the same before a copy is sent", shown(have(0), state(delivery.Waiting), since(early)), sent(delivery.Overtaken, 2, older), fires(),
			shown(have(0), state(delivery.Waiting), since(early), uncertain)},
		{"overtaken by the same while a withdrawal is owed", shown(turned(1), state(delivery.Waiting), since(early)),
			sent(delivery.Overtaken, 2, older), fires(), shown(turned(1), state(delivery.Waiting), since(early), uncertain)},
		{"cut off when the same was posted as a copy", shown(), sent(delivery.CutOff, 2, older), fires(), shown(uncertain)},
		{"overtaken by an older version", shown(notified(rules.Critical)), sent(delivery.Overtaken, 1), fires(),
			owed(since(noon), uncertain)},
		{"overtaken by an end of the same version", shown(), sent(delivery.Overtaken, 2, anEnd), fires(),
			shown(state(delivery.Waiting), since(noon), uncertain, notified(rules.Inactive))},
		{"a firing post overtakes a withdrawal", shown(ended, turned(1), state(delivery.Skipped), because(delivery.ReasonRerouted, "x")),
			sent(delivery.Overtaken, 2, older), fires(),
			shown(turned(1), state(delivery.Waiting), since(noon), uncertain, notified(rules.Inactive))},
		{"cut off before it was recorded", owed(maybe), sent(delivery.CutOff, 2), fires(), owed(maybe, uncertain)},
		{"cut off after a newer version was recorded", shown(notified(rules.Critical)), sent(delivery.CutOff, 1), fires(),
			owed(since(noon), uncertain)},
		{"cut off when it was to be taken back", shown(turned(1), state(delivery.Waiting), since(early)), sent(delivery.CutOff, 2, anEnd), fires(),
			shown(turned(1), state(delivery.Waiting), since(early), uncertain, notified(rules.Inactive))},
		{"cut off after an end was recorded", shown(ended), sent(delivery.CutOff, 1), fires(resolved),
			owed(since(noon), uncertain, notified(rules.Inactive))},
		{"overtaken by an end while it waits", owed(), sent(delivery.Overtaken, 2, anEnd), fires(resolved),
			owed(uncertain, notified(rules.Inactive))},
		{"overtaken after it was held", owed(maybe, state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never)),
			sent(delivery.Overtaken, 1), fires(muted), owed(since(noon), uncertain)},
		{"overtaken after it was held and a copy was requested", owed(maybe, have(0), state(delivery.Held), because(delivery.ReasonMuted, "x"), since(never)),
			sent(delivery.Overtaken, 1, older), fires(muted), owed(since(noon), uncertain)},
		{"overtaken after the receiver was removed", shown(state(delivery.Removed)), sent(delivery.Overtaken, 1), fires(),
			owed(state(delivery.Removed), since(noon), uncertain)},
	} {
		require.Equal(t, c.to, c.from.Next(c.event, c.facts, warning, noon), c.name)
	}
}

func takeOverAlerts(d *delivery.Delivery) { d.For = "ops" }

// A mute keeps the escalation back, not the post.
func TestSent(t *testing.T) {
	worse := fires(at(rules.Critical))
	require.Equal(t, delivery.Sent{Version: 2, Level: rules.Critical, Display: delivery.DisplayFiring, Epoch: 3}, owed().Sent(worse, warning))
	worse.Muted = true
	require.Equal(t, delivery.Sent{Version: 2, Level: rules.Warning, Display: delivery.DisplayFiring, Epoch: 3}, owed().Sent(worse, warning))
	require.Equal(t, delivery.Sent{Version: 2, Display: delivery.DisplayEnded, Epoch: 3}, owed().Sent(fires(at(rules.Info)), warning))
	require.Equal(t, delivery.Sent{Version: 2, Display: delivery.DisplayEnded, Epoch: 3}, owed(turned(1)).Sent(worse, warning))
}

// Outside the hours of the receiver, what it shows as withdrawn fires again quietly. A copy that a person requests is loud.
func TestTurnedBackOutsideTheHours(t *testing.T) {
	f := fires(outside)
	require.False(t, owed(have(2), ended).View(f, warning).Loud)
	require.Equal(t, rules.Inactive, owed(have(2), ended).Sent(f, warning).Level)
	require.True(t, owed(have(0)).View(f, warning).Loud)
}

// What is owed is news in a message that is sent for another alert, and so is what is held.
func TestOutdated(t *testing.T) {
	require.True(t, owed(have(2)).Outdated(fires()))
	require.True(t, owed(have(2), state(delivery.GivenUp)).Outdated(fires()))
	require.True(t, owed(nothing, state(delivery.Held)).Outdated(fires()))
	require.False(t, shown().Outdated(fires()))
}

// The fallback is notified of what the receiver does not show as bad as it is.
func TestMissing(t *testing.T) {
	for _, c := range []struct {
		name  string
		d     delivery.Delivery
		facts delivery.Facts
		want  bool
	}{
		{"new, for long", owed(nothing), fires(), true},
		{"new", owed(nothing, since(noon)), fires(), false},
		{"given up", owed(nothing, since(noon), state(delivery.GivenUp)), fires(), true},
		{"worse", owed(), fires(at(rules.Critical)), true},
		{"shown as bad", owed(), fires(), false},
		{"below", owed(nothing), fires(at(rules.Info)), false},
		{"over", owed(nothing), fires(resolved), false},
		{"held", owed(nothing, state(delivery.Held)), fires(), false},
		{"rerouted", owed(nothing, turned(1)), fires(), false},
	} {
		require.Equal(t, c.want, c.d.Missing(c.facts, warning, early), c.name)
	}
}

// The store moves all deliveries of a receiver at once for some events. That is what Next does with each.
func TestMoves(t *testing.T) {
	for _, kind := range []delivery.Kind{delivery.ReceiverFailed, delivery.Retried, delivery.Revived} {
		from, to := delivery.Moves(kind)
		for _, s := range delivery.States() {
			before := owed(state(s), failing("before"))
			after := before
			if s == from {
				after.State = to
			}
			if s == from && kind == delivery.ReceiverFailed {
				after.Error = "status 410"
			}
			require.Equal(t, after, before.Next(delivery.Event{Kind: kind, Error: "status 410"}, fires(), warning, noon), "%s %s", kind, s)
		}
	}
	from, _ := delivery.Moves(delivery.Posted)
	require.Empty(t, from)
}

// A walk is a random life of a delivery.
type walk struct {
	*rand.Rand
	d       delivery.Delivery
	facts   delivery.Facts
	now     time.Time
	running []delivery.Sent
}

// A step of a walk: what happened, the alert then, and the delivery after it.
type step struct {
	event delivery.Event
	facts delivery.Facts
	after delivery.Delivery
}

var kinds = []delivery.Kind{
	delivery.Added, delivery.Changed, delivery.Considered, delivery.Begun, delivery.Posted, delivery.NothingToShow, delivery.Failed, delivery.GaveUp,
	delivery.ReceiverFailed, delivery.Retried, delivery.Revived, delivery.RulesChanged, delivery.TurnedAway, delivery.TurnedBack,
	delivery.FallenBack, delivery.ReceiverGone, delivery.ReceiverBack, delivery.Redeliver, delivery.Overtaken,
}

// event is one that may happen now. What was posted is what an attempt took along, however long ago.
func (w *walk) event() delivery.Event {
	e := delivery.Event{Kind: kinds[w.IntN(len(kinds))], Again: w.IntN(2) == 0, Error: "status 500", Detail: "because", For: "ops", Message: "m"}
	switch e.Kind {
	case delivery.Changed:
		w.facts = delivery.Facts{
			State: []rules.State{rules.Firing, rules.Resolved, rules.Withdrawn}[max(0, w.IntN(5)-2)], Level: rules.Level(1 + w.IntN(3)),
			Version: w.facts.Version + 1, Reason: []rules.Event{rules.Updated, rules.Muted, rules.Corrected, rules.Reported}[w.IntN(4)],
			Muted: w.IntN(3) == 0, Acknowledged: w.IntN(3) == 0,
		}
	case delivery.Considered:
		e.Version, e.Epoch = w.facts.Version, w.d.Epoch
	case delivery.Begun:
		e.Sent = w.d.Sent(w.facts, warning)
		w.running = append(w.running, e.Sent)
	case delivery.Posted, delivery.NothingToShow, delivery.Failed, delivery.GaveUp, delivery.Overtaken:
		if len(w.running) == 0 {
			return delivery.Event{}
		}
		i := w.IntN(len(w.running))
		e.Sent = w.running[i]
		w.running = append(w.running[:i], w.running[i+1:]...)
	}
	return e
}

// breach says which promise about every row a change has broken.
func breach(before, d delivery.Delivery, f delivery.Facts) string {
	since, reasons := d.State == delivery.Waiting || d.State == delivery.GivenUp, d.State == delivery.Held || d.State == delivery.Skipped
	switch {
	case d.State != delivery.Removed && since == d.Since.IsZero():
		return "since is set if and only if something is owed"
	case d.State != delivery.Removed && reasons == (d.Reason == ""):
		return "a reason is known if and only if nothing is sent"
	case d.Have > f.Version:
		return "more is shown than there is"
	case d.State == delivery.Delivered && (d.Have != f.Version || d.Display != delivery.DisplayFiring && d.Display != delivery.DisplayEnded):
		return "what is delivered is displayed"
	case d.Display == delivery.DisplayNone && d.Shown != rules.Inactive:
		return "what is not displayed was not notified"
	case d.Turns < before.Turns || d.Epoch < before.Epoch:
		return "turns and epoch never fall"
	}
	return ""
}

// Whatever happens, in whatever order, the fields of a delivery belong together, and an event that is repeated changes nothing.
func TestInvariants(t *testing.T) {
	once := map[delivery.Kind]bool{delivery.TurnedAway: true, delivery.TurnedBack: true, delivery.Redeliver: true, delivery.Overtaken: true}
	for seed := range uint64(2_000) {
		w := walk{Rand: rand.New(rand.NewPCG(seed, 1)), facts: delivery.Facts{State: rules.Firing, Level: rules.Warning, Version: 1, Reason: rules.Fired}, now: noon}
		w.d = w.d.Next(of(delivery.Added), w.facts, warning, w.now)
		var story []step
		for range 60 {
			w.now = w.now.Add(time.Minute)
			e, before := w.event(), w.d
			w.d = w.d.Next(e, w.facts, warning, w.now)
			story = append(story, step{e, w.facts, w.d})
			require.Empty(t, breach(before, w.d, w.facts), "seed %d: %+v", seed, story)
			if !once[e.Kind] {
				require.Equal(t, w.d, w.d.Next(e, w.facts, warning, w.now), "it happens twice: seed %d: %+v", seed, story)
			}
		}
	}
}
