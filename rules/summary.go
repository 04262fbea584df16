package rules

import (
	"fmt"
	"slices"
	"strings"

	"notewatch/rules/internal/templates"
)

// Facts are the data for the template of a summary.
type Facts struct {
	Rule, Project, Subject string // Subject is the name of the device or project
	Level                  string
	Value, Limit, Usual    string // with unit; "no data" when unknown
	Period                 string // such as "month" or "day": what the value is counted over
	When                   string // the days of the value: "today" or "this month"; after their end "on Thu 18 Jun" or "in June"
}

// ResolvedFacts are the data for the template of a resolved alert. Value is that at the end, and Level the last level.
type ResolvedFacts struct {
	Facts
	Duration string // for how long it was firing: "4 h 12 min"
	Peak     string // the highest value, with its day if that is another: "41.2 MB on Thu 18 Jun"; "" if Value is as high
}

// template compiles the template of a field and tests it on samples. It returns nil if there is none, or if it has a problem.
func (b *builder) template(r *Rule, field, text string, samples []any) *templates.Template {
	if text == "" {
		return nil
	}
	t, problem := templates.Compile(field, text, samples)
	if problem != nil {
		b.lang.Problems = append(b.lang.Problems, *problem)
		return nil
	}
	if at, uses := t.Uses("Usual"); uses && r.usual == nil && r.Show != "" {
		b.lang.Problems = append(b.lang.Problems, Problem{Field: field, Offset: at, Message: fmt.Sprintf("%s has no usual value", r.Show),
			Hint: "leave out .Usual, or show today, yesterday, h1 or h6 of a metric; used and forecast have one if the rule reads prev"})
		return nil
	}
	return t
}

// samples are facts of every level, known and not.
func samples(spec Spec) []any {
	var all []any
	for _, level := range levelNames {
		known := Facts{Rule: spec.Name, Project: "cold-chain", Subject: "pump-7", Level: level,
			Value: "41.2 MB", Limit: "40 MB", Usual: "3.1 MB", Period: "month", When: "this month"}
		unknown := known
		unknown.Value, unknown.Limit, unknown.Usual, unknown.When = noData, noData, noData, ""
		all = append(all, known, unknown)
	}
	return all
}

// resolvedSamples are the same facts of resolved alerts.
func resolvedSamples(spec Spec) []any {
	all := samples(spec)
	for i, facts := range all {
		all[i] = ResolvedFacts{Facts: facts.(Facts), Duration: "4 h 12 min", Peak: "41.2 MB on Thu 18 Jun"}
	}
	return all
}

const noData = "no data"

// Headline renders the summary of the rule, on one line of at most 300 characters. It never fails: a template that
// does gives the built-in text.
func (r *Rule) Headline(f Facts) string {
	if text := r.summary.Line(f); text != "" {
		return text
	}
	return templates.OneLine(r.builtIn(f))
}

// builtIn returns the built-in summary: pump-7: bytes 41.2 MB this month, limit 40 MB.
func (r *Rule) builtIn(f Facts) string {
	if r.Show == "" {
		return fmt.Sprintf("%s: %s", f.Subject, f.Rule)
	}
	text := f.Subject + ": " + shown(r.Show, f.Value, f.When)
	if f.Limit != "" && f.Limit != noData {
		text += ", limit " + f.Limit
	}
	return text
}

// Resolved is the headline of a resolved alert, whose summary was about a condition that was true. Unless the rule has a text for it, that
// is: pump-7: bytes 12 MB today, limit 40 MB, peak 41.2 MB on Thu 18 Jun.
func (r *Rule) Resolved(f ResolvedFacts) string {
	if text := r.resolved.Line(f); text != "" {
		return text
	}
	if r.Show == "" {
		return templates.OneLine(fmt.Sprintf("%s: %s is no longer true", f.Subject, f.Rule))
	}
	text := r.builtIn(f.Facts)
	if f.Peak != "" {
		text += ", peak " + f.Peak
	}
	return templates.OneLine(text)
}

// shown writes a figure with its value: device.voltage 3.4, or with the days that it is about: bytes 41.2 MB this month.
func shown(figure, value, when string) string {
	metric, member := CutPath(figure)
	if when != "" && slices.Contains([]string{"today", "yesterday", "used", "d7", "d30"}, member) {
		figure = metric
	}
	return strings.TrimSpace(figure + " " + value + " " + when)
}
