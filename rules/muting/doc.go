// Package muting decides which alerts are not announced for now. It reads no database and no clock.
//
//   - A [Silence] is made by a person, a [Window] by the rules file (window.go). Both select alerts by a [Match] and are active for a time.
//   - [Hours] say when a receiver is notified, with windows that are for it only. They mute nothing (hours.go).
//   - [Sources] holds these and everything else that can mute: other rules, alerts about notewatch itself, shadow mode.
//     [Sources.Of] returns the mute of an alert, [Sources.Apply] the alert with its mute and the event that follows from it.
//   - [Sources.Next] returns when this may change by itself.
//
// A mute is part of the alert: [rules.Mute] and [rules.Alert.Muted] are in package rules.
package muting
