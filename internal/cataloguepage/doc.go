// Package cataloguepage makes docs/catalogue.md, the page about the rules of the catalogue, and a plot for each of them.
//
//   - record.go rehearses the incident of a rule (package incident) and records the value of the rule after each poll, and its messages.
//   - plot.go draws a record as SVG: the value, the limit, when the incident lasts and when the alert fires.
//   - page.go writes the page. What a rule reads is its text in the catalogue, and messages are those of the incident; what to do and how to tune
//     the rule is written in notes.go.
//
// The test of this package writes the files (-long -write), and says when they are not current.
package cataloguepage
