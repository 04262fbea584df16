package lookup

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"notewatch/internal/alertjson"
	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/store/outbox"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// An Alert is an alert for display. NaN is no data.
type Alert struct {
	ID        string
	State     rules.State
	Reason    rules.Event // of the newest version
	Why       string      // that reason in words
	Level     rules.Level
	Version   int64
	Since     time.Time
	FiredAt   time.Time
	EndedAt   time.Time
	Rule      string
	Project   Named // the zero value for an alert about notewatch itself
	Subject   Named // without a UID for an alert about its project
	Summary   string
	Advice    string
	Runbook   string // address of a page with instructions
	Figure    string // of Value, such as bytes.used; "" if there is none
	Unit      string
	Value     float64
	Peak      float64
	Limit     float64
	Usual     float64
	AsOf      time.Time // the poll that Value comes from
	Drill     bool
	Mute      rules.Mute
	Ack       rules.Ack
	Receivers []Showing // by name

	MutedFor        time.Duration // since its silence began; 0 if no silence mutes it
	AcknowledgedFor time.Duration // 0 if it is not acknowledged
}

// An AlertJSON is an Alert as JSON.
type AlertJSON struct {
	alertjson.Alert           // its keys are keys of the answer
	Receivers       []Showing `json:"receivers"`

	MutedFor        time.Duration `json:"muted_seconds,omitzero"`        // since its silence began
	AcknowledgedFor time.Duration `json:"acknowledged_seconds,omitzero"` // since it was acknowledged
}

// JSON returns the alert as JSON.
func (a Alert) JSON() AlertJSON {
	project := alertjson.Named{UID: a.Project.UID, Name: a.Project.Name, URL: words.ProjectURL(a.Project.UID)}
	subject := alertjson.Named{UID: a.Subject.UID, Name: a.Subject.Name, URL: words.SubjectURL(a.Project.UID, a.Subject.UID)}
	switch {
	case a.Project.UID == "":
		subject.UID = ""
	case a.Subject.UID == "":
		subject = project
	}
	return AlertJSON{alertjson.Alert{
		ID: a.ID, State: string(a.State), Reason: string(a.Reason), Why: a.Why, Level: a.Level.String(), Version: a.Version,
		Since: alertjson.Time(a.Since), FiredAt: alertjson.Time(a.FiredAt), EndedAt: alertjson.Time(a.EndedAt),
		Rule: a.Rule, Project: project, Subject: subject, Summary: a.Summary, Advice: a.Advice, Runbook: a.Runbook,
		Figure: a.Figure, Unit: a.Unit, Value: alertjson.Number(a.Value), Peak: alertjson.Number(a.Peak),
		Limit: alertjson.Number(a.Limit), Usual: alertjson.Number(a.Usual), AsOf: alertjson.Time(a.AsOf),
		Drill: a.Drill, Muted: MuteJSON(a.Mute), Acknowledged: AckJSON(a.Ack),
	}, a.Receivers, a.MutedFor, a.AcknowledgedFor}
}

// MuteJSON returns a mute as JSON; nil for none.
func MuteJSON(m rules.Mute) *alertjson.Mute {
	if m.IsZero() {
		return nil
	}
	return &alertjson.Mute{Kind: string(m.Kind), Until: alertjson.Time(m.Until), By: m.By, Because: m.Because}
}

// AckJSON returns an acknowledgement as JSON; nil for none.
func AckJSON(a rules.Ack) *alertjson.Ack {
	if a.IsZero() {
		return nil
	}
	return &alertjson.Ack{By: a.By, At: alertjson.Time(a.At)}
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
		ID: a.ID, State: a.State, Reason: a.Reason, Why: a.Why, Level: a.Level, Version: a.Version, Since: a.Since, FiredAt: a.FiredAt, EndedAt: a.EndedAt,
		Rule: a.Rule, Project: Named{a.Project, a.Texts.Project}, Subject: Named{a.Subject, a.Texts.Subject},
		Summary: a.Texts.Headline(now), Advice: a.Texts.Advice, Runbook: a.Texts.Runbook, Figure: a.Texts.Figure, Unit: a.Texts.Unit,
		Value: a.ValueAtEnd(), Peak: a.Peak, Limit: a.Limit, Usual: a.Usual, AsOf: a.AsOf,
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
