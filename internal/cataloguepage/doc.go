// Package cataloguepage makes docs/catalogue.md, the page about the rules of the catalogue, and a plot for each of them.
//
//   - record.go rehearses the incident of a rule (package incident) and records the value of the rule after each poll, and its messages.
//   - plot.go draws a record as SVG: the value, the limit, and bars for the incident and the alert.
//   - page.go writes the page. The text of a rule comes from the catalogue, and messages come from the incident; notes.go says what to do and how
//     to tune the rule.
//
// The test of this package writes the files (-long -write), and fails when they are not current.
package cataloguepage
