package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
)

// A showing is what one receiver shows of an alert, and why not if it does not.
type showing struct {
	Receiver  string         `json:"receiver"`
	State     delivery.State `json:"state"`
	Shows     string         `json:"shows,omitempty"`   // the level it shows, muted, or ended
	Why       string         `json:"why,omitempty"`     // of what keeps it from showing more: a reason or the last error
	Next      time.Time      `json:"next_try,omitzero"` // of one that is waiting
	InPlaceOf string         `json:"in_place_of,omitempty"`
	Message   string         `json:"message,omitempty"` // ID of the message that shows it
}

// What a receiver shows that is no level.
const (
	showsMuted = "muted" // as firing, but people were not notified
	showsEnd   = "ended"
)

// showingOf says what a receiver shows of an alert.
func showingOf(receiver string, d store.Delivery) showing {
	s := showing{Receiver: receiver, State: d.State, InPlaceOf: d.For, Message: d.Message, Why: cmp.Or(d.Detail, d.Error)}
	switch {
	case d.Display == delivery.DisplayEnded:
		s.Shows = showsEnd
	case d.Shown > rules.Inactive:
		s.Shows = d.Shown.String()
	case d.Display == delivery.DisplayFiring:
		s.Shows = showsMuted
	}
	if d.State == delivery.Delivered {
		s.Why = ""
	}
	return s
}

// showingsOf says what receivers show of an alert, by name.
func showingsOf(deliveries map[string]store.Delivery) []showing {
	all := make([]showing, 0, len(deliveries))
	for _, receiver := range slices.Sorted(maps.Keys(deliveries)) {
		all = append(all, showingOf(receiver, deliveries[receiver]))
	}
	return all
}

// readShowings reads what receivers show of an alert, and when those that are waiting are tried next.
func readShowings(ctx context.Context, db *store.Store, alert string) ([]showing, error) {
	deliveries, err := db.DeliveriesOf(ctx, alert)
	if err != nil {
		return nil, err
	}
	all := showingsOf(deliveries)
	for i := range all {
		if all[i].State != delivery.Waiting {
			continue
		}
		if all[i].Next, _, err = db.NextDue(ctx, store.Receiver, all[i].Receiver); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// lateAfter is how long work may be overdue before somebody should look whether anything runs.
const lateAfter = 2 * time.Minute

// text says it in one sentence; what is waiting has waited since a time.
func (s showing) text(since, now time.Time) string {
	said := sentence(string(s.State), s.Why)
	switch s.State {
	case delivery.Delivered:
		said = s.shows()
	case delivery.Waiting:
		said = "waiting since " + words.Time(since) + " (" + words.Duration(now.Sub(since)) + ")" + s.next(now)
		said = sentence(said, s.Why)
	case delivery.Removed:
		said = "no longer in the rules file"
	}
	if s.InPlaceOf != "" {
		said += ", in place of " + s.InPlaceOf
	}
	switch {
	case s.Shows == "" || s.State == delivery.Delivered:
	case s.State == delivery.Removed:
		said += "; it " + s.shows()
	default:
		said += "; meanwhile it " + s.shows()
	}
	return said
}

func (s showing) shows() string {
	if s.Shows == showsEnd {
		return "shows that it has ended"
	}
	return "shows it as " + s.Shows
}

// next says when a delivery that is waiting is tried next.
func (s showing) next(now time.Time) string {
	switch {
	case s.Next.IsZero():
		return ""
	case now.Sub(s.Next) > lateAfter:
		return ", due for " + words.Duration(now.Sub(s.Next)) + ": does notewatch run?"
	case s.Next.After(now):
		return ", next try in " + words.Duration(s.Next.Sub(now))
	}
	return ", due now"
}

func sentence(head, tail string) string {
	if tail == "" {
		return head
	}
	return head + ": " + tail
}

// brief says in a few words which receivers are in which state: "team, log; waiting: on-call".
func brief(all []showing) string {
	byState := map[delivery.State][]string{}
	for _, s := range all {
		byState[s.State] = append(byState[s.State], s.Receiver)
	}
	var parts []string
	for _, state := range delivery.States() {
		names := strings.Join(byState[state], ", ")
		switch {
		case names == "":
		case state == delivery.Delivered:
			parts = append(parts, names)
		default:
			parts = append(parts, fmt.Sprintf("%s: %s", state, names))
		}
	}
	return cmp.Or(strings.Join(parts, "; "), "-")
}
