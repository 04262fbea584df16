// Package bounded executes templates that users write. It bounds the time and the text of each.
//
// A template of text/template cannot be interrupted. [Parse] therefore adds a hidden action to the start of every loop body and
// of every template. The action counts the executed nodes and fails when there are too many. Parse replaces the functions that
// can make long texts of short ones, and counts the text of all functions. A [Writer] bounds the text that a template writes.
package bounded
