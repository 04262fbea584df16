// Package lint finds what a valid rule can hardly mean: conditions that can never be true, bytes compared with hours, an alert that
// would end at every midnight. It knows the form of expressions, and of what they read the range and the unit that package rules gives it.
//
// [Rule.Findings] is all that it offers. It goes like this:
//
//   - The expressions of a rule are parsed once more (expression.go), so that a finding stands where its author wrote it. Named parts
//     are looked into where they are used.
//   - A condition is taken apart into alternatives, each of which is a list of tests that must all be true (alternative.go). What cannot
//     be taken apart is one test.
//   - Each side of a test has a [Range] and a unit (value.go, range.go, unit.go), computed from those of what it reads. What the
//     arithmetic does not follow has neither, and nothing is said of it.
//   - Each kind of finding is one function (truths.go, units.go, times.go, amounts.go, levels.go) with a code, by which a rule can
//     accept it.
//
// To look at a test at midnight, what begins at 0 then is given the range from 0 to 0: if the test is not surely false, it is true at
// every midnight, or might be.
package lint
