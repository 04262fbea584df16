// Package env builds the [rules.Env] of a subject, which is what an expression sees, as of an instant, from the history and the lists in the
// store. Polls, revisions of complete days, explanations and look-ups all use it, so that people see the data that decided.
//
// A [Reader] computes the metrics of the subjects of a block, figure by figure ([Reader.Block]), so that it needs as little memory
// for a million devices as for one. For a fleet it adds up the members of all blocks (fleet.go), for an organization its projects (organization.go); a
// route has figures of its own (route.go). [Bills] computes what the events of an account cost (bill.go).
// [Project.NewEnv] puts the metrics into an Env. [Project.Identity] and [Project.Present] fill in the other objects. [Look] does all of this
// for one subject.
package env
