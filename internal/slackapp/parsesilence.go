package slackapp

import (
	"regexp"
	"strconv"
	"strings"
	"time"
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
	o.until, err = parseInstant(end, now)
	switch {
	case err != nil:
		return err
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

// lengths matches one number and its unit.
var lengths = regexp.MustCompile(`^(\d{1,5})\s*(minutes?|mins?|m|hours?|h|days?|d|weeks?|w)\s*`)

// maxLength is for how long anything can be silenced at once.
const maxLength = 366 * 24 * time.Hour

// parseLength reads a length of time: 90m, 2h, 1h30m, 3 days, 1w.
func parseLength(text string) (total time.Duration, err error) {
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	rest := strings.ToLower(text)
	for rest != "" {
		found := lengths.FindStringSubmatch(rest)
		if found == nil {
			return 0, mistakeError("I cannot read the length of time " + quote(text) + ": write 90m, 2h, 3d or 1w.")
		}
		n, _ := strconv.Atoi(found[1]) // it is digits
		unit := units[found[2][0]]
		if time.Duration(n) > (maxLength-total)/unit { // which does not overflow
			return 0, mistakeError(quote(text) + " is too long: a silence lasts at most a year.")
		}
		total += time.Duration(n) * unit
		rest = rest[len(found[0]):]
	}
	if total == 0 {
		return 0, mistakeError(quote(text) + " is no time at all: write 90m, 2h, 3d or 1w.")
	}
	return total, nil
}

// parseInstant reads an instant, in UTC unless it says otherwise. A time of day is the next one.
func parseInstant(text string, now time.Time) (time.Time, error) {
	plain := strings.ToUpper(plainDashes.Replace(text))
	plain = strings.TrimSpace(strings.TrimSuffix(plain, "UTC"))
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, plain); err == nil {
			return t.UTC(), nil
		}
	}
	if clock, err := time.Parse("15:04", plain); err == nil {
		year, month, day := now.UTC().Date()
		t := time.Date(year, month, day, clock.Hour(), clock.Minute(), 0, 0, time.UTC)
		if !t.After(now) {
			t = t.AddDate(0, 0, 1)
		}
		return t, nil
	}
	return time.Time{}, mistakeError("I cannot read the time " + quote(text) + `: write 14:00 or "2026-06-15 14:00", in UTC.`)
}
