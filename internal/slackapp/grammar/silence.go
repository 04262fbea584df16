package grammar

import (
	"regexp"
	"strings"
	"time"

	"notewatch/internal/silences"
	"notewatch/rules/muting"
)

// ParseSilence reads ALERT|rule R|project P|fleet F|route R|device D|everything … [from 22:00] for 2h|until "2026-06-15 14:00" because …. The silence has no
// ID and no author, and its match has names as they were typed.
func ParseSilence(l Line, now time.Time) (muting.Silence, error) {
	parts, err := silenceParts(l.Rest)
	if err != nil {
		return muting.Silence{}, err
	}
	_, everything := parts["everything"]
	order := silences.Order{
		Match:      muting.Match{Alert: parts["alert"], Rule: parts["rule"], Project: parts["project"], Fleet: parts["fleet"], Route: parts["route"], Subject: parts["device"]},
		Everything: everything, For: parts["for"], From: parts["from"], Until: parts["until"], Because: l.Reason,
	}
	s, err := order.Silence(now)
	switch {
	case err == nil:
		return s, nil
	case order.For+order.Until == "" && endInReason.MatchString(l.Reason):
		return s, unreadable(err) + " Everything after because is the reason."
	}
	return s, unreadable(err)
}

// endInReason matches a reason with an end of the silence in it.
var endInReason = regexp.MustCompile(`\b(for|until) `)

// silenceParts returns the text after each word of a silence command. What comes before these words names an alert.
func silenceParts(tokens []Token) (map[string]string, error) {
	texts := map[string][]Token{}
	key := "alert"
	for _, t := range tokens {
		switch {
		case t.Is("alert", "rule", "project", "fleet", "route", "device", "from", "for", "until", "everything"):
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
