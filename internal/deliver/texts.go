package deliver

import (
	"regexp"
	"strings"
	"time"

	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// withID matches the name and user ID of a person in Slack. The ID is stored too because people can change their names.
var withID = regexp.MustCompile(`^(.+) \([UW][A-Z0-9]+\)$`)

// Name returns the name of a person without the user ID: "amy" for "amy (U0123456789)". Any other text is returned unchanged.
func Name(by string) string {
	if found := withID.FindStringSubmatch(by); found != nil {
		return found[1]
	}
	return by
}

// MuteText returns why an alert is muted: "silenced until Mon 15 Jun 14:00 UTC by amy: maintenance". It is "" if the alert is not muted.
func MuteText(m rules.Mute) string {
	if m.Kind == rules.BySilence {
		m.By = Name(m.By)
	}
	return MuteRecord(m)
}

// MuteRecord is MuteText with user IDs, for histories: two people may have the same name.
func MuteRecord(m rules.Mute) string {
	until, because := "", ""
	if !m.Until.IsZero() {
		until = " until " + words.Time(m.Until)
	}
	if m.Because != "" {
		because = ": " + m.Because
	}
	switch m.Kind {
	case rules.BySilence:
		if m.Until.IsZero() {
			until = " until the alert ends"
		}
		return "silenced" + until + " by " + m.By + because
	case rules.ByWindow:
		return "muted" + until + because
	case rules.ByUnless:
		return "muted while " + m.By + " fires"
	case rules.ByShadow:
		return "the rule is in shadow mode: no notifications"
	}
	return ""
}

// WhenText returns the end of a silence, "until Mon 15 Jun 14:00 UTC (2 h)", and its start if that is later than now.
func WhenText(s muting.Silence, now time.Time) string {
	from := ""
	if s.Start.After(now) {
		from, now = "from "+words.Time(s.Start)+" ", s.Start
	}
	if s.End.IsZero() {
		return from + "until the alert ends"
	}
	return from + "until " + words.Time(s.End) + " (" + words.Duration(s.End.Sub(now)) + ")"
}

// AckText returns who acknowledged an alert and when: "amy at Mon 15 Jun 13:02 UTC". It is "" if the alert is not acknowledged.
func AckText(a rules.Ack) string {
	a.By = Name(a.By)
	return AckRecord(a)
}

// AckAge returns how long ago an alert was acknowledged, with the name of the person: "acknowledged 3 d ago by amy". It is "" if the alert is not acknowledged.
func AckAge(a rules.Ack, age time.Duration) string {
	if a == (rules.Ack{}) {
		return ""
	}
	return "acknowledged " + words.Duration(age) + " ago by " + Name(a.By)
}

// MuteAge is MuteText with the age of a silence: "silenced 2 d ago until Mon 15 Jun 14:00 UTC by amy: it is moved". An age of 0 is not known.
func MuteAge(m rules.Mute, age time.Duration) string {
	text := MuteText(m)
	if after, ok := strings.CutPrefix(text, "silenced "); ok && age > 0 {
		return "silenced " + words.Duration(age) + " ago " + after
	}
	return text
}

// AckRecord is AckText with user IDs, for histories: two people may have the same name.
func AckRecord(a rules.Ack) string {
	if a == (rules.Ack{}) {
		return ""
	}
	return a.By + " at " + words.Time(a.At)
}
