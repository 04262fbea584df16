package terminal

import (
	"cmp"
	"fmt"
	"strings"

	"notewatch/internal/deliver"
	"notewatch/internal/explain"
	"notewatch/internal/lookup"
	"notewatch/internal/words"
	"notewatch/rules"
)

// Explanation prints why a rule fires, or why not.
func Explanation(s Screen, explanation explain.Explanation) error {
	e := explanationText{explanation}
	if err := s.say(bold, e.title()); err != nil {
		return err
	}
	from := lookup.Source{AsOf: e.PolledAt, Failures: e.Failures, Failure: e.Failure, Truncated: e.Truncated}
	if err := printSource(s, from, nil, e.Now); err != nil {
		return err
	}
	lines := []string{e.past(), e.result(), e.figures(), e.alert()}
	for _, h := range e.TooShort {
		lines = append(lines, fmt.Sprintf("%s: true for %s of the required %s.",
			h.Level, words.Duration(h.For), words.Duration(h.Need)))
	}
	for _, line := range append(lines, e.muted()) {
		if line == "" {
			continue
		}
		if err := s.say(plain, line); err != nil {
			return err
		}
	}
	if err := s.blank(); err != nil {
		return err
	}
	return e.table().print(s)
}

// An explanationText formats an explanation.
type explanationText struct{ explain.Explanation }

func (e explanationText) title() string {
	if e.Each == rules.EachProject || e.Each == rules.EachOrganization {
		return e.Rule + " · " + e.Project.Name + " (" + string(e.Each) + ")"
	}
	return e.Rule + " · " + cmp.Or(e.Subject.Name, e.Subject.UID) + " (" + string(e.Each) + " in " + e.Project.Name + ")"
}

// day returns the day that the values are about.
func (e explanationText) day() rules.Day {
	if e.Past {
		return rules.DayOf(e.Time.Add(-1))
	}
	return rules.DayOf(e.Time)
}

// past describes what is explained if it is the past; "" otherwise.
func (e explanationText) past() string {
	if !e.Past {
		return ""
	}
	return "As of the end of " + e.Time.Add(-1).UTC().Format("Mon 2 Jan 2006") + " (UTC), with the data known now. " +
		"What has no history is no data, such as the state of a device."
}

// result describes the result of the rule.
func (e explanationText) result() string {
	switch {
	case e.Error != "":
		return words.Sentence("The rule cannot be evaluated", e.Error)
	case e.Selected == rules.False:
		return "The rule does not apply: its where condition is false."
	case e.Least == rules.Inactive && e.Most != e.Least:
		return "Not enough data: it may or may not be true, at most at level " + e.Most.String() + "."
	case e.Least != e.Most:
		return fmt.Sprintf("Level reached: %s. There is not enough data to rule out %s.", e.Least, e.Most)
	case e.Least == rules.Inactive:
		return "No level is reached."
	}
	return "Level reached: " + e.Least.String() + "."
}

// figures returns the value that the rule shows, its limit and its usual value; "" if the rule shows no figure.
func (e explanationText) figures() string {
	if e.Figure == "" {
		return ""
	}
	facts := []string{e.Figure + " " + words.Figure(e.Value, e.Unit)}
	if words.Known(e.Limit) {
		facts = append(facts, "limit "+words.Figure(e.Limit, e.Unit))
	}
	if words.Known(e.Usual) {
		facts = append(facts, rules.UsualName(e.Figure, e.day())+" "+words.Figure(e.Usual, e.Unit))
	}
	return strings.Join(facts, " · ")
}

// alert describes the alert of the rule, and its end.
func (e explanationText) alert() string {
	switch {
	case e.Past:
		return ""
	case e.Alert != nil && e.Alert.State == rules.Firing:
		return "Alert " + e.Alert.ID + " is firing at level " + e.Alert.Level.String() + ", since " + words.Time(e.Alert.Since) + ". " + e.Ending
	case e.Alert != nil:
		return "Alert " + e.Alert.ID + " is pending, since " + words.Time(e.Alert.Since) + "."
	case e.Ended == nil:
		return "No open alert."
	}
	ended := "Alert " + e.Ended.ID + " ended at " + words.Time(e.Ended.EndedAt)
	if e.Ended.Why != "" {
		ended += " (" + e.Ended.Why + ")"
	}
	return ended + ". This is the current result of its rule."
}

// muted returns why no notifications are sent.
func (e explanationText) muted() string {
	why := deliver.MuteText(e.Mute)
	switch {
	case why == "":
		return ""
	case e.Alert != nil && e.Alert.State == rules.Firing:
		return "No notifications: " + why + "."
	}
	return "No notifications if it fired now: " + why + "."
}

// table returns a row for each condition and each of its parts.
func (e explanationText) table() *table {
	t := &table{columns: columns("CONDITION", "RESULT", "WITH VALUES")}
	for _, c := range e.Conditions {
		addPart(t, c.Field, "", c.Part)
		if c.Omitted > 0 {
			t.add("", "", fmt.Sprintf("… and %d more parts", c.Omitted))
		}
	}
	return t
}

// operators describe how parts are joined.
var operators = map[string]string{
	"and": "all of these", "or": "any of these", "not": "not this", "?:": "if, then, else", "??": "the first of these with data",
}

// addPart adds rows for a part of a condition, each step down marked by a dot.
func addPart(t *table, field, indent string, p explain.Part) {
	text := p.Filled
	if len(p.Parts) > 0 {
		text = operators[p.Operator]
	}
	if p.Name != "" {
		text = p.Name + ": " + text
	}
	t.add(field, p.Truth.String(), indent+text)
	for _, let := range p.Lets {
		t.add("", "", indent+"  with "+let.Name+": "+let.Filled)
	}
	for _, part := range p.Parts {
		addPart(t, "", indent+"· ", part)
	}
}
