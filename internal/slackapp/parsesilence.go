package slackapp

import (
	"errors"
	"strings"
	"time"

	"notewatch/internal/words"
)

// A silenceOrder is what is to be silenced and until when.
type silenceOrder struct {
	alert, rule, project, device string
	everything                   bool
	over                         bool      // until the alert is over
	until                        time.Time // else
	because                      string
}

// parseSilence reads ALERT|rule R|project P|device D … for 2h|until "2026-06-15 14:00" because …
func parseSilence(l line, now time.Time) (o silenceOrder, err error) {
	parts, err := silenceParts(l.rest)
	if err != nil {
		return o, err
	}
	_, o.everything = parts["everything"]
	o.alert, o.rule, o.project, o.device = parts["alert"], parts["rule"], parts["project"], parts["device"]
	o.because = l.reason
	named := o.alert+o.rule+o.project+o.device != ""
	switch {
	case !named && !o.everything:
		return o, mistakeError("Silence what? Name an alert, a rule, a project or a device; or say everything, if that is meant.")
	case named && o.everything:
		return o, mistakeError("Everything, or only what you name?")
	case o.because == "":
		return o, mistakeError("Say why at the end, after because: others will wonder why nobody is told.")
	}
	return o, o.readEnd(parts, now)
}

// readEnd reads until when it is to last.
func (o *silenceOrder) readEnd(parts map[string]string, now time.Time) (err error) {
	length, lasts := parts["for"]
	end, ends := parts["until"]
	switch {
	case lasts == ends:
		return mistakeError("Say before because either for how long, such as for 2h, or until when, such as until 14:00 (UTC).")
	case lasts:
		var d time.Duration
		if d, err = parseLength(length); err == nil {
			o.until = now.Add(d)
		}
		return err
	case strings.EqualFold(end, "over") || strings.EqualFold(end, "it is over"):
		if o.over = true; o.alert == "" {
			return mistakeError("Only an alert can be silenced until it is over.")
		}
		return nil
	}
	o.until, err = words.Instant(end, now)
	switch {
	case err != nil:
		return mistakeError("Cannot read the time " + quote(end) + `: write 14:00, tomorrow 9:00 or "2026-06-15 14:00", in UTC.`)
	case !o.until.After(now):
		return mistakeError(quote(end) + " is over already: it is now " + now.UTC().Format("2006-01-02 15:04") + " UTC.")
	case o.until.Sub(now) > maxLength:
		return mistakeError(quote(end) + " is too far away: a silence lasts at most a year.")
	}
	return nil
}

// silenceParts returns what follows each word of a silence; what comes before them names an alert.
func silenceParts(tokens []token) (map[string]string, error) {
	texts := map[string][]token{}
	key := "alert"
	for _, t := range tokens {
		switch {
		case t.is("fleet"):
			return nil, mistakeError("Alerts are of devices and projects: a fleet cannot be silenced.")
		case t.is("alert", "rule", "project", "device", "for", "until", "everything"):
			if key = t.word(); texts[key] != nil {
				return nil, mistakeError("There are two of " + key + "; a silence has one.")
			}
			texts[key] = []token{}
		default:
			texts[key] = append(texts[key], t)
		}
	}
	parts := map[string]string{}
	for key, tokens := range texts {
		parts[key] = joined(tokens)
		if (parts[key] == "") != (key == "everything") {
			return nil, mistakeError("What " + key + "? Nothing that fits follows the word.")
		}
	}
	return parts, nil
}

// maxLength is for how long anything can be silenced at once.
const maxLength = 366 * 24 * time.Hour

// parseLength reads for how long a silence is to last.
func parseLength(text string) (time.Duration, error) {
	length, err := words.Length(text)
	switch {
	case errors.Is(err, words.ErrNoLength):
		return 0, mistakeError(quote(text) + " is no time at all: write 90m, 2h, 3d or 1w.")
	case err != nil:
		return 0, mistakeError("Cannot read the length of time " + quote(text) + ": write 90m, 2h, 3d or 1w.")
	case length > maxLength:
		return 0, mistakeError(quote(text) + " is too long: a silence lasts at most a year.")
	}
	return length, nil
}
