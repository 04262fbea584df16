package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/internal/deliver"
	"notewatch/internal/store"
	"notewatch/notify"
	"notewatch/rules"
)

// A showing is what one receiver shows of an alert, and why not if it does not.
type showing struct {
	Receiver  string    `json:"receiver"`
	State     string    `json:"state"`             // one of the states below
	Shows     string    `json:"shows,omitempty"`   // the level it shows, or over
	Why       string    `json:"why,omitempty"`     // of what keeps it from showing more: a reason or the last error
	Next      time.Time `json:"next_try,omitzero"` // of one that waits
	InPlaceOf string    `json:"in_place_of,omitempty"`
	Message   string    `json:"message,omitempty"` // ID of the message that shows it
}

// The states of a showing.
const (
	stateTold    = "told"     // shows the newest state
	stateWaits   = "waits"    // is to be told, and will be
	stateGaveUp  = "gave up"  // could not be told, until somebody mends something
	stateHeld    = "held"     // is not told for now
	stateNotTold = "not told" // has nothing to be told of
	stateGone    = "gone"     // is no longer in the rules file
)

// showingOf says what a receiver shows of an alert.
func showingOf(receiver string, d store.Delivery) showing {
	s := showing{Receiver: receiver, InPlaceOf: d.Via, Message: d.Message, Why: cmp.Or(d.Why, d.Error)}
	posted := d.Have > 0 && d.Message != "" && d.Why == ""
	switch {
	case d.Shown > rules.Inactive:
		s.Shows = d.Shown.String()
	case posted:
		s.Shows = "over"
	}
	switch behind := d.Want > d.Have; {
	case d.Closed:
		s.State = stateGone
	case behind && d.Dead:
		s.State = stateGaveUp
	case behind && d.Why != "":
		s.State = stateHeld
	case behind:
		s.State = stateWaits
	case d.Away():
		s.State, s.Why = stateNotTold, deliver.ElsewhereText
	case posted:
		s.State, s.Why = stateTold, ""
	default:
		s.State = stateNotTold
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

// readShowings reads what receivers show of an alert, and when those that wait are tried next.
func readShowings(ctx context.Context, db *store.Store, alert string) ([]showing, error) {
	deliveries, err := db.DeliveriesOf(ctx, alert)
	if err != nil {
		return nil, err
	}
	all := showingsOf(deliveries)
	for i := range all {
		if all[i].State != stateWaits {
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

// text says it in one sentence; what waits has waited since a time.
func (s showing) text(since, now time.Time) string {
	said := ""
	switch s.State {
	case stateTold:
		said = s.shows()
	case stateWaits:
		said = "waits since " + notify.FormatTime(since) + " (" + notify.FormatDuration(now.Sub(since)) + ")" + s.next(now)
		said = sentence(said, s.Why)
	case stateGaveUp:
		said = sentence("gave up", s.Why)
	case stateHeld:
		said = sentence("held back", s.Why)
	case stateNotTold:
		said = sentence("not told", s.Why)
	case stateGone:
		said = "no longer in the rules file"
		if s.Shows != "" {
			said += "; it " + s.shows()
		}
	}
	if s.InPlaceOf != "" {
		said += ", in place of " + s.InPlaceOf
	}
	if s.State != stateTold && s.State != stateGone && s.Shows != "" {
		said += "; meanwhile it " + s.shows()
	}
	return said
}

func (s showing) shows() string {
	if s.Shows == "over" {
		return "shows that it is over"
	}
	return "shows it as " + s.Shows
}

// next says when a receiver that waits is tried next.
func (s showing) next(now time.Time) string {
	switch {
	case s.Next.IsZero():
		return ""
	case now.Sub(s.Next) > lateAfter:
		return ", due for " + notify.FormatDuration(now.Sub(s.Next)) + ": does notewatch run?"
	case s.Next.After(now):
		return ", next try in " + notify.FormatDuration(s.Next.Sub(now))
	}
	return ", due now"
}

func sentence(head, tail string) string {
	if tail == "" {
		return head
	}
	return head + ": " + tail
}

// brief says in a few words who has been told, and who has not: "team, log; on-call waits".
func brief(all []showing) string {
	byState := map[string][]string{}
	for _, s := range all {
		byState[s.State] = append(byState[s.State], s.Receiver)
	}
	var parts []string
	for _, state := range []string{stateTold, stateWaits, stateGaveUp, stateHeld, stateNotTold, stateGone} {
		names := strings.Join(byState[state], ", ")
		switch {
		case names == "":
		case state == stateTold:
			parts = append(parts, names)
		default:
			parts = append(parts, fmt.Sprintf("%s: %s", state, names))
		}
	}
	return cmp.Or(strings.Join(parts, "; "), "-")
}
