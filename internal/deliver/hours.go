package deliver

import (
	"context"

	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
)

// outside returns why the receiver is not notified of anything new about an alert in this round: "outside its hours until Mon 15 Jun 08:00
// UTC". It is "" if the receiver is notified. Drills, and copies for a receiver that is unreachable, are sent at any hour.
func (r Receiver) outside(d *outbox.Delivery) string {
	if r.Hours.None() || d.Alert.Drill || d.For != "" {
		return ""
	}
	begin, outside := r.Hours.Begin(d.Alert, r.began)
	if !outside {
		return ""
	}
	return words.OutsideHours(begin)
}

// release makes deliveries wait that were held while the receiver was outside its hours.
func (s *Sender) release(ctx context.Context, lease work.Lease, r Receiver) error {
	var alerts []string
	err := s.outbox.EachOutsideHours(ctx, r.Name, func(d *outbox.Delivery) {
		if r.outside(d) == "" {
			alerts = append(alerts, d.Alert.ID)
		}
	})
	if err != nil || len(alerts) == 0 {
		return err
	}
	return s.outbox.Release(ctx, lease, alerts, r.began)
}
