// Package rules defines what a rule means: what its expressions see of a device or project, whether they are true, and what follows for an
// alert. It reads no file, no network and no clock.
//
// A rule goes through these in turn:
//
//   - A [Spec] is a rule as its author wrote it. [Compile] checks all of it and returns a [Rule], or every [Problem] with a position and
//     a hint. The expressions are compiled by package lang, whose tour explains the language and its third truth value, no data.
//   - [Rule.Findings] returns likely mistakes in a valid rule. Package lint, whose tour explains how, finds them with the ranges and units in the tags
//     of Env.
//   - [Rule.Reads] says what has to be fetched and computed for the rule, [Rule.Kind] when an alert of it may resolve. Both follow from
//     what the conditions read.
//   - An [Env] is what expressions see of one subject as of one instant. Its tags name the objects and members (env.go); package
//     metric computes the members of a metric that rules read. [NewView] reads of it what the rules of a
//     [Set] read, once for all of them.
//   - [Rule.Eval] returns an [Evaluation]. Its [Result] is an interval, from the lowest to the highest level that the values without
//     data allow. [Rule.Explain] says why, part by part.
//   - [Alert.Next] decides what follows for the alert of the rule and the subject, from the alert before and a [Verdict]: the table of an
//     alert's life (next.go). Neither fires nor resolves what the interval leaves open. corrected.go adds what holds when a value that
//     only grows has fallen: it was wrong.
//   - [Rule.Texts] writes what messages and look-ups say of an alert, from the template of its author (summary.go) or built in, with the
//     days that the value is about (when.go).
//
// [Alert.Muted] changes whether an alert is announced for now; package muting decides that. [Alert.Raise] and its neighbours in notice.go
// make alerts that no expression found.
//
// The same functions serve the live run, revisions of closed days, look-ups and explanations.
package rules
