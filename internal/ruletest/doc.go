// Package ruletest runs tests of rules: it lets a whole watch work in simulated time and compares what follows with what a test expects.
//
//   - Package testfile reads the tests.
//   - world.go makes a simulated Notehub of a test: what each device has used at an instant, what the device list says. It is a function of
//     the test and the instant, so there is nothing to advance.
//   - run.go makes a watch of the rules file on that Notehub, with a database in memory, and drives its clock from step to step. [Run] does that
//     for one test, [RunAll] for many, on all cores.
//   - stand.go stands for the receivers: it keeps the messages that they accept.
//   - compare.go aligns what followed with what is expected, and says what differs.
//
// Client, fetch, store, evaluation, commit and delivery are those of notewatch run; only Notehub, the receivers and the clock are not. So a
// test cannot pass by another way of deciding than the live one.
package ruletest
