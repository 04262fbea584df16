package slack_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
	"notewatch/notify/internal/fixture"
)

func TestSlackListHeadlines(t *testing.T) {
	warning := func(a *notify.Alert) { a.Level = "warning" }
	withdrawn := func(a *notify.Alert) { fixture.Ended(a); a.State, a.Reason = "withdrawn", "withdrawn" }
	elsewhere := func(a *notify.Alert) { a.Project.Name = "lab" }
	for _, test := range []struct {
		changes []func(*notify.Alert)
		want    string
	}{
		{[]func(*notify.Alert){warning, func(*notify.Alert) {}}, "FIRING critical: data-budget: 2 devices (1 critical, 1 warning) in cold-chain"},
		{[]func(*notify.Alert){warning, elsewhere}, "FIRING critical: data-budget: 2 devices (1 critical, 1 warning)"},
		{[]func(*notify.Alert){fixture.Ended, warning}, "FIRING warning: data-budget: 1 of 2 still firing in cold-chain"},
		{[]func(*notify.Alert){fixture.Ended, fixture.Ended}, "RESOLVED: data-budget: all 2 alerts in cold-chain have ended"},
		{[]func(*notify.Alert){withdrawn, withdrawn}, "WITHDRAWN: data-budget: all 2 alerts in cold-chain have ended"},
		{[]func(*notify.Alert){withdrawn, fixture.Ended}, "RESOLVED: data-budget: all 2 alerts in cold-chain have ended"},
	} {
		server := newSlackServer(t)
		var alerts []notify.Alert
		for _, change := range test.changes {
			alerts = append(alerts, fixture.With(change))
		}
		_, err := newSlack(t, server.URL).Send(t.Context(), fixture.Notification(alerts...), nil)
		require.NoError(t, err)
		line, _, _ := strings.Cut(server.Messages(channel)[0].Text, "\n")
		require.Equal(t, test.want, line)
	}
}
