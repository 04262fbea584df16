package driven

import (
	"sync/atomic"
	"time"

	"notewatch/internal/bot"
)

// A Clock is simulated time. It moves only when it is set. It is safe for concurrent use.
type Clock struct{ nanos atomic.Int64 }

// NewClock returns a clock that shows start.
func NewClock(start time.Time) *Clock {
	s := &Clock{}
	s.nanos.Store(start.UnixNano())
	return s
}

// Now returns the simulated time.
func (s *Clock) Now() time.Time { return time.Unix(0, s.nanos.Load()).UTC() }

// Forward moves the clock to a later time. It never moves back.
func (s *Clock) Forward(to time.Time) {
	if to.After(s.Now()) {
		s.nanos.Store(to.UnixNano())
	}
}

// Clock returns the domain clock. A wait moves the clock forward at once.
func (s *Clock) Clock() bot.Clock {
	return bot.Clock{
		Now: s.Now,
		Timer: func(until time.Time) *time.Timer {
			s.Forward(until)
			return time.NewTimer(0)
		},
	}
}
