package terminal

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/status"
	"notewatch/internal/store"
	"notewatch/internal/store/work"
	"notewatch/internal/words"
)

// Status prints the state of projects, accounts, receivers and alerts.
func Status(s Screen, answer status.Status) error {
	t := statusText{answer}
	if t.Demo {
		if err := errors.Join(s.say(bold, "Demo database, ended at "+words.Time(t.Now)), s.blank()); err != nil {
			return err
		}
	}
	if t.DiskError != "" {
		if err := errors.Join(s.say(bold, "The database cannot be written: "+t.DiskError), s.blank()); err != nil {
			return err
		}
	}
	for _, part := range []*table{t.projects(), t.accounts(), t.receivers(), t.processes()} {
		if len(part.rows) == 0 {
			continue
		}
		if err := part.print(s); err != nil {
			return err
		}
		if err := s.blank(); err != nil {
			return err
		}
	}
	return s.say(plain, t.alerts())
}

// A statusText formats a status.
type statusText struct{ status.Status }

func (t statusText) projects() *table {
	table := &table{columns: columns("PROJECT~", "DEVICES", "POLLED", "NEXT", "STATE_")}
	for _, p := range t.Projects {
		table.add(p.Name, words.Number(p.Devices), t.since(p.PolledAt), t.next(p), t.state(p))
	}
	return table
}

// since returns the age of something.
func (t statusText) since(at time.Time) string {
	switch {
	case at.IsZero():
		return "never"
	case work.Ahead(at, t.Now):
		return "-"
	}
	return ago(t.Now.Sub(at))
}

// until returns when something is due.
func (t statusText) until(at time.Time) string {
	switch {
	case at.IsZero():
		return "-"
	case t.Now.Sub(at) > lateAfter:
		return words.Duration(t.Now.Sub(at)) + " late"
	case at.After(t.Now):
		return "in " + words.Duration(at.Sub(t.Now))
	}
	return "now"
}

// next returns when a project is polled next.
func (t statusText) next(p status.Project) string {
	switch {
	case t.Demo:
		return "-"
	case p.Polling:
		return "now"
	case p.Behind != "":
		return "in " + words.Duration(p.Wait)
	}
	return t.until(p.Next)
}

// state describes the polls of a project.
func (t statusText) state(p status.Project) string {
	var parts []string
	if p.Failures > 0 {
		parts = append(parts, words.Sentence("failed "+times(p.Failures), p.Failure))
	}
	if p.Truncated {
		parts = append(parts, words.Truncated)
	}
	if damaged := words.Damaged(p.Damaged); damaged != "" {
		parts = append(parts, damaged)
	}
	switch {
	case p.Ahead(t.Now):
		parts = append(parts, "polled later than now: the clock was set back; notewatch run polls at once")
	case p.Polling || p.Behind != "":
		parts = append(parts, words.Polling(p.Name, p.Behind, 0))
	case p.Next.IsZero() && p.PolledAt.IsZero():
		parts = append(parts, "never polled")
	case !p.Next.IsZero() && t.Now.Sub(p.Next) > lateAfter:
		parts = append(parts, "is notewatch run running?")
	}
	if len(parts) == 0 {
		return "fine"
	}
	return strings.Join(parts, "; ")
}

func (t statusText) accounts() *table {
	table := &table{columns: columns("ACCOUNT~", "REQUESTS TODAY", "A MINUTE", "POLLS EVERY", "STATE_")}
	for _, a := range t.Accounts {
		state := "fine"
		switch {
		case a.Cause != store.None:
			state = words.Sentence(bot.AccountText(a.Cause, a.Name), bot.NextStep(a.Cause))
		case a.HeldUntil.After(t.Now):
			state = "rate-limited by Notehub until " + words.Time(a.HeldUntil)
		case a.RestoredAt.After(t.Now):
			state = words.ReducedRate(a.Rate, a.PerMinute, a.RestoredAt)
		}
		every := "-"
		if a.Interval > 0 {
			every = words.Duration(a.Interval)
		}
		table.add(a.Name, words.Number(a.Today), words.Figure(a.PerMinute, ""), every, state)
	}
	return table
}

func (t statusText) receivers() *table {
	table := &table{columns: columns("RECEIVER~", "WAITING", "GIVEN UP", "STATE_")}
	for _, r := range t.Receivers {
		table.add(r.Name, strconv.Itoa(r.Waiting), strconv.Itoa(r.GivenUp), t.receiver(r))
	}
	return table
}

// receiver describes the deliveries to a receiver, and that it is outside its hours.
func (t statusText) receiver(r status.Receiver) string {
	switch {
	case r.Waiting > 0:
		return words.Dotted("waiting for "+words.Duration(r.Oldest)+", next try "+t.until(r.Next), r.Hours())
	case r.GivenUp > 0:
		return words.Dotted("deliveries given up: see notewatch history; notewatch redeliver sends them again", r.Hours())
	case r.Outside:
		return r.Hours()
	}
	return "fine"
}

// alerts counts the open alerts, and those of them that are muted or acknowledged.
func (t statusText) alerts() string {
	said, alerts := "No alert is firing", t.Status.Alerts
	if firing := alerts.Firing(); len(firing) > 0 {
		said = "Firing: " + strings.Join(firing, ", ")
	}
	var marked []string
	for _, mark := range []struct {
		n    int
		text string
	}{{alerts.Muted, "muted"}, {alerts.Acknowledged, "acknowledged"}} {
		if mark.n > 0 {
			marked = append(marked, fmt.Sprintf("%d %s", mark.n, mark.text))
		}
	}
	if len(marked) > 0 {
		said += ", of them " + strings.Join(marked, " and ")
	}
	if alerts.Pending > 0 {
		said += fmt.Sprintf(" · %d pending", alerts.Pending)
	}
	if alerts.Silences > 0 {
		said += " · " + words.Count(alerts.Silences, "silence")
	}
	return said + "."
}

func (t statusText) processes() *table {
	table := &table{columns: columns("PROCESS~", "VERSION", "STARTED", "DOING", "STATE_")}
	for _, p := range t.Processes {
		table.add(p.Name, p.Version, t.since(p.Started), doing(p.Holds), t.process(p))
	}
	return table
}

// doing counts the work items that a process has leased.
func doing(held []status.Work) string {
	count := map[work.Kind]int{}
	for _, h := range held {
		count[h.Kind]++
	}
	polls, receivers := count[work.Poll], count[work.Receiver]
	var parts []string
	for _, part := range []struct {
		n    int
		noun string
	}{{polls, "poll"}, {receivers, "receiver"}, {len(held) - polls - receivers, "other"}} {
		if part.n > 0 {
			parts = append(parts, words.Count(part.n, part.noun))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "-")
}

// process describes the state of a process.
func (t statusText) process(p status.Process) string {
	switch {
	case !p.Lives:
		return "stopped, or without access to the database: last seen " + t.since(p.Seen)
	case p.StandsBy:
		return "standing by: its rules are not the active ones"
	}
	return "fine"
}
