// Package store keeps everything that must survive a restart. It joins its rooms in transactions, and keeps alerts itself.
//
// [Open] opens a database of either kind. The [Store] that it returns holds the rooms, each with its own doc.go; callers hold the one
// that they need:
//
//   - [Store.Work]: which work is due, and which process does it (package work);
//   - [Store.Usage]: devices and figures, as Notehub says them (package usage);
//   - [Store.Outbox]: deliveries, messages and attempts (package outbox).
//
// The store itself keeps alerts and what changes with them. A [Decision] holds what was decided about alerts, and a [Commit] everything
// that a poll decided. [Store.Commit], [Store.CommitPollRules] and [Store.Decide] store it in one transaction (commit.go): the lease is
// checked first, then alerts and their transitions are written, receivers are made due, and their deliveries are updated. [ErrConflict] means
// that another decision was stored meanwhile. locks.go defines the order in which transactions lock what they change.
//
// alert.go, find.go and lookup.go read alerts for people, openstate.go the open ones of a project for evaluations. transition.go has the
// history of an alert, silence.go the silences, project.go the state of polling, budget.go the requests that accounts have sent.
// standing.go counts for the metrics. takeover.go cleans up after dead processes, setback.go after a clock that was ahead, prune.go deletes
// old data. asked.go remembers requests from Slack, so that only one process answers each.
//
// The database is SQLite or PostgreSQL. Package database opens it, makes its schema and runs transactions on it; queries have one text for both
// kinds. transfer.go copies one database to another, of either kind (package transfer copies the rows).
//
// Times are kept to the millisecond and returned in UTC; the zero time and NaN are stored as NULL. Every method is one transaction unless
// its comment says otherwise, and reads its whole result before it returns. Packages rules and delivery decide; SQL stores rows.
package store
