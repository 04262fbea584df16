// Package explain answers why a rule fires, or why it does not, as data with JSON tags for the terminal to lay out.
//
// [Explain] takes what someone typed: the ID of an alert, or a rule and the name of a device or project. A lookup.Reader finds the subject,
// and bot.Explain explains the rule, so an explanation uses the same program as a poll. The alert in an answer has its current value, as in
// every other answer. A rule may also be explained as of the end of a past day. [Ending] says in words when an alert ends.
//
// Nothing is decided or written here, and no request is sent to Notehub.
package explain
