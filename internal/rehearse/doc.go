// Package rehearse runs a whole watch of a rules file in simulated time, on a simulated Notehub, with a temporary database and receivers that
// only keep what they accept. Rule tests and backtests are such rehearsals: client, fetch, store, evaluation, commit and delivery are those of
// notewatch run, so what they show is what would have been sent.
//
// [New] makes a [Stage]; its user drives the clock, and reads alerts from the store, and the messages that receivers accepted.
package rehearse
