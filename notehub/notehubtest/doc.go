// Package notehubtest is a simulated Notehub: an http.Handler that answers for usage, devices, fleets, routes, projects and organizations
// from a fleet which behaves like a real one. Tests use it, and the demo.
//
// Usage is a pure function of the seed, the device, the day and the simulated instant. There is nothing to advance: the clock may jump
// anywhere, and the same question gets the same answer. Data is as late as Notehub's: carriers report a part of a day's bytes up to two
// days later, session bytes are estimated until the next day, events are there at once. [Server.Truth] returns the final values of a day.
//
// Problems come in two forms: an [Incident] happens to devices, a [Fault] happens to answers.
package notehubtest
