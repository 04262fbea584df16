package rules

import (
	"math"
	"strconv"
	"strings"
	"time"

	"notewatch/rules/internal/lang"
	"notewatch/rules/internal/lint"
)

// A Finding is what a valid rule can hardly mean. Certain ones are mistakes; a rule can accept the others by their code.
type Finding = lint.Finding

// FindingCodes returns the codes of findings that a rule can accept, and of those that are always mistakes.
func FindingCodes() (accepted, certain []string) { return lint.Codes() }

// Findings returns what the rule can hardly mean where periods are cut as period says. Those that the rule accepts are left out.
func (r *Rule) Findings(period PeriodSpec) []Finding {
	linted := lint.Rule{
		Subject: string(r.Spec.Each), For: r.Spec.For, Period: time.Duration(period.leastDays()) * 24 * time.Hour, Leaf: lintedLeaf,
	}
	if r.Spec.Limit != "" {
		linted.Named = append(linted.Named, lint.Text{Field: "limit", Expr: r.Spec.Limit})
	}
	for _, let := range r.Spec.Let {
		linted.Named = append(linted.Named, lint.Text{Field: "let." + let.Name, Expr: let.Expr})
	}
	if r.Spec.Where != "" {
		linted.Where = []lint.Text{{Field: "where", Expr: r.Spec.Where}}
	}
	for _, c := range r.Semantics().When {
		linted.When = append(linted.When, lint.Text{Field: "when." + c.Level.String(), Expr: c.Expr})
	}
	if r.Spec.ResolveWhen != "" {
		linted.ResolveWhen = []lint.Text{{Field: "resolve_when", Expr: r.Spec.ResolveWhen}}
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

// lintedLeaf returns what findings go by of the leaf of a path, as its tags in Env say.
func lintedLeaf(path string) (lint.Leaf, bool) {
	l := vocabulary.Leaf(path)
	if l == nil {
		return lint.Leaf{}, false
	}
	leaf := lint.Leaf{Path: path, Object: l.Object, Member: l.Member, Range: rangeOf(l), Unit: l.Unit, Grows: l.Tag.Get("grows") != ""}
	if l.Counts {
		leaf.Unit = "count"
	}
	if figure, ok := ParseFigure(l.Object); ok {
		leaf.Metric, leaf.Floor = true, figure.Floor()
	}
	return leaf, true
}

// rangeOf returns the numbers that a leaf can be, by its tag range.
func rangeOf(l *lang.Leaf) lint.Range {
	tag := l.Tag.Get("range")
	least, most, _ := strings.Cut(tag, " ")
	r := lint.Range{Most: math.Inf(1)}
	switch {
	case tag == "any":
		r.Least = math.Inf(-1)
	case tag != "":
		r.Least, r.Most = bound(least), bound(most)
	}
	return r
}

func bound(text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err) // a tag of Env
	}
	return x
}
