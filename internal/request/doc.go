// Package request sends the requests of polls to Notehub, each within the request budget of its account and under the lease of its poll.
//
//   - A [Sender] serves all accounts of a process. [Sender.Poll] returns a [Poll], which makes the requests of one poll: [Poll.Do] waits until the
//     budget allows a request, counts it, makes it, and after a 429 waits as Notehub asks (request.go). Package budget computes the times; the
//     store keeps them for all processes.
//   - [ClassOf] returns the kind of a failure, for metrics and for the next step (class.go).
//   - [Times] adds up how long the steps of a poll take (times.go).
//
// What is requested, and what the answers mean, is known to package fetch.
package request
