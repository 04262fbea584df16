// Package words reads and writes text for the terminal and Slack alike: one grammar for typed times, and one way to print text
// from outside. It reads no clock; the caller passes the current time.
//
// [Length] reads a length of time and [Instant] a point in time. [Line] and [Printable] remove control characters.
package words
