// Package notify defines what is sent to receivers: notifications, and the alerts in them. It knows nothing of rules, usage,
// storage, or of any receiver.
//
// A [Notification] is the newest state of one message. A [Receiver] shows it and returns a [Ref]; given that reference, it shows the next
// state in place of the earlier one. An [Error] says whether to retry, to give up this message, or to give up the receiver; [ErrSkipped]
// says that there was nothing to show. [WorstFirst], [ByRule] and [Notification.ShowsValueOf] select the alerts that a message about many
// shows, so that all receivers and their caller agree.
//
// Each receiver is a package of its own below this one. They import none of each other:
//
//	terminal   prints for an operator
//	slack      posts with a bot token and updates what it posted, or posts to an incoming-webhook URL
//	pagerduty  keeps an incident in step with its alerts
//	webhook    posts signed JSON, in nine formats and in templates of users
//	email      sends mail
//
// They share two packages that nothing else can import. notify/internal/message puts a notification into words, so that all receivers use
// the same; a receiver adds layout and limits. notify/internal/post makes an HTTP request and turns its failure into an [Error].
// notify/notifytest has a fake of each other side, for tests.
//
// A receiver makes one attempt in at most 15 seconds and keeps no state but its configuration. Its caller decides when to retry and in
// which order, and stores the references.
package notify
