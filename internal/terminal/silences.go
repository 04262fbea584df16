package terminal

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/deliver"
	"notewatch/internal/lookup"
	"notewatch/internal/selection"
	"notewatch/internal/silences"
	"notewatch/internal/words"
	"notewatch/rules"
	"notewatch/rules/muting"
)

// Silences prints silences and mute windows.
func Silences(s Screen, all []silences.Silence) error {
	t := &table{columns: columns("ID", "STATE=", "WHEN (UTC)", "WHAT", "BY_", "BECAUSE_")}
	for _, silence := range all {
		state, by := "off", silence.By
		if silence.On {
			state = "on"
		}
		if silence.Kind == rules.ByWindow {
			by = "rules file, " + silence.Schedule
		}
		t.add(cmp.Or(silence.ID, "-"), state, whenText(silence), coveredText(silence), by, silence.Because)
	}
	return t.print(s)
}

// coveredText describes what a silence matches, and the receivers that a mute window is for.
func coveredText(s silences.Silence) string {
	parts := []string{MatchText(s.Match)}
	for _, receiver := range s.For {
		parts = append(parts, "receiver "+receiver)
	}
	return strings.TrimPrefix(strings.Join(parts, ", "), ", ")
}

// whenText returns the end of a silence, or its start if it is not active yet.
func whenText(s silences.Silence) string {
	switch {
	case s.On && s.End.IsZero() && s.Kind == rules.BySilence:
		return "until the alert ends"
	case s.On:
		return "until " + minute(s.End)
	case !s.End.IsZero():
		return "from " + minute(s.Start) + " until " + minute(s.End)
	}
	return "from " + minute(s.Start)
}

// MatchText describes what a silence matches: "rule data-budget, device sensor-1 (dev:860000099723646)".
func MatchText(m selection.Match) string {
	var parts []string
	for _, part := range []struct{ what, name string }{
		{"alert", m.Alert}, {"rule", m.Rule}, {"project", withUID(m.Project, m.ProjectName)}, {"fleet", withUID(m.Fleet, m.FleetName)},
		{"route", withUID(m.Route, m.RouteName)}, {"device", withUID(m.Device, m.DeviceName)},
	} {
		if part.name != "" {
			parts = append(parts, part.what+" "+part.name)
		}
	}
	return strings.Join(parts, ", ")
}

// withUID returns a name with its UID. Without a name it is the UID, or the text in the rules file.
func withUID(uid, name string) string {
	if name != "" && name != uid {
		return name + " (" + uid + ")"
	}
	return uid
}

// NewSilence prints a new silence, the number of open alerts that it matches, and how it takes effect.
func NewSilence(s Screen, silence muting.Silence, match selection.Match, matches int, now time.Time, applied string) error {
	return errors.Join(
		s.Say(fmt.Sprintf("%s silences %s %s.", silence.ID, MatchText(match), deliver.WhenText(silence, now))),
		s.Say(fmt.Sprintf("It matches %s now. %s. To end it: notewatch unsilence %s", words.Count(matches, "open alert"), applied, silence.ID)),
	)
}

// Acknowledged prints that by acknowledged an alert; if by is "", that its acknowledgement was removed. applied describes what receivers
// show.
func Acknowledged(s Screen, a rules.Alert, by string, changed bool, applied string) error {
	subject, project := lookup.Named{UID: a.Subject, Name: a.Texts.Subject}, lookup.Named{UID: a.Project, Name: a.Texts.Project}
	what := fmt.Sprintf("%s (%s, %s)", a.ID, a.Rule, words.Line(subjectOf(subject, project)))
	switch {
	case !changed && by == "":
		return s.Say(what + " was not acknowledged.")
	case !changed:
		return s.Say(what + " is already acknowledged by " + by + ", since " + words.Time(a.Ack.At) + ".")
	case by == "":
		return s.Say("Removed the acknowledgement of " + what + ". " + applied + ".")
	}
	return s.Say("Acknowledged " + what + " as " + by + ". " + applied + ". To undo: notewatch unack " + a.ID)
}
