// Package store keeps everything that must survive a restart. It joins its rooms in transactions, and keeps alerts itself.
//
// [Open] opens a database of either kind. The [Store] that it returns holds the rooms, each with its own doc.go; callers hold the one
// that they need:
//
//   - [Store.Work]: which work is due, and which process does it (package work);
//   - [Store.Usage]: devices and figures, as Notehub says them (package usage);
//   - [Store.Outbox]: what receivers owe and were sent (package outbox).
//
// What is left are alerts and what changes with them. A [Decision] is what was decided about alerts, and a [Commit] all that a poll
// decided. [Store.Commit], [Store.CommitPollRules] and [Store.Decide] store it in one transaction (commit.go): the lease is proved first,
// then alerts and their transitions are written, receivers made due, and what they owe noted. [ErrMoved] is that something else was
// decided meanwhile. locks.go says in which order transactions lock what they change.
//
// alert.go, find.go and lookup.go read alerts for people, openstate.go the open ones of a project for evaluations. transition.go has the
// history of an alert, silence.go the silences, project.go the state of polling, budget.go the requests that accounts have sent.
// standing.go counts what metrics show. takeover.go ends what a dead process left behind, setback.go what a clock that was ahead has
// written, prune.go what is old. asked.go remembers what came from Slack, so that no two processes answer it.
//
// The database is SQLite or PostgreSQL. Package database opens it, makes its schema and runs transactions on it; queries have one text for both
// kinds. transfer.go copies one database to another, of either kind (package transfer copies the rows).
//
// Times are kept to the millisecond and come back in UTC; the zero time and NaN are kept as NULL. Every method is one
// transaction unless it says otherwise, and reads all it returns before it returns. Packages rules and delivery decide; SQL stores rows.
package store
