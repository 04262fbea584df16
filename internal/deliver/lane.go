package deliver

import (
	"context"
	"sync"
	"time"
)

// lanes are when the newest send of each begins, or will, on the machine clock.
type lanes struct {
	sync.Mutex
	last map[string]time.Time
}

// pause keeps the sends of a lane apart. Who waits keeps only his own lane waiting.
func (s *Sender) pause(ctx context.Context, r Receiver) error {
	if r.Pause <= 0 {
		return nil
	}
	if wait := s.reserve(r); wait > 0 {
		s.sleep(ctx, wait)
	}
	return ctx.Err()
}

// reserve takes the next send of the receiver's lane and returns how long it is until then.
func (s *Sender) reserve(r Receiver) time.Duration {
	lane := r.Lane
	if lane == "" {
		lane = "receiver " + r.Name
	}
	s.lanes.Lock()
	defer s.lanes.Unlock()
	now := s.machine()
	next := s.lanes.last[lane].Add(r.Pause)
	if next.Before(now) {
		next = now
	}
	s.lanes.last[lane] = next
	return next.Sub(now)
}
