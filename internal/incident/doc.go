// Package incident holds scripted incidents on a simulated Notehub, one for each rule of the catalogue, at the size of real ones. It also
// holds healthy months of each kind of fleet.
//
//   - script.go is the list: what happens, to which devices, from when to when, and which rules are right to fire. [All] returns it, [Find] one by name.
//   - incident.go makes a simulated Notehub of an incident: a healthy fleet, and what befalls it.
//   - healthy.go makes months in which nothing is wrong, though much happens: late data, weekends, holidays, new devices, a day of firmware
//     updates.
//   - rehearsal.go lets a whole watch of the catalogue work through either in simulated time, and records what followed. The tests of
//     this package and the page about the catalogue (package cataloguepage) read that; the demo plays the incident itself.
package incident
