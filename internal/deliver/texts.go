package deliver

import (
	"regexp"
	"time"

	"notewatch/internal/words"
	"notewatch/rules"
)

// withID is how those are written down whose ID a chat has told: what they are called, which they may change, and the ID.
var withID = regexp.MustCompile(`^(.+) \([UW][A-Z0-9]+\)$`)

// Name returns what somebody is called, to be shown to people: "amy" of "amy (U0123456789)". Any other text stays as it is.
func Name(by string) string {
	if found := withID.FindStringSubmatch(by); found != nil {
		return found[1]
	}
	return by
}

// MuteText says why people are not told: "silenced until Mon 15 Jun 14:00 UTC by amy: maintenance". It is "" if they are.
func MuteText(m rules.Mute) string {
	if m.Kind == rules.BySilence {
		m.By = Name(m.By)
	}
	return MuteRecord(m)
}

// MuteRecord is MuteText for the record: it tells people of the same name apart.
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
			until = " until it is over"
		}
		return "silenced" + until + " by " + m.By + because
	case rules.ByWindow:
		return "muted" + until + because
	case rules.ByUnless:
		return "muted while " + m.By + " fires"
	case rules.ByShadow:
		return "the rule is on trial (shadow): nobody is told"
	}
	return ""
}

// WhenText says until when a silence lasts, "until Mon 15 Jun 14:00 UTC (2 h)", and when it begins if that is later than now.
func WhenText(s rules.Silence, now time.Time) string {
	from := ""
	if s.Start.After(now) {
		from, now = "from "+words.Time(s.Start)+" ", s.Start
	}
	if s.End.IsZero() {
		return from + "until it is over"
	}
	return from + "until " + words.Time(s.End) + " (" + words.Duration(s.End.Sub(now)) + ")"
}

// AckText says who has taken an alert on: "amy at Mon 15 Jun 13:02 UTC". It is "" if nobody has.
func AckText(a rules.Ack) string {
	a.By = Name(a.By)
	return AckRecord(a)
}

// AckRecord is AckText for the record: it tells people of the same name apart.
func AckRecord(a rules.Ack) string {
	if a == (rules.Ack{}) {
		return ""
	}
	return a.By + " at " + words.Time(a.At)
}
