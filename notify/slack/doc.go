// Package slack shows notifications in Slack channels.
//
// There are two receivers. A [Bot] posts with a bot token: it updates its message for every change, and uses the thread of the
// message for changes that people would miss otherwise (note.go) and for the list of all alerts where the message shows only some.
// A [Webhook] posts to an incoming-webhook URL, which can update nothing: each change that is news is a further message.
//
// Both lay out a message in the same way. newContent (message.go) makes one of a card or a list of package message: a headline, a
// chart (chart.go), buttons (buttons.go), and the rest behind a coloured bar. Each text is escaped, and shorter than Slack's limits.
// Mentions (mention.go) are the only markup that calls people; they come from the configuration and never from outside text.
//
// A layout that Slack refuses is sent again at once without its chart, and then as plain text, so that a message is late but never
// lost because of its form. An update that Slack refuses because the message is gone becomes a new message.
//
// The buttons and the menu below a message have the action IDs [ActionAcknowledge] to [ActionUsage]. What a press does is decided
// in internal/slackapp/commands, which reads the choices with [ParseSnooze] and finds the message with [Place].
//
// What an error code of Slack means, and how text is escaped, is in internal/slackapi.
package slack
