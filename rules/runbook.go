package rules

import (
	"net/url"
	"strings"
)

// RunbookFacts are the data for the template of a runbook. In the address they are escaped.
type RunbookFacts struct {
	Rule, Project, Subject string // Subject is the name of the device or project
	UID                    string // of the subject
	Level                  string
}

// maxRunbook is the maximum number of characters of the address of a runbook.
const maxRunbook = 500

// runbook compiles the template of the address of a runbook.
func (b *builder) runbook(r *Rule) {
	sample := RunbookFacts{"a rule/1", "cold chain", "pump 7", "dev:864475044204365", "critical"}
	if r.runbook = b.template(r, "runbook", b.spec.Runbook, []any{sample}); r.runbook == nil {
		return
	}
	const hint = "such as https://wiki.example.com/{{.Rule}}?device={{.UID}}"
	switch address := r.Runbook(sample); {
	case address == "":
		b.lang.Whole("runbook", hint, "is not the address of an https page")
	case hostOf(address) != hostOf(r.Runbook(RunbookFacts{"other", "other", "other", "other", "other"})):
		b.lang.Whole("runbook", hint, "the host must be the same for all alerts")
	}
}

// Runbook returns the address of the page with instructions for an alert; "" if the rule has none.
func (r *Rule) Runbook(f RunbookFacts) string {
	if r.runbook == nil {
		return ""
	}
	escaped := RunbookFacts{escape(f.Rule), escape(f.Project), escape(f.Subject), escape(f.UID), escape(f.Level)}
	address, err := r.runbook.Text(escaped, maxRunbook)
	if err != nil || hostOf(address) == "" {
		return ""
	}
	return address
}

// escape makes a text one part of a path, or of what follows the ? of an address.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// hostOf returns the host of the address of an https page; "" if it is none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || strings.ContainsAny(address, " \t\n<>|\"") {
		return ""
	}
	return u.Host
}
