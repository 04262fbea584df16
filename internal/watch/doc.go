// Package watch runs notewatch: it joins both sides of Commit, and serves the work that is due on either.
//
// Due work is a row of the store: a kind, a key, when it is due, a version and a lease. [Watch.Serve] claims it, has it done, and does so
// again as long as it is due: polls, rules that read only poll, mutes and the weekly summary by a [bot.Bot], receivers by a
// [deliver.Sender]. Both know only the store and functions that are given to them here, so neither sees the other:
//
//	store.Claim → Bot.Poll, EvaluatePollRules, Mute, Summarize → store.Commit
//	            → Sender.Deliver                               → store.End, store.Complete
//
// [Watch.Run] is a loop for each account, receiver and other kind of work. A loop sleeps until its work is due, or until a bell wakes it
// (wake.go). The bot rings for work that it made due; work that other processes made due, and other active rules, are found by a look at the
// store every two seconds. [Watch.Turn] does the same once and in order, for `notewatch once`, the demo and tests.
//
// Several processes share the work of one database. All of them work by the same rules, the active ones (rules.go). The store holds their
// hash, and gives work only to a process whose own hash is the same; the others stand by. Who may change it:
//
//   - [New], after a person has changed the rules file or sent SIGHUP: its rules are the active ones from then on.
//   - [Start], when a process begins: likewise. But if only a supervisor has started it again, with a file that has not changed on this host
//     and whose rules others have replaced, it stands by (outdated). Two processes with different files that die now and then would else
//     take turns in withdrawing each other's alerts.
//   - [Resume], when a process has read its file again because it stands by: never.
//
// The hash covers all that two processes must not decide differently: rules, periods, projects, routes, request budgets, mute windows, and
// what the delivery policy says of receivers (name, lowest level, fallback, channel). So a process whose file differs serves no receivers
// either: it may lack one, skip what the other sends, or post to the old channel, while a process with the active rules does all of that right.
// If no such process lives, work waits until one is started: late is better than wrong, and /readyz says so. Texts are not in the hash,
// since they decide nothing. Secrets and addresses are not, since they may differ from host to host and are changed one by one.
//
// Activated rules are applied to what is stored by work of kind Rules (watch.go: register); the order of its steps, and the reason for each,
// stands there. Any process with these rules does it, so that nothing is half applied for long if one dies; and one at a time, so that the
// steps for older rules never come after those for newer ones. [Attach] returns a Watch that works beside those that run, whatever rules are
// active.
//
// A process is listed with a beat every 15 seconds (rules.go: beat). Nothing depends on it but what people are shown and the decision of Start:
// work is taken over when its lease runs out.
//
// Three things concern both sides and so are kept here. While the database cannot be used, outage.go lets no loop begin anything that
// could not be recorded, and notifies the default receivers without the store. When the clock was set back, setback.go makes everything
// due that waits for a time that may never come. observe.go tells the metrics how to read the state.
//
// A Watch never decides about an alert or a delivery.
package watch
