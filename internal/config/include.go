package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/content"
	"notewatch/internal/config/document"
	"notewatch/internal/config/problem"
	"notewatch/internal/smallfile"
	"notewatch/rules"
	"notewatch/rules/catalogue"
)

// A LeftOut is a rule of the catalogue that a pattern includes and that cannot work here.
type LeftOut struct{ Name, Why string }

// inCatalogue begins the names of rules of the catalogue.
const inCatalogue = "catalogue/"

// maxIncluded is how many patterns may be included, and how many files each may match.
const maxIncluded = 200

// inner returns a decoder of another document, of which the rules go with those of d. Its problems are those of d in the end.
func (d *decoder) inner(path string, data []byte) *decoder {
	inner := &decoder{options: d.options, path: path, source: document.New(data), file: d.file, defaults: d.defaults, rules: d.rules, limits: d.limits, satellite: d.satellite}
	inner.within = ""
	d.inners = append(d.inners, inner)
	return inner
}

// joinInner takes over what is wrong with the documents that belong to the rules file.
func (d *decoder) joinInner() {
	for _, inner := range d.inners {
		inner.joinInner()
		d.problems = append(d.problems, inner.problems...)
		d.warnings = append(d.warnings, inner.warnings...)
	}
}

// catalogued returns a decoder of a rule of the catalogue.
func (d *decoder) catalogued(name string) *decoder {
	inner := d.inner(inCatalogue+name+".yaml", catalogue.Text(name))
	inner.catalogue = true
	return inner
}

// readIncludes notes what is to be included once the rules of the file are known.
func (v value) readIncludes() {
	v.oneOrSome(func(v value) {
		switch {
		case v.text() == "" || len(v.includes) > maxIncluded:
			return
		case len(v.includes) == maxIncluded:
			v.report(fmt.Sprintf("more than %d things are included", maxIncluded), "")
		}
		v.includes = append(v.includes, v)
	})
}

// includeRules adds the rules of other files and of the catalogue that the rules file has no rule of the same name for.
func (d *decoder) includeRules(own names) {
	from := map[string]string{} // where included rules stand, by name
	for name := range own {
		from[name] = d.path
	}
	for _, at := range d.includes[:min(len(d.includes), maxIncluded)] {
		if pattern, ok := strings.CutPrefix(at.node.Value, inCatalogue); ok {
			at.includeCatalogue(pattern, from)
		} else {
			at.includeFiles(from)
		}
	}
}

