// Package alertrow converts a row of the table alert to a rules.Alert, and back.
//
// The rooms of the store read alerts together with what they keep themselves: package store with transitions and silences, package outbox
// with deliveries. Each builds its own query of these parts:
//
//   - [Columns] are the columns of an alert but for its ID, and [Fields] the places where the ID and these columns go, for reading and for
//     writing.
//   - [Open] is the condition that an alert is open. It is that of an index, so a query must have it word by word to be answered by the index.
//   - [Holds] is the form of one column: how long each level has been true.
//
// The package runs no statement. What is written of an alert, and when, is decided by package rules; package store writes it.
package alertrow
