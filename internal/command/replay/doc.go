// Package replay has what the command backtest does at the terminal: it tests one or two rules files on a database ([Show]), which it fills before from
// Notehub if that is asked for (fetch.go). What rules would have sent is computed by package backtest, and past days are read by package readback.
package replay
