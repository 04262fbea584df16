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
	"notewatch/rules/muting"
)

// An Alert is an alert for display and for JSON. NaN is no data.
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
	Subject   Named       `json:"subject"` // without a UID for an alert about its project
	Summary   string      `json:"summary"`
	Runbook   string      `json:"runbook,omitempty"` // address of a page with instructions
	Figure    string      `json:"figure"`            // of Value, such as bytes.used; "" if there is none
	Unit      string      `json:"unit"`
	Value     float64     `json:"value"`
	Peak      float64     `json:"peak"`
	Limit     float64     `json:"limit"`
	Usual     float64     `json:"usual"`
	AsOf      time.Time   `json:"as_of,omitzero"` // the poll that Value comes from
	Drill     bool        `json:"drill"`
	Mute      rules.Mute  `json:"mute,omitzero"`
	Ack       rules.Ack   `json:"ack,omitzero"`
	Receivers []Showing   `json:"receivers"` // by name

	MutedFor        time.Duration `json:"muted_seconds,omitzero"`        // since its silence began; 0 if no silence mutes it
	AcknowledgedFor time.Duration `json:"acknowledged_seconds,omitzero"` // 0 if it is not acknowledged
}

// A Showing describes what one receiver shows of an alert.
type Showing struct {
	Receiver  string         `json:"receiver"`
	State     delivery.State `json:"state"`
	Shows     string         `json:"shows,omitempty"`       // the level that it shows, or ShowsMuted or ShowsEnded; "" if it shows nothing
	Why       string         `json:"why,omitempty"`         // the reason of State, or the last error
	Next      time.Time      `json:"next_try,omitzero"`     // of a waiting delivery
	InPlaceOf string         `json:"in_place_of,omitempty"` // the receiver that it replaces as fallback
	Message   string         `json:"message,omitempty"`     // ID of the message that shows it
}

// Values of Shows that are not levels.
const (
	ShowsMuted = "muted" // as firing, but without a notification
	ShowsEnded = "ended"
)

// AlertOf returns an alert for display at an instant. Receivers may be nil.
func AlertOf(a rules.Alert, now time.Time, receivers []Showing) Alert {
	acknowledged := time.Duration(0)
	if !a.Ack.IsZero() {
		acknowledged = max(0, now.Sub(a.Ack.At))
	}
	return Alert{
		ID: a.ID, State: a.State, Reason: a.Reason, Why: a.Why, Level: a.Level, Since: a.Since, FiredAt: a.FiredAt, EndedAt: a.EndedAt,
		Rule: a.Rule, Project: Named{a.Project, a.Texts.Project}, Subject: Named{a.Subject, a.Texts.Subject},
		Summary: a.Texts.Headline(now), Runbook: a.Texts.Runbook, Figure: a.Texts.Figure, Unit: a.Texts.Unit,
		Value: a.Value, Peak: a.Peak, Limit: a.Limit, Usual: a.Usual, AsOf: a.AsOf,
		Drill: a.Drill, Mute: a.Mute, Ack: a.Ack, Receivers: receivers,
		AcknowledgedFor: acknowledged,
	}
}

// About returns the subject of an alert. That of an alert about notewatch itself has no UID.
func (a Alert) About() Subject { return subjectOf(a.Project, a.Subject) }

// Show calls each with alerts in their present state, with their receivers.
func (r *Reader) Show(ctx context.Context, alerts []rules.Alert, each func(Alert) error) error {
	var silences []muting.Silence
	if slices.ContainsFunc(alerts, silenced) {
		var err error
		if silences, err = r.Silences(ctx); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(alerts, 1000) { // there may be very many
		ids := make([]string, len(some))
		for i, a := range some {
			ids[i] = a.ID
		}
		deliveries, err := r.config.Store.Outbox.DeliveriesTo(ctx, ids)
		if err != nil {
			return err
		}
		for _, a := range some {
			shown := AlertOf(a, r.Now(), showings(deliveries[a.ID]))
			shown.MutedFor = mutedFor(a, silences, r.Now())
			if err := each(shown); err != nil {
				return err
			}
		}
	}
	return nil
}

// silenced reports whether a silence mutes an alert.
func silenced(a rules.Alert) bool { return a.Open() && a.Mute.Kind == rules.BySilence }

// mutedFor returns the age of the silence that mutes an alert; 0 if there is none.
func mutedFor(a rules.Alert, silences []muting.Silence, now time.Time) time.Duration {
	i := slices.IndexFunc(silences, func(s muting.Silence) bool {
		return s.By == a.Mute.By && s.Because == a.Mute.Because && s.End.Equal(a.Mute.Until)
	})
	if i < 0 || !silenced(a) {
		return 0
	}
	return max(0, now.Sub(silences[i].Start))
}

// Receivers returns what receivers show of an alert, and the times of the next attempts of waiting ones.
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
