// Package work keeps the due work and its leases, so that several processes may run on one database.
//
// A work item is a row with a due time, a version and a lease. Its [Kind] and key identify the work: the poll of a project, the deliveries
// of a receiver, the mutes, the weekly summary, the active rules.
//
//   - [Store.AddWork] adds items, and [Store.KeepProjects] keeps the polls of removed projects from being due.
//   - [Store.ClaimFor] leases an item that is due. The process has it for [LeaseTime] of the machine clock, and longer with [Store.Extend].
//   - [Store.Complete] gives the [Lease] back and says when the item is due again. If its version has risen since, that is at once.
//   - [Store.MakeDue] makes an item due because something happened. It raises the version.
//
// A transaction of another room that relies on a lease calls [Hold], [Extend] or [Complete] first: they return [ErrLeaseLost] if another
// process has claimed the work. One that gives receivers something to show calls [MakeReceiversDue] before it changes deliveries. Package
// store says in which order a transaction takes its locks.
//
// process.go lists the processes: each calls [Store.Beat] while it is running. activerules.go holds the hash of the rules that all of them
// work by; ClaimFor gives no work to a process with other rules.
//
// Times are kept to the millisecond and come back in UTC. Due times are those of the domain clock, leases those of the machine clock.
// The package does no work and reads no clock; package watch does.
package work
