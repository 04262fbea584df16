package slackapp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/rules"
)

// The figures are as old as the oldest of them. What notewatch says of itself has none.
func TestAgeOfAlerts(t *testing.T) {
	stale := rules.Alert{Rule: "data-budget", Project: coldChainUID, AsOf: midday.Add(-9 * time.Hour)}
	fresh := rules.Alert{Rule: "data-budget", Project: coldChainUID, AsOf: midday.Add(-time.Minute)}
	self := rules.Alert{Rule: "receiver-dead", Subject: "on-call"}
	const old, young = "as of Mon 15 Jun 03:00 UTC, 9 h ago", "as of Mon 15 Jun 11:59 UTC, 1 min ago"
	q := &question{desk: lookup.New(lookup.Config{Now: func() time.Time { return midday }})}
	for name, test := range map[string]struct {
		open []rules.Alert
		want string
	}{
		"the oldest first":       {[]rules.Alert{stale, fresh}, old},
		"the oldest last":        {[]rules.Alert{fresh, stale}, old},
		"one of itself between":  {[]rules.Alert{stale, self, fresh}, old},
		"one of itself at first": {[]rules.Alert{self, fresh}, young},
		"one of itself at last":  {[]rules.Alert{stale, self}, old},
		"nothing else":           {[]rules.Alert{self}, ""},
	} {
		require.Equal(t, test.want, q.alertsPage(lookup.Subject{}, test.open, len(test.open)).note, name)
	}
}
