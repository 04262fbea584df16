package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/bot"
	"notewatch/internal/lookup"
	"notewatch/internal/store"
	"notewatch/internal/words"
	"notewatch/rules"
)

func newStatus() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Tell how notewatch does: projects, requests, receivers, alerts",
		Long: `Tells when each project was read last and is read next, how many requests to Notehub today (UTC) has taken of each
account, which receivers wait to be told, and how many alerts are open. It reads the database and the rules file only, also
beside notewatch run, asks Notehub nothing and needs no secrets.

--json prints an object with now, demo (whether it is the database of one), database_error (why the database cannot be written; left out if its disk has room), projects (uid, name, account, devices, listed_at, polled_at, next_poll, failures, failure,
truncated, polling, behind: the project that is polled before it), accounts (name, requests_per_minute, requests_today,
interval_seconds: between two polls of each of its projects, current_requests_per_minute: less until reduced_until after Notehub has rate-limited the
account, held_until, cause: why none of its projects can be polled), receivers (name, waiting, gave_up,
oldest_seconds, next_try), alerts (info, warning, critical, pending, muted, acknowledged, silences) and processes (host, pid, version, schema:
the newest that it knows, rules_file, rules: what identifies them, started_at, seen_at, alive, standing_by: its rules are not the active ones,
doing: the kind and key of each piece of work). Times are RFC 3339; one that is not known is left out.`,
		Example: `  notewatch status
  notewatch status --json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c, func(d *lookup.Desk) error {
				status, err := statusOf(c.Context(), d)
				if err != nil {
					return err
				}
				out := screenOf(c.OutOrStdout())
				if asJSON {
					return writeJSON(out.w, statusViewOf(status))
				}
				return status.print(out)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// A statusText is what people are told of how notewatch does.
type statusText struct {
	lookup.Status
	demo bool
	disk error // why the database cannot be written; nil if the disk has room
}

// statusOf returns how notewatch does. Nobody is told any more by a demo, which has ended.
func statusOf(ctx context.Context, d *lookup.Desk) (t statusText, err error) {
	end, err := d.Store.DemoEnd(ctx)
	if err != nil {
		return t, err
	}
	t.demo, t.disk = !end.IsZero(), d.Store.CheckDisk()
	t.Status, err = d.Status(ctx)
	if t.demo {
		t.Receivers = nil
	}
	return t, err
}

func (t statusText) print(s screen) error {
	if t.demo {
		if err := errors.Join(s.say(bold, "A demo, ended at "+words.Time(t.Now)), s.blank()); err != nil {
			return err
		}
	}
	if t.disk != nil {
		if err := errors.Join(s.say(bold, "The database cannot be written: "+t.disk.Error()), s.blank()); err != nil {
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

func (t statusText) projects() *table {
	table := &table{columns: columns("PROJECT~", "DEVICES", "READ", "NEXT", "STATE_")}
	for _, p := range t.Projects {
		table.add(p.Name, words.Number(p.Devices), t.since(p.PolledAt), t.next(p), t.state(p))
	}
	return table
}

// since says how long ago something was.
func (t statusText) since(at time.Time) string {
	switch {
	case at.IsZero():
		return "never"
	case at.After(t.Now.Add(store.ClockTolerance)):
		return "-"
	}
	return ago(t.Now.Sub(at))
}

// until says when something is due.
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

// next says when a project is polled next.
func (t statusText) next(p lookup.ProjectStatus) string {
	switch {
	case p.Polling:
		return "now"
	case p.Behind != "":
		return "in " + words.Duration(p.Wait)
	}
	return t.until(p.Next)
}

// state says how reading a project goes.
func (t statusText) state(p lookup.ProjectStatus) string {
	var parts []string
	if p.Failures > 0 {
		parts = append(parts, sentence("failed "+times(p.Failures), p.Failure))
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
		parts = append(parts, bot.PollText(p.Name, p.Behind, 0))
	case p.Next.IsZero() && p.PolledAt.IsZero():
		parts = append(parts, "never read")
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
			state = sentence(bot.AccountText(a.Cause, a.Name), bot.NextStep(a.Cause))
		case a.HeldUntil.After(t.Now):
			state = "rate-limited by Notehub until " + words.Time(a.HeldUntil)
		case a.RestoredAt.After(t.Now):
			state = bot.RateText(a.Rate, a.PerMinute, a.RestoredAt)
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

// receiver says how telling a receiver goes.
func (t statusText) receiver(r lookup.ReceiverStatus) string {
	switch {
	case r.Waiting > 0:
		return "waiting for " + words.Duration(r.Oldest) + ", next try " + t.until(r.Next)
	case r.GivenUp > 0:
		return "cannot be told: notewatch history says why, notewatch redeliver tries again"
	}
	return "fine"
}

func (t statusText) processes() *table {
	table := &table{columns: columns("PROCESS~", "VERSION", "STARTED", "DOING", "STATE_")}
	for _, p := range t.Processes {
		table.add(p.Name(), p.Version, t.since(p.Started), doing(p.Holds), t.process(p))
	}
	return table
}

// doing says what work a process holds.
func doing(held []store.Held) string {
	count := map[store.Kind]int{}
	for _, h := range held {
		count[h.Kind]++
	}
	polls, receivers := count[store.Poll], count[store.Receiver]
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

// process says how a process does.
func (t statusText) process(p lookup.ProcessStatus) string {
	switch {
	case !p.Lives:
		return "died, or is cut off from the database: last seen " + t.since(p.Seen)
	case p.StandsBy:
		return "standing by: its rules are not the active ones"
	}
	return "fine"
}

// alerts says how many alerts are open, and how many of them nobody is told of.
func (t statusText) alerts() string {
	var firing []string
	for _, level := range []rules.Level{rules.Critical, rules.Warning, rules.Info} {
		if n := t.Firing[level]; n > 0 {
			firing = append(firing, fmt.Sprintf("%d %s", n, level))
		}
	}
	said := "Nothing is firing"
	if len(firing) > 0 {
		said = "Firing: " + strings.Join(firing, ", ")
	}
	for _, part := range []struct {
		n    int
		text string
	}{{t.Muted, "muted"}, {t.Acked, "acknowledged"}, {t.Pending, "pending"}} {
		if part.n > 0 {
			said += fmt.Sprintf(" · %d %s", part.n, part.text)
		}
	}
	if t.Silences > 0 {
		said += " · " + words.Count(t.Silences, "silence")
	}
	return said + "."
}

// A statusView is how notewatch does as JSON.
type statusView struct {
	Now       time.Time       `json:"now"`
	Demo      bool            `json:"demo"`
	Disk      string          `json:"database_error,omitempty"`
	Projects  []projectState  `json:"projects"`
	Accounts  []accountState  `json:"accounts"`
	Receivers []receiverState `json:"receivers"`
	Alerts    alertCounts     `json:"alerts"`
	Processes []processState  `json:"processes"`
}

type processState struct {
	Host     string      `json:"host"`
	PID      int         `json:"pid"`
	Version  string      `json:"version"`
	Schema   int64       `json:"schema"`
	File     string      `json:"rules_file"`
	Rules    string      `json:"rules"`
	Started  time.Time   `json:"started_at"`
	Seen     time.Time   `json:"seen_at"`
	Lives    bool        `json:"alive"`
	StandsBy bool        `json:"standing_by"`
	Doing    []heldState `json:"doing"`
}

type heldState struct {
	Kind string `json:"kind"`
	Key  string `json:"key,omitempty"`
}

type projectState struct {
	named
	Account   string    `json:"account"`
	Devices   int       `json:"devices"`
	ListedAt  time.Time `json:"listed_at,omitzero"`
	PolledAt  time.Time `json:"polled_at,omitzero"`
	Next      time.Time `json:"next_poll,omitzero"`
	Failures  int       `json:"failures"`
	Failure   string    `json:"failure,omitempty"`
	Truncated bool      `json:"truncated"`
	Damaged   int       `json:"damaged_columns,omitempty"`
	Polling   bool      `json:"polling"`
	Behind    string    `json:"behind,omitempty"`
}

type accountState struct {
	Name      string    `json:"name"`
	PerMinute float64   `json:"requests_per_minute"`
	Today     int       `json:"requests_today"`
	Interval  float64   `json:"interval_seconds,omitzero"`
	Rate      float64   `json:"current_requests_per_minute"`
	Restored  time.Time `json:"reduced_until,omitzero"`
	HeldUntil time.Time `json:"held_until,omitzero"`
	Cause     string    `json:"cause,omitempty"`
}

type receiverState struct {
	Name    string    `json:"name"`
	Waiting int       `json:"waiting"`
	Dead    int       `json:"gave_up"`
	Oldest  float64   `json:"oldest_seconds"`
	Next    time.Time `json:"next_try,omitzero"`
}

type alertCounts struct {
	Info     int `json:"info"`
	Warning  int `json:"warning"`
	Critical int `json:"critical"`
	Pending  int `json:"pending"`
	Muted    int `json:"muted"`
	Acked    int `json:"acknowledged"`
	Silences int `json:"silences"`
}

// diskText returns an error as text, and "" for nil.
func diskText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func statusViewOf(s statusText) statusView {
	v := statusView{
		Now: s.Now.UTC(), Demo: s.demo, Disk: diskText(s.disk), Projects: []projectState{}, Accounts: []accountState{}, Receivers: []receiverState{}, Processes: []processState{},
		Alerts: alertCounts{
			s.Firing[rules.Info], s.Firing[rules.Warning], s.Firing[rules.Critical], s.Pending, s.Muted, s.Acked, s.Silences,
		},
	}
	for _, p := range s.Projects {
		v.Projects = append(v.Projects, projectState{
			named{p.UID, p.Name}, p.Account, p.Devices, p.ListedAt, p.PolledAt, p.Next, p.Failures, p.Failure, p.Truncated, p.Damaged, p.Polling, p.Behind,
		})
	}
	for _, a := range s.Accounts {
		v.Accounts = append(v.Accounts, accountState{
			a.Name, a.PerMinute, a.Today, a.Interval.Seconds(), a.Rate, a.RestoredAt, a.HeldUntil, string(a.Cause),
		})
	}
	for _, r := range s.Receivers {
		v.Receivers = append(v.Receivers, receiverState{r.Name, r.Waiting, r.GivenUp, r.Oldest.Seconds(), r.Next})
	}
	for _, p := range s.Processes {
		state := processState{p.Host, p.PID, p.Version, p.Schema, p.File, p.Rules, p.Started, p.Seen, p.Lives, p.StandsBy, []heldState{}}
		for _, h := range p.Holds {
			state.Doing = append(state.Doing, heldState{string(h.Kind), h.Key})
		}
		v.Processes = append(v.Processes, state)
	}
	return v
}
