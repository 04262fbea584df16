package commands

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
)

// The figures are as old as the oldest of them. What notewatch says of itself has none.
func TestAgeOfAlerts(t *testing.T) {
	stale := lookup.Alert{Rule: "data-budget", Project: lookup.Named{UID: coldChainUID}, AsOf: midday.Add(-9 * time.Hour)}
	fresh := lookup.Alert{Rule: "data-budget", Project: lookup.Named{UID: coldChainUID}, AsOf: midday.Add(-time.Minute)}
	self := lookup.Alert{Rule: "receiver-dead", Subject: lookup.Named{UID: "on-call"}}
	const old, young = "as of Mon 15 Jun 03:00 UTC, 9 h ago", "as of Mon 15 Jun 11:59 UTC, 1 min ago"
	q := &question{reader: lookup.New(lookup.Config{Now: func() time.Time { return midday }})}
	for name, test := range map[string]struct {
		open []lookup.Alert
		want string
	}{
		"the oldest first":       {[]lookup.Alert{stale, fresh}, old},
		"the oldest last":        {[]lookup.Alert{fresh, stale}, old},
		"one of itself between":  {[]lookup.Alert{stale, self, fresh}, old},
		"one of itself at first": {[]lookup.Alert{self, fresh}, young},
		"one of itself at last":  {[]lookup.Alert{stale, self}, old},
		"nothing else":           {[]lookup.Alert{self}, ""},
	} {
		require.Equal(t, test.want, q.alertsPage(lookup.Subject{}, test.open, len(test.open)).note, name)
	}
}
