// Package grammar reads what people type after the Slack command, such as /notewatch.
//
// [Parse] splits a command into tokens. ParseUsage, ParseTop, ParseExplain and ParseSilence turn the tokens of one command into an order. A
// mistake in the command is a [MistakeError], whose text is for the person who typed it.
package grammar