// includeCatalogue adds rules of the catalogue. One that is named must work; of those that a pattern matches, the others are left out.
func (v value) includeCatalogue(pattern string, from map[string]string) {
	named := !strings.ContainsAny(pattern, `*?[\`)
	matches := catalogue.Matching(pattern)
	if len(matches) == 0 {
		v.report(fmt.Sprintf("the catalogue has no rule %q", pattern), problem.Hint(pattern, catalogue.Names()))
	}
	for _, name := range matches {
		path := inCatalogue + name
		switch other, taken := from[name]; {
		case name == catalogue.WatcherBlind || other == path || taken && other == v.path:
			continue
		case taken:
			v.report(fmt.Sprintf("rule %q stands in %s too", name, other), "include one of them, or write a rule of that name")
			continue
		}
		switch why := v.whyNot(name); {
		case why == "":
			from[name] = path
			v.addRules(v.catalogued(name))
		case named:
			v.report(fmt.Sprintf("rule %q cannot be used: %s", name, why), "")
		default:
			v.file.LeftOut = append(v.file.LeftOut, LeftOut{name, why})
		}
	}
}

// whyNot says why a rule of the catalogue cannot be used in this file; "" if it can.
func (v value) whyNot(name string) string {
	trial := *v.catalogued(name)
	v.inners = v.inners[:len(v.inners)-1]
	trial.rules = rules.NewSet()
	root, ok := trial.root()
	if ok {
		root.rule(names{})
	}
	if len(trial.problems) == 0 {
		return ""
	}
	first := trial.problems[0]
	_, field, _ := strings.Cut(first.Where, ": ")
	if field == "each" {
		return "there are no rules for each " + root.at("each").node.Value
	}
	return field + ": " + first.Message
}

// addRules adds the rule that a document consists of.
func (v value) addRules(inner *decoder) {
	if root, ok := inner.root(); ok {
		v.file.Rules = append(v.file.Rules, root.rule(names{}))
	}
	v.drafts = append(v.drafts, inner.drafts...)
}

// includeFiles adds the rules of the files that a path with * matches, in the order of their paths.
func (v value) includeFiles(from map[string]string) {
	pattern := v.node.Value
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(v.path), pattern)
	}
	paths, err := filepath.Glob(pattern)
	switch {
	case err != nil:
		v.report("not a pattern of paths", `* stands for any part of a name; write \* for a star`)
	case len(paths) == 0:
		v.report("no file matches", "paths are counted from the folder of the rules file; rules of the catalogue are catalogue/*")
	case len(paths) > maxIncluded:
		v.report(fmt.Sprintf("%d files match, more than %d", len(paths), maxIncluded), "")
	default:
		slices.Sort(paths)
		for _, path := range paths {
			v.includeFile(path, filepath.Dir(pattern), from)
		}
	}
}

// includeFile adds the rules of a file that a pattern matched in a folder.
func (v value) includeFile(path, folder string, from map[string]string) {
	v.refersTo(path)
	switch {
	case content.SameFile(path, v.path):
		v.report("matches the rules file itself", "put the files to be included into a folder of their own")
		return
	case !strings.ContainsAny(folder, `*?[\`) && content.Leaves(path, folder):
		v.report(fmt.Sprintf("%q is a symbolic link that leads out of its folder", path), "include the file that it leads to")
		return
	}
	data, err := smallfile.Read(path, document.MaxBytes)
	if err != nil {
		v.report(fmt.Sprintf("reading %q: %v", path, err), "")
		return
	}
	inner := v.inner(path, data)
	root, ok := inner.root()
	if !ok {
		return
	}
	taken := names{}
	root.keys(
		key{name: "include", elsewhere: "a file that is included includes no others"},
		key{name: "rules", required: true, read: func(rule value) {
			rule.some(func(rule value) { v.includeRule(rule, taken, from) })
		}},
	)
	v.drafts = append(v.drafts, inner.drafts...)
}

// includeRule adds a rule of an included file, unless the rules file has one of that name.
func (v value) includeRule(rule value, taken names, from map[string]string) {
	name := rule.ruleName()
	switch other, known := from[name]; {
	case known && other == v.path:
		return
	case known && other != rule.path:
		rule.report(fmt.Sprintf("rule %q stands in %s too", name, other), "give one of them another name, or write one in the rules file")
		return
	}
	from[name] = rule.path
	v.file.Rules = append(v.file.Rules, rule.rule(taken))
}

// ruleName returns the name that a rule has, or takes from the catalogue; "" if it has none.
func (v value) ruleName() string {
	if name, ok := v.get("name"); ok {
		return name.Value
	}
	like, _ := v.get("like")
	if like == nil {
		return ""
	}
	return strings.TrimPrefix(like.Value, inCatalogue)
}

// withWhen are the fields that belong to a condition: a rule with its own does not take them from the catalogue.
var withWhen = []string{"let", "show", "unit", "resolve_when", "summary", "resolved"}

// like returns the fields of the rule of the catalogue that a rule begins with, and that it does not replace; none without `like`.
func (v value) like() (base []pair) {
	at, ok := v.get("like")
	if !ok {
		return nil
	}
	like := v.child(at, "like")
	name, ok := strings.CutPrefix(like.text(), inCatalogue)
	if !ok || catalogue.Text(name) == nil {
		like.report("unknown rule of the catalogue", problem.Hint(inCatalogue+name, catalogueNames()))
		return nil
	}
	root, ok := v.catalogued(name).root()
	if !ok {
		return nil
	}
	when, own := v.get("when")
	for _, p := range root.in(v.subject).pairs() {
		switch {
		case p.name == "name":
			p.value = like
			p.value.node = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name, Line: at.Line, Column: at.Column}
		case own && slices.Contains(withWhen, p.name), own && p.name == "severity" && when.Kind == yaml.MappingNode:
			continue
		}
		base = append(base, p)
	}
	return base
}

func catalogueNames() (all []string) {
	for _, name := range catalogue.Names() {
		all = append(all, inCatalogue+name)
	}
	return all
}

// dropUnless removes from rules of the catalogue what names a rule that the file does not have.
func (d *decoder) dropUnless() {
	all := d.ruleNames()
	for i := range d.drafts {
		r := &d.drafts[i]
		at, given := r.fields["unless"]
		if !given || !at.catalogue || slices.Contains(all, r.Unless) {
			continue
		}
		r.Unless = ""
		if rule := d.file.Rules[i].Rule; rule != nil {
			rule.Spec.Unless = ""
		}
	}
}
