package deliver

import (
	"context"
	"fmt"
	"sync"

	"notewatch/internal/delivery"
	"notewatch/internal/store/outbox"
	"notewatch/notify"
	"notewatch/rules"
)

// SendUnrecorded makes one attempt to send an alert to receivers. refs holds the references of the messages that they show now; the result
// holds those of the receivers that accepted the alert. Nothing is stored, because the alert says that the database cannot be used.
func (s *Sender) SendUnrecorded(ctx context.Context, a rules.Alert, refs map[string]notify.Ref) map[string]notify.Ref {
	var mu sync.Mutex
	var calls sync.WaitGroup
	taken := map[string]notify.Ref{}
	for name, ref := range refs {
		r, err := s.receiver(name)
		if err != nil {
			continue // no longer in the rules file
		}
		calls.Go(func() {
			ref, err := s.call(ctx, r, s.unrecorded(r, a), ref)
			if err != nil {
				s.log.Error("sending the alert that the database cannot be used", "receiver", r.Name, "err", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			taken[r.Name] = ref
		})
	}
	calls.Wait()
	return taken
}

// unrecorded returns the notification of an alert without a stored message.
func (s *Sender) unrecorded(r Receiver, a rules.Alert) notify.Notification {
	d := outbox.Delivery{Alert: a, Delivery: delivery.Delivery{State: delivery.Waiting}}
	if d.Alert.State != rules.Firing {
		d.Have, d.Shown = a.Version-1, rules.Critical
	}
	id := r.message(d.Alert.ID).ID
	return notify.Notification{
		ID: id, Key: fmt.Sprintf("%s-%d", id, a.Version), Sent: s.machine(), Alerts: []notify.Alert{r.alert(d, s.now())},
	}
}
