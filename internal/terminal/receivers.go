package terminal

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/delivery"
	"notewatch/internal/dispatch"
	"notewatch/internal/lookup"
	"notewatch/internal/words"
)

// lateAfter is how long work may be overdue before the output asks whether notewatch run is running.
const lateAfter = 2 * time.Minute

// showingText describes in one sentence what a receiver shows. A waiting delivery has waited since the time since.
func showingText(s lookup.Showing, since, now time.Time) string {
	said := words.Sentence(string(s.State), s.Why)
	switch s.State {
	case delivery.Delivered:
		said = shows(s)
	case delivery.Waiting:
		said = "waiting since " + words.Time(since) + " (" + words.Duration(now.Sub(since)) + ")" + NextTry(s, now)
		said = words.Sentence(said, s.Why)
	case delivery.Removed:
		said = "no longer in the rules file"
	}
	if s.InPlaceOf != "" {
		said += ", as fallback for " + s.InPlaceOf
	}
	switch {
	case s.Shows == "" || s.State == delivery.Delivered:
	case s.State == delivery.Removed:
		said += "; it " + shows(s)
	default:
		said += "; meanwhile it " + shows(s)
	}
	return said
}

func shows(s lookup.Showing) string {
	if s.Shows == lookup.ShowsEnded {
		return "shows that it has ended"
	}
	return "shows it as " + s.Shows
}

// NextTry returns when a waiting delivery is tried next.
func NextTry(s lookup.Showing, now time.Time) string {
	switch {
	case s.Next.IsZero():
		return ""
	case now.Sub(s.Next) > lateAfter:
		return ", due for " + words.Duration(now.Sub(s.Next)) + ": is notewatch run running?"
	case s.Next.After(now):
		return ", next try in " + words.Duration(s.Next.Sub(now))
	}
	return ", due now"
}

// summarize lists receivers by state: "team, log; waiting: on-call".
func summarize(all []lookup.Showing) string {
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

// Results prints the results of a dispatch.
func Results(s Screen, results []dispatch.Result, now time.Time) error {
	t := &table{columns: columns("RECEIVER~", "RESULT", "TOOK", "DETAIL")}
	for _, r := range results {
		took := "-"
		if words.Known(r.Seconds) {
			took = seconds(r.Seconds)
		}
		t.add(r.Receiver, string(r.State), took, resultDetail(r, now))
	}
	return t.print(s)
}

// resultDetail returns why a receiver does not show an alert, and the number of attempts.
func resultDetail(r dispatch.Result, now time.Time) string {
	said := r.Why
	if r.State == delivery.Waiting {
		said = words.Sentence("not yet"+NextTry(r.Showing, now), r.Why)
	}
	if r.InPlaceOf != "" {
		said = words.Sentence("as fallback for "+r.InPlaceOf, said)
	}
	if r.Attempts > 1 {
		said = words.Sentence(words.Count(r.Attempts, "attempt"), said)
	}
	return said
}
