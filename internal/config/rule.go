package config

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"notewatch/internal/config/document"
	"notewatch/internal/config/problem"
	"notewatch/rules"
	"notewatch/rules/catalogue"
)

// defaults are what projects and rules have that do not say otherwise.
type defaults struct {
	at     value // the section, or that of the receivers if there is none
	notify []string
	remind []time.Duration
}

func (v value) readDefaults() {
	v.defaults.at = v
	v.keys(
		key{name: "notify", read: func(v value) { v.defaults.notify = v.recipients() }},
		key{name: "remind", read: func(v value) { v.defaults.remind = v.reminders() }},
		key{name: "summary", read: func(v value) { v.file.Summary = v.choice("weekly", "none") == "weekly" }},
	)
}

func (v value) readRules() {
	v.accountPrices()
	taken := names{}
	each := v.some
	if len(v.includes) > 0 {
		each = v.list
	}
	each(func(v value) { v.file.Rules = append(v.file.Rules, v.rule(taken)) })
	v.includeRules(taken)
	if !slices.ContainsFunc(v.drafts, func(r draft) bool { return r.Name == catalogue.WatcherBlind }) {
		v.addRules(v.catalogued(catalogue.WatcherBlind))
	}
	v.dropUnless()
	v.checkUnless()
}

func (d *decoder) ruleNames() []string {
	return namesOf(d.drafts, func(r draft) string { return r.Name })
}

// recipients reads a list of names of receivers.
func (v value) recipients() (recipients []string) {
	v.some(func(v value) {
		name := v.refer("receiver", v.receiverNames())
		if slices.Contains(recipients, name) {
			v.report("named twice", "")
		}
		recipients = append(recipients, name)
	})
	return recipients
}

// reminders reads a list of lengths of time, each longer than the one before. It may be empty: no reminders.
func (v value) reminders() (reminders []time.Duration) {
	known, last := len(v.problems), time.Duration(0)
	v.list(func(v value) {
		length := v.duration()
		if length > 0 && length <= last {
			v.report("not longer than the one before", "each counts from when the alert fired; the last one repeats")
		}
		last = length
		reminders = append(reminders, length)
	})
	if len(v.problems) > known {
		return nil
	}
	return reminders
}

// A draft is a rule while it is read.
type draft struct {
	rules.Spec
	severity *value
	notify   []string
	fields   map[string]value // where the fields stand that compiling may complain of
}

func (v value) rule(taken names) Rule {
	v = v.in(v.titled("rule", "name", "like"))
	known := len(v.problems)
	r := draft{fields: map[string]value{}}
	r.Each, r.Remind = rules.EachDevice, v.defaults.remind
	v.keysOver(v.like(),
		key{name: "like", read: func(value) {}},
		key{name: "name", required: true, read: func(v value) { r.Name = r.at(v).claim("rule", taken) }},
		key{name: "was", read: func(v value) { r.at(v).oneOrSome(func(v value) { r.Was = append(r.Was, v.name()) }) }},
		key{name: "each", read: func(v value) { r.Each = r.at(v).scope() }},
		key{name: "where", read: func(v value) { r.Where = r.text(v) }},
		key{name: "limit", read: func(v value) { r.Limit = r.text(v) }},
		key{name: "let", read: func(v value) { r.Let = r.parts(v) }},
		key{name: "severity", read: func(v value) { r.severity = &v }},
		key{name: "when", required: true, read: func(v value) { r.When = r.conditions(v) }},
		key{name: "for", read: func(v value) { r.For = r.at(v).duration() }},
		key{name: "resolve_when", read: func(v value) { r.ResolveWhen = r.text(v) }},
		key{name: "keep", read: func(v value) { r.keep(v) }},
		key{name: "unless", read: func(v value) { r.Unless = r.at(v).name() }},
		key{name: "accept", read: func(v value) { r.Accept = r.at(v).accept() }},
		key{name: "shadow", read: func(v value) { r.Shadow = v.flag() }},
		key{name: "period", read: func(v value) { r.Period = r.at(v).period() }},
		key{name: "show", read: func(v value) { r.Show = r.text(v) }},
		key{name: "unit", read: func(v value) { r.Unit = r.at(v).choice("B", "%", "min", "h", "d", "V", "°C", "ms", "money") }},
		key{name: "summary", read: func(v value) { r.Summary = r.text(v) }},
		key{name: "resolved", read: func(v value) { r.Resolved = r.text(v) }},
		key{name: "runbook", read: func(v value) { r.Runbook = r.text(v) }},
		key{name: "advice", read: func(v value) { r.Advice = r.text(v) }},
		key{name: "notify", read: func(v value) { r.notify = r.at(v).recipients() }},
		key{name: "remind", read: func(v value) { r.Remind = r.at(v).reminders() }},
	)
	v.drafts = append(v.drafts, r)
	if v.node.Kind != yaml.MappingNode {
		return Rule{}
	}
	r.checkEnds()
	if own := v.limits.Of(r.Name); own != nil {
		r.Limits = rules.NewLimits(own)
	}
	return Rule{Rule: v.compile(r, v.problems[known:]), Notify: r.notify}
}

