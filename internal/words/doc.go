// Package words is what the terminal and Slack have in common in reading and writing text: one grammar for what people type,
// and one way to print text from outside. It knows no clock; an instant is read relative to one that the caller gives.
//
// [Length] and [Instant] read how long and until when. [Line] and [Printable] make outside text fit to be printed.
package words
