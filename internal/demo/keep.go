package demo

import "regexp"

// The rules of a story have their receivers in the section receivers, and name them only in the defaults.
var (
	ofReceivers = regexp.MustCompile(`(?m)^receivers:.*\n( .*\n)*`)
	ofNotify    = regexp.MustCompile(`(?m)^( +)notify: \[.*?\].*\n`)
)

// withTerminal returns the rules of a story with the receiver of the demo in place of theirs: it needs no secrets, so they can be checked as
// they are.
func withTerminal(text []byte) []byte {
	text = ofReceivers.ReplaceAll(text, []byte(`receivers:
  - name: terminal
    terminal: {} # the demo prints what it sends; rules.example.yaml has receivers for Slack, webhooks and others
`))
	return ofNotify.ReplaceAll(text, []byte("${1}notify: [terminal]\n"))
}
