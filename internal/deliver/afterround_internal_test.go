package deliver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/store/work"
	"notewatch/notify"
)

func TestAfterRound(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return now.Add(d) }
	temporary := &notify.Error{Class: notify.Temporary}
	asksFor := func(d time.Duration) *notify.Error { return &notify.Error{Class: notify.Temporary, RetryAfter: d} }
	permanent := &notify.Error{Class: notify.Permanent}
	for name, test := range map[string]struct {
		done     round
		failures int // before
		known    facts
		want     next
	}{
		"nothing to send":                        {failures: 3, want: next{}},
		"digests to come":                        {done: round{later: after(time.Minute)}, want: next{due: after(time.Minute)}},
		"everything was accepted":                {done: round{planned: 2, accepted: 2, works: true, attempted: true}, failures: 3, want: next{}},
		"nothing needed a call":                  {done: round{planned: 2}, failures: 3, want: next{failures: 3}},
		"something newer":                        {done: round{planned: 2, accepted: 1, attempted: true, incomplete: true, later: after(time.Minute)}, want: next{due: now}},
		"something newer, before any call":       {done: round{planned: 2, incomplete: true}, failures: 3, want: next{due: now, failures: 3}},
		"something newer, while it is reported":  {done: round{planned: 2, accepted: 1, works: true, attempted: true, incomplete: true}, known: facts{unreachable: true}, want: next{due: now}},
		"only refused messages":                  {done: round{planned: 1, attempted: true}, failures: 3, want: next{}},
		"reachable again":                        {done: round{planned: 1, accepted: 1, works: true, attempted: true}, known: facts{unreachable: true}, want: next{actions: []action{reportReachable}}},
		"reachable again, digests to come":       {done: round{planned: 1, accepted: 1, works: true, attempted: true, later: after(time.Minute)}, known: facts{unreachable: true}, want: next{due: after(time.Minute), actions: []action{reportReachable}}},
		"a quiet message shows nothing":          {done: round{planned: 1, accepted: 1, attempted: true}, failures: 3, known: facts{unreachable: true}, want: next{due: after(time.Hour)}},
		"unreachable, nothing to send":           {failures: 3, known: facts{unreachable: true}, want: next{due: after(time.Hour)}},
		"unreachable, nothing needed a call":     {done: round{planned: 1}, failures: 3, known: facts{unreachable: true}, want: next{due: after(time.Hour)}},
		"unreachable, digests to come":           {done: round{later: after(time.Minute)}, known: facts{unreachable: true}, want: next{due: after(time.Minute)}},
		"permanent":                              {done: round{planned: 1, attempted: true, failure: permanent}, failures: 3, want: next{due: after(time.Hour), actions: []action{reportUnreachable, giveUp, wakeFallback}}},
		"permanent, reported":                    {done: round{planned: 1, attempted: true, failure: permanent}, known: facts{unreachable: true}, want: next{due: after(time.Hour), actions: []action{giveUp, wakeFallback}}},
		"first failure":                          {done: round{planned: 1, attempted: true, failure: temporary}, known: facts{oldest: now}, want: next{due: after(minRetry), failures: 1}},
		"third failure":                          {done: round{planned: 1, attempted: true, failure: temporary}, failures: 2, known: facts{oldest: now}, want: next{due: after(4 * minRetry), failures: 3}},
		"hundredth failure":                      {done: round{planned: 1, attempted: true, failure: temporary}, failures: 99, known: facts{oldest: now}, want: next{due: after(maxRetry), failures: 100}},
		"failure after accepted messages":        {done: round{planned: 2, accepted: 1, works: true, attempted: true, failure: temporary}, failures: 5, known: facts{oldest: now}, want: next{due: after(minRetry), failures: 1}},
		"failure of a figure, nothing waits":     {done: round{planned: 1, attempted: true, failure: temporary}, want: next{due: after(minRetry), failures: 1}},
		"asks for a minute":                      {done: round{planned: 1, attempted: true, failure: asksFor(time.Minute)}, known: facts{oldest: now}, want: next{due: after(time.Minute), failures: 1}},
		"to be reported before the next attempt": {done: round{planned: 1, attempted: true, failure: temporary}, failures: 99, known: facts{oldest: after(-29 * time.Minute)}, want: next{due: after(time.Minute), failures: 100}},
		"failures for half an hour":              {done: round{planned: 1, attempted: true, failure: temporary}, failures: 9, known: facts{oldest: after(-fallBackAfter)}, want: next{due: after(maxRetry), failures: 10, actions: []action{reportUnreachable, wakeFallback}}},
		"asks for longer than half an hour":      {done: round{planned: 1, attempted: true, failure: asksFor(40 * time.Minute)}, known: facts{oldest: now}, want: next{due: after(40 * time.Minute), failures: 1, actions: []action{reportUnreachable, wakeFallback}}},
		"asks for a day":                         {done: round{planned: 1, attempted: true, failure: asksFor(24 * time.Hour)}, known: facts{oldest: now}, want: next{due: after(maxPatience), failures: 1, actions: []action{reportUnreachable, wakeFallback}}},
		"failure, reported":                      {done: round{planned: 1, attempted: true, failure: temporary}, failures: 9, known: facts{unreachable: true}, want: next{due: after(maxRetry), failures: 10, actions: []action{wakeFallback}}},
		"failure, reported, a process a round":   {done: round{planned: 1, attempted: true, failure: temporary}, failures: 9, known: facts{unreachable: true, once: true}, want: next{due: after(time.Hour), failures: 10, actions: []action{wakeFallback}}},
	} {
		t.Run(name, func(t *testing.T) {
			test.known.now, test.known.jitter = now, 1
			require.Equal(t, test.want, afterRound(test.done, work.Lease{Failures: test.failures}, test.known))
		})
	}
}

func TestPauseAfter(t *testing.T) {
	failure := &notify.Error{Class: notify.Temporary}
	require.Equal(t, minRetry/2, pauseAfter(1, failure, 0), "by chance, half of it")
	require.Equal(t, maxRetry, pauseAfter(1000, failure, 1))
}
