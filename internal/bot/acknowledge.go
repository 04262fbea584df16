package bot

import (
	"context"
	"errors"
	"time"

	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// Acknowledge acknowledges a firing alert in the name of by. It reports whether that changed anything.
func (b *Bot) Acknowledge(ctx context.Context, a rules.Alert, by string) (bool, error) {
	return b.updateAlert(ctx, a.Key(), nil, func(a rules.Alert) (rules.Alert, rules.Event) {
		return a.Acknowledged(by, b.clock.Now())
	})
}

// Unacknowledge removes the acknowledgement of a firing alert, in the name of by. It reports whether there was one.
func (b *Bot) Unacknowledge(ctx context.Context, a rules.Alert, by string) (bool, error) {
	return b.updateAlert(ctx, a.Key(), nil, func(a rules.Alert) (rules.Alert, rules.Event) {
		return a.Unacknowledged(by, b.clock.Now())
	})
}

// AcknowledgeMessage acknowledges those firing alerts of a message that are not acknowledged yet, and returns their number. If two people acknowledge
// the same alert at once, one of them does.
func (b *Bot) AcknowledgeMessage(ctx context.Context, message, by string) (taken int, err error) {
	return b.updateAlertsOfMessage(ctx, message, func(a rules.Alert, now time.Time) (rules.Alert, rules.Event) {
		if a.Ack != (rules.Ack{}) {
			return a, rules.None
		}
		return a.Acknowledged(by, now)
	})
}

// UnacknowledgeMessage removes the acknowledgements of the firing alerts of a message, in the name of by, and returns their number.
func (b *Bot) UnacknowledgeMessage(ctx context.Context, message, by string) (given int, err error) {
	return b.updateAlertsOfMessage(ctx, message, func(a rules.Alert, now time.Time) (rules.Alert, rules.Event) {
		return a.Unacknowledged(by, now)
	})
}

// updateAlertsOfMessage changes the alerts of a message, all or none of them, and returns how many changed.
func (b *Bot) updateAlertsOfMessage(
	ctx context.Context, message string, change func(a rules.Alert, now time.Time) (rules.Alert, rules.Event),
) (changed int, err error) {
	for {
		_, members, err := b.store.Outbox.Members(ctx, message)
		if err != nil {
			return 0, err
		}
		now := b.clock.Now()
		_, seq, err := b.store.Silences(ctx, now)
		if err != nil {
			return 0, err
		}
		d := store.Decision{Show: map[string][]string{}, Fallbacks: b.fallbacks, Silences: seq, Now: now}
		for _, m := range members {
			if after, event := change(m.Alert, now); event != rules.None {
				d.Versions, d.Show[after.ID] = append(d.Versions, &after), nil
			}
		}
		if len(d.Versions) == 0 {
			return 0, nil
		}
		err = b.store.Decide(ctx, d)
		switch {
		case err == nil:
			b.wake(work.Receiver)
			return len(d.Versions), nil
		case !errors.Is(err, store.ErrConflict):
			return 0, err
		}
	}
}
