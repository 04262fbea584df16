package commands

import (
	"context"
	"regexp"
	"strings"
)

// A word is the first word of a command. Help is made from this table, and tests compare the manifests and the list of words in docs with
// it.
type word struct {
	name     string
	hint     string   // what may follow
	summary  string   // its effect
	examples []string // without /notewatch and the word itself; names fills placeholders such as {device}
	reason   bool     // accepts because …
	answer   func(q *question, ctx context.Context) (page, error)
	may      func(q *question, ctx context.Context) error // returns an error unless the person may use it; nil: everyone who may look
}

// commands returns all words, in the order of help.
func commands() []word {
	return []word{
		{
			name: "usage", hint: "[project|fleet|device|route|organization] [NAME] [METRIC] [today|7d|30d|period]",
			summary:  "Usage against the limits, with a forecast.",
			examples: []string{"device {device}", "", "project {project} 30d", "fleet {fleet} 7d", "{device} today share"},
			answer:   (*question).usage,
		},
		{
			name: "top", hint: "[N] [METRIC|cost] [today|7d|30d|period] [project|fleet|organization NAME]",
			summary:  "Devices with the highest usage, or routes by a metric of routes.",
			examples: []string{"10 {figure} 30d", "5 {figure} project {project}", "{figure} today fleet {fleet} share", "{cost} period"},
			answer:   (*question).top,
		},
		{
			name: "alerts", hint: "[project|fleet|device|route|organization] [NAME]",
			summary:  "Open alerts, worst first: all, or those of one subject.",
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
			name: "silence", hint: `ALERT|rule NAME|project NAME|fleet NAME|route NAME|device NAME|everything for 2h|until "2026-06-15 14:00" because WHY`,
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
			may:      mayOf((*question).activeSilence),
		},
		{
			name: "ack", hint: "ALERT", summary: "Acknowledges an alert: no reminders until it escalates, except one after two weeks.",
			examples: []string{"{alert}"},
			answer:   (*question).ack,
			may:      mayOf((*question).alertToAck),
		},
		{
			name: "unack", hint: "ALERT", summary: "Removes the acknowledgement of an alert.",
			examples: []string{"{alert}"},
			answer:   (*question).unack,
			may:      mayOf((*question).alertToAck),
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

// mayOf returns the check that is part of finding the subject of a change.
func mayOf[T any](find func(*question, context.Context) (T, error)) func(*question, context.Context) error {
	return func(q *question, ctx context.Context) error {
		_, err := find(q, ctx)
		return err
	}
}

// wordOf returns the word with a name.
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

// placeholder matches the variable part of an example.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// fill returns an example with existing names, so that it can be typed as it is. ok is false if there is no name for a placeholder.
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
