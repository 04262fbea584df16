package evaluate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/rules"
)

// Reasons why an alert ended although its condition was not found false, or why it changed. Each names one cause: if several parts of a
// rule changed, the one that matters most.
const (
	RuleRemoved    = "rule removed"
	ProjectRemoved = "project is no longer in the rules file"

	// ProjectUnlisted is ProjectRemoved where all projects of an account are watched.
	ProjectUnlisted = "project is no longer listed in Notehub, nor in the rules file"
	deviceUnlisted  = "no longer listed in Notehub"
	fleetEmpty      = "no listed device is in the fleet"
)

// whyGone returns why an alert is withdrawn for which no rule is evaluated.
func (p *Pass) whyGone(a rules.Alert) string {
	r, ok := p.evaluator.rule(a.Rule)
	switch {
	case ok && r.Spec.Each != rules.ScopeOf(a.Project, a.Subject):
		return "rule is about " + string(r.Spec.Each) + "s now"
	case ok && r.Spec.Each == rules.EachFleet:
		return fleetEmpty
	case ok:
		return deviceUnlisted
	}
	if name := p.renamed(a.Rule); name != "" {
		return "rule renamed to " + name
	}
	return RuleRemoved
}

// renamed returns the new rule with the meaning of a removed one; "" if there is none.
func (p *Pass) renamed(removed string) string {
	for _, r := range p.evaluator.rules {
		if _, old := p.meanings[r.Spec.Name]; !old && r.Meaning(p.periodOf(r)) == p.meanings[removed].Hash {
			return r.Spec.Name
		}
	}
	return ""
}

// whyChanged names the part of the rule of an alert that changed since the rule was last evaluated.
func (p *Pass) whyChanged(r *rules.Rule, a rules.Alert, v rules.Verdict) string {
	last := p.meanings[r.Spec.Name]
	was, is := last.Semantics, r.Semantics()
	switch known := was.Each != ""; {
	case known && !(slices.Equal(was.When, is.When) && slices.Equal(was.Let, is.Let)), !known && a.Texts.Figure != r.Show:
		return "condition changed"
	case a.LimitDiffers(r, v):
		return p.limitChanged(r, a.Limit, v.Limit)
	case rules.PeriodOfMeaning(last.Hash) != rules.PeriodOfMeaning(r.Meaning(p.periodOf(r))):
		return "period is " + p.periodOf(r).String() + " now"
	case !known:
		return "rule changed"
	case was.ResolveWhen != is.ResolveWhen:
		return "resolve_when changed"
	case !equal(was.Keep, is.Keep):
		return "keep changed"
	case was.For != is.For:
		return "for changed"
	case was.Unless != is.Unless:
		return "unless changed"
	case was.Where != is.Where:
		return "where changed"
	}
	return "rule changed"
}

// equal reports whether two durations are the same, or both nil.
func equal(a, b *time.Duration) bool { return a == b || a != nil && b != nil && *a == *b }

// whyLimit returns the text that the limit of a firing alert has changed; "" if it has not.
func (p *Pass) whyLimit(r *rules.Rule, before, after rules.Alert) string {
	if before.State != rules.Firing || before.Limit == after.Limit || !rules.Known(before.Limit) && !rules.Known(after.Limit) {
		return ""
	}
	return p.limitChanged(r, before.Limit, after.Limit)
}

// limitChanged returns the text that the limit of an alert has changed.
func (p *Pass) limitChanged(r *rules.Rule, was, is float64) string {
	switch {
	case !rules.Known(is):
		return "limit removed"
	case !rules.Known(was):
		return "limit is " + p.figure(is, r.Unit) + " now"
	}
	return fmt.Sprintf("limit changed %s → %s", p.figure(was, r.Unit), p.figure(is, r.Unit))
}

// correctedText names the values that were wrong; "" if there are none. The total of a project or fleet also falls when devices leave it.
func (p *Pass) correctedText(r *rules.Rule, fallen []rules.Fall) string {
	if len(fallen) == 0 {
		return ""
	}
	if r.Spec.Each.Contains(rules.EachDevice) && r.Spec.Each != rules.EachDevice {
		f := fallen[0]
		return fmt.Sprintf("%s was %s, is %s%s: values were corrected, or devices left",
			f.Figure, p.figure(f.Was, f.Unit), p.figure(f.Is, f.Unit), onDay(f))
	}
	texts := make([]string, len(fallen))
	for i, f := range fallen {
		texts[i] = fmt.Sprintf("%s %s is %s%s", f.Figure, p.figure(f.Was, f.Unit), p.figure(f.Is, f.Unit), onDay(f))
	}
	return "corrected: " + strings.Join(texts, ", ")
}

// onDay names the day of a value, unless it is today.
func onDay(f rules.Fall) string {
	if f.Day == 0 {
		return ""
	}
	return " on " + f.Day.Start().Format("Mon 2 Jan")
}
