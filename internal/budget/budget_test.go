package budget_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/budget"
)

const (
	second = time.Second
	minute = time.Minute
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// send sends n requests one after the other, each as soon as it may be sent, and returns when they were.
func send(s *budget.State, clock *time.Time, perMinute float64, n int) (sent []time.Time) {
	for len(sent) < n {
		next, at := s.Take(*clock, perMinute)
		*s = next
		if at.After(*clock) {
			*clock = at
			continue
		}
		sent = append(sent, at)
	}
	return sent
}

// most returns the largest number of requests in any window, whose end is not part of it.
func most(sent []time.Time, window time.Duration) (n int) {
	first := 0
	for i, at := range sent {
		for at.Sub(sent[first]) >= window {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}

func TestTheLimitHoldsForEveryMinute(t *testing.T) {
	for _, test := range []struct {
		perMinute float64
		window    time.Duration
		most      int
		hour      int // requests in an hour, at least
	}{
		{perMinute: 4, window: minute, most: 4, hour: 236},
		{perMinute: 1, window: minute, most: 1, hour: 59},
		{perMinute: 7, window: minute, most: 7, hour: 413},
		{perMinute: 2.5, window: minute, most: 2, hour: 118},
		{perMinute: 0.5, window: 2 * minute, most: 1, hour: 29},
		{perMinute: 0.1, window: 10 * minute, most: 1, hour: 6},
		{perMinute: 100, window: minute, most: 100, hour: 5900},
		{perMinute: 6000, window: minute, most: 6000, hour: 354_000},
	} {
		for _, pause := range []time.Duration{0, 3 * second, 20 * second} {
			var s budget.State
			var sent []time.Time
			clock, random := noon, rand.New(rand.NewPCG(1, uint64(pause)))
			for clock.Before(noon.Add(20 * minute)) {
				sent = append(sent, send(&s, &clock, test.perMinute, 1)...)
				clock = clock.Add(time.Duration(random.Float64() * float64(pause)))
				require.LessOrEqual(t, len(s.Sent), 130, "what is kept has a bound")
			}
			require.LessOrEqual(t, most(sent, test.window), test.most, "%v a minute, pauses up to %s", test.perMinute, pause)
			if pause == 0 {
				require.GreaterOrEqual(t, 3*len(sent), test.hour, "%v a minute", test.perMinute)
			}
		}
	}
}

// A first start of few requests does not wait, and nothing is saved up beyond a minute.
func TestRequestsAfterAPauseFollowEachOther(t *testing.T) {
	var s budget.State
	clock := noon
	for range 2 {
		began := clock
		sent := send(&s, &clock, 4, 5)
		require.Equal(t, began, sent[3])
		require.Equal(t, began.Add(61*second), sent[4])
		clock = clock.Add(10 * minute)
	}
}

func TestARequestThatMustWaitIsNotCounted(t *testing.T) {
	s, at := budget.State{}.Take(noon, 1)
	require.Equal(t, noon, at)
	for range 3 {
		var again budget.State
		again, at = s.Take(noon.Add(second), 1)
		require.Equal(t, noon.Add(61*second), at)
		require.Equal(t, s.Sent, again.Sent)
		s = again
	}
}

func TestRefusals(t *testing.T) {
	hold := func(at time.Time) time.Time { return at.Add(30 * second) }
	refuse := func(s budget.State, at time.Time) budget.State { return s.Refuse(at, at, hold(at)) }
	once := refuse(budget.State{}, noon)
	twice := refuse(once, noon.Add(minute))
	all := twice
	for i := range 5 {
		all = refuse(all, noon.Add(time.Duration(2+i)*minute))
	}
	for _, test := range []struct {
		name     string
		state    budget.State
		at       time.Time
		rate     float64
		restored time.Time // zero: it is
	}{
		{name: "no refusal", at: noon, rate: 4},
		{name: "one", state: once, at: noon, rate: 2, restored: noon.Add(5 * minute)},
		{name: "one, almost over", state: once, at: noon.Add(5*minute - 1), rate: 2, restored: noon.Add(5 * minute)},
		{name: "one, over", state: once, at: noon.Add(5 * minute), rate: 4},
		{name: "two", state: twice, at: noon.Add(minute), rate: 1, restored: noon.Add(11 * minute)},
		{name: "two, one over", state: twice, at: noon.Add(6 * minute), rate: 2, restored: noon.Add(11 * minute)},
		{name: "two, both over", state: twice, at: noon.Add(time.Hour), rate: 4},
		{name: "many", state: all, at: noon.Add(6 * minute), rate: 0.5, restored: noon.Add(21 * minute)},
		{
			name: "under way when the rate was halved", state: once.Refuse(noon, noon.Add(second), noon.Add(minute)), at: noon.Add(minute),
			rate: 2, restored: noon.Add(5*minute + second),
		},
		{name: "before the clock was set back", state: once, at: noon.Add(-time.Hour), rate: 2, restored: noon.Add(-55 * minute)},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := test.state.AsOf(test.at)
			require.InDelta(t, test.rate, s.Rate(4), 0)
			require.Equal(t, test.restored, s.RestoredAt())
		})
	}

	clock := noon
	sent := send(&once, &clock, 4, 4)
	require.Equal(t, []time.Time{hold(noon), hold(noon), hold(noon).Add(61 * second), hold(noon).Add(61 * second)}, sent, "at half the rate")
	longer := once.Refuse(clock, clock, noon.Add(time.Hour)).Refuse(clock, clock, noon.Add(minute))
	require.Equal(t, noon.Add(time.Hour), longer.HeldUntil, "the later one counts")
}

// Of an account that Notehub refuses often the limit of the lower rate holds.
func TestALowerRateHolds(t *testing.T) {
	var s budget.State
	clock := noon
	var sent []time.Time
	for range 30 {
		at := send(&s, &clock, 4, 1)
		sent = append(sent, at...)
		s = s.Refuse(clock, clock, clock)
	}
	require.Equal(t, 1, most(sent[3:], 2*minute))
}

// A clock that was ahead keeps nothing waiting for longer than the limit does.
func TestAClockThatWasSetBack(t *testing.T) {
	var s budget.State
	clock := noon.AddDate(2, 0, 0)
	send(&s, &clock, 4, 4)
	clock = noon
	require.Equal(t, []time.Time{noon.Add(61 * second)}, send(&s, &clock, 4, 1))

	s, clock = budget.State{}, noon.AddDate(2, 0, 0)
	send(&s, &clock, 4, 3)
	clock = noon
	require.Equal(t, []time.Time{noon}, send(&s, &clock, 4, 1))
}
