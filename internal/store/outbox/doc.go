// Package outbox keeps the deliveries of alerts to receivers, and what was sent.
//
// A [Delivery] is a row for an alert and a receiver: its state, and what the receiver displays. A [Message] is one post that shows one alert
// or more. An [Attempt] is one call to a receiver.
//
// Package delivery decides the next state of a delivery, and owed.go stores it: it reads rows, asks delivery.Next for the rows after an event, and
// writes those that differ. Its callers:
//
//   - Commit and Decide of package store call [Add], [ReadDue] and [ShowChanged] when an alert changes, in their transaction (show.go).
//   - [Store.Settle], [Store.Begin] and [Store.End] record what a delivery run decided and sent (sending.go). Each checks the lease of the
//     receiver first. [Store.Repair] records what was posted after the lease was lost, or may have been.
//   - [Store.Route] (route.go), [Store.FallBack] (fallback.go), and [Store.KeepReceivers], [Store.Reconsider], [Store.Redeliver],
//     [Store.GiveUp], [Store.Retry] and [Store.Revive] (receiver.go) record what the rules file, an unreachable receiver or a person changed.
//
// An attempt is recorded before it is made, with what it would display and the epoch of each delivery (attempt.go). So a process that
// starts knows what a dead one may have posted ([RecoverInterrupted]).
//
// Which receiver is outside its hours only a round knows: it sets Hours of a [Delivery], which is not stored, and calls [Store.Release] for
// what is no longer held (hours.go).
//
// On PostgreSQL a transaction locks the rows of work of the receivers before it reads deliveries (locks.go); package store says in which
// order. [Store.TakeLane] spaces the sends of all processes (lane.go).
//
// SQL stores rows here and decides nothing, and the package sends nothing: package deliver does.
package outbox
