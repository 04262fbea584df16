package watch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/watch"
)

// The clock follows that of the database, but for what a slow answer may hide and for what is too little.
func TestClock(t *testing.T) {
	host := time.Date(2031, 7, 1, 8, 30, 0, 0, time.UTC)
	var ahead time.Duration
	var failure error
	took := []time.Duration{0}
	clock := watch.NewClock(func(context.Context) (time.Time, error) {
		wait := took[0]
		if len(took) > 1 {
			took = took[1:]
		}
		host = host.Add(wait / 2)
		at := host.Add(ahead)
		host = host.Add(wait / 2)
		return at, failure
	}, func() time.Time { return host })
	require.Equal(t, host, clock.Now())
	for _, step := range []struct {
		name        string
		ahead, want time.Duration
		took        []time.Duration
	}{
		{"ahead", 5 * time.Second, 5 * time.Second, []time.Duration{10 * time.Millisecond}},
		{"trembles", 5*time.Second + 50*time.Millisecond, 5 * time.Second, []time.Duration{10 * time.Millisecond}},
		{"behind", -time.Minute, -time.Minute, []time.Duration{900 * time.Millisecond, 2 * time.Second, 20 * time.Millisecond}},
		{"frozen", time.Hour, -time.Minute, []time.Duration{2 * time.Minute}},
		{"same", 0, 0, []time.Duration{0}},
	} {
		ahead, took = step.ahead, step.took
		require.NoError(t, clock.Measure(t.Context()))
		require.Equal(t, step.want, clock.Ahead(), step.name)
		require.Equal(t, host.Add(step.want), clock.Now(), step.name)
	}
	failure = errors.New("no answer")
	require.ErrorIs(t, clock.Measure(t.Context()), failure)
	require.Zero(t, clock.Ahead())
}
