// Package web has the HTTP servers of notewatch.
//
// [Listen] opens the address of a [Server] that answers /livez, which is about the process, and /readyz, which asks the [Health] that it is
// given. [Server.Handle] adds what others answer: metrics, and what Slack sends. [ListenProfile] opens the server for profiles, which has an
// address of its own on the loopback interface, because a profile slows the process down. [Server.Serve] answers until its context ends, and lets
// requests finish.
//
// Requests, idle connections and answers have deadlines, and headers a maximum size, so a slow client holds nothing for long. The package knows
// no rules and no store: package service says what is healthy.
package web
