// Package budget computes the request budget of an account: when the next request to Notehub may be sent, how much slower
// requests become after Notehub has refused one, and how often the projects of the account can be polled.
//
// A request is counted when it is sent; nothing is reserved ahead. So the limit holds for every 60 seconds and for all processes, a first start
// sends its requests at once, and a poll that dies leaves no gap. A process that was frozen before it sent a request counts it once more.
//
// The store keeps a [State] for each account and changes it with [State.Take] and [State.Refuse]. Package bot sends requests only
// as Take allows. Packages bot and lookup plan polls with a [Load] for each project and [Interval].
//
// The package is pure: it reads no clock and does no I/O.
package budget