// keep reads how long alerts are kept, which may be not at all.
func (r *draft) keep(v value) {
	length := time.Duration(0)
	if v.node.Value != "0" {
		length = r.at(v).duration()
	}
	r.fields["keep"], r.Keep = v, &length
}

func (v value) scope() rules.Scope {
	var words []string
	for _, scope := range rules.Scopes() {
		words = append(words, string(scope))
	}
	if scope := rules.Scope(v.choice(words...)); scope != "" {
		return scope
	}
	return rules.EachDevice
}

// defaultRecipients returns the receivers of a project that names none.
func (d *decoder) defaultRecipients() []string {
	if d.defaults.notify == nil {
		d.defaults.notify = d.receiverNames()
	}
	return d.defaults.notify
}

// at notes where a field stands.
func (r *draft) at(v value) value {
	r.fields[v.field] = v
	return v
}

// text reads an expression or template. White space at its start stays, so that offsets into it are offsets into the
// node.
func (r *draft) text(v value) string {
	if v.node.Style&yaml.FlowStyle != 0 {
		v.wrongType("text", document.QuoteHint("text that begins with [ or {"))
		return ""
	}
	return strings.TrimRight(r.at(v).text(), " \t\n")
}

// parts reads the named parts of expressions, in their order.
func (r *draft) parts(v value) (parts []rules.Let) {
	if v.node.Kind != yaml.MappingNode {
		v.wrongType("a mapping of names to expressions", "")
		return nil
	}
	for _, pair := range r.at(v).pairs() {
		parts = append(parts, rules.Let{Name: pair.name, Expr: r.text(pair.value)})
	}
	return parts
}

// conditions reads one expression, or one for each level.
func (r *draft) conditions(v value) (conditions []rules.Condition) {
	if v.node.Kind != yaml.MappingNode {
		level := rules.Warning
		if r.severity != nil {
			level = cmp.Or(r.severity.level(), level)
		}
		return []rules.Condition{{Level: level, Expr: r.text(v)}}
	}
	if r.severity != nil {
		r.severity.report("when already says the levels", "remove severity, or give when one expression")
	}
	r.at(v).byLevel(func(level rules.Level, v value) {
		conditions = append(conditions, rules.Condition{Level: level, Expr: r.text(v)})
	})
	return conditions
}

// compile compiles what was read. Of fields that are already known to be wrong it says no more.
func (v value) compile(r draft, known problem.Errors) *rules.Rule {
	rule, problems := v.decoder.rules.Compile(r.Spec)
	for _, p := range problems {
		place := v.place(r, p.Field)
		section, _, _ := strings.Cut(place.field, ".")
		if known.Mention(v.subject, place.field) || known.Mention(v.subject, section) ||
			known.MentionPart(v.subject, place.field) {
			continue
		}
		line, column := place.node.Line, place.node.Column
		if p.Offset >= 0 {
			line, column = place.source.Locate(place.node, p.Offset)
		}
		if commented(place.node) && p.Offset >= len(place.node.Value) {
			p.Hint = `YAML takes " #" and what follows for a comment; ` + document.QuoteHint("the whole text")
		}
		place.reportAt(line, column, p.Message, p.Hint)
	}
	if rule != nil {
		v.checkFindings(r, rule)
		v.checkPrices(r, rule)
	}
	return rule
}

// place returns where a field stands: itself, or what it is part of.
func (v value) place(r draft, field string) value {
	if place, ok := r.fields[field]; ok {
		return place
	}
	section, _, _ := strings.Cut(field, ".")
	if place, ok := r.fields[section]; ok {
		return place
	}
	return v.child(v.node, field)
}

// commented reports whether a comment follows text that is not in quotes.
func commented(n *yaml.Node) bool {
	return n.LineComment != "" && n.Style&^yaml.TaggedStyle == 0
}
