package silences

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/lookup"
	"notewatch/internal/selection"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// A Silence is a silence or a mute window of the rules file.
type Silence struct {
	Kind     rules.Muter     `json:"kind"` // rules.BySilence or rules.ByWindow
	ID       string          `json:"id,omitempty"`
	Match    selection.Match `json:"match"`
	On       bool            `json:"on"`
	Start    time.Time       `json:"start,omitzero"`
	End      time.Time       `json:"end,omitzero"`        // zero: a closed window, or a silence that ends with its alert
	Schedule string          `json:"schedule,omitempty"`  // of a window: "Sat, Sun 22:00–06:00 Europe/Berlin"
	For      []string        `json:"receivers,omitempty"` // of a window: receivers that hold what it matches, which is then not muted
	By       string          `json:"by,omitempty"`
	Because  string          `json:"because"`
	EndedAt  time.Time       `json:"ended_at,omitzero"` // of a silence that someone ended
	EndedBy  string          `json:"ended_by,omitempty"`
}

// List returns the active silences, then the mute windows, with the names that the rules file and the store know.
func List(ctx context.Context, reader *lookup.Reader) ([]Silence, error) {
	active, _, err := reader.Store().Silences(ctx, reader.Now())
	if err != nil {
		return nil, err
	}
	selector, err := selection.NewSelector(ctx, reader)
	if err != nil {
		return nil, err
	}
	reader = selector.Reader
	all := make([]Silence, 0, len(active)+len(reader.Config().Windows))
	for _, s := range active {
		silence, err := Of(ctx, reader, s)
		if err != nil {
			return nil, err
		}
		all = append(all, silence)
	}
	for _, w := range reader.Config().Windows {
		window := Window(w, reader.Now())
		if window.Match, err = selection.Name(ctx, reader, w.Match); err != nil {
			return nil, err
		}
		all = append(all, window)
	}
	return all, nil
}

// Of returns a silence in its current state, with the names of what it matches.
func Of(ctx context.Context, reader *lookup.Reader, s muting.Silence) (Silence, error) {
	match, err := selection.Name(ctx, reader, s.Match)
	now := reader.Now()
	return Silence{
		Kind: rules.BySilence, ID: s.ID, Match: match, On: !now.Before(s.Start) && (s.EndedAt.IsZero() || now.Before(s.EndedAt)),
		Start: s.Start, End: s.End, By: s.By, Because: s.Because, EndedAt: s.EndedAt, EndedBy: s.EndedBy,
	}, err
}

// ByID returns a silence by its ID, in its current state, with the names of what it matches.
func ByID(ctx context.Context, reader *lookup.Reader, id string) (Silence, error) {
	s, err := reader.Silence(ctx, id)
	if err != nil {
		return Silence{}, err
	}
	selector, err := selection.NewSelector(ctx, reader)
	if err != nil {
		return Silence{}, err
	}
	return Of(ctx, selector.Reader, s)
}

// Window returns a mute window in its state at an instant, without the names of what it matches.
func Window(w muting.Window, now time.Time) Silence {
	s := Silence{
		Kind: rules.ByWindow, Match: selection.Of(w.Match),
		Schedule: Schedule(w), For: w.Receivers, Because: w.Because,
	}
	if s.End, s.On = w.Open(now); !s.On {
		s.Start, s.End = w.Next(now).UTC(), time.Time{}
	}
	s.End = s.End.UTC()
	return s
}

// Schedule returns when a window opens and closes: "Sat, Sun 22:00–06:00 Europe/Berlin". Without a zone it is UTC.
func Schedule(w muting.Window) string {
	var days []string
	for _, day := range w.Days {
		days = append(days, day.String()[:3])
	}
	parts := []string{cmp.Or(strings.Join(days, ", "), "every day")}
	if w.From != 0 || w.To != 0 {
		parts = append(parts, clockTime(w.From)+"–"+clockTime(w.To))
	}
	if w.Zone != nil && w.Zone != time.UTC {
		parts = append(parts, w.Zone.String())
	}
	return strings.Join(parts, " ")
}

// clockTime returns a length of time since midnight as a time of day.
func clockTime(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}
