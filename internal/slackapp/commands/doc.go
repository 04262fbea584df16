// Package commands answers the commands that people type in Slack and the buttons that they press.
//
// [Answerer.Command] parses a command (package grammar), finds its first word in a table (table.go), and calls the answer of that word.
// Each answer has its own file, such as usage.go. An answer asks a lookup.Reader for data or a bot.Bot to do something, and lays out the
// result as a page (page.go). Help is made from the same table, and offers only what the person may do in the channel (help.go, offer.go).
// [Answerer.Press] carries out the press of a button, if the button is below the message that the store knows (press.go, snooze.go).
//
// allow.go and may.go decide who may look and who may change something: by default everyone who writes in a channel that is notified of the
// alert.
package commands
