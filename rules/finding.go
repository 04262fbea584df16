package rules

import (
	"slices"
	"time"

	"notewatch/rules/internal/lint"
)

// A Finding is a probable or certain mistake in a valid rule. A rule can accept the probable ones by their code.
type Finding = lint.Finding

// KeptDays is how many days of history are kept.
const KeptDays = 13 * 31

// CodePrices is the code of the finding that a rule reads costs or an allowance that the rules file does not give.
const CodePrices = lint.Prices

// Accepts reports whether the author of the rule accepts findings of a code.
func (r *Rule) Accepts(code string) bool { return slices.Contains(r.Spec.Accept, code) }

// FindingCodes returns the codes of findings that a rule can accept, and of those that are always mistakes.
func FindingCodes() (accepted, certain []string) { return lint.Codes() }

// Findings returns the findings for the rule with a kind of period, without those that the rule accepts.
func (r *Rule) Findings(period PeriodSpec) []Finding {
	linted := lint.Rule{
		Subject: string(r.Spec.Each), For: r.Spec.For, Leaf: lintedLeaf,
		Period: time.Duration(period.leastDays()) * 24 * time.Hour, Kept: KeptDays * 24 * time.Hour,
	}
	linted.Named = lint.TextOf("limit", r.Spec.Limit)
	linted.Where, linted.ResolveWhen = lint.TextOf("where", r.Spec.Where), lint.TextOf("resolve_when", r.Spec.ResolveWhen)
	for _, let := range r.Spec.Let {
		linted.Named = append(linted.Named, lint.Text{Field: "let." + let.Name, Expr: let.Expr})
	}
	for _, c := range r.Semantics().When {
		linted.When = append(linted.When, lint.Text{Field: "when." + c.Level.String(), Expr: c.Expr})
	}
	return linted.Findings(r.Spec.Accept)
}

// leastDays returns the days of the shortest period.
func (s PeriodSpec) leastDays() int {
	switch s.String() {
	case "day":
		return 1
	case "week":
		return 7
	case "month":
		return 28
	}
	return s.Days
}

// lintedLeaf returns the description of the leaf of a path, from its tags in Env.
func lintedLeaf(path string) (lint.Leaf, bool) {
	l := vocabulary.Leaf(path)
	if l == nil {
		return lint.Leaf{}, false
	}
	leaf := lint.Leaf{Path: path, Object: l.Object, Member: l.Member, Range: lint.ParseRange(l.Tag.Get("range")), Unit: l.Unit, Grows: l.Tag.Get("grows") != ""}
	switch {
	case !l.Number() && l.Member != "series": // a text or a truth
		leaf.Range, leaf.Unit = lint.ParseRange("any"), lint.Unknown
	case l.Counts:
		leaf.Unit = lint.Count
	}
	if figure, ok := ParseFigure(l.Object); ok {
		leaf.Metric, leaf.Floor = true, figure.Floor()
	}
	return leaf, true
}
