package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// manyRules are rules that send more than 50 messages on the first day that they see: some in the morning, some at noon, some at its end.
func manyRules() string {
	var b strings.Builder
	b.WriteString("projects: [{uid: 'app:1', name: one, notify: [team]}]\ndefaults: {notify: [ops]}\n" +
		"receivers: [{name: ops, webhook: {url: '${HOOK}', allow_private: true}}, {name: team, terminal: {}}]\nrules:\n")
	for i, when := range []string{"events.yesterday >= 0", "events.yesterday >= 0, for: 6h", "events.yesterday >= 0, for: 17h"} {
		for n := range 25 {
			fmt.Fprintf(&b, "  - {name: r%d-%d, each: project, when: %s}\n", i, n, when)
		}
	}
	return b.String()
}

// When rules take effect that would have sent many messages on one of the last days, the log says so, and the default receivers are told once,
// with the name of a rule.
func TestRulesThatSendMany(t *testing.T) {
	r := newReloading(t)
	r.write(strings.Replace(reloadRules, "500000}", "500000 && events.d30 > 0}", 1)) // so that the history is read
	stop := r.start()
	r.soon("reported", "watching", "it runs")
	require.False(t, r.told("reported", "many-messages"))

	r.write(manyRules())
	r.soon("reported", "many-messages", "the new rules would have sent too much")
	require.Contains(t, r.stderr.String(), "would have sent many messages")
	require.Contains(t, r.stderr.String(), "receiver=team")
	require.Contains(t, r.stderr.String(), "rule=r")
	stop()
}
