// Package selection turns names that people type into matches of alerts, and matches into names.
//
// People select alerts by the names of rules, projects, fleets, devices and routes, also by those that the rules file or Notehub no longer
// lists. [NewSelector] makes a [Selector] from all names that the store knows. [Selector.Identify] replaces each name by the UID of exactly one thing,
// for a silence, which must not mute another device that gets the same name. [Selector.Settle] is for lists: a name that alerts have
// stays, and others are looked for. [Name] returns the names of what a match selects, for people to read.
package selection
