package bot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/notehub/notehubtest"
)

// The heartbeat is called when each project was polled successfully since the last call. One that fails keeps it away.
func TestTheHeartbeatFollowsGoodCycles(t *testing.T) {
	r := newRig(t, 2, nil, silent())
	second := notehubtest.Project{UID: "app:second", Name: "second", Devices: sensors(1)}
	r.serve(r.project, second)
	r.config.Bot.Projects = append(r.config.Bot.Projects, bot.Project{UID: second.UID, Name: second.Name, Account: "acme"})
	var calls []time.Time
	r.config.Bot.Heartbeat = func(context.Context) error {
		calls = append(calls, r.clock())
		return errors.New("does not answer") // which changes nothing
	}
	r.hourly().run(monday.Add(3*hour + 30*time.Minute))
	require.Len(t, calls, 4, "once an hour, and not after each poll")

	r.hub.Fail(notehubtest.Fault{Kind: notehubtest.ServerError, Project: second.UID})
	failing := r.now
	r.run(monday.Add(6*hour + 30*time.Minute))
	require.Len(t, calls, 4, "one of two projects fails")
	r.hub.ClearFaults()
	r.run(monday.Add(8 * hour))
	require.Greater(t, len(calls), 4)
	require.True(t, calls[4].After(failing))
}
