package silences

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/words"
	"notewatch/rules/muting"
)

// Over is the end of a silence that lasts as long as its alert.
const Over = "over"

// maxLength is the maximum duration of a silence.
const maxLength = 366 * 24 * time.Hour

// An Order is a silence as a person orders it, at the terminal or in Slack.
type Order struct {
	Match            muting.Match // by names
	Everything       bool         // it is meant to match all alerts
	For, From, Until string       // as typed; "" is not given
	Because          string
	Prefix           string // of the words for, from, until and so on in errors, such as -- for flags
}

// Silence returns the ordered silence, without ID and author. An error says what is wrong with the order and what to give instead.
func (o Order) Silence(now time.Time) (muting.Silence, error) {
	s := muting.Silence{Match: o.Match, Start: now, Because: strings.TrimSpace(o.Because)}
	if err := o.check(); err != nil {
		return s, err
	}
	var err error
	if o.From != "" {
		if s.Start, err = words.Instant(o.From, now); err == nil && s.Start.Before(now) {
			err = o.errorf("$from %q is in the past: leave it out to begin now", o.From)
		}
	}
	if err != nil {
		return s, err
	}
	if o.For != "" {
		s.End, err = o.after(s.Start)
	} else {
		s.End, err = o.until(s.Start, now)
	}
	return s, err
}

// check returns an error if something is missing, or given twice.
func (o Order) check() error {
	named := o.Match != muting.Match{}
	switch {
	case !named && !o.Everything:
		return o.errorf("nothing to silence: give $alert, $rule, $project, $fleet, $route or $device, or $everything")
	case named && o.Everything:
		return o.errorf("give either $everything, or what to silence")
	case strings.TrimSpace(o.Because) == "":
		return o.errorf("missing $because: give a reason for the others on call")
	case (o.For == "") == (o.Until == ""):
		return o.errorf("give one of $for and $until, such as $for 2h or $until 14:00 (UTC)")
	case o.over() && o.Match.Alert == "":
		return o.errorf("$until over works only with $alert")
	}
	return nil
}

// over reports whether the silence ends with its alert.
func (o Order) over() bool {
	return strings.EqualFold(o.Until, Over) || strings.EqualFold(o.Until, "it is over")
}

// after returns the end of a silence of a duration.
func (o Order) after(start time.Time) (time.Time, error) {
	length, err := words.Length(o.For)
	if err == nil && length > maxLength {
		err = o.errorf("$for %q is too long: a silence lasts at most a year", o.For)
	}
	return start.Add(min(length, maxLength)), err
}

// until returns the end of a silence that is given by its end; the zero time means the end of its alert.
func (o Order) until(start, now time.Time) (time.Time, error) {
	if o.over() {
		return time.Time{}, nil
	}
	end, err := words.Instant(o.Until, start)
	switch {
	case err != nil:
	case !end.After(start) && o.From != "":
		err = o.errorf("$until %q is not after $from %q", o.Until, o.From)
	case !end.After(start):
		err = o.errorf("$until %q is in the past: it is now %s", o.Until, words.Time(now))
	case end.Sub(start) > maxLength:
		err = o.errorf("$until %q is too far away: a silence lasts at most a year", o.Until)
	}
	return end, err
}

// errorf returns an error in which the prefix of the order replaces each $.
func (o Order) errorf(format string, args ...any) error {
	if len(args) == 0 {
		return errors.New(strings.ReplaceAll(format, "$", o.Prefix))
	}
	return fmt.Errorf(strings.ReplaceAll(format, "$", o.Prefix), args...)
}
