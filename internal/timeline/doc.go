// Package timeline answers what happened: to all alerts, to one of them, and what people did with silences. Its answers are data
// with JSON tags, for terminal and others to lay out.
//
// [Changes] lists what happened since a time, the newest first: events of alerts, and silences that were made or ended. [Of] returns
// all that happened to one alert in order: its events, each attempt to deliver them with its result, and what each receiver shows now.
//
// Both take a lookup.Desk, which knows the names of projects and devices and the current values of open alerts, and read the rest
// from the store of that desk. Nothing is decided or written here.
package timeline
