// Package ruletest runs tests of rules: it runs a whole watch in simulated time and compares the alerts, messages and results with those
// that a test expects.
//
//   - Package testfile reads the tests.
//   - world.go makes a simulated Notehub of a test: what each device has used at an instant, what the device list says. It is a function of
//     the test and the instant, so there is nothing to advance.
//   - run.go drives the clock of a rehearsal of the rules file (package rehearse) on that Notehub from step to step. [Run] does that for one
//     test, [RunAll] for many, on all cores.
//   - compare.go aligns what followed with what is expected, and says what differs.
//
// Client, fetch, store, evaluation, commit and delivery are those of notewatch run; only Notehub, the receivers and the clock are
// simulated. So a test cannot pass because of code that notewatch run does not use.
package ruletest
