package grammar

import (
	"strings"
	"time"

	"notewatch/internal/words"
)

// A SilenceOrder is the content of a silence command.
type SilenceOrder struct {
	Alert, Rule, Project, Device string
	Everything                   bool
	Over                         bool      // until the alert ends
	Until                        time.Time // otherwise the end
	Because                      string
}

// ParseSilence reads ALERT|rule R|project P|device D … for 2h|until "2026-06-15 14:00" because …
func ParseSilence(l Line, now time.Time) (o SilenceOrder, err error) {
	parts, err := silenceParts(l.Rest)
	if err != nil {
		return o, err
	}
	_, o.Everything = parts["everything"]
	o.Alert, o.Rule, o.Project, o.Device = parts["alert"], parts["rule"], parts["project"], parts["device"]
	o.Because = l.Reason
	named := o.Alert+o.Rule+o.Project+o.Device != ""
	switch {
	case !named && !o.Everything:
		return o, MistakeError("Silence what? Name an alert, a rule, a project or a device, or write everything.")
	case named && o.Everything:
		return o, MistakeError("Give either everything, or a rule, project, device or alert.")
	case o.Because == "":
		return o, MistakeError("Add a reason at the end, such as: because planned maintenance")
	}
	return o, o.readEnd(parts, now)
}

// readEnd reads the end of the silence.
func (o *SilenceOrder) readEnd(parts map[string]string, now time.Time) (err error) {
	length, lasts := parts["for"]
	end, ends := parts["until"]
	switch {
	case lasts == ends:
		return MistakeError("Before because, give a duration, such as for 2h, or an end, such as until 14:00 (UTC).")
	case lasts:
		var d time.Duration
		if d, err = parseLength(length); err == nil {
			o.Until = now.Add(d)
		}
		return err
	case strings.EqualFold(end, "over") || strings.EqualFold(end, "it is over"):
		if o.Over = true; o.Alert == "" {
			return MistakeError("until over works only for an alert.")
		}
		return nil
	}
	o.Until, err = words.Instant(end, now)
	switch {
	case err != nil:
		return unreadable(err)
	case !o.Until.After(now):
		return MistakeError(Quote(end) + " is in the past: it is now " + now.UTC().Format("2006-01-02 15:04") + " UTC.")
	case o.Until.Sub(now) > maxLength:
		return MistakeError(Quote(end) + " is too far away: a silence lasts at most a year.")
	}
	return nil
}

// silenceParts returns the text after each word of a silence command. What comes before these words names an alert.
func silenceParts(tokens []Token) (map[string]string, error) {
	texts := map[string][]Token{}
	key := "alert"
	for _, t := range tokens {
		switch {
		case t.Is("fleet"):
			return nil, MistakeError("A fleet cannot be silenced. Silence its devices or the project.")
		case t.Is("alert", "rule", "project", "device", "for", "until", "everything"):
			if key = t.Word(); texts[key] != nil {
				return nil, MistakeError(key + " is given twice.")
			}
			texts[key] = []Token{}
		default:
			texts[key] = append(texts[key], t)
		}
	}
	parts := map[string]string{}
	for key, tokens := range texts {
		parts[key] = Joined(tokens)
		if (parts[key] == "") != (key == "everything") {
			return nil, MistakeError("What " + key + "? Nothing that fits follows the word.")
		}
	}
	return parts, nil
}

// unreadable makes a sentence of an error of package words or lookup.
func unreadable(err error) MistakeError {
	text := err.Error()
	return MistakeError(strings.ToUpper(text[:1]) + text[1:] + ".")
}

// maxLength is the longest duration of a silence.
const maxLength = 366 * 24 * time.Hour

// parseLength reads the duration of a silence.
func parseLength(text string) (time.Duration, error) {
	length, err := words.Length(text)
	switch {
	case err != nil:
		return 0, unreadable(err)
	case length > maxLength:
		return 0, MistakeError(Quote(text) + " is too long: a silence lasts at most a year.")
	}
	return length, nil
}
