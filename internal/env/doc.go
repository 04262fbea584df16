// Package env builds the [rules.Env] that an expression sees of a subject, as of an instant, from the history and the lists in the
// store. Polls, revisions of closed days, explanations and look-ups all use it, so that what people are shown is what decided.
//
// A [Reader] computes the metrics of the subjects of a block, figure by figure ([Reader.Block]), so that it needs as little memory
// for a million devices as for one. Of a fleet it adds up the members of all blocks (fleet.go). [Project.NewEnv] puts them into an Env. [Project.Identity] and [Project.Present] fill in the
// objects beside the metrics. [Look] does all of it for one subject.
package env
