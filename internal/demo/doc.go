// Package demo is what notewatch demo shows: a simulated fleet that gets into trouble for two weeks within a minute. Only Notehub is
// simulated; client, rules, database and receivers are the real ones.
//
// [NewHub] simulates the projects of a rules file; scenario.go is the script: which devices there are and what goes wrong with them when.
// A [Clock] is the domain time of bot and Notehub, and moves only when something waits. [Receive] replaces the receivers of the rules
// file, [Play] runs the watch and counts what the receivers accept, and [Commands] returns what can be tried on the database afterwards.
//
// The shipped notewatch run has no switch for any of this.
package demo
