// Package pagerduty keeps incidents in step with alerts, by the Events API v2 of PagerDuty.
//
// [New] makes a [Receiver] from a [Config]. Its Send compares the state of the incident, which is in the reference, with the state for the
// alerts, and sends the events that lead from one to the other: trigger while an alert is firing that is not acknowledged, acknowledge when
// all firing ones are acknowledged, resolve when all have ended. An event that triggers describes the alerts (event.go): a summary, the
// values, and the worst alerts as a table.
//
// The dedup_key of an incident is the ID of the message, so a repeated event changes nothing. Reports make no incidents. A quiet
// notification only acknowledges or resolves, which alarms no one.
package pagerduty
