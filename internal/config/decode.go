package config

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/document"
	"notewatch/internal/config/problem"
	"notewatch/internal/limits"
	"notewatch/rules"
)

// A decoder makes a File of a document and collects the problems it meets.
type decoder struct {
	options
	source   document.Source
	path     string
	file     *File
	defaults defaults
	drafts   []draft // of the rules
	rules    *rules.Set
	limits   limits.Table
	limited  []limitsOf // what has limits
	problems problem.Errors
	warnings problem.Errors
	missing  problem.Errors // of the account or receiver that is being read

	satellite bool // the file or a project says what the satellite allowance is

	catalogue bool       // the document is a rule of the catalogue
	includes  []value    // what is to be included
	inners    []*decoder // of the documents that belong to the rules file

	receiversAt []value // where the receivers and accounts stand, in their order
	accountsAt  []value

	ownRecipients []string // of projects that name them
	defaultsUsed  bool     // by a project
}

// decode reads the whole file. The order of the sections is that of references: each goes to one read before.
func (d *decoder) decode() {
	root, ok := d.root()
	if !ok {
		return
	}
	if root.has("include") && !root.has("rules") {
		root.node.Content = append(root.node.Content, textNode("rules"), &yaml.Node{Kind: yaml.SequenceNode})
	}
	root.keys(
		key{name: "prices", read: value.readPrices},
		key{name: "satellite", read: value.readSatellite},
		key{name: "accounts", read: value.readAccounts},
		key{name: "period", read: func(v value) { v.file.Period = v.period() }},
		key{name: "receivers", required: true, read: value.readReceivers},
		key{name: "defaults", read: value.readDefaults},
		key{name: "projects", required: true, read: value.readProjects},
		key{name: "limits", read: value.readLimits},
		key{name: "limits_file", read: value.readLimitsFile},
		key{name: "include", read: value.readIncludes},
		key{name: "rules", required: true, read: value.readRules},
		key{name: "silences", read: value.readSilences},
		key{name: "slack", read: value.readSlackApp},
	)
	d.file.DefaultReceivers = d.defaultRecipients()
	d.checkLimits()
	d.checkUnused()
	d.checkHours()
	d.joinInner()
	d.file.Warnings = d.warnings.Sorted()
}

// newFile returns what a file is that says nothing.
func newFile(path string) *File {
	return &File{
		Path:      path,
		Files:     []string{path},
		Accounts:  []Account{{Name: DefaultAccount, RequestsPerMinute: DefaultRate}},
		Period:    rules.PeriodSpec{Every: "month"},
		Satellite: Satellite{Allowance: 10_000, Once: true}, // what Blues sells with a satellite identity
		Slack:     SlackApp{Command: "/notewatch"},
	}
}

// root returns the value that is the whole document.
func (d *decoder) root() (root value, ok bool) {
	node, failure := d.source.Parse()
	if failure != nil {
		d.problems = append(d.problems, problem.Problem{
			File: d.path, Line: failure.Line, Column: failure.Column, Message: failure.Message, Hint: failure.Hint,
		})
		return value{}, false
	}
	root = value{decoder: d, node: node}
	if root.isNull() {
		root.report("the file is empty", "")
		return value{}, false
	}
	if d.within != "" {
		return root.rulesWithin(d.within)
	}
	return root, true
}

// rulesWithin returns the rules file under a key, with a project and a receiver if it has none.
func (v value) rulesWithin(key string) (rules value, ok bool) {
	node, ok := v.get(key)
	if !ok || node.Kind != yaml.MappingNode {
		v.child(v.node, key).report("want a mapping", "")
		return value{}, false
	}
	v.node = node
	v.complete("projects", &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{textNode("uid"), textNode("app:" + TestProject), textNode("name"), textNode(TestProject)}})
	v.complete("receivers", &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{textNode("name"), textNode(TestReceiver), textNode("terminal"), {Kind: yaml.MappingNode}}})
	return v, true
}

// complete adds a list of one element to a mapping without it.
func (v value) complete(key string, element *yaml.Node) {
	if !v.has(key) {
		v.node.Content = append(v.node.Content, textNode(key), &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{element}})
	}
}

func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// refersTo notes that a file was read for the rules file.
func (d *decoder) refersTo(path string) {
	if !slices.Contains(d.file.Files, path) {
		d.file.Files = append(d.file.Files, path)
	}
}

// titled returns what messages call v: its kind and the first of the given keys that it has, else its line.
func (v value) titled(kind string, keys ...string) string {
	for _, key := range keys {
		if named, ok := v.get(key); ok && named.Kind == yaml.ScalarNode && named.Value != "" {
			return fmt.Sprintf("%s %.*q", kind, maxName, named.Value)
		}
	}
	return fmt.Sprintf("%s on line %d", kind, v.node.Line)
}
