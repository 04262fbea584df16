// Package explain says why a condition is true, false or no data: part by part, with the values that each part read. It decides nothing;
// package lang computes every truth.
//
//   - An [Explainer] reads the text of a condition again and walks its parts (source.go) beside the expression that was compiled from it
//     (explain.go). It returns a [Condition].
//   - A [Phrase] is the text of a part with each [Value] that it reads or computes (value.go).
//   - [Condition.Lines] writes all of it for people (lines.go).
//
// An explanation is bounded, however large its condition is. Tests on random conditions are beside those of package lang, which make the
// conditions (explain_property_test.go).
package explain
