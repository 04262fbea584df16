package timeline

import (
	"context"
	"math"
	"slices"
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/rules"
)

// A Story is the history of one alert.
type Story struct {
	Now       time.Time    `json:"-"` // time of the answer
	Demo      bool         `json:"-"` // it is of a demo database, on which nothing runs
	Alert     lookup.Alert `json:"alert"`
	ChangedAt time.Time    `json:"-"`      // time of the newest event of the alert
	Events    []Event      `json:"events"` // in order; an attempt comes after the change that it shows
}

// Sent is the event of an attempt, in addition to the events of alerts.
const Sent rules.Event = "sent"

// An Event is a change of an alert, or an attempt to deliver it.
type Event struct {
	At      time.Time   `json:"at"`
	Event   rules.Event `json:"event"` // Sent for an attempt
	Version int64       `json:"version"`

	State rules.State `json:"state,omitempty"` // this and the fields below are set only for a change
	Level string      `json:"level,omitempty"`
	Value float64     `json:"value,omitempty"` // NaN: no data
	Mute  rules.Mute  `json:"muted,omitzero"`
	Ack   rules.Ack   `json:"acknowledged,omitzero"`
	By    string      `json:"by,omitempty"`
	Why   string      `json:"why,omitempty"`

	*Attempt // nil for a change; its keys are keys of the event
}

// An Attempt is one call to a receiver.
type Attempt struct {
	Receiver string               `json:"receiver"`
	Message  string               `json:"message"` // ID
	Status   outbox.AttemptStatus `json:"status"`  // "": it is running
	Error    string               `json:"error,omitempty"`
	Seconds  float64              `json:"seconds,omitempty"` // NaN: it is running
}

// Of returns the history of the alert with an ID, or with the only ID that begins with text. Its errors are those of Reader.Alert.
func Of(ctx context.Context, reader *lookup.Reader, text string) (Story, error) {
	a, err := reader.Alert(ctx, text)
	if err != nil {
		return Story{}, err
	}
	if a, err = reader.UpdateValue(ctx, a); err != nil {
		return Story{}, err
	}
	transitions, err := reader.Store().Transitions(ctx, a.ID)
	if err != nil {
		return Story{}, err
	}
	attempts, err := reader.Store().Outbox.Attempts(ctx, a.ID)
	if err != nil {
		return Story{}, err
	}
	receivers, err := lookup.Receivers(ctx, reader.Store(), a.ID)
	if err != nil {
		return Story{}, err
	}
	demo, err := reader.Store().DemoEnd(ctx)
	now := reader.Now()
	return Story{
		Now: now, Demo: !demo.IsZero(), Alert: lookup.AlertOf(a, now, receivers), ChangedAt: a.ChangedAt, Events: events(transitions, attempts),
	}, err
}

// events puts changes and attempts in order.
func events(transitions []store.Transition, attempts []outbox.Attempt) []Event {
	all := make([]Event, 0, len(transitions)+len(attempts))
	for _, t := range transitions {
		all = append(all, Event{
			At: t.At, Event: t.Reason, Version: t.Version, State: t.State, Level: t.Level.String(),
			Value: t.Value, Mute: t.Mute, Ack: t.Ack, By: t.By, Why: t.Why,
		})
	}
	for _, a := range attempts {
		e := Event{At: a.Started, Event: Sent, Value: math.NaN(), Attempt: &Attempt{
			Receiver: a.Receiver, Message: a.Message, Status: a.Status, Error: a.Error, Seconds: math.NaN(),
		}}
		for _, version := range a.Versions {
			e.Version = version
		}
		if !a.Ended.IsZero() {
			e.Seconds = a.Ended.Sub(a.Started).Seconds()
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b Event) int { return a.At.Compare(b.At) })
	return all
}
