// Package demo is the command notewatch demo: a simulated fleet that has incidents, two weeks within a minute. Only Notehub is simulated;
// client, rules, database and receivers are the real ones.
//
// A [Story] is what happens: [TwoWeeks] of a fleet that gets into much trouble, whose script is scenario.go, or [OfIncident], one of package
// incident. [Story.Hub] simulates the projects of a rules file. A driven.Clock is the domain time of bot and Notehub, and moves only when
// something waits. [Options.Load] replaces the receivers of the rules file, [Story.Play] runs the watch and counts what the receivers accept, and
// [Options.Commands] returns commands to try on the database afterwards.
//
// The shipped notewatch run has no switch for any of this.
package demo
