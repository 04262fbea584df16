// Package watch runs notewatch: it joins both sides of Commit, and serves the work that is due on either side.
//
// A work item is a row of the store: a kind, a key, a due time, a version and a lease. [Watch.Serve] claims it and has the work done, and
// repeats that as long as it is due. A [bot.Bot] does polls, rules that read only poll, mutes and the weekly summary; a [deliver.Sender]
// serves receivers. Both know only the store and the functions that they are given here, so neither depends on the other:
//
//	work.ClaimFor → Bot.Poll, EvaluatePollRules, EvaluateOrganization, Mute, Summarize, ListProjects → store.Commit
//	              → Sender.Deliver                                                                   → outbox.End, work.Complete
//
// [Watch.Run] runs a loop for each account, receiver and other kind of work. A loop sleeps until its work is due, or until a signal wakes it
// (wake.go). The bot sends signals for work that it made due. Work that other processes made due, and a change of the active rules, are found by
// reading the store every two seconds. [Watch.Turn] does the same once and in order, for `notewatch once`, the demo and tests.
//
// Several processes share the work of one database. All of them work by the same rules, the active ones (rules.go). The store holds their
// hash, and gives work only to a process whose own hash is the same; the others stand by. The hash changes with
//
//   - [New], after a person has changed the rules file or sent SIGHUP: its rules become the active ones.
//   - [Start], when a process begins: likewise. But if a supervisor has only restarted it, with a file that has not changed on this host
//     and whose rules others have replaced, it stands by (outdated). Otherwise two processes with different files that die now and then
//     would withdraw each other's alerts in turn.
//   - [Resume], when a process has read its file again because it stands by: never.
//
// The hash covers everything that two processes must not decide differently: rules, periods, projects, routes, request budgets, mute
// windows, and the settings of receivers that affect deliveries (name, lowest level, fallback, channel). So a process whose file differs
// serves no receivers either: it may lack one, skip what the other sends, or post to the old channel, while a process with the active rules
// does all of that right. If no such process is running, work waits until one is started: late is better than wrong, and /readyz reports it.
// Texts are not in the hash, because they decide nothing. Secrets and addresses are not, because they may differ from host to host and are
// changed one by one.
//
// Work of kind Rules applies the activated rules to the store (watch.go: register); the order of its steps is explained there. Any process
// with these rules does it, so that a half-applied file does not last if one dies; and only one at a time, so that the
// steps for older rules never come after those for newer ones. [Attach] returns a Watch for use while others are running, whatever rules are
// active.
//
// A process is listed with a beat every 15 seconds (rules.go: beat). Only what people are shown and the decision of Start depend on it:
// work is taken over when its lease ends.
//
// Three things concern both sides and so are here. While the database cannot be used, outage.go keeps loops from starting work that
// could not be recorded, and notifies the default receivers without the store. When the clock was set back, setback.go makes everything
// due that waits for a time that may never come. observe.go gives the metrics a function to read the state.
//
// A Watch never decides about an alert or a delivery.
package watch
