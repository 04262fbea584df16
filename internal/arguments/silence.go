package arguments

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/words"
	"notewatch/rules/muting"
)

// A Silence holds the flags of silence.
type Silence struct {
	Match   muting.Match
	Length  Length
	From    string
	Until   string
	Because string
}

// Identify returns what the silence matches, by the ID of its alert and the UIDs of its project and device.
func (o Silence) Identify(ctx context.Context, selector lookup.Selector) (muting.Match, error) {
	m := o.Match
	if m.Alert != "" {
		a, err := selector.Desk.Alert(ctx, m.Alert)
		if err != nil {
			return m, err
		}
		m.Alert = a.ID
	}
	return selector.Identify(ctx, m)
}

// Silence returns the silence that the flags describe.
func (o Silence) Silence(now time.Time, by string) (muting.Silence, error) {
	s := muting.Silence{
		ID: bot.NewSilenceID(), Match: o.Match, Start: now, By: by, Because: strings.TrimSpace(o.Because),
	}
	var err error
	switch {
	case o.Match == muting.Match{}:
		err = errors.New("this would silence everything: give --rule, --project, --device or --alert")
	case s.Because == "":
		err = errors.New("missing --because: give a reason for the others on call")
	case (o.Length == 0) == (o.Until == ""):
		err = errors.New("give --for or --until, one of them")
	case o.Until == UntilOver && o.Match.Alert == "":
		err = errors.New("--until over works only with --alert")
	case o.From != "":
		s.Start, err = words.Instant(o.From, now)
	}
	if err == nil && s.Start.Before(now) {
		err = fmt.Errorf("--from %q is in the past: leave it out to begin now", o.From)
	}
	if err == nil {
		s.End, err = o.end(s.Start)
	}
	return s, err
}

// end returns the end of a silence that begins at start; the zero time means the end of its alert.
func (o Silence) end(start time.Time) (time.Time, error) {
	switch o.Until {
	case "":
		return start.Add(time.Duration(o.Length)), nil
	case UntilOver:
		return time.Time{}, nil
	}
	end, err := words.Instant(o.Until, start)
	switch {
	case err != nil || end.After(start):
		return end, err
	case o.From != "":
		return end, fmt.Errorf("--until %q is not after --from %q", o.Until, o.From)
	}
	return end, fmt.Errorf("--until %q is in the past", o.Until)
}

// UntilOver is the end of a silence that lasts as long as its alert.
const UntilOver = "over"
