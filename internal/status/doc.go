// Package status answers the state of notewatch itself: projects and their polls, accounts and their requests, receivers, processes, and how many
// alerts are open. Its answers are data with JSON tags. They come only from the store.
//
//   - [Of] returns the whole [Status] (status.go), of which process.go reads the processes.
//   - polls.go reads the state of the polls, and which projects wait for the request budget. [FirstPolls] returns it for an answer of
//     package lookup that has no data yet.
package status
