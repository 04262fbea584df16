package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/words"
	"notewatch/rules"
)

// An explanationText is what people are told of why a rule fires.
type explanationText struct {
	bot.Explanation
	over rules.Alert // that was asked for and has ended
	now  time.Time
}

func (e explanationText) print(s screen) error {
	if err := s.say(bold, e.title()); err != nil {
		return err
	}
	from := source{AsOf: e.PolledAt, Failures: e.Failures, Failure: e.Failure, Truncated: e.Truncated}
	if err := from.print(s, e.now); err != nil {
		return err
	}
	lines := []string{e.verdict(), e.figures(), e.alert()}
	for _, h := range e.Held {
		lines = append(lines, fmt.Sprintf("%s has held for %s, of the %s that it takes.",
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

func (e explanationText) title() string {
	if e.Rule.Spec.Each == rules.EachProject {
		return e.Rule.Spec.Name + " · " + e.Project.Name + ", a project"
	}
	return e.Rule.Spec.Name + " · " + cmp.Or(e.Subject.Name, e.Subject.UID) + ", a device of " + e.Project.Name
}

// verdict says what the rule finds.
func (e explanationText) verdict() string {
	result := e.Result
	switch {
	case e.Err != nil:
		return sentence("The rule cannot be evaluated", e.Err.Error())
	case e.Selected == rules.False:
		return "The rule is not about it: where is false."
	case result.Least != result.Most:
		return fmt.Sprintf("Too little is known: it is between %s and %s.", result.Least, result.Most)
	case result.Least == rules.Inactive:
		return "It does not hold."
	}
	return "It holds: " + result.Least.String() + "."
}

// figures is what the rule shows, against its limit and what is usual; "" if it shows nothing.
func (e explanationText) figures() string {
	if e.Rule.Show == "" {
		return ""
	}
	facts := []string{e.Rule.Show + " " + words.Figure(e.Value, e.Rule.Unit)}
	if rules.Known(e.Rule.Limit) {
		facts = append(facts, "limit "+words.Figure(e.Rule.Limit, e.Rule.Unit))
	}
	if rules.Known(e.Usual) {
		facts = append(facts, "usual day "+words.Figure(e.Usual, e.Rule.Unit))
	}
	return strings.Join(facts, " · ")
}

// alert says what there is of an alert, and when it ends.
func (e explanationText) alert() string {
	since := ", since " + words.Time(e.Alert.Since)
	switch e.Alert.State {
	case rules.Pending:
		return "Alert " + e.Alert.ID + " is pending" + since + "."
	case rules.Firing:
		return "Alert " + e.Alert.ID + " fires as " + e.Alert.Level.String() + since + ". " + e.Ending()
	}
	if e.over.ID != "" {
		ended := "Alert " + e.over.ID + " is over since " + words.Time(e.over.EndedAt)
		if e.over.Why != "" {
			ended += " (" + e.over.Why + ")"
		}
		return ended + "; this is what its rule finds now."
	}
	return "No alert of it is open."
}

// muted says why people are not told.
func (e explanationText) muted() string {
	why := deliver.MuteText(e.Mute)
	switch {
	case why == "":
		return ""
	case e.Alert.State == rules.Firing:
		return "Nobody is told: " + why + "."
	}
	return "Nobody would be told: " + why + "."
}

// table has a row for each condition and each of its parts.
func (e explanationText) table() *table {
	t := &table{columns: columns("CONDITION", "IS", "WITH VALUES")}
	for _, c := range e.Conditions {
		addPart(t, c.Field, "", c.Part)
		if c.Omitted > 0 {
			t.add("", "", fmt.Sprintf("… and %d parts more", c.Omitted))
		}
	}
	return t
}

// operators say how parts make a whole.
var operators = map[string]string{
	"and": "all of these", "or": "any of these", "not": "not this", "?:": "if, then, else", "??": "the first of these that is known",
}

// addPart adds rows for a part of a condition, each step down marked by a dot.
func addPart(t *table, field, indent string, p rules.Part) {
	text := p.Fill(words.Figure)
	if len(p.Parts) > 0 {
		text = operators[p.Operator]
	}
	if p.Name != "" {
		text = p.Name + ": " + text
	}
	t.add(field, p.Truth.String(), indent+text)
	for _, let := range p.Lets {
		t.add("", "", indent+"  where "+let.Name+" is "+let.Fill(words.Figure))
	}
	for _, part := range p.Parts {
		addPart(t, "", indent+"· ", part)
	}
}
