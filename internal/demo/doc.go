// Package demo is the command notewatch demo: a simulated fleet that has two weeks of incidents within a minute. Only Notehub is simulated;
// client, rules, database and receivers are the real ones.
//
// [NewHub] simulates the projects of a rules file; scenario.go is the script: the devices and their incidents. A driven.Clock
// is the domain time of bot and Notehub, and moves only when something waits. [Options.Load] replaces the receivers of the rules file, [Play] runs the watch
// and counts what the receivers accept, and [Commands] returns commands to try on the database afterwards.
//
// The shipped notewatch run has no switch for any of this.
package demo
