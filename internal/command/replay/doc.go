// Package replay carries out the command backtest: it tests one or two rules files on a database ([Show]). With --fetch it first fills that
// database from Notehub (fetch.go). Package backtest computes what the rules would have sent, and package readback reads past days.
package replay
