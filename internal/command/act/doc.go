// Package act does what people do about alerts: [Acknowledge] them, [Silence] and [Unsilence] them, send a test alert ([Drill.Run]), and send an
// alert again ([Redeliver]). The flags are those of cmd/notewatch; what a change means is decided by package bot, and package dispatch sends.
package act
