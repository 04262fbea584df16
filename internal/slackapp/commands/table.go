package commands

import (
	"context"
	"regexp"
	"strings"
)

// A word is one of those that a command begins with. Help is made of this table, and tests hold the manifests and the list of
// words in docs to it.
type word struct {
	name     string
	hint     string   // what may follow
	summary  string   // what it does
	examples []string // without /notewatch and the word itself; {device} and the like stand for what there is: see names
	reason   bool     // takes because …
	answer   func(q *question, ctx context.Context) (page, error)
	may      func(q *question, ctx context.Context) error // an error unless the person may ask that; nil: whoever may look
}

// commands are all words, in the order of help.
func commands() []word {
	return []word{
		{
			name: "usage", hint: "[project|fleet|device] [NAME] [today|7d|30d|period]",
			summary:  "Usage against the limits, with a forecast.",
			examples: []string{"device {device}", "", "project {project} 30d", "fleet {fleet} 7d", "{device} today share"},
			answer:   (*question).usage,
		},
		{
			name: "top", hint: "[N] [bytes|events|sessions|cost] [today|7d|30d|period] [project|fleet NAME]",
			summary:  "Devices with the highest usage.",
			examples: []string{"10 {figure} 30d", "5 {figure} project {project}", "{figure} today fleet {fleet} share", "{cost} period"},
			answer:   (*question).top,
		},
		{
			name: "alerts", hint: "[project|fleet|device] [NAME]",
			summary:  "Open alerts, worst first: all, or those of one project, fleet or device.",
			examples: []string{"", "{project}", "{device}", "fleet {fleet}"},
			answer:   (*question).alerts,
		},
		{
			name: "explain", hint: "ALERT | RULE NAME",
			summary:  "Why a rule fires or not: its condition with current values.",
			examples: []string{"{alert}", "{rule} {subject}"},
			answer:   (*question).explain,
		},
		{
			name: "silence", hint: `ALERT|rule NAME|project NAME|device NAME|everything for 2h|until "2026-06-15 14:00" because WHY`,
			summary: "Mutes matching alerts for a while.", reason: true,
			examples: []string{
				"{alert} for 2h because gateway is being moved", "{alert} until over because we know",
				"rule {rule} project {project} until {tomorrow} because maintenance", "device {device} for 3d because it is on the bench",
			},
			answer: (*question).silence,
			may:    mayOf((*question).wanted),
		},
		{
			name: "silences", summary: "Active silences and mute windows, with end, author and reason.",
			examples: []string{""},
			answer:   (*question).silences,
		},
		{
			name: "unsilence", hint: "ID", summary: "Ends a silence.",
			examples: []string{"{silence}"},
			answer:   (*question).unsilence,
			may:      mayOf((*question).standing),
		},
		{
			name: "ack", hint: "ALERT", summary: "Acknowledges an alert: no reminders until it escalates.",
			examples: []string{"{alert}"},
			answer:   (*question).ack,
			may:      mayOf((*question).mine),
		},
		{
			name: "unack", hint: "ALERT", summary: "Removes the acknowledgement of an alert.",
			examples: []string{"{alert}"},
			answer:   (*question).unack,
			may:      mayOf((*question).mine),
		},
		{
			name: "status", summary: "State of notewatch: age of the data, requests, receivers with waiting alerts.",
			examples: []string{""},
			answer:   (*question).status,
		},
		{
			name: "refresh", summary: "Polls Notehub now, and shows how many requests that takes.",
			examples: []string{""},
			answer:   (*question).refresh,
			may:      (*question).mayRefresh,
		},
		{
			name: "help", hint: "[WORD]", summary: "Commands and examples.",
			examples: []string{"", "usage"},
			answer:   (*question).help,
		},
	}
}

// mayOf is the check that is part of finding what a change is of.
func mayOf[T any](find func(*question, context.Context) (T, error)) func(*question, context.Context) error {
	return func(q *question, ctx context.Context) error {
		_, err := find(q, ctx)
		return err
	}
}

// wordOf returns the word of a name.
func wordOf(name string) (word, bool) {
	for _, w := range commands() {
		if w.name == name {
			return w, true
		}
	}
	return word{}, false
}

// wordNames returns the names of all words.
func wordNames() []string {
	var all []string
	for _, w := range commands() {
		all = append(all, w.name)
	}
	return all
}

// placeholder matches what an example leaves open.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// fill returns an example with names that there are, so that it can be typed as it stands. ok is false if there is nothing of
// the kind that it needs.
func (w word) fill(example string, names func(string) string) (line string, ok bool) {
	ok = true
	line = placeholder.ReplaceAllStringFunc(example, func(s string) string {
		name := names(strings.Trim(s, "{}"))
		ok = ok && name != ""
		return name
	})
	return strings.TrimSpace(w.name + " " + line), ok
}

// lines returns the examples that can be typed.
func (w word) lines(names func(string) string) []string {
	var lines []string
	for _, example := range w.examples {
		if line, ok := w.fill(example, names); ok {
			lines = append(lines, line)
		}
	}
	return lines
}
