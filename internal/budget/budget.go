package budget

import (
	"math"
	"time"
)

const (
	// Margin is how much later than it was counted a request may be sent.
	Margin = time.Second

	minute       = time.Minute + Margin
	longestWait  = 24 * time.Hour // between two requests, even at the lowest rate
	maxHalvings  = 3
	doubledAfter = 5 * time.Minute // without a refusal
	maxSent      = 64              // approximate number of entries in State.Sent
)

// A State decides when an account may send its next request. The zero State is that of an account without requests.
type State struct {
	Sent      []Sent    // requests that still count against the limit, oldest first
	HeldUntil time.Time // when Notehub accepts requests again, after a refusal with Retry-After
	Halvings  int       // how often the rate was halved, as of HalvedAt
	HalvedAt  time.Time // when the rate changed last or a request was refused last
}

// Sent counts requests that were sent at about the same time.
type Sent struct {
	At time.Time // of the newest of them
	N  int
}

// Take counts a request that is sent at now, if a rate of perMinute requests allows it. Then at is now. Otherwise nothing is counted, and
// at is when to try again.
//
// At most perMinute requests are sent in any 60 seconds. A rate below one allows one request in 1/perMinute minutes. The window slides over
// the requests sent, so requests after a pause follow each other at once, and the limit holds for every minute. A rate above one is rounded
// down to a whole number of requests.
//
// If the clock was set back, a request may seem to be sent later than now. It counts as sent now, so it delays others no longer than any
// other request.
func (s State) Take(now time.Time, perMinute float64) (next State, at time.Time) {
	s = s.AsOf(now)
	most, window := limit(s.Rate(perMinute))
	s.Sent = within(s.Sent, now, window)
	at = latest(now, s.HeldUntil)
	count := 0
	for _, sent := range s.Sent {
		count += sent.N
	}
	for _, sent := range s.Sent {
		if count < most {
			break
		}
		count -= sent.N
		at = latest(at, sent.At.Add(window))
	}
	if at.After(now) {
		return s, at
	}
	if last := len(s.Sent) - 1; last >= 0 && s.Sent[last].N < most/maxSent {
		s.Sent[last] = Sent{now, s.Sent[last].N + 1}
	} else {
		s.Sent = append(s.Sent, Sent{now, 1})
	}
	return s, at
}

// within returns a copy of the requests that were sent within the window before now.
func within(all []Sent, now time.Time, window time.Duration) []Sent {
	var kept []Sent
	for _, sent := range all {
		if now.Sub(sent.At) < window {
			kept = append(kept, Sent{earliest(sent.At, now), sent.N})
		}
	}
	return kept
}

// Refuse records that Notehub refused at now a request that was sent at sent, and accepts none until until. It halves the rate, at most to
// an eighth. Requests that were under way when the rate was halved do not halve it again.
func (s State) Refuse(sent, now, until time.Time) State {
	s = s.AsOf(now)
	if s.Halvings == 0 || sent.After(s.HalvedAt) {
		s.Halvings = min(s.Halvings+1, maxHalvings)
	}
	s.HalvedAt = now
	s.HeldUntil = latest(s.HeldUntil, until)
	return s
}

// AsOf returns the state at now: every five minutes without a refusal double a halved rate.
func (s State) AsOf(now time.Time) State {
	s.HalvedAt = earliest(s.HalvedAt, now) // the clock was set back
	for s.Halvings > 0 && now.Sub(s.HalvedAt) >= doubledAfter {
		s.Halvings--
		s.HalvedAt = s.HalvedAt.Add(doubledAfter)
	}
	return s
}

// Rate returns how many of perMinute requests a minute are allowed at the time of the state.
func (s State) Rate(perMinute float64) float64 { return perMinute / float64(int(1)<<s.Halvings) }

// RestoredAt returns when the full rate is restored if Notehub refuses no more requests; the zero time if it is full now.
func (s State) RestoredAt() time.Time {
	if s.Halvings == 0 {
		return time.Time{}
	}
	return s.HalvedAt.Add(time.Duration(s.Halvings) * doubledAfter)
}

// limit returns how many requests are allowed in a window.
func limit(perMinute float64) (requests int, window time.Duration) {
	if perMinute >= 1 {
		return int(min(math.Floor(perMinute), math.MaxInt32)), minute
	}
	return 1, time.Duration(min(float64(time.Minute)/perMinute, float64(longestWait))) + Margin
}

// Window returns the time in which perMinute requests a minute allow at least one request.
func Window(perMinute float64) time.Duration {
	_, window := limit(perMinute)
	return window
}

// Takes returns the time that a number of requests takes at perMinute requests a minute.
func Takes(requests, perMinute float64) time.Duration {
	most, window := limit(perMinute)
	return time.Duration(requests / float64(most) * float64(window))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
