package bot

import (
	"context"
	"sync"
	"time"
)

// A pulse is when the next good cycle begins: it ends once every project has been polled successfully since then.
type pulse struct {
	sync.Mutex
	since time.Time
}

// beat calls the heartbeat if a good cycle has ended: every project was polled successfully since the last call, or since the start. A failed
// call is logged, and the next good cycle calls again.
func (b *Bot) beat(ctx context.Context, now time.Time) error {
	if b.config.Heartbeat == nil {
		return nil
	}
	b.pulse.Lock()
	defer b.pulse.Unlock()
	for _, p := range b.projects {
		state, err := b.store.Project(ctx, p.UID)
		if err != nil {
			return err
		}
		if state.Failures > 0 || state.PolledAt.IsZero() || state.PolledAt.Before(b.pulse.since) {
			return nil
		}
	}
	b.pulse.since = now.Add(time.Millisecond)
	if err := b.config.Heartbeat(ctx); err != nil && ctx.Err() == nil {
		b.log.Warn("calling the heartbeat after a good cycle", "err", err)
	}
	return nil
}
