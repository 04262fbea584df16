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
// (wake.go). The bot rings for work that it made due; work that other processes made due is found by a look at the store every two seconds.
// [Watch.Turn] does the same once and in order, for `notewatch once`, the demo and tests.
//
// [New] registers what there is to do (watch.go: register); the order of its steps, and the reason for each, stands there. [Attach]
// returns a Watch that works beside the one that runs and registers nothing.
//
// Three things concern both sides and so are kept here. While the database cannot be used, outage.go lets no loop begin anything that
// could not be recorded, and notifies the default receivers without the store. When the clock was set back, setback.go makes everything
// due that waits for a time that may never come. observe.go tells the metrics how to read the state.
//
// A Watch never decides about an alert or a delivery.
package watch
