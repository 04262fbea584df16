// Package backtest shows which alerts and messages rules would have made in the past: it rehearses a rules file (package rehearse) on the
// figures of a database, day by day.
//
//   - past.go makes a simulated Notehub of the stored figures.
//   - backtest.go plays the days and gathers what followed: [Run]. Each day is evaluated twice without today, in the morning and at noon, and
//     twice as a whole, in the last hour, so that rules with a for hold as they do live.
//   - compare.go says what one rules file does more, and less, than another: [Compare].
//
// The database holds days. What they cannot show is not guessed: rules that read growth within hours, or what only a device list says, are
// left out, with the reason (limits.go).
package backtest
