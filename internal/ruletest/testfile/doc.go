// Package testfile reads files of rule tests: what the devices of a simulated project use day by day and poll by poll, what happens to them,
// to Notehub and to receivers, what people do, and which alerts and messages must follow. docs/testing.md describes the form.
//
// [Load] reads a file with the rules file that it names. [File] holds the tests, checked: names of devices, rules, receivers and projects
// exist, instants lie within the test, a series fits into its days. All problems are reported at once, as those of a rules file are.
//
//   - file.go holds the types, whose tags are read by package typed, for reading and for the JSON Schema.
//   - series.go reads the notation of figures; instant.go that of times.
//   - check.go checks what parts of a test say of each other.
//
// Package ruletest runs the tests.
package testfile
