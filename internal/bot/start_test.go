package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub/notehubtest"
)

// Whoever starts notewatch need not wait for what is overdue, and learns when it polls next.
func TestAStartPollsWhatIsOverdue(t *testing.T) {
	for name, c := range map[string]struct {
		away  time.Duration // since the last poll, at the start
		fails bool          // polls do, before that
		next  time.Duration // from the start on
	}{
		"polled lately":       {away: 5 * time.Minute, next: 10 * time.Minute},
		"overdue":             {away: 20 * time.Minute, next: 0},
		"failed and overdue":  {away: 20 * time.Minute, fails: true, next: 0},
		"failed not long ago": {away: 5 * time.Minute, fails: true, next: 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1, nil, events("500"))
			r.run(monday)
			if c.fails {
				r.hub.Fail(notehubtest.Fault{Kind: notehubtest.Unauthorized})
				_, _, err := r.bot.Schedule().Refresh(t.Context())
				require.NoError(t, err)
			}
			if c.fails && c.away > 15*time.Minute {
				r.run(monday.Add(c.away))
			} else if c.fails {
				r.now = monday.Add(c.away)
				require.NoError(t, r.bot.Schedule().PollNow(t.Context()))
				r.run(r.now)
			}
			r.now = monday.Add(c.away)
			r.open()
			next, err := r.bot.Schedule().PollOverdue(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.next, next.Sub(r.now).Round(time.Minute))
		})
	}
}

// An interval that is shorter than it was counts from the last poll, not only after the next one.
func TestAShorterIntervalCountsAtOnce(t *testing.T) {
	r := newRig(t, 1, nil, events("500"))
	r.config.Bot.Interval = 6 * time.Hour
	r.open()
	r.run(monday.Add(time.Hour))
	r.config.Bot.Interval = 0
	r.open()
	next, err := r.bot.Schedule().PollOverdue(t.Context())
	require.NoError(t, err)
	require.Equal(t, r.now, next)
	state, err := r.store.Project(t.Context(), project)
	require.NoError(t, err)
	require.False(t, r.watch.AwaitsPoll(state), "this is no clock that was set back")
}
