// Package words has one function for each way to print or read a value: figures, times, lengths of time, outside text, and the times that
// people type. So the terminal, Slack and the rules file use the same forms. It is pure and reads no clock; the caller passes the current
// time.
//
// [Figure], [Share], [Count], [Time], [Duration] and [Sparkline] print. [Polling] and [ReducedRate] describe the state of polls. [Length] reads a
// length of time and [Instant] a point in time; their errors say what to write. [Clean] and [Escape] make outside text fit for messages;
// [Line] and [Printable] make it fit for a terminal.
package words
