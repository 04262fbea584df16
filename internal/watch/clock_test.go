package watch_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
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

// A process says once, when it starts, that its host has another time than the database, and works by the time of the database.
func TestStartWarnsOfClocksThatDiffer(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		-5 * time.Second: "differs from that of the database, by which all processes go", 5 * time.Second: "database_ahead=5s", time.Second: "",
	} {
		t.Run(ahead.String(), func(t *testing.T) {
			s := newScene(t)
			var log bytes.Buffer
			s.config.Bot.Log = slog.New(slog.NewTextHandler(&log, nil))
			s.config.Clock = watch.NewClock(func(context.Context) (time.Time, error) { return s.clock().Add(ahead), nil }, s.clock)
			s.config.Bot.Clock.Now, s.config.Bot.Machine = s.config.Clock.Now, s.config.Clock.Now
			s.turn(s.start())
			require.Equal(t, ahead, s.config.Clock.Ahead())
			if want == "" {
				require.NotContains(t, log.String(), "level=WARN")
				return
			}
			require.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log.String())
			require.Contains(t, log.String(), want)
			require.Contains(t, log.String(), `hint="set both clocks by NTP"`)
		})
	}
}
