// Package selection turns names that people type into matches of alerts, and matches into names.
//
// People select alerts by the names of rules, projects, fleets, devices and routes, even if the rules file or Notehub no longer lists them.
// [NewSelector] makes a [Selector] from all names that the store knows. [Selector.Identify] replaces each name by the UID of exactly one
// subject. A silence needs that, because it must not mute another device that gets the same name. [Selector.Settle] is for lists: it keeps
// a name that an alert has, and replaces any other by the best match. [Name] returns the names in a match, for people to read.
package selection
