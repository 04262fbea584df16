// Package watchtest holds what tests of a whole watch share: a client of the simulated Notehub, a receiver, compiled rules, and time that
// passes at once. Each test sets up its own world of these.
package watchtest
