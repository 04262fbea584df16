// Package explain answers why a rule fires, or why it does not, as data with JSON tags for the terminal to lay out.
//
// [Explain] takes what someone typed: the ID of an alert, or a rule and the name of a device or project. A lookup.Desk finds what is
// meant, and bot.Explain explains it: so an explanation is an evaluation by the program that evaluates in the line. The alert in an
// answer has its current value, as in every other answer.
//
// Nothing is decided or written here, and no request is sent to Notehub.
package explain
