package deliver

import "context"

// pause waits until the lane of a receiver is free, also of sends by other processes. Other lanes do not wait.
func (s *Sender) pause(ctx context.Context, r Receiver) error {
	if r.Pause <= 0 {
		return nil
	}
	lane := r.Lane
	if lane == "" {
		lane = "receiver " + r.Name
	}
	now := s.machine()
	begin, err := s.outbox.TakeLane(ctx, lane, r.Pause, now)
	if err != nil {
		return err
	}
	if wait := begin.Sub(now); wait > 0 {
		s.sleep(ctx, wait)
	}
	return ctx.Err()
}
