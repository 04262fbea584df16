// Package deliver is the right side of Commit. It shows receivers what the store says they owe, and repeats that until it is shown.
//
// Left of Commit it is decided what happened to alerts; here, what each receiver is sent about it. The two sides share nothing but
// rows of the store: package watch claims the work of a receiver when it is due and calls [Sender.Deliver], one round, under its lease:
//
//  1. standIn (fallback.go) notifies this receiver as the fallback of others: it takes over what they are missing.
//  2. retry (fallback.go) tries again what was given up, if the receiver is unreachable and nothing else waits. afterRound makes the round
//     of such a receiver due once an hour.
//  3. plan (plan.go) reads what is owed. Whether a delivery is sent, held or skipped is decided by delivery.Next, event Considered
//     (rests, in plan.go): a silenced or acknowledged alert is held, one below the level of the receiver is skipped. An alert that the
//     receiver shows already changes there quietly, and a member of a message goes along unless all its members rest. The rest becomes
//     messages: first new ones, then changed ones, then those with old figures (refresh). Pure functions in group.go decide what
//     concerns several deliveries: group (alerts that share a message), capped (the hourly cap and digests) and order.
//  4. sendAll (send.go) sends them in batches: Begin records the attempts, attempt makes each call in the pace of its lane (lane.go),
//     End records the results. Between two batches it stops if anything newer was committed.
//  5. passOn (fallback.go) passes on messages that the receiver refuses for their content: it wakes the fallback, or reports them to the
//     default receivers.
//  6. afterRound (afterround.go), which is pure, decides when the next round is due, how many failures count, and whether what waits
//     is given up, the receiver is reported as unreachable or reachable again, and its fallback is woken. follow (round.go) does it.
//
// notification.go converts an alert into a [notify.Notification], with the trend of trend.go and the words of texts.go: the receiver knows
// nothing of rules. unrecorded.go sends the one alert that cannot be stored, because it says that the database is unusable.
//
// Where to look:
//
//   - Whether a reminder is due is decided left of Commit (rules/next.go: Alert.stay): not while the alert is muted or acknowledged. If it is
//     muted after the commit, a first message is held and a message that is shown changes quietly (delivery.View).
//   - A fallback is notified of what the receiver is missing (delivery.Missing, which the store applies in FallBack): of what has waited for
//     half an hour or was given up, and of all that waits once the receiver is known to be unreachable (standIn).
//   - Whether a message is updated or posted as new is decided by the receiver, in the Send of its package below notify (for Slack:
//     notify/slack/bot.go). It is new without a reference, as the messages of alerts that were never sent are and those of which
//     store.Redeliver deleted it, or when the old message is gone or too old.
//   - After a lost lease record (send.go) does not drop what was posted: End fails, Repair stores what may be displayed now (events Overtaken
//     and CutOff of package delivery) and makes the receiver due, so that whoever holds it shows the newest again.
//   - A receiver is reported as unreachable after half an hour, or at once when only an operator can fix it (afterFailure, in afterround.go).
//     What waits is given up after that, so that somebody tries it again wherever the lease is lost. One message is given up when it is
//     refused, or after 72 hours (outcome and expired, in send.go).
//
// [Sender.Register] and [Sender.KeepReceivers] belong to a start; package watch has their place in its order.
//
// A Sender never polls, evaluates or changes an alert. For the three things it asks of the left side, raising and ending an alert about
// notewatch itself and reporting, it has functions ([Hooks]). It keeps nothing in memory that a restart would need.
package deliver
