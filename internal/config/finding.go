package config

import (
	"fmt"
	"slices"

	"notewatch/internal/config/problem"
	"notewatch/rules"
)

// accept reads the codes of warnings that a rule accepts.
func (v value) accept() (codes []string) {
	accepted, certain := rules.FindingCodes()
	v.some(func(v value) {
		code := v.text()
		switch {
		case code == "" || slices.Contains(accepted, code):
		case slices.Contains(certain, code):
			v.report(fmt.Sprintf("%q is an error, which cannot be accepted", code), "change the rule")
		default:
			v.report(fmt.Sprintf("unknown code %q", code), problem.Hint(code, accepted))
		}
		if slices.Contains(codes, code) {
			v.report("named twice", "")
		}
		codes = append(codes, code)
	})
	return codes
}

// checkFindings reports the findings for a rule: certain mistakes as problems, the others as warnings.
func (v value) checkFindings(r draft, rule *rules.Rule) {
	for _, f := range rule.Findings(rule.PeriodIn(v.file.Period)) {
		place := v.place(r, f.Field)
		line, column := place.node.Line, place.node.Column
		if f.Offset >= 0 {
			line, column = place.source.Locate(place.node, f.Offset)
		}
		p := place.problem(line, column, f.Message, f.Hint)
		p.Code, p.Warning = f.Code, !f.Certain
		if f.Certain {
			v.problems = append(v.problems, p)
		} else {
			v.warnings = append(v.warnings, p)
		}
	}
}
