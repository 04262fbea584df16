package terminal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"notewatch/internal/demo"
	"notewatch/internal/incident"
	"notewatch/internal/words"
)

// Demo prints the result of a demo that sent requests to Notehub.
func Demo(s Screen, summary demo.Summary, requests int) error {
	text := fmt.Sprintf("End of the demo: %s to Notehub, %s still firing.", words.Count(requests, "request"), words.Count(summary.Firing, "alert"))
	if err := errors.Join(s.blank(), s.Say(text), s.blank()); err != nil {
		return err
	}
	t := &table{columns: columns("RECEIVER~", "MESSAGES", "FIRED", "ESCALATED", "REMINDED", "UPDATED=", "ENDED", "REPORTS=", "DUPLICATES=", "NOT DELIVERED=")}
	for _, r := range summary.Receivers {
		cells := []string{r.Receiver}
		for _, n := range []int{r.Messages, r.Fired, r.Escalated, r.Reminded, r.Updated, r.Ended, r.Reports, r.Duplicates, r.NotDelivered} {
			cells = append(cells, strconv.Itoa(n))
		}
		t.add(cells...)
	}
	return errors.Join(t.print(s), s.Say("The columns after MESSAGES count alerts; a message may show several."))
}

// Invitation prints commands to try on the database of a demo.
func Invitation(s Screen, lines []string) error {
	_, err := fmt.Fprintf(s.W, "\nThe database is kept; its clock stopped at the end of the demo. To query it, type:\n\n  %s\n", strings.Join(lines, "\n  "))
	return err
}

// Opening prints what a demo is about to play.
func Opening(s Screen, story demo.Story) error {
	var problems []error
	for line := range strings.Lines(story.Opening) {
		problems = append(problems, s.Say(line))
	}
	return errors.Join(append(problems, s.blank())...)
}

// Incidents prints the incidents that the demo can play.
func Incidents(s Screen, all []incident.Incident) error {
	t := &table{columns: columns("INCIDENT", "RULE=", "WHAT HAPPENS")}
	for _, i := range all {
		t.add(i.Name, i.Rule, i.Story)
	}
	return t.print(s)
}
