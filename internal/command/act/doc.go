// Package act carries out what people do about alerts: [Acknowledge] them, [Silence] and [Unsilence] them, send a test alert ([Drill.Run]),
// and send an alert again ([Redeliver]). cmd/notewatch has the flags, package bot makes the changes, and package dispatch sends.
package act
