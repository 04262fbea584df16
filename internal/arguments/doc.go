// Package arguments reads what people type after a command at the terminal.
//
// Length, Kind, Span and Day are values of flags (flag.go). [Usage], [Top], [Export] and [Silence] hold the words and flags of a command;
// Parse reads the words, and Query or Silence returns the query. Package slackapp/grammar reads what people type in Slack.
package arguments
