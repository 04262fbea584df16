// Package silences answers what is muted: the silences that people made, and the mute windows of the rules file, as data with JSON tags. It also reads the
// order of a person to silence.
//
//   - [List] returns all that are active or will be, [Of] one silence, [ByID] that of an ID, and [Window] one mute window (silences.go). A
//     lookup.Reader knows the names of what they match.
//   - An [Order] is a silence as it is typed, at the terminal or in Slack; [Order.Silence] checks it (order.go).
//
// Whether an alert is muted is decided by package muting, and silences are made and ended by bot.
package silences
