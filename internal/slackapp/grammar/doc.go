// Package grammar reads what people type after the word that a command begins with, such as /notewatch.
//
// [Parse] takes a command apart into tokens. ParseUsage, ParseTop, ParseExplain and ParseSilence make an order of the tokens of one
// command; a mistake of whoever typed it is a [MistakeError], in words for that person.
package grammar
