package terminal

import (
	"io"
	"strings"

	"notewatch/internal/deliver"
	"notewatch/internal/delivery"
	"notewatch/internal/store/outbox"
	"notewatch/internal/timeline"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/rules"
)

// Story prints the timeline of one alert.
func Story(s Screen, t timeline.Story) error {
	if err := storyHead(s, t); err != nil {
		return err
	}
	events := &table{columns: columns("TIME (UTC)", "EVENT~", "LEVEL=", "DETAIL")}
	for _, e := range t.Events {
		if e.Attempt != nil {
			events.add(moment(e.At), "→ "+e.Receiver, "", outcome(e.Attempt))
			continue
		}
		detail := eventDetail(e.Event, named(t.Alert.Figure, figureText(e.Value, t.Alert.Figure, t.Alert.Unit)), e.Mute, e.By, e.Why)
		events.add(moment(e.At), eventWord(e.Event), e.Level, detail)
	}
	if len(t.Events) == 0 {
		events.add(moment(t.Alert.Since), "pending", "-", "no notifications until it has been true for long enough")
	}
	if err := events.print(s); err != nil {
		return err
	}
	return storyEnd(s, t)
}

// storyHead prints a description of the alert.
func storyHead(s Screen, t timeline.Story) error {
	a := t.Alert
	title := a.ID + "  " + stateOf(a)
	if a.State != rules.Pending {
		level := a.Level.String()
		title = a.ID + "  " + s.paint(styles[level], level) + "  " + stateOf(a)
	}
	if a.Drill {
		title += "  (drill)"
	}
	facts := []string{a.Rule, nameOf(a.Project), subjectOf(a.Subject, a.Project), lasted(t)}
	if a.Figure != "" {
		facts = append(facts, a.Figure+" "+valueOf(a))
	}
	if a.Why != "" {
		facts = append(facts, a.Why)
	}
	if by := deliver.AckRecord(a.Ack); by != "" {
		facts = append(facts, "acknowledged by "+by)
	}
	lines := []string{title}
	for _, line := range s.lines(words.Line(a.Summary)) {
		lines = append(lines, s.paint(bold, line))
	}
	lines = append(lines, s.lines(words.Line(strings.Join(facts, " · ")))...)
	_, err := io.WriteString(s.W, strings.Join(lines, "\n")+"\n\n")
	return err
}

// lasted returns when the alert began, and how long it lasted.
func lasted(t timeline.Story) string {
	since := "since " + words.Time(t.Alert.Since)
	if t.Alert.EndedAt.IsZero() {
		return since + " (" + words.Duration(t.Now.Sub(t.Alert.Since)) + ")"
	}
	return since + ", lasted " + words.Duration(t.Alert.EndedAt.Sub(t.Alert.Since))
}

// storyEnd prints what each receiver shows now, and how to send again what was given up.
func storyEnd(s Screen, t timeline.Story) error {
	if len(t.Alert.Receivers) == 0 {
		_, err := io.WriteString(s.W, "\nNo receiver was notified, and none will be.\n")
		return err
	}
	receivers := &table{columns: columns("RECEIVER~", "NOW")}
	givenUp := false
	for _, r := range t.Alert.Receivers {
		now := showingText(r, t.ChangedAt, t.Now)
		if t.Demo && r.State == delivery.Waiting {
			now = "not sent, because nothing runs on a demo database; it " + shows(r)
		}
		receivers.add(r.Receiver, now)
		givenUp = givenUp || r.State == delivery.GivenUp
	}
	if err := s.blank(); err != nil {
		return err
	}
	if err := receivers.print(s); err != nil || !givenUp {
		return err
	}
	_, err := io.WriteString(s.W, "\nAfter fixing the cause, send it again: notewatch redeliver "+t.Alert.ID+"\n")
	return err
}

// outcome returns the result of an attempt.
func outcome(a *timeline.Attempt) string {
	took := ""
	if a.Seconds > 0 {
		took = " after " + seconds(a.Seconds)
	}
	switch a.Status {
	case outbox.Posted:
		return "sent" + took
	case outbox.Skipped:
		return "skipped: " + notify.ErrSkipped.Error()
	case outbox.Retrying:
		return words.Sentence("failed"+took+", will retry", a.Error)
	case outbox.GivenUp:
		return words.Sentence("failed"+took+", given up", a.Error)
	case outbox.NotMade:
		return "not sent: the delivery run ended before this attempt"
	case outbox.CutOff:
		return "interrupted: it may or may not have been sent"
	}
	return "sending"
}
