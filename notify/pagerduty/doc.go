// Package pagerduty keeps incidents in step with alerts, by the Events API v2 of PagerDuty.
//
// [New] makes a [Receiver] of a [Config]. Its Send compares the state of the incident, which the reference holds, with the state
// that the alerts ask for, and sends the events that lead from one to the other: trigger while an alert fires that nobody has
// acknowledged, acknowledge when all that fire are acknowledged, resolve when all have ended. An event that triggers describes the
// alerts (event.go): a summary, the figures, and the worst alerts as a table.
//
// The dedup_key of an incident is the ID of the message, so that a repeated event changes nothing. Reports are no incidents. A quiet
// notification only acknowledges or resolves, which wakes nobody.
package pagerduty
