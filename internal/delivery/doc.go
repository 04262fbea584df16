// Package delivery decides the state of the delivery of one alert to one receiver. It is pure: no I/O, no clock, no texts but the reasons.
//
// A [Delivery] is one row per alert and receiver. Its State says in one word how far the receiver is:
//
//	Waiting    a message will be sent, or retried
//	Held       nothing is sent for now: the first message, while the alert is muted or acknowledged or the receiver is outside its hours; an
//	           escalation or a reminder of what it shows, outside its hours
//	Delivered  the receiver shows the newest version
//	Skipped    there is nothing to show here, because of its level, content or route, or because it ended first
//	GivenUp    retried once an hour while the receiver is reported as unreachable and nothing else waits; otherwise when something changes
//	Removed    the rules file no longer has the receiver
//
// Further fields hold what the receiver displays (Display, Shown, Have), the route (For, Rerouted, Turns) and the Epoch.
//
// [Delivery.Next] is the transition table: from a row and an [Event] to the next row. The store calls it for every change, in the
// transaction of whatever caused the event, and writes the rows that differ:
//
//   - The alert changes (Changed, Added): the delivery becomes Waiting. Nothing else is decided yet, because the process that
//     commits may have older rules than the one that sends.
//   - The receiver is served (Considered): now it is decided whether the alert is held, skipped or sent. A silenced alert is held,
//     and an alert below the level of the receiver is skipped. Outside the hours of the receiver everything new is held, ends too, until
//     they begin (HoursBegan). What the receiver shows changes at once, but people are notified of it later.
//   - A message is sent (Begun, then Posted, NothingToShow, Failed or GaveUp). These events carry the version that was sent, so that a later
//     change still waits.
//   - The lease is lost (Overtaken, or CutOff if the answer is lost too), or a process died while it sent (CutOff): two senders may have
//     posted, in an unknown order. The newest version is sent again, unless both displayed the same. If one of the posts displays the alert
//     as firing, that counts, because only that has to be corrected later. People count as notified of the lower of the two levels, because
//     they may not have seen the higher one.
//   - The route or the set of receivers changes (TurnedAway, TurnedBack, FallenBack, ReceiverGone, ReceiverBack), the rules file is
//     applied (RulesChanged, at a start and a reload: outbox.Reconsider), or a person asks for a copy (Redeliver).
//   - The receiver is unreachable or back (ReceiverFailed, Retried, Revived): see [Moves].
//
// The Epoch rises when it becomes uncertain what the receiver displays, or when a copy has to be sent. The result of an attempt that began
// in an older epoch is ignored.
//
// Three more decisions are in delivery.go. [Delivery.View] returns how an alert looks to the receiver: its level or an end, and whether
// people are disturbed. [Delivery.Sent] returns what is recorded of a message with that view. [Delivery.Missing] reports whether the
// fallback has to be notified instead.
//
// The sender decides what concerns several deliveries at once (groups, the hourly cap, the order, retries). The store keeps leases and
// attempts.
package delivery
