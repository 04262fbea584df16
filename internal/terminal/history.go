package terminal

import (
	"cmp"

	"notewatch/internal/deliver"
	"notewatch/internal/timeline"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Changes prints the history of alerts and silences.
func Changes(s Screen, changes []timeline.Change) error {
	t := &table{columns: columns("TIME (UTC)", "ALERT=", "EVENT~", "LEVEL=", "SUBJECT~", "RULE_", "PROJECT_", "DETAIL")}
	for _, c := range changes {
		event := eventWord(c.Event)
		if c.Drill {
			event = "drill " + event
		}
		detail := eventDetail(c.Event, named(c.Figure, figureText(c.Value, c.Figure, c.Unit)), c.Mute, c.By, c.Why)
		if c.Silence != nil {
			detail = silenceDetail(c)
		}
		t.add(moment(c.At), cmp.Or(c.Alert, "-"), event, cmp.Or(c.Level, "-"), subjectOf(c.Subject, c.Project), cmp.Or(c.Rule, "-"),
			nameOf(c.Project), detail)
	}
	return t.print(s)
}

// silenceDetail describes an event of a silence.
func silenceDetail(c timeline.Change) string {
	if c.Event == timeline.Unsilenced {
		return c.Silence.ID + " by " + c.By
	}
	until := "the alert ends"
	if !c.Silence.Until.IsZero() {
		until = words.Time(c.Silence.Until)
	}
	return words.Sentence(c.Silence.ID+" until "+until+" by "+c.By, c.Silence.Because)
}

// eventWord returns the word for an event.
func eventWord(e rules.Event) string {
	switch e {
	case rules.PeriodEnded:
		return "period ended"
	case rules.Deescalated:
		return "de-escalated"
	}
	return string(e)
}

// eventDetail describes an event: the person and the reason if a person caused it, else the value and the reason.
func eventDetail(e rules.Event, value string, mute rules.Mute, by, why string) string {
	switch e {
	case rules.Muted:
		return deliver.MuteRecord(mute)
	case rules.Acknowledged, rules.Unacknowledged, rules.Unmuted, rules.Reported:
		if by == "" {
			return "-"
		}
		return "by " + by
	}
	if mute.Kind != rules.ByNothing {
		value += " · " + deliver.MuteRecord(mute)
	}
	if why != "" {
		value += " · " + why
	}
	return value
}
