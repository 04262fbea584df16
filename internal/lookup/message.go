package lookup

import (
	"context"
	"errors"

	"notewatch/internal/store/outbox"
	"notewatch/rules"
)

// A Message is a message that one receiver shows about some alerts.
type Message struct {
	Receiver string        // name
	Ref      string        // the receiver's own handle; "" before it was posted
	Sending  bool          // it has been sent for the first time, and the receiver has not said yet that it was posted
	Alerts   []rules.Alert // as they are now, in the order of their firing
}

// Message returns the message with an ID, and reports whether it exists.
func (r *Reader) Message(ctx context.Context, id string) (m Message, ok bool, err error) {
	stored, members, err := r.config.Store.Outbox.Members(ctx, id)
	if errors.Is(err, outbox.ErrNoMessage) {
		return Message{}, false, nil
	} else if err != nil {
		return Message{}, false, err
	}
	m = Message{Receiver: stored.Receiver, Ref: stored.Ref, Sending: !stored.BegunAt.IsZero() && stored.PostedAt.IsZero()}
	for _, member := range members {
		m.Alerts = append(m.Alerts, member.Alert)
	}
	return m, true, nil
}

// ReceiversOf returns the names of the receivers that have been notified of an alert, or will be.
func (r *Reader) ReceiversOf(ctx context.Context, alert string) (names []string, err error) {
	deliveries, err := r.config.Store.Outbox.DeliveriesTo(ctx, []string{alert})
	for receiver := range deliveries[alert] {
		names = append(names, receiver)
	}
	return names, err
}
