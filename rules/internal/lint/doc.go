// Package lint finds likely mistakes in valid rules: conditions that can never be true, bytes compared with hours, an alert that would end
// at every midnight. It knows the form of expressions, and the range and the unit of each leaf, which package rules provides.
//
// Everything starts at [Rule.Findings]:
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
// A test at midnight is checked with the range from 0 to 0 for values that begin at 0 then: unless the test is surely false with it, the
// test is or may be true at every midnight.
package lint
