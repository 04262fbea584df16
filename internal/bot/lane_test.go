package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/store/outbox"
	"notewatch/rules"
)

// complain has receivers told of some things at once, each in a message of its own.
func (r *rig) complain(receiver string, things ...string) {
	r.t.Helper()
	for _, thing := range things {
		require.NoError(r.t, r.bot.RaiseSelfAlert(r.t.Context(), bot.SelfAlert{
			Rule: thing, Subject: "this", Level: rules.Warning, Summary: thing, Receivers: []string{receiver},
		}))
	}
}

func TestWhoPausesKeepsOnlyHisLaneWaiting(t *testing.T) {
	r := newRig(t, 1, nil)
	r.receiver("second", rules.Inactive)
	for i := range r.config.Receivers {
		r.config.Receivers[i].Pause = time.Minute
	}
	heard := make(chan error, 1)
	first := true
	r.config.Sleep = func(ctx context.Context, _ time.Duration) {
		if !first {
			return
		}
		first = false
		go func() { heard <- r.show(ctx, "second") }()
		select {
		case err := <-heard:
			require.NoError(t, err)
		case <-time.After(10 * time.Second):
			t.Error("the other lane waits")
		}
	}
	r.open()
	r.complain("ops", "one", "two")
	r.complain("second", "three")
	require.NoError(t, r.show(t.Context(), "ops"))
	require.False(t, first)
	require.Len(t, r.told("ops"), 2)
	require.Len(t, r.told("second"), 1)
}

// Who has to stop does not sleep first, and what was not posted for that is posted by the next process.
func TestAPauseEndsWithTheProcess(t *testing.T) {
	r := newRig(t, 1, nil)
	ctx, stop := context.WithCancel(t.Context())
	r.config.Receivers[0].Receiver = observed{r.config.Receivers[0].Receiver, func() { time.AfterFunc(100*time.Millisecond, stop) }}
	r.config.Receivers[0].Pause, r.config.Receivers[0].Batch = day, deliver.MaxBatch
	r.config.Sleep = nil
	r.open()
	r.complain("ops", "one", "two")
	require.ErrorIs(t, r.show(ctx, "ops"), context.Canceled)
	attempts, err := r.store.Outbox.Attempts(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, attempts, 2)
	require.Equal(t, outbox.Posted, attempts[0].Status)
	require.Equal(t, outbox.NotMade, attempts[1].Status)

	r.config.Receivers[0].Pause = 0
	r.open()
	r.run(monday.Add(time.Minute))
	require.Len(t, r.told("ops"), 2)
	r.requireTruth("ops")
}
