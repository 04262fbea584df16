package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/deliver"
	"notewatch/internal/delivery"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/rules"
)

// A story is all that happened to an alert.
type story struct {
	Alert  alertView `json:"alert"`
	Events []event   `json:"events"`
	alert  rules.Alert
}

// An event is a change of an alert, or an attempt to tell a receiver of it.
type event struct {
	At      time.Time `json:"at"`
	Event   string    `json:"event"`
	Version int64     `json:"version"`

	State string     `json:"state,omitempty"`
	Level string     `json:"level,omitempty"`
	Value *float64   `json:"value,omitempty"`
	Mute  rules.Mute `json:"mute,omitzero"`
	Ack   rules.Ack  `json:"ack,omitzero"`
	By    string     `json:"by,omitempty"`
	Why   string     `json:"why,omitempty"`

	*attempt
}

// An attempt is an attempt to tell a receiver.
type attempt struct {
	Receiver string   `json:"receiver"`
	Message  string   `json:"message"`
	Status   string   `json:"status"`
	Error    string   `json:"error,omitempty"`
	Seconds  *float64 `json:"seconds,omitempty"`
}

// tell prints the story of one alert.
func (q historyQuery) tell(c *cobra.Command, db opened, id string) error {
	s := screenOf(c.OutOrStdout())
	story, err := readStory(c, db, id)
	if err != nil {
		return err
	}
	if q.json {
		return writeJSON(s.w, story)
	}
	return story.print(s, db.clock.Now())
}

func readStory(c *cobra.Command, db opened, id string) (*story, error) {
	ctx := c.Context()
	a, err := alertOf(ctx, db.Store, id)
	if err != nil {
		return nil, err
	}
	if a.Open() {
		if a, err = alertDesk(c, db).UpdateValue(ctx, a); err != nil {
			return nil, err
		}
	}
	transitions, err := db.Transitions(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	attempts, err := db.Attempts(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	receivers, err := readShowings(ctx, db.Store, a.ID)
	if err != nil {
		return nil, err
	}
	return &story{Alert: viewOf(a, db.clock.Now(), receivers), Events: eventsOf(transitions, attempts), alert: a}, nil
}

// eventsOf puts changes and attempts in order. What was sent comes after what it tells.
func eventsOf(transitions []store.Transition, attempts []store.Attempt) []event {
	events := make([]event, 0, len(transitions)+len(attempts))
	for _, t := range transitions {
		events = append(events, event{
			At: t.At, Event: string(t.Reason), Version: t.Version, State: string(t.State), Level: t.Level.String(),
			Value: figure(t.Value), Mute: t.Mute, Ack: t.Ack, By: t.By, Why: t.Why,
		})
	}
	for _, a := range attempts {
		e := event{At: a.Started, Event: "sent", attempt: &attempt{
			Receiver: a.Receiver, Message: a.Message, Status: string(a.Status), Error: a.Error,
		}}
		for _, version := range a.Versions {
			e.Version = version
		}
		if !a.Ended.IsZero() {
			e.Seconds = figure(a.Ended.Sub(a.Started).Seconds())
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.At.Compare(b.At) })
	return events
}

func (t *story) print(s screen, now time.Time) error {
	if err := t.head(s, now); err != nil {
		return err
	}
	events := &table{columns: columns("TIME (UTC)", "EVENT~", "LEVEL=", "DETAIL")}
	for _, e := range t.Events {
		if e.attempt != nil {
			events.add(moment(e.At), "→ "+e.Receiver, "", e.outcome())
			continue
		}
		detail := eventDetail(rules.Event(e.Event), figureText(e.Value, t.Alert.Figure, t.Alert.Unit), e.Mute, e.By, e.Why)
		events.add(moment(e.At), eventWord(rules.Event(e.Event)), e.Level, detail)
	}
	if len(t.Events) == 0 {
		events.add(moment(t.alert.Since), "pending", "-", "nobody is told before it has lasted long enough")
	}
	if err := events.print(s); err != nil {
		return err
	}
	return t.ending(s, now)
}

// head prints what the alert is.
func (t *story) head(s screen, now time.Time) error {
	a := t.Alert
	title := a.ID + "  " + a.state()
	if a.State != string(rules.Pending) {
		title = a.ID + "  " + s.paint(styles[a.Level], a.Level) + "  " + a.state()
	}
	if a.Drill {
		title += "  (a drill)"
	}
	facts := []string{a.Rule, nameOf(a.Project), subjectOf(a.Subject, a.Project), t.lasted(now)}
	if a.Figure != "" {
		facts = append(facts, a.Figure+" "+a.value())
	}
	if a.Why != "" {
		facts = append(facts, a.Why)
	}
	if by := deliver.AckRecord(a.Ack); by != "" {
		facts = append(facts, "taken on by "+by)
	}
	lines := []string{title}
	for _, line := range s.lines(tidy(a.Summary)) {
		lines = append(lines, s.paint(bold, line))
	}
	lines = append(lines, s.lines(tidy(strings.Join(facts, " · ")))...)
	_, err := io.WriteString(s.w, strings.Join(lines, "\n")+"\n\n")
	return err
}

// lasted says since when the alert has lasted, and how long.
func (t *story) lasted(now time.Time) string {
	since := "since " + words.Time(t.alert.Since)
	if t.alert.EndedAt.IsZero() {
		return since + " (" + words.Duration(now.Sub(t.alert.Since)) + ")"
	}
	return since + ", lasted " + words.Duration(t.alert.EndedAt.Sub(t.alert.Since))
}

// ending prints what each receiver shows now, and what can be done about those that do not.
func (t *story) ending(s screen, now time.Time) error {
	if len(t.Alert.Receivers) == 0 {
		_, err := io.WriteString(s.w, "\nNo receiver has been told, or is to be.\n")
		return err
	}
	table := &table{columns: columns("RECEIVER~", "NOW")}
	gaveUp := false
	for _, r := range t.Alert.Receivers {
		table.add(r.Receiver, r.text(t.alert.ChangedAt, now))
		gaveUp = gaveUp || r.State == delivery.GivenUp
	}
	if _, err := io.WriteString(s.w, "\n"); err != nil {
		return err
	}
	if err := table.print(s); err != nil || !gaveUp {
		return err
	}
	_, err := fmt.Fprintf(s.w, "\nOnce what is wrong is mended: notewatch redeliver %s\n", t.Alert.ID)
	return err
}

// outcome says how an attempt ended.
func (a *attempt) outcome() string {
	took := ""
	if a.Seconds != nil && *a.Seconds > 0 {
		took = " after " + seconds(*a.Seconds)
	}
	switch store.AttemptStatus(a.Status) {
	case store.Posted:
		return "sent" + took
	case store.Skipped:
		return "not sent: " + notify.ErrSkipped.Error()
	case store.Retrying:
		return sentence("not taken"+took+", to be tried again", a.Error)
	case store.GivenUp:
		return sentence("not taken"+took+", given up", a.Error)
	case store.NotMade:
		return "not tried: the turn ended before it"
	case store.CutOff:
		return "cut off: it may have been sent or not"
	}
	return "being sent"
}

// seconds is a short length of time for people.
func seconds(x float64) string {
	if x < 1 {
		return fmt.Sprintf("%.0f ms", x*1000)
	}
	return fmt.Sprintf("%.1f s", x)
}
