package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/problem"
	"notewatch/internal/limits"
	"notewatch/internal/smallfile"
	"notewatch/rules"
)

// A limitsOf is where the limits of a rule stand.
type limitsOf struct {
	rule string
	at   problem.Problem // without what is wrong
}

// readLimits reads limits by rule, then subject.
func (v value) readLimits() {
	v.eachPair(func(rule string, v value) {
		v = v.in(fmt.Sprintf("limits of rule %.*q", maxName, rule))
		v.limited = append(v.limited, limitsOf{rule, v.problem(v.node.Line, v.node.Column, "", "")})
		v.eachPair(func(subject string, v value) {
			v = v.in(fmt.Sprintf("limit of %.*q in rule %.*q", maxName, subject, maxName, rule))
			if limit, ok := v.constant(); ok {
				v.limits.Add(rule, subject, limits.Limit{Value: limit, Place: fmt.Sprintf("%s:%d", v.path, v.node.Line)})
			}
		})
	})
}

// eachPair calls read for each pair of a mapping.
func (v value) eachPair(read func(key string, v value)) {
	if v.node.Kind != yaml.MappingNode {
		v.wrongType("a mapping", "")
		return
	}
	for _, pair := range v.pairs() {
		read(pair.name, pair.value)
	}
}

// constant reads a number or an expression that is one.
func (v value) constant() (number float64, ok bool) {
	text := v.text()
	if text == "" {
		return 0, false
	}
	number, ok = limits.Value(text)
	if ok {
		return number, true
	}
	number, problem := rules.Constant(text)
	if problem != nil {
		line, column := v.source.Locate(v.node, max(problem.Offset, 0))
		v.reportAt(line, column, problem.Message, problem.Hint)
	}
	return number, problem == nil
}

// readLimitsFile reads the limits of a file.
func (v value) readLimitsFile() {
	path := v.text()
	if path == "" {
		return
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(v.path), path)
	}
	v.refersTo(path)
	text, err := smallfile.Read(path, limits.MaxBytes)
	if err != nil {
		v.report(fmt.Sprintf("reading %q: %v", path, err), "")
		return
	}
	lines, problems := limits.Read(text, func(text string) (float64, error) {
		value, problem := rules.Constant(text)
		if problem != nil {
			return 0, errors.New(problem.Message)
		}
		return value, nil
	})
	for _, p := range problems {
		v.problems = append(v.problems, problem.Problem{File: path, Line: p.Line, Column: p.Column, Message: p.Message, Hint: p.Hint})
	}
	seen := map[string]bool{}
	for _, l := range lines {
		place := limits.Limit{Value: l.Value, Place: fmt.Sprintf("%s:%d", path, l.Number)}
		at := problem.Problem{File: path, Line: l.Number, Column: 1}
		if first := v.limits.Add(l.Rule, l.Subject, place); first != "" {
			at.Message = fmt.Sprintf("the limit of %q in rule %q stands at %s too", l.Subject, l.Rule, first)
			v.problems = append(v.problems, at)
		}
		if !seen[l.Rule] {
			seen[l.Rule] = true
			v.limited = append(v.limited, limitsOf{l.Rule, at})
		}
	}
}

// checkLimits reports limits of rules that have none, or are not there.
func (d *decoder) checkLimits() {
	names := d.ruleNames()
	for _, of := range d.limited {
		i := slices.IndexFunc(d.drafts, func(r draft) bool { return r.Name == of.rule })
		switch {
		case i < 0:
			of.at.Message, of.at.Hint = fmt.Sprintf("unknown rule %q", of.rule), problem.Hint(of.rule, names)
		case d.drafts[i].Limit == "":
			of.at.Message, of.at.Hint = fmt.Sprintf("rule %q has no limit", of.rule), "add `limit:` to the rule, for all other subjects"
		default:
			continue
		}
		d.problems = append(d.problems, of.at)
	}
}
