// Package store keeps everything that must survive a restart: usage history, alerts, what each receiver was shown, and
// the work that is due.
//
// What a receiver owes for an alert is decided by package delivery and stored in one place, owed.go. Who calls it:
//
//   - Commit and Decide (commit.go) add deliveries and make new versions owed, when an alert changes.
//   - Settle, Begin and End (sending.go) record what the delivery run of a receiver decided and sent. Each checks the lease of the receiver
//     first (work.go). Repair records what was posted after the lease was lost, or may have been.
//   - Route (route.go), FallBack (fallback.go), KeepReceivers, Reconsider, Redeliver, GiveUp, Retry and Revive (receiver.go)
//     record what the rules file, an unreachable receiver or a person changed.
//
// An attempt is noted before it is made, with what it would display and the epoch of each delivery (attempt.go): so a start knows what a
// process that died may have posted (ReleaseAll).
//
// Several processes may work on one database. process.go lists them, and activerules.go holds which rules all of them work by; asked.go and
// lane.go hold what they must not do twice, or too fast, together.
//
// The database is SQLite or PostgreSQL. Package database opens it, makes its schema and runs transactions on it; queries have one text for both
// kinds. What differs here is in two files: locks.go says what a transaction locks on PostgreSQL, where several processes write at once, and in
// which order, and transfer.go copies one database to another, of either kind (package transfer copies the rows).
//
// Times are kept to the millisecond and come back in UTC; the zero time and NaN are kept as NULL. Every method is one
// transaction unless it says otherwise, and reads all it returns before it returns.
package store
