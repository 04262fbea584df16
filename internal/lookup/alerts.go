package lookup

import (
	"context"
	"fmt"
	"strings"

	"notewatch/internal/config"
	"notewatch/internal/store"
	"notewatch/rules"
)

// KindAlert is the kind in an UnknownError about an alert.
const KindAlert Kind = "alert"

// An AmbiguousAlertError says that the IDs of several alerts begin with a text.
type AmbiguousAlertError struct {
	Text string
	IDs  []string // at most 10
	More int      // how many there are besides
}

// Error lists the candidates.
func (e *AmbiguousAlertError) Error() string {
	text := fmt.Sprintf("several alerts begin with %q: %s", e.Text, strings.Join(e.IDs, ", "))
	if e.More > 0 {
		text += fmt.Sprintf(" and %d more", e.More)
	}
	return text
}

// Alerts returns the alerts that a filter wants, the newest first, and how many there are without its limit.
func (d *Desk) Alerts(ctx context.Context, f store.AlertFilter) (alerts []rules.Alert, count int, err error) {
	if alerts, err = d.Store.Alerts(ctx, f); err != nil {
		return nil, 0, err
	}
	count, err = d.Store.CountAlerts(ctx, f)
	return alerts, count, err
}

// Alert returns the alert of an ID or of the only ID that begins with text, ended or not. Its errors are *UnknownError,
// *AmbiguousAlertError, and those of the store.
func (d *Desk) Alert(ctx context.Context, text string) (rules.Alert, error) {
	text = strings.TrimSpace(text)
	ids, err := d.Store.AlertIDs(ctx)
	if err != nil {
		return rules.Alert{}, err
	}
	var found []string
	for _, id := range ids {
		if id == text {
			found = []string{id}
			break
		}
		if text != "" && hasPrefixFold(id, text) {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 0:
		return rules.Alert{}, &UnknownError{Text: text, Kinds: []Kind{KindAlert}, Nearest: config.Nearest(text, ids)}
	case len(found) > 1:
		listed := found[:min(maxCandidates, len(found))]
		return rules.Alert{}, &AmbiguousAlertError{Text: text, IDs: listed, More: len(found) - len(listed)}
	}
	alerts, err := d.Store.Alerts(ctx, store.AlertFilter{Match: rules.Match{Alert: found[0]}, Limit: 1})
	if err == nil && len(alerts) == 0 { // pruned meanwhile
		err = &UnknownError{Text: text, Kinds: []Kind{KindAlert}}
	}
	if err != nil {
		return rules.Alert{}, err
	}
	return alerts[0], nil
}
