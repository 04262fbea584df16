// Package words is the one voice and the one grammar of notewatch: it prints figures, times, lengths of time and outside text,
// and reads the times that people type. It is pure and reads no clock; the caller passes the current time.
//
// [Figure], [Share], [Count], [Time], [Duration] and [Sparkline] print. [Length] reads a length of time and [Instant] a point in time.
// [Clean] and [Escape] make outside text fit for messages; [Line] and [Printable] make it fit for a terminal.
package words
