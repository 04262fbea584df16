// Package schedule decides when projects are polled: as often as the request budgets of their accounts allow, or at once, when a person asks.
//
// [New] makes a [Schedule] of a [Config] with its [Account]s and [Project]s. The arithmetic is that of package budget; the times at which
// polls are due are in store/work.
//
//   - [Schedule.Interval] (interval.go) is the time between two polls of a project. It depends on how many devices all projects of the account
//     have: Count reads that from the store, Recount does so once an hour, and Listed notes a device list that was just read.
//   - [Schedule.Refresh], PollNow and PollOverdue (refresh.go) make polls due. Refresh is for people: it says what the polls cost, and does
//     nothing if the data is new. Backlog says how long the polls take that are due.
//   - [Schedule.Shorten] brings polls forward that wait for longer than the interval, which a changed rules file may have shortened.
//
// The package polls nothing. Package bot polls, and says when the next poll of a project is due.
package schedule
