package lookup

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// An Alert is an alert as it is shown to people and printed as JSON. NaN is no data.
type Alert struct {
	ID        string      `json:"id"`
	State     rules.State `json:"state"`
	Reason    rules.Event `json:"reason"`        // of the newest version
	Why       string      `json:"why,omitempty"` // that reason in words
	Level     rules.Level `json:"level"`
	Since     time.Time   `json:"since"`
	FiredAt   time.Time   `json:"fired_at,omitzero"`
	EndedAt   time.Time   `json:"ended_at,omitzero"`
	Rule      string      `json:"rule"`
	Project   Named       `json:"project"` // the zero value for an alert about notewatch itself
	Subject   Named       `json:"subject"` // the zero value for an alert about its project
	Summary   string      `json:"summary"`
	Runbook   string      `json:"runbook,omitempty"` // address of a page that says what to do
	Figure    string      `json:"figure"`            // that Value is of, such as bytes.used; "" is none
	Unit      string      `json:"unit"`
	Value     float64     `json:"value"`
	Peak      float64     `json:"peak"`
	Limit     float64     `json:"limit"`
	Usual     float64     `json:"usual"`
	AsOf      time.Time   `json:"as_of,omitzero"` // the poll that Value is from
	Drill     bool        `json:"drill"`
	Mute      rules.Mute  `json:"mute,omitzero"`
	Ack       rules.Ack   `json:"ack,omitzero"`
	Receivers []Showing   `json:"receivers"` // by name
}

// A Showing is what one receiver shows of an alert.
type Showing struct {
	Receiver  string         `json:"receiver"`
	State     delivery.State `json:"state"`
	Shows     string         `json:"shows,omitempty"`       // the level that it shows, or ShowsMuted or ShowsEnded; "" is nothing
	Why       string         `json:"why,omitempty"`         // the reason of State, or the last error
	Next      time.Time      `json:"next_try,omitzero"`     // of one that is waiting
	InPlaceOf string         `json:"in_place_of,omitempty"` // the receiver that it is the fallback for
	Message   string         `json:"message,omitempty"`     // ID of the message that shows it
}

// What a receiver shows that is no level.
const (
	ShowsMuted = "muted" // as firing, but people were not notified
	ShowsEnded = "ended"
)

// AlertOf returns an alert as it is shown at an instant. Receivers may be nil.
func AlertOf(a rules.Alert, now time.Time, receivers []Showing) Alert {
	return Alert{
		ID: a.ID, State: a.State, Reason: a.Reason, Why: a.Why, Level: a.Level, Since: a.Since, FiredAt: a.FiredAt, EndedAt: a.EndedAt,
		Rule: a.Rule, Project: Named{a.Project, a.Told.Project}, Subject: Named{a.Subject, a.Told.Subject},
		Summary: a.Told.Headline(now), Runbook: a.Told.Runbook, Figure: a.Told.Figure, Unit: a.Told.Unit,
		Value: a.Value, Peak: a.Peak, Limit: a.Limit, Usual: a.Usual, AsOf: a.AsOf,
		Drill: a.Drill, Mute: a.Mute, Ack: a.Ack, Receivers: receivers,
	}
}

// About returns the subject of an alert. An alert about notewatch itself has one without a UID.
func (a Alert) About() Subject { return subjectOf(a.Project, a.Subject) }

// Show calls each with alerts as they are shown now, with their receivers.
func (d *Desk) Show(ctx context.Context, alerts []rules.Alert, each func(Alert) error) error {
	for some := range slices.Chunk(alerts, 1000) { // there may be very many
		ids := make([]string, len(some))
		for i, a := range some {
			ids[i] = a.ID
		}
		deliveries, err := d.Store.Outbox.DeliveriesTo(ctx, ids)
		if err != nil {
			return err
		}
		for _, a := range some {
			if err := each(AlertOf(a, d.Now(), showings(deliveries[a.ID]))); err != nil {
				return err
			}
		}
	}
	return nil
}

// Receivers returns what receivers show of an alert, and when those that are waiting are tried next.
func Receivers(ctx context.Context, db *store.Store, alert string) ([]Showing, error) {
	deliveries, err := db.Outbox.DeliveriesOf(ctx, alert)
	if err != nil {
		return nil, err
	}
	all := showings(deliveries)
	for i := range all {
		if all[i].State != delivery.Waiting {
			continue
		}
		if all[i].Next, _, err = db.Work.NextDue(ctx, work.Receiver, all[i].Receiver); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// showings returns what receivers show of an alert, by name.
func showings(deliveries map[string]outbox.Delivery) []Showing {
	all := make([]Showing, 0, len(deliveries))
	for _, receiver := range slices.Sorted(maps.Keys(deliveries)) {
		all = append(all, ShowingOf(receiver, deliveries[receiver]))
	}
	return all
}

// ShowingOf returns what a receiver shows of an alert.
func ShowingOf(receiver string, d outbox.Delivery) Showing {
	s := Showing{Receiver: receiver, State: d.State, InPlaceOf: d.For, Message: d.Message, Why: cmp.Or(d.Detail, d.Error)}
	switch {
	case d.Display == delivery.DisplayEnded:
		s.Shows = ShowsEnded
	case d.Shown > rules.Inactive:
		s.Shows = d.Shown.String()
	case d.Display == delivery.DisplayFiring:
		s.Shows = ShowsMuted
	}
	if d.State == delivery.Delivered {
		s.Why = ""
	}
	return s
}
