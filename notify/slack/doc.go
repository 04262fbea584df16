// Package slack shows notifications in Slack channels.
//
// There are two receivers. A [Bot] posts with a bot token. It updates its message for every change, and uses the thread of the message for
// changes that people would miss otherwise (note.go) and for the list of all alerts if the message shows only some. A [Webhook] posts to an
// incoming-webhook URL, which can update nothing: each important change is a new message.
//
// Both lay out a message in the same way. newContent (message.go) lays out a card or a list of package message: a headline, a chart
// (chart.go), buttons (buttons.go), and the rest behind a coloured bar. Each text is escaped and kept within Slack's limits. Mentions
// (mention.go) are the only markup that notifies people; they come from the configuration and never from outside text.
//
// A layout that Slack refuses is sent again at once without its chart, and then as plain text, so that a message is late but never
// lost because of its form. An update that Slack refuses because the message is gone becomes a new message.
//
// The buttons and the menu below a message have the action IDs [ActionAcknowledge] to [ActionUsage]. internal/slackapp/commands handles
// them; it reads the choices with [ParseSnooze] and finds the message with [Place].
//
// Package internal/slackapi knows the meaning of Slack's error codes and the escaping of text.
package slack
