// Package silences answers what is muted: the silences that people made, and the mute windows of the rules file, as data with JSON tags for
// the terminal to lay out.
//
// [List] returns all that are active or will be, [Of] one silence, and [Window] one mute window. A lookup.Desk knows the names of what
// they match. Whether an alert is muted is decided by rules, and silences are made and ended by bot.
package silences
