// Package deliver is the right side of Commit. It sends receivers the deliveries that wait in the store, and retries until they show them.
//
// The left side decides what happens to alerts; this side decides what each receiver is sent. The two sides share only
// rows of the store: package watch claims the work of a receiver when it is due and calls [Sender.Deliver] for one round, under its lease:
//
//  1. takeOverAlerts (fallback.go) takes over the alerts that other receivers are missing, if this receiver is their fallback.
//  2. release (hours.go) makes deliveries wait that were held while the receiver was outside its hours. The hours of a round are those
//     of the instant at which it began; the round is due again when they begin.
//  3. retry (fallback.go) retries given-up deliveries, if the receiver is unreachable and nothing else waits. afterRound makes the round
//     of such a receiver due once an hour.
//  4. plan (plan.go) reads the waiting deliveries. delivery.Next decides with the event Considered whether a delivery is sent, held or skipped
//     (rests, in plan.go): a silenced or acknowledged alert is held, and outside the hours of the receiver any; one below the level of the
//     receiver is skipped. An alert that the
//     receiver shows already is updated quietly, and a member of a message is sent along unless all its members rest. The others become
//     messages: first new ones, then changed ones, then those with outdated values (refresh). Pure functions in group.go decide what
//     concerns several deliveries: group (alerts that share a message), capped (the hourly cap and digests) and order.
//  5. sendAll (send.go) sends the messages in batches: Begin records the attempts, attempt makes each call when the lane is free (lane.go),
//     End records the results. Between two batches it stops if anything newer was committed.
//  6. handleRejected (fallback.go) handles messages that the receiver rejects for their content: it wakes the fallback, or reports them to the
//     default receivers.
//  7. afterRound (afterround.go), which is pure, decides when the next round is due, how many failures count, whether waiting deliveries
//     are given up, whether the receiver is reported as unreachable or reachable again, and whether its fallback is woken. follow (round.go)
//     carries that out.
//
// notification.go converts an alert to a [notify.Notification], with the trend of trend.go and the words of texts.go: the receiver knows
// nothing of rules. unrecorded.go sends the one alert that cannot be stored, because it says that the database is unusable.
//
// Where to look:
//
//   - Whether a reminder is due is decided left of Commit (rules/next.go: Alert.stay): not while the alert is muted, and only once while it is acknowledged. If it is
//     muted after the commit, a first message is held, and a message that is already shown changes quietly (delivery.View).
//   - A fallback is notified of alerts that the receiver is missing (delivery.Missing, which the store applies in FallBack): those that have
//     been waiting for half an hour or were given up, and all that are waiting once the receiver is reported as unreachable (takeOverAlerts).
//   - Whether a message is updated or posted as new is decided by the receiver, in the Send of its package below notify (for Slack:
//     notify/slack/bot.go). It is posted as new if there is no reference, because it was never sent or outbox.Redeliver deleted the reference,
//     and if the old message is gone or too old.
//   - After a lost lease, record (send.go) does not drop what was posted: End fails, and Repair stores what may be displayed now (events
//     Overtaken and CutOff of package delivery) and makes the receiver due, so that the holder of the lease sends the newest version again.
//   - A receiver is reported as unreachable after half an hour, or at once when only an operator can fix it (afterFailure, in afterround.go).
//     The waiting deliveries are given up after that report, so that they are retried even if the lease is lost in between. One message is
//     given up when it is rejected, or after 72 hours (outcome and expired, in send.go).
//
// [Sender.Register] and [Sender.KeepReceivers] belong to a start; package watch calls them in the right order.
//
// A Sender never polls, evaluates or changes an alert. It calls the left side with three functions ([Hooks]): to raise and to end an alert about
// notewatch itself, and to report. It keeps nothing in memory that a restart would need.
package deliver
