package rules

import (
	"cmp"
	"math"
	"strings"
	"time"
)

// A Wording holds what the texts of an alert need in addition to the alert and its rule.
type Wording struct {
	Project, Subject string // names
	Period           PeriodSpec
	Now              time.Time
	Format           func(value float64, unit string) string // writes a value for people
	Length           func(time.Duration) string              // writes a length of time for people
}

// Texts returns the texts of an alert of the rule for messages and look-ups, with the values of the alert.
func (r *Rule) Texts(a Alert, w Wording) Texts {
	texts := Texts{Subject: w.Subject, Project: w.Project, Figure: r.Show, Unit: r.Unit, Advice: r.Spec.Advice, Resolves: a.resolves(r)}
	texts.Runbook = r.Runbook(RunbookFacts{r.Spec.Name, w.Project, w.Subject, cmp.Or(a.Subject, a.Project), a.Level.String()})
	facts := Facts{
		Rule: r.Spec.Name, Project: w.Project, Subject: w.Subject, Level: a.Level.String(),
		Value: w.Format(a.Value, r.Unit), Limit: w.Format(a.Limit, r.Unit), Usual: w.Format(a.Usual, r.Unit), Period: w.Period.String(),
	}
	day := a.ValueDay()
	switch {
	case a.Reason == EventResolved:
		return r.resolvedTexts(a, w, texts, facts)
	case a.leadsWithPeak():
		day, facts.Value = a.PeakOn, w.Format(a.Peak, r.Unit)
	}
	return texts.Say(w.Period.When(r.Show, day), w.Now, func(when string) string {
		facts.When = when
		return r.Headline(facts)
	})
}

// resolvedTexts completes the texts of an alert whose condition is false: its present value, and its peak.
func (r *Rule) resolvedTexts(a Alert, w Wording, texts Texts, facts Facts) Texts {
	value, day := a.ValueAtEnd(), DayOf(w.Now)
	facts.Value = w.Format(value, r.Unit)
	when, peakWhen := w.Period.When(r.Show, day), w.Period.When(r.Show, a.PeakOn)
	peak := ""
	if Known(a.Peak) && !(value >= a.Peak) {
		peak = w.Format(a.Peak, r.Unit)
		if peakWhen != when {
			peak += " " + peakWhen.On(day)
		}
	}
	if when == (When{}) {
		when = When{Now: "now", Named: "at the end", Until: day + 1}
	}
	return texts.Say(when, w.Now, func(when string) string {
		facts.When = when
		return r.Resolved(ResolvedFacts{facts, w.Length(a.EndedAt.Sub(a.Since)), strings.TrimSpace(peak)})
	})
}

// ValueAtEnd returns the value of the alert; NaN if the alert has resolved and the value is of an earlier poll.
func (a Alert) ValueAtEnd() float64 {
	if a.Reason == EventResolved && a.AsOf.Before(a.EndedAt) && !a.Drill {
		return math.NaN()
	}
	return a.Value
}

// ValueDay returns the day of the value of the alert. A value as of the end of a day is of that day.
func (a Alert) ValueDay() Day {
	day := DayOf(a.AsOf)
	if a.AsOf.IsZero() {
		return DayOf(a.ChangedAt)
	}
	if past := a.Reason == Revised || a.Reason == PeriodEnded; past && a.AsOf.Equal(day.Start()) {
		return day - 1
	}
	return day
}

// Qualified returns the texts with a qualification of the summary, such as "without lab since 3 Jun"; "" is none.
func (t Texts) Qualified(by string) Texts {
	if by == "" {
		return t
	}
	t.Summary += ", " + by
	if t.Dated != "" {
		t.Dated += ", " + by
	}
	return t
}
