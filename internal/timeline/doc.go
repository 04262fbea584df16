// Package timeline answers what happened: to all alerts, to one alert, and to silences. Its answers are data with JSON tags, for terminal
// and others to lay out.
//
// [Changes] lists the changes since a time, the newest first: events of alerts, and silences that were made or ended. [Of] returns the
// history of one alert in order: its events, each delivery attempt with its result, and what each receiver shows now.
//
// Both take a lookup.Reader, which knows the names of projects and devices and the current values of open alerts, and read everything else
// from the store of that reader. They decide nothing and write nothing.
package timeline
