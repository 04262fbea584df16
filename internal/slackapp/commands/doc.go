// Package commands answers what people ask for from Slack: the commands that they type and the buttons that they press.
//
// [Answerer.Command] takes a command apart (package grammar), finds its first word in a table (table.go), and calls that word's answer: a
// file each, such as usage.go. An answer asks a lookup.Desk for data or a bot.Bot to do something, and lays out what follows as a page
// (page.go). Help is made of the same table, and offers only what the person may do where they are (help.go, offer.go).
// [Answerer.Press] does what a button is for, if it is below the message that the store knows (press.go, snooze.go).
//
// Who may look and who may change something is decided in allow.go and may.go: by default whoever writes in a channel that is
// notified of the alert.
package commands
