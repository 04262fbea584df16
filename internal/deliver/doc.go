// Package deliver is the right side of Commit. It shows receivers what the store says they owe, and repeats that until it is shown.
//
// Left of Commit it is decided what happened to alerts; here, what each receiver is sent about it. Nothing comes over but rows of the
// store: package watch claims the work of a receiver when it is due and calls [Sender.Deliver], one round, under its lease:
//
//  1. standIn (fallback.go) notifies this receiver as the fallback of others: it takes over what they are missing.
//  2. retry (fallback.go) tries again what was given up, once an hour, while the receiver is unreachable.
//  3. plan (plan.go) reads what is owed. Whether a delivery is sent, held or skipped is decided by delivery.Next, event Considered
//     (rests, in plan.go): a silenced or acknowledged alert is held, one below the level of the receiver is skipped. Of what is left it
//     makes messages: new ones, those that change, then those whose figures are old (refresh). Pure functions in group.go decide what
//     concerns several deliveries: group (alerts that share a message), capped (the hourly cap and digests) and order.
//  4. sendAll (send.go) sends them in batches: Begin records the attempts, attempt makes each call in the pace of its lane (lane.go),
//     End records the results. Between two batches it stops if anything newer was committed.
//  5. passOn (fallback.go) reports messages that the receiver refuses for their content.
//  6. afterRound (afterround.go), which is pure, decides when the next round is due, how many failures count, and whether what waits
//     is given up, the receiver is reported as unreachable or reachable again, and its fallback is woken. follow (round.go) does it.
//
// notification.go converts an alert into a [notify.Notification], with the trend of trend.go and the words of texts.go: the receiver knows
// nothing of rules. unrecorded.go sends the one alert that cannot be stored, because it says that the database is unusable.
//
// Where to look:
//
//   - A reminder waits while the alert is muted or acknowledged: left of Commit, in the rules package, so none reaches a receiver. One that
//     was committed before is held when it is considered, or changes its message quietly (delivery.View).
//   - A message is posted again, rather than changed: the store forgets its reference when a copy is asked for (Redeliver), and the receiver
//     posts afresh when its message is gone or too old (package notify). The plan makes no difference between the two.
//   - After a lost lease record (send.go) does not drop what was posted: End fails, Repair stores what may be displayed now (event Overtaken
//     of package delivery) and makes the receiver due, so that whoever holds it shows the newest again.
//   - A receiver is unreachable for half an hour, or 72 hours have passed: afterFailure (afterround.go) and expired (send.go).
//
// [Sender.Register] and [Sender.KeepReceivers] belong to a start; package watch has their place in its order.
//
// A Sender never polls, evaluates or changes an alert. For the three things it asks of the left side, raising and ending an alert about
// notewatch itself and reporting, it has functions ([Hooks]). It keeps nothing in memory that a restart would need.
package deliver
